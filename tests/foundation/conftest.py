"""What proofs of the foundation share: processes of their own, and databases without tables."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from app.adapters.kms import FileKms
from app.foundation.clock import FixedClock
from app.foundation.database import Database
from app.foundation.database.urls import MIGRATIONS_MODULE
from app.foundation.sealing import Vault, install_vault

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs.py"

Start = Callable[..., Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
def shared_keyring(database: Database, tmp_path: Path) -> Path:
    """Use a key file that other processes can use as well."""
    assert database.dialect
    path = tmp_path / "keyring.json"
    install_vault(Vault(FileKms(path)))
    return path


@pytest.fixture
async def start(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Start]:
    """Start a program on the test's database; those still running at the end are killed."""
    has_own = "database_url" in request.fixturenames
    own_url: str = request.getfixturevalue("database_url") if has_own else ""
    running: list[asyncio.subprocess.Process] = []

    async def started(
        task: str,
        *arguments: object,
        url: str = own_url,
        migrations: str = MIGRATIONS_MODULE,
        path: Path = ROOT,
    ) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAMS), task, url, str(tmp_path / "keyring.json"), migrations,
            *(str(one) for one in arguments),
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{path}"},
        )  # fmt: skip
        running.append(process)
        return process

    yield started
    for process in running:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture(params=["sqlite", "postgres"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database without any table; the test runs once for each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.sqlite3'}"
        return
    server_url: str = request.getfixturevalue("postgres_url")
    name = f"bare_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    asyncio.run(_in_postgres(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    asyncio.run(_in_postgres(server_url, f'CREATE DATABASE "{name}"'))
    yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    asyncio.run(_in_postgres(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


async def _in_postgres(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


Open = Callable[..., Awaitable[Database]]


@pytest.fixture
async def open_database(clock: FixedClock) -> AsyncIterator[Open]:
    """Open a database by its URL; it is closed at the end."""
    opened: list[Database] = []

    async def open_now(url: str, **settings: str) -> Database:
        database = Database(url=url, clock=clock, **settings)  # pyright: ignore[reportArgumentType] - its text fields
        await database.open()
        opened.append(database)
        return database

    yield open_now
    for database in opened:
        await database.close()


async def threads_end(left: int) -> None:
    """Wait until no more threads run than before; a connection that was closed ends its own."""
    async with asyncio.timeout(5):
        while threading.active_count() > left:
            await asyncio.sleep(0.01)
