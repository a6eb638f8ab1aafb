"""A phone and the gateway in one process, joined by real HTTP/2 frames that can be cut anywhere."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from app.commands.benches.http2.speaking import ClientSide, Counts, Got, LineCut, Sent

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
"""Any ASGI application."""

AUTHORITY = "api.qingmiao.example"
SERVER_HEADERS = ((b"server", b"granian"), (b"date", b"Sat, 21 Nov 2026 02:00:00 GMT"))
"""What the server adds to each answer that lacks it; the same, so that bytes can be counted."""


class Fate(StrEnum):
    """What becomes of the work a broken connection had asked for."""

    FINISHED = "FINISHED"
    """The server does it to the end, before anything else is heard of the phone."""
    OVERTAKEN = "OVERTAKEN"
    """The phone is back before the server has done it."""
    DROPPED = "DROPPED"
    """The server notices and cancels it, wherever it stands."""


class Direction(StrEnum):
    """Which way bytes go."""

    UP = "UP"
    DOWN = "DOWN"


@dataclass(slots=True)
class Cut:
    """Lets so many bytes through one way, and breaks the connection both ways right after them."""

    direction: Direction
    after_bytes: int
    fate: Fate = Fate.FINISHED
    steps: int = 0
    """How many steps of the event loop a server that cancels goes on before it does."""


@dataclass(slots=True)
class _Request:
    """One request at the server, as an ASGI application sees it."""

    stream: int
    parts: asyncio.Queue[Message] = field(default_factory=asyncio.Queue[Message])
    started: Message | None = None


class InProcess:
    """
    One connection to an ASGI application in this process.

    Exact and repeatable: the same requests and answers are the same frames. `counts` has every
    byte that went over it, settings and window updates included. Close it, or the work of a
    connection that was overtaken is left running.
    """

    def __init__(self, app: App, *, cut: Cut | None = None) -> None:
        """Connect; both sides' settings have been exchanged when it returns, unless it was cut."""
        self._app = app
        self._cut = cut
        self._up = self._down = 0
        self._is_cut = False
        self._requests: dict[int, _Request] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._client = ClientSide(AUTHORITY)
        self._server = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self._server.initiate_connection()
        self._broken = asyncio.Event()

    @property
    def counts(self) -> Counts:
        """Return what went over it so far."""
        return Counts(self._up, self._down)

    async def exchange(self, sent: Sent) -> Got:
        """
        Send a request and wait for its whole answer.

        Raises:
            LineCut: The connection was cut.
        """
        self._pump()
        self._raise_if_cut()
        stream = self._client.ask(sent)
        self._pump()
        while (got := self._client.answer(stream)) is None:
            self._raise_if_cut()
            broken = asyncio.ensure_future(self._broken.wait())
            await asyncio.wait({*self._tasks, broken}, return_when=asyncio.FIRST_COMPLETED)
            broken.cancel()
            if self._broken.is_set():
                await self._come_to_its_fate()
                raise LineCut
            for task in [one for one in self._tasks if one.done()]:
                self._tasks.discard(task)
                task.result()
        return got

    async def close(self) -> None:
        """Let whatever still runs end."""
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._tasks.clear()

    def _raise_if_cut(self) -> None:
        if self._is_cut:
            raise LineCut

    async def _come_to_its_fate(self) -> None:
        assert self._cut is not None, "only a cut breaks a line within a process"
        if self._cut.fate is Fate.DROPPED:
            for _ in range(self._cut.steps):
                await asyncio.sleep(0)
            for task in self._tasks:
                task.cancel()
        if self._cut.fate is not Fate.OVERTAKEN:
            await self.close()

    def _pump(self) -> None:
        """Carry bytes both ways until neither side has more to say."""
        while not self._is_cut:
            up = self._client.to_send()
            if up:
                self._heard_up(self._let_through(Direction.UP, up))
            down = b"" if self._is_cut else self._server.data_to_send()
            if down:
                self._client.receive(self._let_through(Direction.DOWN, down))
            if not up and not down:
                return

    def _let_through(self, direction: Direction, data: bytes) -> bytes:
        gone = self._up if direction is Direction.UP else self._down
        if self._cut is not None and self._cut.direction is direction:
            left = self._cut.after_bytes - gone
            if len(data) >= left:
                data = data[:left]
                self._is_cut = True
        if direction is Direction.UP:
            self._up += len(data)
        else:
            self._down += len(data)
        return data

    def _heard_up(self, data: bytes) -> None:
        for event in self._server.receive_data(data):
            match event:
                case RequestReceived():
                    self._begin(event)
                case DataReceived():
                    self._server.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id
                    )
                    part = {"type": "http.request", "body": event.data, "more_body": True}
                    self._requests[event.stream_id].parts.put_nowait(part)
                case StreamEnded():
                    end = {"type": "http.request", "body": b"", "more_body": False}
                    self._requests[event.stream_id].parts.put_nowait(end)
                case _:
                    pass
        if self._is_cut:
            self._break()

    def _break(self) -> None:
        for request in self._requests.values():
            request.parts.put_nowait({"type": "http.disconnect"})
        self._broken.set()

    def _begin(self, event: RequestReceived) -> None:
        request = self._requests[event.stream_id] = _Request(event.stream_id)
        scope = _scope([(bytes(name), bytes(value)) for name, value in event.headers or ()])

        async def send(message: Message) -> None:
            self._answer(request, message)

        running = self._app(scope, request.parts.get, send)
        self._tasks.add(asyncio.ensure_future(running))  # pyright: ignore[reportArgumentType] - a coroutine

    def _answer(self, request: _Request, message: Message) -> None:
        """Take a message of the application's; after the connection broke nobody hears it."""
        if self._is_cut:
            return
        if message["type"] == "http.response.start":
            request.started = message
            return
        assert message["type"] == "http.response.body", "nothing else is sent over HTTP"
        body, is_last = bytes(message.get("body", b"")), not message.get("more_body", False)
        if request.started is not None:
            said = [(bytes(name), bytes(value)) for name, value in request.started["headers"]]
            names = {name for name, _ in said}
            headers = [
                (b":status", str(request.started["status"]).encode()),
                *said,
                *(one for one in SERVER_HEADERS if one[0] not in names),
            ]
            request.started = None
            self._server.send_headers(request.stream, headers, end_stream=is_last and not body)
            if is_last and not body:
                body = None
        self._send_body(request.stream, body, is_last=is_last)
        if self._is_cut:
            self._break()

    def _send_body(self, stream: int, body: bytes | None, *, is_last: bool) -> None:
        while body is not None:
            window = self._server.local_flow_control_window(stream)
            most = min(window, self._server.max_outbound_frame_size)
            part, body = body[:most], body[most:]
            self._server.send_data(stream, part, end_stream=is_last and not body)
            self._pump()
            if not body or self._is_cut:
                return
        self._pump()


def _scope(headers: list[tuple[bytes, bytes]]) -> MutableMapping[str, Any]:
    said = dict(headers[:4])
    path, _, query = said[b":path"].partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "2",
        "method": said[b":method"].decode(),
        "scheme": "https",
        "path": unquote(path.decode()),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", AUTHORITY.encode()), *headers[4:]],
        "client": ("10.9.0.1", 40_000),
        "server": (AUTHORITY, 443),
        "state": {},
    }
