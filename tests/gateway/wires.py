"""Clients for tests of the transport: a socket and an event stream, on the test's own loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.types import ASGIApp, Message

SECONDS = 5.0
"""How long a test waits for what must come."""


@dataclass
class Socket:
    """The client's end of a socket, frame by frame."""

    app: ASGIApp
    path: str = "/graphql"
    protocols: tuple[str, ...] = ("graphql-transport-ws",)
    headers: dict[str, str] = field(default_factory=dict[str, str])
    sent: asyncio.Queue[Message] = field(default_factory=asyncio.Queue[Message])
    heard: asyncio.Queue[Message] = field(default_factory=asyncio.Queue[Message])
    is_slow: bool = False
    """Whether it takes nothing that is sent to it."""

    async def run(self) -> None:
        scope = {
            "type": "websocket",
            "path": self.path,
            "raw_path": self.path.encode(),
            "root_path": "",
            "query_string": b"",
            "scheme": "ws",
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
            "subprotocols": list(self.protocols),
            "headers": [(name.encode(), value.encode()) for name, value in self.headers.items()],
        }
        await self.app(scope, self.sent.get, self._take)

    async def _take(self, message: Message) -> None:
        if self.is_slow and message["type"] == "websocket.send":
            await asyncio.Event().wait()
        await self.heard.put(message)

    async def say(self, frame: object) -> None:
        text = frame if isinstance(frame, str) else orjson.dumps(frame).decode()
        await self.sent.put({"type": "websocket.receive", "text": text})

    async def next(self) -> Message:
        async with asyncio.timeout(SECONDS):
            return await self.heard.get()

    async def told(self) -> dict[str, Any]:
        """Return the next message, which must be one of the protocol's."""
        message = await self.next()
        assert message["type"] == "websocket.send", message
        return orjson.loads(message["text"])

    async def closed(self) -> int:
        """Return the code that the connection is closed with, whatever is said before."""
        while (message := await self.next())["type"] != "websocket.close":
            pass
        return message["code"]

    async def open(self, payload: dict[str, object] | None = None) -> None:
        await self.say({"type": "connection_init", "payload": payload or {}})
        assert await self.told() == {"type": "connection_ack"}

    async def ask(self, name: str, query: str | None, **rest: object) -> None:
        payload = {"query": query, **rest}
        await self.say({"id": name, "type": "subscribe", "payload": payload})


@asynccontextmanager
async def connected(app: ASGIApp, **options: Any) -> AsyncIterator[Socket]:  # noqa: ANN401 - a Socket's own
    """Connect a socket, and hang up in the end."""
    socket = Socket(app, **options)
    await socket.sent.put({"type": "websocket.connect"})
    running = asyncio.create_task(socket.run())
    try:
        accepted = await socket.next()
        assert accepted["type"] == "websocket.accept"
        yield socket
    finally:
        await socket.sent.put({"type": "websocket.disconnect", "code": 1005})
        async with asyncio.timeout(SECONDS):
            await running


@asynccontextmanager
async def streamed(
    app: ASGIApp, query: str, headers: dict[str, str] | None = None
) -> AsyncIterator["asyncio.Queue[bytes]"]:
    """Ask for an event stream; the queue gets its status and then its parts as they come."""
    body = orjson.dumps({"query": query})
    asked = {"accept": "text/event-stream", "content-type": "application/json", **(headers or {})}
    parts: asyncio.Queue[bytes] = asyncio.Queue()
    left = asyncio.Event()
    said = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if said:
            return said.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            await parts.put(str(message["status"]).encode())
        elif message.get("body"):
            await parts.put(message["body"])

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "http_version": "1.1",
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
        "headers": [(name.encode(), value.encode()) for name, value in asked.items()],
    }
    running = asyncio.create_task(_run(app, scope, receive, send))
    try:
        yield parts
    finally:
        left.set()
        async with asyncio.timeout(SECONDS):
            await running


async def _run(app: ASGIApp, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own
    await app(scope, receive, send)
