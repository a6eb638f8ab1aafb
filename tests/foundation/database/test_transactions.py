"""Transactions begin at once, never nest, never get lost, and outlive nothing."""

import asyncio
import random
import threading
from datetime import date, datetime, timedelta

import pytest
from strawberry.dataloader import DataLoader
from tortoise.exceptions import ConfigurationError, TransactionManagementError

from app.foundation import database as door
from app.foundation.clock import SHANGHAI, FixedClock
from app.foundation.database import (
    Database,
    Transaction,
    fetch,
    joined,
    set_business_date,
    transaction,
)
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.models import RevisionRow
from app.foundation.revision import revise, revision_of
from tests.foundation.conftest import Open, Start, threads_end


async def count_once() -> int:
    async with transaction() as tx:
        return await revise(tx, "br1")


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
async def test_a_task_knows_the_transaction_it_is_in() -> None:
    assert joined() is None
    async with transaction() as tx:
        assert joined() is tx
    assert joined() is None


@pytest.mark.usefixtures("database")
async def test_reading_before_writing_loses_no_update() -> None:
    await count_once()

    async def read_then_write() -> None:
        async with transaction():
            row = await RevisionRow.filter(subject_id="br1").select_for_update().get()
            await asyncio.sleep(0)
            row.revision += 1
            await row.save()

    await asyncio.gather(*(read_then_write() for _ in range(50)))
    assert await revision_of("br1") == 51


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.usefixtures("database")
async def test_without_the_lock_postgres_loses_updates() -> None:
    """SQLite hides the mistake, which is why the suite runs on both."""
    await count_once()

    async def forget_the_lock() -> None:
        async with transaction():
            row = await RevisionRow.get(subject_id="br1")
            await asyncio.sleep(0.01)
            row.revision += 1
            await row.save()

    await asyncio.gather(*(forget_the_lock() for _ in range(10)))
    assert await revision_of("br1") < 11


@pytest.mark.usefixtures("database")
async def test_processes_that_read_and_then_write_wait_for_each_other(start: Start) -> None:
    await count_once()
    counting = [await start("count", 60) for _ in range(3)]
    failures = [(await process.communicate())[0] for process in counting]
    assert failures == [b"0\n"] * 3
    assert await revision_of("br1") == 181


@pytest.mark.usefixtures("database")
async def test_readers_do_not_wait_for_an_open_transaction() -> None:
    await count_once()
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
async def test_a_transaction_reads_what_it_wrote() -> None:
    async with transaction() as tx:
        await revise(tx, "br1")
        assert await revision_of("br1") == 1
        assert await tx.rows("SELECT revision FROM revision WHERE subject_id = ?", ["br1"])
        assert await tx.run("UPDATE revision SET revision = ? WHERE subject_id = ?", [7, "br1"])
    assert await revision_of("br1") == 7


@pytest.mark.usefixtures("database")
async def test_running_tells_how_many_rows_were_touched() -> None:
    insert = "INSERT INTO revision (subject_id, revision) VALUES ('br1', 1), ('br2', 1)"
    async with transaction() as tx:
        assert await tx.run(insert) == 2
        assert await tx.run(f"{insert}, ('br3', 1) ON CONFLICT DO NOTHING") == 1
        assert await tx.run(f"{insert} ON CONFLICT DO NOTHING") == 0
        assert await tx.run("UPDATE revision SET revision = 2 WHERE subject_id <> ?", ["br1"]) == 2
        assert await tx.run("DELETE FROM revision") == 3
        assert await tx.run("DELETE FROM revision") == 0


@pytest.mark.usefixtures("database")
async def test_the_orm_reads_outside_a_transaction_as_well() -> None:
    await count_once()
    assert await RevisionRow.filter(subject_id="br1").count() == 1
    assert (await RevisionRow.get(subject_id="br1")).revision == 1
    assert await RevisionRow.get_or_none(subject_id="br2") is None


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
    async with asyncio.timeout(5):
        assert await count_once() == 1


@pytest.mark.usefixtures("database")
async def test_whatever_step_is_canceled_no_connection_is_lost() -> None:
    """Tortoise's own transaction keeps one pooled connection for each cancellation at BEGIN."""
    chance = random.Random(7)  # noqa: S311 - it only spreads the cancellations
    done = canceled = 0
    for _ in range(200):
        task = asyncio.create_task(count_once())
        for _ in range(chance.randrange(12)):
            await asyncio.sleep(0)
        await asyncio.sleep(chance.choice([0, 0, 0.001, 0.003]))
        task.cancel()
        outcome = (await asyncio.gather(task, return_exceptions=True))[0]
        done += isinstance(outcome, int)
        canceled += isinstance(outcome, asyncio.CancelledError)
    assert done + canceled == 200
    async with asyncio.timeout(10):
        await asyncio.gather(*(count_once() for _ in range(30)))
    assert done + 30 <= await revision_of("br1") <= done + canceled + 30


@pytest.mark.usefixtures("database")
async def test_a_task_that_outlives_its_transaction_can_do_nothing_in_it() -> None:
    """Its connection is another transaction's by then, which would commit the stray write."""
    over = asyncio.Event()

    async def stray(tx: Transaction) -> None:
        await over.wait()
        with pytest.raises(TransactionManagementError):
            await RevisionRow.create(subject_id="stray", revision=1)
        with pytest.raises(TransactionManagementError):
            await tx.run("INSERT INTO revision (subject_id, revision) VALUES ('stray', 1)")

    async with transaction() as tx:
        straying = asyncio.create_task(stray(tx))
    async with asyncio.timeout(5), transaction():
        over.set()
        await straying
    assert await revision_of("stray") == 0


