"""Transactions begin at once, never nest, never get lost, and say so kindly when they can't run."""

import asyncio
import sqlite3
from datetime import date

import pytest
from tortoise.exceptions import OperationalError

from app.foundation import database as door
from app.foundation.database import Database, fetch, set_business_date, transaction
from app.foundation.database.failures import mapped_failures
from app.foundation.database.migrating import drift, missing_migrations
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.models import RevisionRow
from app.foundation.revision import revise, revision_of


@pytest.mark.usefixtures("database")
async def test_raising_rolls_everything_back() -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction() as tx:
            await revise(tx, "br1")
            raise ZeroDivisionError
    assert await revision_of("br1") == 0


@pytest.mark.usefixtures("database")
async def test_transactions_never_nest() -> None:
    async with transaction():
        with pytest.raises(AssertionError):
            async with transaction():
                pass


@pytest.mark.usefixtures("database")
async def test_reading_before_writing_loses_no_update() -> None:
    async with transaction() as tx:
        await revise(tx, "br1")

    async def read_then_write() -> None:
        async with transaction():
            row = await RevisionRow.filter(subject_id="br1").select_for_update().get()
            await asyncio.sleep(0)
            row.revision += 1
            await row.save()

    await asyncio.gather(*(read_then_write() for _ in range(50)))
    assert await revision_of("br1") == 51


async def test_without_the_lock_postgres_loses_updates(database: Database) -> None:
    """SQLite hides the mistake, which is why the suite runs on both."""
    if database.dialect == "sqlite":
        return
    async with transaction() as tx:
        await revise(tx, "br1")

    async def forget_the_lock() -> None:
        async with transaction():
            row = await RevisionRow.get(subject_id="br1")
            await asyncio.sleep(0.01)
            row.revision += 1
            await row.save()

    await asyncio.gather(*(forget_the_lock() for _ in range(10)))
    assert await revision_of("br1") < 11


@pytest.mark.usefixtures("database")
async def test_readers_do_not_wait_for_an_open_transaction() -> None:
    async with transaction() as tx:
        await revise(tx, "br1")
    entered, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with transaction() as tx:
            await revise(tx, "br1")
            entered.set()
            await leave.wait()

    holder = asyncio.create_task(hold())
    await entered.wait()
    seen = await asyncio.wait_for(asyncio.create_task(revision_of("br1")), 2)
    leave.set()
    await holder
    assert seen == 1
    assert await revision_of("br1") == 2


@pytest.mark.usefixtures("database")
async def test_a_canceled_transaction_leaves_nothing_and_blocks_nobody() -> None:
    entered = asyncio.Event()

    async def hang() -> None:
        async with transaction() as tx:
            await revise(tx, "br1")
            entered.set()
            await asyncio.sleep(60)

    hanging = asyncio.create_task(hang())
    await entered.wait()
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    async with asyncio.timeout(5), transaction() as tx:
        assert await revise(tx, "br1") == 1


@pytest.mark.usefixtures("database")
async def test_actions_wait_for_the_commit() -> None:
    done: list[str] = []
    async with transaction() as tx:
        tx.after_commit(lambda: done.append("first"))
        assert done == []
    with pytest.raises(ZeroDivisionError):
        async with transaction() as tx:
            tx.after_commit(lambda: done.append("second"))
            raise ZeroDivisionError
    assert done == ["first"]


@pytest.mark.usefixtures("database")
async def test_the_business_date_is_today_until_the_day_is_closed() -> None:
    assert await door.business_date() == date(2026, 11, 21)
    async with transaction() as tx:
        await set_business_date(tx, date(2026, 12, 1))
        assert tx.today == date(2026, 12, 1)
    async with transaction() as tx:
        assert tx.today == date(2026, 12, 1)


async def test_a_busy_file_is_a_refusal_to_try_again(database: Database) -> None:
    if database.dialect != "sqlite":
        return
    await fetch("SELECT 1")
    await database.connection().execute_script("PRAGMA busy_timeout=50")
    other = sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TemporarilyUnavailable):
            async with transaction():
                pass
        other.execute("ROLLBACK")
        async with transaction() as tx:
            assert await revise(tx, "br1") == 1
    finally:
        other.close()


@pytest.mark.parametrize(
    ("failure", "passes"),
    [
        (ConnectionRefusedError(), True),
        (sqlite3.OperationalError("no such table"), False),
        (OperationalError(ValueError("syntax")), False),
        (LookupError("ours"), False),
    ],
)
def test_only_what_heals_by_itself_is_mapped(failure: Exception, *, passes: bool) -> None:
    with pytest.raises(TemporarilyUnavailable if passes else type(failure)), mapped_failures():
        raise failure


def test_a_deadlock_is_worth_another_try() -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    with pytest.raises(TemporarilyUnavailable), mapped_failures():
        raise Deadlock


async def test_models_and_migrations_agree(database: Database) -> None:
    assert await drift() == []
    assert await missing_migrations(database) == []


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense"])
async def test_a_url_of_another_database_is_refused(url: str, database_url: str) -> None:
    assert database_url
    with pytest.raises(ValueError, match="DATABASE_URL"):
        door.orm_config(url)


def test_urls_of_postgres_keep_their_options() -> None:
    url = "postgres://a%40b:p%3Aw@db:6432/loans?statement_cache_size=0&maxsize=4"
    credentials = door.orm_config(url)["connections"]["postgres"]["credentials"]
    assert credentials == {
        "host": "db",
        "port": 6432,
        "user": "a@b",
        "password": "p:w",
        "database": "loans",
        "minsize": 1,
        "maxsize": 4,
        "timeout": 10,
        "command_timeout": 60,
        "statement_cache_size": 0,
    }
