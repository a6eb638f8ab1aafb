"""The phone's connection over the link: TCP, TLS 1.3 and HTTP/2, with nothing sent in vain."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import TypeVar

from app.commands.benches.http2.speaking import ClientSide, Got, LineCut, Sent
from app.commands.benches.link.namespaces import Side

READS_BYTES = 65_536
ANSWER_SECONDS_MAX = 120.0

T = TypeVar("T")


def trusting(authority_pem: str) -> ssl.SSLContext:
    """Return how a phone speaks TLS that trusts this authority only."""
    context = ssl.create_default_context(cadata=authority_pem)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2"])
    return context


class SecureLine:
    """One connection; the end of the handshake travels in one packet with the first request."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, host: str) -> None:
        """Take a socket that is not connected yet."""
        self._sock = sock
        self._received, self._sending = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._sending, server_hostname=host)
        self._client = ClientSide(host)

    async def connect(self, address: tuple[str, int]) -> None:
        """
        Connect and shake hands.

        Raises:
            LineCut: There was no answer.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                await loop.sock_connect(self._sock, address)
                await self._until_read(self._tls.do_handshake)
        except (OSError, TimeoutError) as failure:
            raise LineCut(str(failure)) from failure
        assert self._tls.selected_alpn_protocol() == "h2", "the server speaks HTTP/2"

    async def exchange(self, sent: Sent) -> Got:
        """
        Send a request and wait for its whole answer.

        Raises:
            LineCut: The connection broke, or two minutes passed.
        """
        stream = self._client.ask(sent)
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                while (got := self._client.answer(stream)) is None:
                    self._write()
                    data = await self._until_read(lambda: self._tls.read(READS_BYTES))
                    if not data:
                        raise LineCut
                    self._client.receive(data)
                self._write()
                await self._flush()
        except (OSError, TimeoutError) as failure:
            raise LineCut(str(failure)) from failure
        return got

    async def close(self) -> None:
        """Hang up without a word: a phone's radio does not say goodbye either."""
        self._sock.close()

    def _write(self) -> None:
        if data := self._client.to_send():
            self._tls.write(data)

    async def _until_read(self, read: Callable[[], T]) -> T:
        """Do what reads from TLS, sending and receiving until it has what it needs."""
        while True:
            try:
                return read()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await asyncio.get_running_loop().sock_recv(self._sock, READS_BYTES)
                if not data:
                    raise LineCut from None
                self._received.write(data)

    async def _flush(self) -> None:
        if data := self._sending.read():
            await asyncio.get_running_loop().sock_sendall(self._sock, data)


def unconnected(end: Side) -> socket.socket:
    """Return a socket in a namespace, that sends what it is given at once."""
    with end.entered():
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setblocking(False)  # noqa: FBT003 - the socket's own signature
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found
