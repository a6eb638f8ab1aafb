"""What one serving process keeps in memory while it answers homes, plans and repayments."""

import asyncio
import itertools
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from app.commands.demonstration import RUNNING_LOAN
from app.commands.own_server import OwnServer
from app.commands.personas import persona
from app.commands.phoning import Phone, document
from app.commands.story import Story
from tests.long.people import say

SIZE = 1_000_000
CONNECTIONS = 16
MEGABYTE = 1024 * 1024
BYTES_MOST = 100 * MEGABYTE
GROWTH_MOST = 1.05
"""What there may be more in the end than after a fifth, when all that is kept has been filled."""
TOLD = 40
"""How often its memory is looked at."""
LATE = b'"code":"TIMEOUT"'
"""What a machine answers that has others to serve besides; it is no matter of memory."""
REPAYS_OF = 10
NEW_OF = 50
"""One repayment in so many is a new one; others are sent again, which costs a claim and no loan."""


async def run(url: str, folder: Path, size: int) -> int:
    """
    Ask so often; return 1 if it is over 100 MB or grows.

    The database is seeded by `demo` and then served by `serve`, as a worker in production is.
    """
    environ = {"CALLER_POINTS": "0"}
    if not url.startswith("sqlite:"):
        environ["DATABASE_URL"] = url
    async with OwnServer(folder, environ) as server:
        story = Story(phone=Phone(server.address), persona=persona(RUNNING_LOAN))
        await story.sign_in()
        loan_id = (await story.phone.run("home"))["loans"][0]["id"]
    assert story.phone.token is not None, "it signed in"
    async with OwnServer(folder, environ, serves=("serve",)) as server:
        asking = _Asking(server.port, story.phone.token, loan_id)
        process_id = server.process_id
        say(f"ready: {resident(process_id) / MEGABYTE:.1f} MB")
        kept = [resident(process_id)]
        begun, step = time.monotonic(), max(1, size // TOLD)
        for done in range(step, size + 1, step):
            try:
                await asking.ask(step)
            except AssertionError:
                say(server.log_path.read_text("utf-8")[-2_000:])
                raise
            kept.append(resident(process_id))
            rate = done / (time.monotonic() - begun)
            say(f"{done:,} requests, {rate:,.0f} a second: {kept[-1] / MEGABYTE:.1f} MB")
    growth = kept[-1] / kept[1 + TOLD // 5]
    say(f"most {max(kept) / MEGABYTE:.1f} MB, growth {growth:.3f}; {dict(asking.statuses)}")
    return int(max(kept) > BYTES_MOST or growth > GROWTH_MOST)


def resident(process_id: int) -> int:
    """Return how many bytes of memory a process holds."""
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class _Asking:
    """Somebody who looks at their loan again and again, and pays a fen now and then."""

    port: int
    token: str = field(repr=False)
    loan_id: str
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    statuses: Counter[int] = field(default_factory=Counter[int])

    async def ask(self, count: int) -> None:
        """Send so many requests over some connections that stay."""
        each = count // CONNECTIONS
        rest = count - each * CONNECTIONS
        await asyncio.gather(*(self._talk(each + (number < rest)) for number in range(CONNECTIONS)))

    async def _talk(self, count: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for _ in range(count):
            writer.write(self._request(next(self.numbers)))
            head = await reader.readuntil(b"\r\n\r\n")
            self.statuses[int(head[9:12])] += 1
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            body = await reader.readexactly(int(length or 0))
            assert b'"errors"' not in body or LATE in body, body
        writer.close()
        await writer.wait_closed()

    def _request(self, number: int) -> bytes:
        if number % REPAYS_OF == 0:
            key = f"repay-{number // REPAYS_OF // NEW_OF}"
            given = {"loanId": self.loan_id, "amount": 1, "idempotencyKey": key}
            return self._post("repay", {"input": given})
        path = f"/q/1?id={self.loan_id}" if number % REPAYS_OF == 1 else "/q/0"
        return self._head("GET", path) + b"\r\n"

    def _post(self, operation: str, variables: dict[str, Any]) -> bytes:
        asked = {"query": document("borrower", operation), "variables": variables}
        body = orjson.dumps(asked)
        head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        return self._head("POST", "/graphql") + head.encode() + body

    def _head(self, method: str, path: str) -> bytes:
        named = f"authorization: Bearer {self.token}\r\naccept-encoding: zstd"
        return f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{named}\r\n".encode()
