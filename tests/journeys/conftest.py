"""Servers of one's own for whole stories, on either database."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from app.commands.own_server import OwnServer


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Let servers keep compiled modules even where the environment says not to: half of a start."""
    folder = tmp_path_factory.mktemp("compiled")
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder)}


@pytest.fixture
def own_server(tmp_path: Path, database_url: str, compiled: Mapping[str, str]) -> OwnServer:
    """Give a server that is not yet started, on an empty database of each kind."""
    if database_url.startswith("sqlite"):
        return OwnServer(tmp_path, environ=compiled)
    return OwnServer(tmp_path, environ={**compiled, "DATABASE_URL": database_url})


@pytest.fixture
async def server(own_server: OwnServer) -> AsyncIterator[OwnServer]:
    """Give a running server."""
    async with own_server:
        yield own_server
