"""Servers of one's own for whole stories, on either database."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.commands.own_server import OwnServer


@pytest.fixture
def own_server(tmp_path: Path, database_url: str) -> OwnServer:
    """Give a server that is not yet started, on an empty database of each kind."""
    if database_url.startswith("sqlite"):
        shutil.move(database_url.removeprefix("sqlite:///"), tmp_path / "qingmiao.sqlite3")
        return OwnServer(tmp_path)
    return OwnServer(tmp_path, environ={"DATABASE_URL": database_url})


@pytest.fixture
async def server(own_server: OwnServer) -> AsyncIterator[OwnServer]:
    """Give a running server."""
    async with own_server:
        yield own_server
