"""Five hundred connections that never rest: those who come to pay are served, the rest is shed."""

import asyncio
import itertools
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
from tests.long.memory_run import MEGABYTE, resident
from tests.long.people import say

SIZE = 500
"""Connections; every other one repays."""
SECONDS = 30.0
DONE_LEAST = 0.999
"""How many of the repayments are to be done, by those who come back when they are told to."""
TRIES_MAX = 5
SHED = 503
GROWTH_MOST = 100 * MEGABYTE
SHED_SECONDS = 2.0
QUOTES = '{products(regionCode:"610629"){name typicalCost{amount months total annualizedCost}}}'


async def run(url: str, folder: Path, size: int) -> int:
    """Ask for half a minute; return 1 if a repayment in a thousand is lost, or memory grows."""
    environ = {"CALLER_POINTS": "0"}
    if not url.startswith("sqlite:"):
        environ["DATABASE_URL"] = url
    async with OwnServer(folder, environ) as server:
        story = Story(phone=Phone(server.address), persona=persona(RUNNING_LOAN))
        await story.sign_in()
        loan_id = (await story.phone.run("home"))["loans"][0]["id"]
    assert story.phone.token is not None, "it signed in"
    async with OwnServer(folder, environ, serves=("serve",)) as server:
        crowd = _Crowd(server.port, story.phone.token, loan_id, time.monotonic() + SECONDS)
        before = resident(server.process_id)
        await asyncio.gather(*(crowd.talk(repays=bool(one % 2)) for one in range(size)))
        grown = resident(server.process_id) - before
        code, said = await server.command("audit", "money")
    crowd.tell()
    silent = server.log_path.read_text("utf-8").count("database_unavailable")
    say(f"ended {dict(crowd.ended)}; the database was found silent {silent} times")
    say(f"memory {before / MEGABYTE:.1f} MB and {grown / MEGABYTE:.1f} MB more; {said.strip()}")
    return int(code != 0 or grown > GROWTH_MOST or not crowd.is_served)


@dataclass(slots=True)
class _Crowd:
    """Connections that ask again as soon as they are answered."""

    port: int
    token: str = field(repr=False)
    loan_id: str
    until: float
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    answers: dict[bool, Counter[tuple[int, str]]] = field(
        default_factory=lambda: {True: Counter(), False: Counter()}
    )
    """By whether it repays: statuses, and codes of what was refused."""
    ended: Counter[tuple[bool, bool]] = field(default_factory=Counter[tuple[bool, bool]])
    """By whether it repays, and whether it was done in the end."""
    took: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})

    async def talk(self, *, repays: bool) -> None:
        """Ask over one connection until the time is over; what was shed is sent again as told."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while time.monotonic() < self.until:
            request = self._repay() if repays else self._request(QUOTES, {})
            code = ""
            for _ in range(TRIES_MAX):
                began = time.monotonic()
                writer.write(request)
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
                body = await reader.readexactly(int(length))
                self.took[repays].append(time.monotonic() - began)
                status = int(head[9:12])
                code = body.partition(b'"code":"')[2].partition(b'"')[0].decode() or "done"
                self.answers[repays][status, code] += 1
                if code == "done":
                    break
                assert status != SHED or b"retry-after:" in head, head
                await asyncio.sleep(SHED_SECONDS)
            self.ended[repays, code == "done"] += 1
        writer.close()

    @property
    def is_served(self) -> bool:
        """Whether those who repaid were served, and all else was answered or shed."""
        others = set(self.answers[False]) - {(200, "done"), (SHED, "TEMPORARILY_UNAVAILABLE")}
        done, undone = self.ended[True, True], self.ended[True, False]
        return not others and done >= DONE_LEAST * (done + undone)

    def tell(self) -> None:
        """Say what was answered, and how soon."""
        for repays, name in ((True, "repayments"), (False, "quotes")):
            took = sorted(self.took[repays])
            middle, late = took[len(took) // 2], took[int(len(took) * 0.99)]
            say(f"{name}: {dict(self.answers[repays])}, p50 {middle:.2f} s, p99 {late:.2f} s")

    def _repay(self) -> bytes:
        given = {"loanId": self.loan_id, "amount": 1, "idempotencyKey": f"r{next(self.numbers)}"}
        return self._request(document("borrower", "repay"), {"input": given})

    def _request(self, query: str, variables: dict[str, Any]) -> bytes:
        body = orjson.dumps({"query": query, "variables": variables})
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {self.token}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body