@pytest.mark.usefixtures("database")
async def test_a_batch_begun_outside_a_transaction_ends_inside_it() -> None:
    """On one shared connection the batch would wait for the transaction, which waits for it."""
    await count_once()

    async def revisions(subjects: list[str]) -> list[int]:
        return [await revision_of(subject) for subject in subjects]

    loader: DataLoader[str, int] = DataLoader(load_fn=revisions)
    loading = asyncio.ensure_future(loader.load("br1"))
    async with asyncio.timeout(5), transaction() as tx:
        await revise(tx, "br1")
        assert await loading == 1


@pytest.mark.usefixtures("database")
async def test_the_orm_may_open_savepoints_of_its_own() -> None:
    async with transaction() as tx:
        row, is_new = await RevisionRow.get_or_create(subject_id="br1", defaults={"revision": 4})
        assert is_new
        assert await revise(tx, row.subject_id) == 5
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await RevisionRow.get_or_create(subject_id="br2", defaults={"revision": 4})
            raise ZeroDivisionError
    assert (await revision_of("br1"), await revision_of("br2")) == (5, 0)


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
async def test_a_check_that_fails_at_the_end_undoes_everything() -> None:
    def refuse() -> None:
        raise AssertionError

    with pytest.raises(AssertionError):
        async with transaction() as tx:
            tx.before_commit(refuse)
            await revise(tx, "br1")
    assert await revision_of("br1") == 0


@pytest.mark.usefixtures("database")
async def test_positions_count_within_one_transaction() -> None:
    for _ in range(2):
        async with transaction() as tx:
            assert [tx.next_position() for _ in range(3)] == [1, 2, 3]


@pytest.mark.usefixtures("database")
async def test_the_business_date_is_today_until_the_day_is_closed() -> None:
    assert await door.business_date() == date(2026, 11, 21)
    async with transaction() as tx:
        await set_business_date(tx, date(2026, 12, 1))
        assert tx.today == date(2026, 12, 1)
    async with transaction() as tx:
        assert tx.today == date(2026, 12, 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("database")
async def test_moments_are_compared_as_one_time_zone_on_sqlite() -> None:
    """SQLite compares moments as text; the same one in China's time must be the same text."""
    morning = datetime(2026, 11, 21, 10, 0, tzinfo=SHANGHAI)
    rows = await fetch("SELECT ? AS moment, ? AS day", [morning, date(2026, 11, 21)])
    assert rows == [{"moment": "2026-11-21 02:00:00+00:00", "day": "2026-11-21"}]


async def test_closing_waits_for_what_runs_and_refuses_what_waits(database: Database) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()
    threads = threading.active_count()

    async def hold() -> int:
        async with transaction() as tx:
            entered.set()
            await leave.wait()
            return await revise(tx, "br1")

    holder = asyncio.create_task(hold())
    await entered.wait()
    waiting = [asyncio.create_task(count_once()) for _ in range(12)]
    await asyncio.sleep(0.05)
    closing = [asyncio.create_task(database.close()) for _ in range(2)]
    await asyncio.sleep(0.05)
    late = asyncio.create_task(count_once())
    await asyncio.sleep(0.05)
    leave.set()
    async with asyncio.timeout(10):
        assert await holder >= 1
        await asyncio.gather(*closing)
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        with pytest.raises(TemporarilyUnavailable):
            await late
    assert all(isinstance(one, int | TemporarilyUnavailable) for one in outcomes)
    await threads_end(threads)


async def test_a_database_that_was_closed_does_not_come_back_by_itself(
    database: Database,
) -> None:
    connection = database.connection()
    await database.close()
    await connection.close()
    with pytest.raises(TemporarilyUnavailable), door.mapped_failures():
        await connection.execute_query_dict("SELECT 1")
    with pytest.raises(AssertionError):
        await fetch("SELECT 1")


async def test_a_process_has_one_database(database: Database, open_database: Open) -> None:
    with pytest.raises(ConfigurationError):
        await open_database(database.url)
    assert await count_once() == 1


async def test_closing_one_that_is_not_open_leaves_the_open_one_alone(
    database: Database, clock: FixedClock
) -> None:
    await Database(url=database.url, clock=clock).close()
    assert await count_once() == 1


async def test_a_database_is_used_on_the_loop_that_opened_it(database: Database) -> None:
    """Tortoise would open a second set of connections there and forget the first."""

    async def elsewhere() -> None:
        with pytest.raises(AssertionError, match="event loop"):
            await fetch("SELECT 1")

    await asyncio.to_thread(lambda: asyncio.run(elsewhere()))
    assert await count_once() == 1
    assert database.dialect in database.url


def test_one_loop_after_another_may_open_it(database_url: str, clock: FixedClock) -> None:
    async def open_and_count() -> int:
        database = Database(url=database_url, clock=clock)
        await database.open()
        try:
            return await count_once()
        finally:
            await database.close()

    assert [asyncio.run(open_and_count()) for _ in range(3)] == [1, 2, 3]


async def test_a_url_that_cannot_be_opened_leaves_nothing_open(
    database_url: str, open_database: Open
) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL"):
        await open_database("mysql://x/y")
    await open_database(database_url)
    assert await count_once() == 1


@pytest.mark.usefixtures("database")
async def test_a_transaction_keeps_the_moment_it_began(clock: FixedClock) -> None:
    async with transaction() as tx:
        began = tx.now
        clock.advance(timedelta(hours=1))
        assert tx.now == began
        assert len(tx.random_bytes(8)) == 8
        assert tx.new_id("ln")[:2] == "ln"
