"""A server of one's own is ready, or says with the end of its log why it is not."""

import asyncio
from pathlib import Path

import pytest

from app.commands import own_server
from app.commands.own_server import NotReady, OwnServer


async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    other = await asyncio.start_server(busy, "127.0.0.1", 0)
    async with other:
        server = OwnServer(tmp_path, port=other.sockets[0].getsockname()[1])
        with pytest.raises(NotReady, match="it ended with 2: Refused: cannot listen on"):
            await server.start()
    server.kill()
    server.kill()


async def test_a_server_that_takes_too_long_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_server, "READY_SECONDS_MAX", 0.01)
    server = OwnServer(tmp_path)
    with pytest.raises(NotReady, match="it took too long"):
        await server.start()
    server.kill()
