"""Serving the app in this process until it is told to stop."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable
from typing import Any

from granian.constants import Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server.embed import Server

from app.gateway.development import DemoPeople
from app.gateway.in_flight import InFlight
from app.main import create_app
from app.settings import Settings, SettingsRefused

HEAD_MILLISECONDS = 10_000
"""How long a sender may take for a request's head; a phone's has a few hundred bytes."""
HEAD_BYTES_MAX = 64 * 1024
"""The server's own bound would be 16 MB, which anybody may send."""
PING_MILLISECONDS = 30_000
"""After so long without a word, the other end of HTTP/2 is asked whether it is still there."""
PING_SECONDS_MAX = 10
CONNECTIONS_MAX = 2_048
"""Requests and standing connections of this process at once; more wait to be accepted."""
CONNECTIONS_WAITING = 1_024
FAREWELL_SECONDS = 0.2
"""How long sockets and streams have to be told to come back, before nothing is served any more."""
FINISHING_SECONDS = 15.0
"""How long what is in flight may take to finish; an operation has ten."""
CLOSING_SECONDS = 0.5
"""How long the server has to close connections on which nothing is asked any more."""


class PortTaken(SettingsRefused):
    """Something else listens there already; the message says where."""


async def serve_until_stopped(
    settings: Settings, *, people: DemoPeople | None = None, ready: Callable[[], None] | None = None
) -> None:
    """
    Serve until SIGTERM or SIGINT, then finish what is in flight.

    The database is opened here and not by the server, which would hide why that failed.

    Raises:
        PortTaken: Another program listens on the address.
        SettingsRefused: The settings name outside systems that are not there.
        Refusal: What is to be published is not consistent, or changes what stands.
    """
    check_port(settings.host, settings.port)
    app = create_app(settings, people)
    in_flight = InFlight(app)
    server = Server(
        in_flight,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        log_enabled=False,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEAD_MILLISECONDS, max_buffer_size=HEAD_BYTES_MAX
        ),
        http2_settings=HTTP2Settings(
            keep_alive_interval=PING_MILLISECONDS,
            keep_alive_timeout=PING_SECONDS_MAX,
            max_headers_size=HEAD_BYTES_MAX,
        ),
        backlog=CONNECTIONS_WAITING,
        backpressure=CONNECTIONS_MAX,
    )
    async with app.router.lifespan_context(app):
        settle_memory()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, app.state.standing.end)
        if ready is not None:
            ready()
        serving = asyncio.create_task(server.serve())
        told = asyncio.create_task(app.state.standing.ended())
        await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
        if told.done():
            await asyncio.sleep(max(FAREWELL_SECONDS, settings.drain_seconds))
            server.stop()
            await in_flight.finished(FINISHING_SECONDS)
            await _closed(serving)
        else:
            serving.result()


async def _closed(serving: asyncio.Task[None]) -> None:
    """
    Wait for the server to close its connections, and then wait no more.

    It would wait for whoever keeps an HTTP/2 connection open and asks nothing on it.
    """
    await asyncio.wait({serving}, timeout=CLOSING_SECONDS)
    asyncio.get_running_loop().set_exception_handler(_unheard_of_late_ends)
    serving.cancel()
    await asyncio.wait({serving})


def _unheard_of_late_ends(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Leave out that the server says of itself, when nobody waits for it, that it has ended."""
    if not isinstance(context.get("exception"), asyncio.InvalidStateError):
        loop.default_exception_handler(context)


def settle_memory() -> None:
    """Leave what the start has made out of every later search for garbage: it held requests up."""
    gc.collect()
    gc.freeze()


def check_port(host: str, port: int) -> None:
    """
    See that nothing listens there.

    Raises:
        PortTaken: Another program does, or the address is not this machine's.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            message = f"cannot listen on {host}:{port} ({failure.strerror}); try another --port"
            raise PortTaken(message) from failure
