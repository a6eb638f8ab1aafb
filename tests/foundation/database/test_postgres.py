"""A server that restarts, moves or vanishes costs a refusal, never a connection."""

import asyncio
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import asyncpg
import pytest

from app.foundation.database import Database, fetch, transaction
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.revision import revise, revision_of
from tests.foundation.conftest import Open

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_url", ["postgres"], indirect=True),
]

POOL = 10


async def count_once() -> int:
    async with transaction() as tx:
        return await revise(tx, "br1")


async def told_the_server(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def end_connections(url: str) -> None:
    """End every other connection, as a restart does."""
    await told_the_server(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    await asyncio.sleep(0.1)


async def use_the_whole_pool() -> None:
    """Hold as many transactions at once as there are connections."""
    gate = asyncio.Barrier(POOL)

    async def hold() -> None:
        async with transaction() as tx:
            await gate.wait()
            await tx.rows("SELECT 1")

    async with asyncio.timeout(10):
        await asyncio.gather(*(hold() for _ in range(POOL)))


async def test_a_connection_lost_in_a_transaction_is_a_refusal_to_try_again(
    database: Database,
) -> None:
    for _ in range(POOL + 2):
        with pytest.raises(TemporarilyUnavailable):
            async with transaction() as tx:
                await revise(tx, "br1")
                await end_connections(database.url)
                await revise(tx, "br1")
    await use_the_whole_pool()
    assert await revision_of("br1") == 0


async def test_a_connection_lost_at_the_commit_is_a_refusal_to_try_again(
    database: Database,
) -> None:
    with pytest.raises(TemporarilyUnavailable):
        async with transaction() as tx:
            await revise(tx, "br1")
            await end_connections(database.url)
    await use_the_whole_pool()


async def test_what_the_block_raised_is_what_the_caller_hears(database: Database) -> None:
    """Rolling back fails as well, and must not speak over it."""
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await end_connections(database.url)
            raise ZeroDivisionError
    await use_the_whole_pool()


async def test_idle_connections_lost_are_replaced(database: Database) -> None:
    await use_the_whole_pool()
    await end_connections(database.url)
    await use_the_whole_pool()
    assert await fetch("SELECT 1 AS one") == [{"one": 1}]


@pytest.mark.parametrize("away", ["postgres://x@127.0.0.1:9/x", "postgres://x@/x?host=/nowhere"])
async def test_a_server_that_is_away_is_a_refusal_to_try_again(
    database_url: str, away: str, open_database: Open
) -> None:
    assert database_url
    await open_database(away)
    with pytest.raises(TemporarilyUnavailable):
        await count_once()
    with pytest.raises(TemporarilyUnavailable):
        await fetch("SELECT 1")


async def test_of_several_hosts_the_one_that_answers_is_used(
    database_url: str, tmp_path: Path, open_database: Open
) -> None:
    parts = urlsplit(database_url)
    options = dict(parse_qsl(parts.query))
    host = options.get("host") or parts.hostname or ""
    password = f":{quote(parts.password)}" if parts.password else ""
    query = f"host={tmp_path},{host}&target_session_attrs=primary"
    await open_database(
        f"postgres://{parts.username}{password}@:{parts.port or 5432}{parts.path}?{query}"
    )
    assert await count_once() == 1


async def test_waits_rely_on_no_default_of_the_server(
    database_url: str, open_database: Open
) -> None:
    name = urlsplit(database_url).path[1:]
    setting = f'ALTER DATABASE "{name}" {{}} default_transaction_isolation'
    await told_the_server(database_url, setting.format("SET") + " = 'serializable'")
    try:
        await open_database(database_url)
        async with transaction() as tx:
            rows = await tx.rows("SHOW transaction_isolation")
        assert rows == [{"transaction_isolation": "read committed"}]
        await asyncio.gather(*(count_once() for _ in range(20)))
        assert await revision_of("br1") == 20
    finally:
        await told_the_server(database_url, setting.format("RESET"))


async def test_a_deadlock_is_a_refusal_to_try_again(database: Database) -> None:
    assert database.dialect
    for subject in ("br1", "br2"):
        async with transaction() as tx:
            await revise(tx, subject)
    both = asyncio.Barrier(2)

    async def cross(first: str, second: str) -> None:
        async with transaction() as tx:
            await revise(tx, first)
            await both.wait()
            await revise(tx, second)

    outcomes = await asyncio.gather(
        cross("br1", "br2"), cross("br2", "br1"), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["NoneType", "TemporarilyUnavailable"]


async def test_closing_twice_is_closing_once(database: Database) -> None:
    connection = database.connection()
    await count_once()
    await database.close()
    await connection.close()
