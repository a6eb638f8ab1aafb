"""Servers of one's own for whole stories, on either database."""

import shutil
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from app.commands import upkeep
from app.commands.own_server import OwnServer
from app.settings import Settings


class NearServer(OwnServer):
    """A server whose days are closed by this process, which has read the code already."""

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run a command on the same data; closing days without a process of its own."""
        if arguments[0] != "close-day":
            return await OwnServer.command(self, *arguments)
        told: list[str] = []
        settings = Settings.from_environ(self.process_environ)
        await upkeep.close_days(settings, date.fromisoformat(arguments[-1]), say=told.append)
        return 0, "\n".join(told)


@pytest.fixture
def own_server(tmp_path: Path, database_url: str) -> OwnServer:
    """Give a server that is not yet started, on an empty database of each kind."""
    if database_url.startswith("sqlite"):
        shutil.move(database_url.removeprefix("sqlite:///"), tmp_path / "qingmiao.sqlite3")
        return NearServer(tmp_path)
    return NearServer(tmp_path, environ={"DATABASE_URL": database_url})


@pytest.fixture
async def server(own_server: OwnServer) -> AsyncIterator[OwnServer]:
    """Give a running server."""
    async with own_server:
        yield own_server
