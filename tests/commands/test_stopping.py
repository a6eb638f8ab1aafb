"""A server that is told to stop finishes what was begun, waits for nobody else, and ends well."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, closing
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest

from app.commands.own_server import OwnServer
from app.commands.serving import FAREWELL_SECONDS, HEAD_BYTES_MAX

IN_FLIGHT = 50
BODY = b'{"query":"{__typename}"}'
ANSWER = b'{"data":{"__typename":"Query"}}'
BEGUN = (
    b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(BODY)
)


class Http1:
    """A connection for one request."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)

    def send(self, content: bytes) -> None:
        self._socket.sendall(content)

    def whole(self) -> bytes:
        """Read until the other end closes."""
        read = b""
        while heard := self._socket.recv(65_536):
            read += heard
        return read

    def close(self) -> None:
        self._socket.close()


class Http2:
    """A connection that stays open."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._spoken = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self._spoken.initiate_connection()

    def get(self, path: str, **fields: str) -> str | None:
        """Return the status of an answer; None where the request was not taken."""
        stream = self._spoken.get_next_available_stream_id()
        head = {":method": "GET", ":path": path, ":scheme": "http", ":authority": "localhost"}
        self._spoken.send_headers(stream, [*head.items(), *fields.items()], end_stream=True)
        self._socket.sendall(self._spoken.data_to_send())
        status = None
        while heard := self._socket.recv(65_536):
            for event in self._spoken.receive_data(heard):
                match event:
                    case h2.events.ResponseReceived():
                        status = dict(event.headers or [])[b":status"].decode()
                    case h2.events.StreamEnded():
                        return status
                    case h2.events.StreamReset() | h2.events.ConnectionTerminated():
                        return status
                    case _:
                        pass
            self._socket.sendall(self._spoken.data_to_send())
        return status

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[OwnServer]:
    async with OwnServer(tmp_path, serves=("serve",)) as started:
        yield started


async def test_a_server_reads_no_endless_head_and_ends_when_what_is_in_flight_is_answered(
    server: OwnServer,
) -> None:
    with ExitStack() as held:
        idle, long = (held.enter_context(closing(Http2(server.port))) for _ in range(2))
        plain, *begun = (
            held.enter_context(closing(Http1(server.port))) for _ in range(1 + IN_FLIGHT)
        )
        assert long.get("/healthz", long="x" * HEAD_BYTES_MAX) in {None, "431"}
        plain.send(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nlong: ")
        plain.send(b"x" * HEAD_BYTES_MAX + b"\r\n\r\n")
        assert plain.whole().startswith(b"HTTP/1.1 431")

        for one in begun:
            one.send(BEGUN + BODY[:5])
        assert idle.get("/readyz") == "200", "what was sent before has arrived"
        os.kill(server.process_id, signal.SIGTERM)
        await asyncio.sleep(2 * FAREWELL_SECONDS)
        for one in begun:
            one.send(BODY[5:])
        assert {one.whole().partition(b"\r\n\r\n")[2] for one in begun} == {ANSWER}
        assert server.stop() == 0, "though somebody keeps a connection open and asks nothing"
    assert "Error" not in server.log_path.read_text(encoding="utf-8")
