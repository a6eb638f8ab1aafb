"""What the home screen costs the server's processor, beside the same screen written by hand."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson
from starlette.types import ASGIApp, Message, Scope

from app.commands.benches.empty import settings_in
from app.commands.benches.home_server import app_with_floor
from app.commands.benches.measuring import Spread
from app.commands.benches.profiling import Profiled, profiled
from app.commands.own_server import OwnServer
from app.commands.personas import persona
from app.commands.phoning import Phone, document
from app.commands.seeding import seed
from app.commands.story import Story
from app.foundation import outbox
from app.foundation.clock import SystemClock
from app.foundation.sealing import install_vault
from app.gateway.manifest import Ids
from app.main import app_over, opened, outside_of, vault_of
from app.settings import Settings

BORROWER = "noodle_shop_owner"
CONNECTIONS = 16
WARMING = 100
QUIET_SECONDS = 3
FLOOR = "floor"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to the same screen; `most` is the goal as a multiple of the floor."""

    name: str
    what: str
    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    most: float | None = None
    status: int = 200
    is_new: bool = False
    """Whether each request brings a document that nobody has sent before."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of the processor that a request takes one way, and how often the floor's."""

    way: Way
    microseconds: Spread
    ratio: Spread

    @property
    def is_met(self) -> bool | None:
        """Whether the middle is within the goal; None where there is none."""
        return None if self.way.most is None else self.ratio.middle <= self.way.most


async def measured(*, url: str | None, rounds: int, requests: int) -> list[Cost]:
    """
    Seed a database, serve it, and send each way's requests in turns, so many in each round.

    Raises:
        NotReady: The server did not start.
    """
    with tempfile.TemporaryDirectory(prefix="qingmiao-") as folder:
        environ = {"CALLER_POINTS": "0", "RUN_WORKER": "false"}
        if url is not None:
            environ["DATABASE_URL"] = url
        server = OwnServer(Path(folder), environ, serves=("bench", "home", "--serve"))
        settings = Settings.from_environ(server.process_environ)
        await seed(settings, running_loan=persona(BORROWER), staff=())
        token = await _signed_in(settings)
        async with server:
            return await _measure(server, _ways(token), rounds, requests)


async def watched(*, url: str | None, requests: int) -> list[Profiled]:
    """Answer each way in this process, without HTTP, and see whose code takes the time."""
    with tempfile.TemporaryDirectory(prefix="qingmiao-") as folder:
        settings = settings_in(Path(folder), url, CALLER_POINTS="0", RUN_WORKER="false")
        await seed(settings, running_loan=persona(BORROWER), staff=())
        ways = [one for one in _ways(await _signed_in(settings)) if not one.is_new]
        app = app_with_floor(settings)
        async with app.router.lifespan_context(app):
            tag = ""
            found: list[Profiled] = []
            for way in ways:
                scope = _scope(way, tag)
                for _ in range(WARMING):
                    tag = await _answered(app, scope, way) or tag
                with profiled(way.what, times=requests) as work:
                    for _ in range(requests):
                        await _answered(app, scope, way)
                found.append(work)
            return found


def _scope(way: Way, tag: str) -> Scope:
    headers = {"host": "localhost", **way.headers}
    if way.status == 304:  # noqa: PLR2004 - unchanged
        headers["if-none-match"] = tag
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": way.method,
        "scheme": "http",
        "path": way.path,
        "raw_path": way.path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


async def _answered(app: ASGIApp, scope: Scope, way: Way) -> str | None:
    """Answer one request, and return the ETag of what was answered."""
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": way.body, "more_body": False}

    async def send(message: Message) -> None:
        told.append(message)

    await app({**scope}, receive, send)
    assert told[0]["status"] == way.status, f"{way.name} answered {told[0]['status']}"
    return dict(told[0]["headers"]).get(b"etag", b"").decode() or None


async def _signed_in(settings: Settings) -> str:
    """Sign the borrower in, in this process: the server has no worker that would send codes."""
    vault = vault_of(settings)
    install_vault(vault)
    outside = outside_of(settings, SystemClock())

    async def pause(seconds: float) -> None:
        await outbox.drain()
        await asyncio.sleep(seconds)

    async with opened(settings, outside=outside, vault=vault):
        transport = httpx.ASGITransport(app_over(settings, outside))
        phone = Phone(settings.address, transport=transport, pause=pause)
        story = Story(phone=phone, persona=persona(BORROWER))
        await story.sign_in()
    assert phone.token is not None, "the borrower has signed in"
    return phone.token


