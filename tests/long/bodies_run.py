"""Hostile bodies, frames and query strings: no 5xx, no hang, and nothing told unmasked."""

import asyncio
import os
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx
import orjson
from starlette.applications import Starlette

from app.foundation.clock import SystemClock
from app.foundation.sealing import install_vault
from app.gateway.asking import asked, json_object
from app.gateway.documents import Documents
from app.gateway.schema import BORROWER_SCHEMA
from app.gateway.wire import BadRequest
from app.main import app_over, opened, outside_of, vault_of
from app.settings import Settings
from tests.gateway.signing_in import signed_in
from tests.gateway.wires import connected
from tests.long.hostile import Drawing, Request
from tests.long.people import say

SIZE = 100_000
SOCKETS_OF = 10
"""One in so many is a connection with a few frames, each counted like a body."""
SECONDS_MAX = 0.05
"""What may pass, in processor time and the fastest of three, before anything runs."""
TOLD_EVERY = 5_000
HUNG_SECONDS = 30
STREAM_SECONDS = 0.5
"""A stream of changes goes on for as long as it is listened to."""
UNMASKED = re.compile(
    rb"Traceback|File \"|\.py\b|object at 0x|sqlite|asyncpg|tortoise|psycopg|\bKeyError|TypeError|"
    rb"AttributeError|RecursionError|AssertionError|strawberry|orjson|INTERNAL"
)
"""Words of our own insides, and the code of a fault, none of which is the client's to cause."""
LEFT_CODES = {1000, 1001, 1009, 4400, 4401, 4403, 4406, 4408, 4409, 4429, 4503}
CORE = BORROWER_SCHEMA._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema


@dataclass
class _Told:
    sent: int = 0
    slowest: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter[int])
    wrong: list[str] = field(default_factory=list[str])

    def note(self, kind: str, status: int, answer: bytes, what: object) -> None:
        self.sent += 1
        self.statuses[status] += 1
        if (kind == "http" and status >= 500) or (kind == "socket" and status not in LEFT_CODES):
            self.wrong.append(f"{kind} {status}: {what!r:.500} -> {answer!r:.300}")
        elif found := UNMASKED.search(answer):
            self.wrong.append(f"unmasked {found[0]!r}: {what!r:.500} -> {answer!r:.300}")

    def line(self, seconds: float) -> str:
        shown = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.sent:,} sent, {seconds:,.0f} s, slowest before running"
            f" {self.slowest * 1000:.1f} ms, {len(self.wrong)} wrong; {shown}"
        )


async def run(url: str, folder: Path, size: int) -> int:
    """
    Send so many; return 1 if one was answered by a 5xx, took too long, or was told too much.

    QINGMIAO_FIRST is the first's number, so that several processes may share them out.
    """
    given = {"DATABASE_URL": url, "DATA_FOLDER": str(folder), "CALLER_POINTS": "0"}
    settings = Settings.from_environ(given)
    told, begun = _Told(), time.monotonic()
    install_vault(vault_of(settings))
    outside = outside_of(settings, SystemClock())
    async with opened(settings, outside=outside) as base:
        app = app_over(settings, outside)
        phone, _ = await signed_in(base)
        bearer = {"authorization": f"Bearer {phone.token}"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://test"
        ) as client:
            first = int(os.environ.get("QINGMIAO_FIRST", "0"))
            for number in range(first, first + size):
                drawing = Drawing(Random(number))  # noqa: S311 - a seed decides
                who = bearer if number % 2 else {}
                if number % SOCKETS_OF == 0:
                    await _talk(app, drawing.frames(), who, told)
                else:
                    request = drawing.request()
                    _time(request, told)
                    await _send(client, request, who, told)
                if told.sent // TOLD_EVERY != (told.sent - 1) // TOLD_EVERY:
                    say(told.line(time.monotonic() - begun))
    say(told.line(time.monotonic() - begun))
    say("\n".join(told.wrong[:50]))
    return 1 if told.wrong else 0


def _time(request: Request, told: _Told) -> None:
    """Measure what passes before anything runs: reading the body and preparing its document."""
    best = 1.0
    for _ in range(3):
        began = time.process_time()
        try:
            wanted = asked(json_object(request.body, "The body"))
            if wanted.query is not None:
                Documents(CORE).prepare(wanted.query)
        except BadRequest:
            pass
        best = min(best, time.process_time() - began)
        if best < SECONDS_MAX:
            break
    told.slowest = max(told.slowest, best)
    if best >= SECONDS_MAX:
        told.wrong.append(f"{best * 1000:.0f} ms: {request.body!r:.2000}")


async def _send(
    client: httpx.AsyncClient, request: Request, who: dict[str, str], told: _Told
) -> None:
    is_stream = "event-stream" in request.headers["accept"]
    headers = {name: value.encode("latin-1") for name, value in (request.headers | who).items()}
    try:
        async with asyncio.timeout(STREAM_SECONDS if is_stream else HUNG_SECONDS):
            answer = await client.request(
                request.method,
                httpx.URL("http://test" + request.path),
                content=request.body,
                headers=headers,  # pyright: ignore[reportArgumentType] - httpx takes bytes as well
            )
    except (httpx.InvalidURL, UnicodeError):
        return
    except TimeoutError:
        if is_stream:
            return
        told.wrong.append(f"hung: {request!r:.500}")
        return
    told.note("http", answer.status_code, answer.content, request)
    if answer.content and request.method != "HEAD" and answer.status_code != 304:
        media = answer.headers["content-type"]
        if not media.startswith(("text/event-stream", "text/html", "application/cbor")):
            orjson.loads(answer.content)


async def _talk(
    app: Starlette, frames: list[bytes | str], who: dict[str, str], told: _Told
) -> None:
    heard, code = b"", 1000
    async with connected(app, headers=dict(who)) as socket:
        for frame in frames:
            text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
            await socket.say(text)
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(0.05):
                while True:
                    message = await socket.heard.get()
                    if message["type"] == "websocket.close":
                        code = message["code"]
                        break
                    heard += str(message.get("text")).encode()
        except TimeoutError:
            pass
    for frame in frames:
        told.note("socket", code, heard, frame)
        heard = b""
