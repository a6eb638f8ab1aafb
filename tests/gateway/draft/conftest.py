"""A client of the village's graph."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.gateway.running import Runner
from tests.gateway.draft.village import RAN, VILLAGE, client_of


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One kind of database will do: nothing here depends on it."""
    path = tmp_path / "test.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
async def client(database: object) -> AsyncIterator[httpx.AsyncClient]:
    assert database
    RAN.clear()
    async with client_of(Runner.over(VILLAGE)) as opened:
        yield opened