def _ways(token: str) -> list[Way]:
    known = {"authorization": f"Bearer {token}"}
    as_json = {**known, "content-type": "application/json"}
    short_id = Ids.read().given["borrower/Home"]
    query = orjson.dumps({"query": document("borrower", "home").replace("Home", "FreeForm")})
    by_id = orjson.dumps({"documentId": short_id})
    return [
        Way(FLOOR, "written by hand", "GET", "/floor", headers=known),
        Way(
            "trusted",
            "trusted document, by short id",
            "GET",
            f"/q/{short_id}",
            headers=known,
            most=1.2,
        ),
        Way("posted", "trusted document, by POST", "POST", "/graphql", by_id, as_json, most=1.2),
        Way("free", "free-form document, known", "POST", "/graphql", query, as_json, most=4),
        Way("new", "free-form document, new", "POST", "/graphql", query, as_json, is_new=True),
        Way(
            "unchanged",
            "unchanged (304)",
            "GET",
            f"/q/{short_id}",
            headers=known,
            most=0.5,
            status=304,
        ),
    ]


async def _measure(
    server: OwnServer, ways: Sequence[Way], rounds: int, requests: int
) -> list[Cost]:
    client = _Client(server.port)
    bodies = {one.name: await client.body(one) for one in ways if one.status == 200}  # noqa: PLR2004 - OK
    if len(set(bodies.values())) > 1:
        raise AssertionError(f"not the same bytes: {bodies}")
    await client.settle(next(one for one in ways if one.status == 304))  # noqa: PLR2004 - unchanged
    for way in ways:
        await client.send(way, WARMING)
    spent: dict[str, list[float]] = {one.name: [] for one in ways}
    for _ in range(rounds):
        for way in ways:
            before = await client.processor_ns()
            await client.send(way, requests)
            spent[way.name].append((await client.processor_ns() - before) / requests / 1_000)
    return [
        Cost(
            way,
            Spread.of(spent[way.name]),
            Spread.of(
                took / floor for took, floor in zip(spent[way.name], spent[FLOOR], strict=True)
            ),
        )
        for way in ways
    ]


class _Client:
    """HTTP/1.1 with as little as can be between: the server is what is measured."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.tag_sent = ""
        self._sent = 0

    async def settle(self, way: Way) -> None:
        """Wait until nothing happens to the borrower any more, such as a message's receipt."""
        quiet = 0
        while quiet < QUIET_SECONDS:
            tag = await self.tag(way)
            quiet = quiet + 1 if tag == self.tag_sent else 0
            self.tag_sent = tag
            await asyncio.sleep(1)

    async def send(self, way: Way, requests: int) -> None:
        """Send so many requests over sixteen connections."""
        share = [requests // CONNECTIONS] * CONNECTIONS
        share[0] += requests % CONNECTIONS
        await asyncio.gather(*(self._send(way, count) for count in share if count))

    async def _send(self, way: Way, count: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        for _ in range(count):
            writer.write(self._asked(way))
            status, _, _ = await _answer(reader)
            assert status == way.status, f"{way.name} answered {status}"
        writer.close()
        await writer.wait_closed()

    def _asked(self, way: Way) -> bytes:
        headers = {"host": "localhost", **way.headers}
        if way.status == 304:  # noqa: PLR2004 - unchanged
            headers["if-none-match"] = self.tag_sent
        body = way.body
        if way.is_new:
            self._sent += 1
            body = body.replace(b"FreeForm", b"FreeForm%d" % self._sent)
        if body:
            headers["content-length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{way.method} {way.path} HTTP/1.1\r\n{head}\r\n".encode() + body

    async def body(self, way: Way) -> bytes:
        """Return what one request is answered with."""
        return (await self._one(way))[2]

    async def tag(self, way: Way) -> str:
        """Return the ETag of an answer."""
        return (await self._one(way))[1].get("etag", "")

    async def processor_ns(self) -> int:
        """Return how long the server's process has had the processor."""
        way = Way("cpu", "", "GET", "/cpu")
        return orjson.loads(await self.body(way))["ns"]

    async def _one(self, way: Way) -> tuple[int, dict[str, str], bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(self._asked(way))
        answer = await _answer(reader)
        writer.close()
        await writer.wait_closed()
        return answer


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)
    }
    length = int(headers.get("content-length", "0"))
    return int(first.split()[1]), headers, await reader.readexactly(length)
