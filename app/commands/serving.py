"""Serving the app in this process until it is told to stop."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from app.gateway.development import DemoPeople
from app.main import create_app
from app.settings import Settings, SettingsRefused

HEADER_MILLISECONDS = 15_000
"""How long a sender may take for a request's head; a phone's has a few hundred bytes."""
CONNECTIONS_MAX = 2_048
"""Requests and standing connections of this process at once; more wait to be accepted."""
CONNECTIONS_WAITING = 1_024
FAREWELL_SECONDS = 0.2
"""How long sockets and streams have to be told to come back, before nothing is served any more."""


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
    server = Server(
        app,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        log_enabled=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        backlog=CONNECTIONS_WAITING,
        backpressure=CONNECTIONS_MAX,
    )
    async with app.router.lifespan_context(app):
        settle_memory()
        loop = asyncio.get_running_loop()

        def stop() -> None:
            app.state.standing.end()
            loop.call_later(FAREWELL_SECONDS, server.stop)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        if ready is not None:
            ready()
        await server.serve()


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
