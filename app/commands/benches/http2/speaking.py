"""One side of an HTTP/2 connection without any line under it: bytes in, bytes and answers out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from hpack import NeverIndexedHeaderTuple

NEVER_INDEXED = frozenset({"proof"})
"""Headers that differ every time; kept in HPACK's table they would push the others out."""


class LineCut(Exception):
    """The connection broke before the whole answer was there; what the server did is not known."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request, with header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Got:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Counts:
    """Bytes that went up and down so far."""

    up: int = 0
    down: int = 0

    def since(self, before: "Counts") -> "Counts":
        """Return what went since an earlier reading."""
        return Counts(self.up - before.up, self.down - before.down)


class Line(Protocol):
    """One connection to the gateway, that carries one exchange after the other."""

    async def exchange(self, sent: Sent) -> Got:
        """
        Send a request and wait for its whole answer.

        Raises:
            LineCut: The connection broke first.
        """
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


@dataclass(slots=True)
class _Answer:
    """An answer as far as it has come."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytearray = field(default_factory=bytearray)
    is_whole: bool = False


class ClientSide:
    """
    The phone's side of one connection.

    The bearer token is kept in HPACK's table, as OkHttp does: after the first request it costs one
    byte.
    """

    def __init__(self, authority: str) -> None:
        """Begin a connection; what must be sent first is in `to_send` at once."""
        self._authority = authority
        # Normalizing would mark `authorization` as never to be indexed.
        config = H2Configuration(header_encoding="utf-8", normalize_outbound_headers=False)
        self._h2 = H2Connection(config)
        self._h2.initiate_connection()
        self._answers: dict[int, _Answer] = {}
        self._is_over = False

    def ask(self, sent: Sent) -> int:
        """Begin an exchange; return its number."""
        stream = self._h2.get_next_available_stream_id()
        self._answers[stream] = _Answer()
        headers: list[tuple[bytes, bytes]] = [
            (b":method", sent.method.encode()),
            (b":scheme", b"https"),
            (b":authority", self._authority.encode()),
            (b":path", sent.path.encode()),
        ]
        for name, value in sent.headers.items():
            pair = (name.encode(), value.encode())
            headers.append(NeverIndexedHeaderTuple(*pair) if name in NEVER_INDEXED else pair)
        self._h2.send_headers(stream, headers, end_stream=not sent.body)
        if sent.body:
            assert len(sent.body) <= self._h2.local_flow_control_window(stream), (
                "no request is longer than a window"
            )
            most = self._h2.max_outbound_frame_size
            for begin in range(0, len(sent.body), most):
                part = sent.body[begin : begin + most]
                is_last = begin + most >= len(sent.body)
                self._h2.send_data(stream, part, end_stream=is_last)
        return stream

    def receive(self, data: bytes) -> None:
        """
        Take what came in.

        Raises:
            LineCut: The server ended the exchange or the connection.
        """
        for event in self._h2.receive_data(data):
            match event:
                case ResponseReceived():
                    answer = self._answers[event.stream_id]
                    said = {str(name): str(value) for name, value in event.headers or ()}
                    answer.status = int(said.pop(":status"))
                    answer.headers = said
                case DataReceived():
                    self._answers[event.stream_id].body += event.data
                    length = event.flow_controlled_length
                    self._h2.acknowledge_received_data(length, event.stream_id)
                case StreamEnded():
                    self._answers[event.stream_id].is_whole = True
                case StreamReset() | ConnectionTerminated():
                    raise LineCut(type(event).__name__)
                case _:
                    pass

    def to_send(self) -> bytes:
        """Return what is to be sent now, once."""
        return self._h2.data_to_send()

    def answer(self, stream: int) -> Got | None:
        """Return the whole answer of an exchange, once; None until it is there."""
        answer = self._answers[stream]
        if not answer.is_whole:
            return None
        del self._answers[stream]
        return Got(answer.status, answer.headers, bytes(answer.body))
