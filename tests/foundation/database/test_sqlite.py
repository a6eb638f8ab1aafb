"""One file, many readers, one writer at a time; full, busy or broken, it heals without us."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from app.foundation.database import Database, current, fetch, transaction
from app.foundation.database.finishing import finished
from app.foundation.database.readers import READERS, connected
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.revision import revise, revision_of
from tests.foundation.conftest import Open, Start, threads_end

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

SLOW = (
    "SELECT (WITH RECURSIVE line (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM line"
    " WHERE n < 400000) SELECT count(*) FROM line) AS n"
)


async def count_once() -> int:
    async with transaction() as tx:
        return await revise(tx, "br1")


async def test_writers_are_set_up_for_safety(database: Database) -> None:
    async with transaction() as tx:
        found = {
            name: (await tx.rows(f"PRAGMA {name}"))[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": {"journal_mode": "wal"},
        "synchronous": {"synchronous": 2},
        "foreign_keys": {"foreign_keys": 1},
        "busy_timeout": {"timeout": 5000},
    }
    count, rows = await database.connection().execute_query("PRAGMA user_version")
    assert (count, len(rows)) == (1, 1)


@pytest.mark.usefixtures("database")
async def test_a_reader_cannot_write() -> None:
    assert await fetch("SELECT query_only FROM pragma_query_only") == [{"query_only": 1}]


async def test_a_busy_file_is_a_refusal_to_try_again(database: Database) -> None:
    await count_once()
    await database.connection().execute_script("PRAGMA busy_timeout=50")
    other = sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TemporarilyUnavailable):
            await count_once()
        assert await revision_of("br1") == 1
        other.execute("ROLLBACK")
        assert await count_once() == 2
    finally:
        other.close()


async def test_a_full_disk_is_a_refusal_to_try_again_and_heals(database: Database) -> None:
    await count_once()
    connection = database.connection()
    pages = (await connection.execute_query_dict("PRAGMA page_count"))[0]["page_count"]
    await connection.execute_script(f"PRAGMA max_page_count={pages}")
    with pytest.raises(TemporarilyUnavailable):
        async with transaction() as tx:
            for number in range(2_000):
                await revise(tx, f"borrower{number}")
    assert await revision_of("br1") == 1
    assert await revision_of("borrower1") == 0
    await connection.execute_script(f"PRAGMA max_page_count={pages + 1_000}")
    assert await count_once() == 2


async def test_a_file_that_cannot_be_opened_blocks_nobody(
    database_url: str, tmp_path: Path, open_database: Open
) -> None:
    """Tortoise's own client keeps the writer's lock when it cannot open the file."""
    assert database_url
    folder = tmp_path / "later"
    database = await open_database(f"sqlite:///{folder}/qingmiao.sqlite3")
    async with asyncio.timeout(5):
        for _ in range(2):
            with pytest.raises(TemporarilyUnavailable):
                await count_once()
            with pytest.raises(TemporarilyUnavailable):
                await fetch("SELECT 1")
            with pytest.raises(TemporarilyUnavailable):
                await fetch("PRAGMA user_version")
        folder.mkdir()
        await database.context.generate_schemas()
        assert await count_once() == 1


@pytest.mark.usefixtures("database")
async def test_a_long_read_is_left_to_a_thread_where_it_cannot_write_either() -> None:
    turns = 0
    reading = asyncio.create_task(
        fetch(f"SELECT n, query_only FROM ({SLOW}) AS counted, pragma_query_only")
    )
    while not reading.done():
        turns += 1
        await asyncio.sleep(0.001)
    assert await reading == [{"n": 400_000, "query_only": 1}]
    assert turns > 5


@pytest.mark.usefixtures("database")
async def test_more_readers_than_connections_are_all_answered() -> None:
    answers = await asyncio.gather(*(fetch(SLOW) for _ in range(READERS * 3)))
    assert answers == [[{"n": 400_000}]] * READERS * 3


async def test_closing_answers_reads_under_way_and_refuses_those_in_line(
    database: Database,
) -> None:
    threads = threading.active_count()
    reads = [asyncio.create_task(fetch(SLOW)) for _ in range(READERS * 2)]
    await asyncio.sleep(0.05)
    async with asyncio.timeout(20):
        await database.close()
        outcomes = await asyncio.gather(*reads, return_exceptions=True)
    assert outcomes[:READERS] == [[{"n": 400_000}]] * READERS
    assert all(isinstance(one, TemporarilyUnavailable) for one in outcomes[READERS:])
    await threads_end(threads)


async def test_a_transaction_that_lasts_is_cut_off_and_undone(
    database: Database, open_database: Open
) -> None:
    entered, closed = asyncio.Event(), asyncio.Event()

    async def last() -> None:
        async with transaction() as tx:
            await revise(tx, "br1")
            entered.set()
            await closed.wait()

    lasting = asyncio.create_task(last())
    await entered.wait()
    await database.close()
    closed.set()
    with pytest.raises(TemporarilyUnavailable):
        await lasting
    await open_database(database.url)
    assert await revision_of("br1") == 0


async def test_a_canceled_commit_ends_before_the_next_transaction_begins(
    database: Database,
) -> None:
    assert database.dialect
    counting = asyncio.create_task(count_once())
    while not counting.done():
        await asyncio.sleep(0)
        counting.cancel()
    async with asyncio.timeout(5):
        assert await count_once() in {1, 2}


async def test_a_step_ends_however_often_its_waiter_is_canceled(database_url: str) -> None:
    assert database_url
    ended: list[str] = []

    async def step() -> None:
        await asyncio.sleep(0.05)
        ended.append("step")
        raise ZeroDivisionError

    waiting = asyncio.create_task(finished(step()))
    for _ in range(3):
        await asyncio.sleep(0.01)
        waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended == ["step"]
    with pytest.raises(ZeroDivisionError):
        await finished(step())


async def test_a_connection_that_cannot_be_set_up_is_not_left_behind(
    database_url: str, tmp_path: Path
) -> None:
    assert database_url
    threads = threading.active_count()
    with pytest.raises(sqlite3.OperationalError):
        await connected(str(tmp_path / "x"), {"journal_mode": "WAL nonsense"})
    await threads_end(threads)


@pytest.mark.usefixtures("database")
async def test_a_script_inside_a_transaction_is_part_of_it() -> None:
    """The driver's own way to run a script commits what came before."""
    with pytest.raises(ZeroDivisionError):
        async with transaction() as tx:
            await revise(tx, "br1")
            await (
                current()
                .connection()
                .execute_script(
                    "INSERT INTO revision (subject_id, revision) VALUES ('semi;colon', 1);"
                    " INSERT INTO revision (subject_id, revision) VALUES ('br2', 1)"
                )
            )
            assert await revision_of("semi;colon") == 1
            raise ZeroDivisionError
    assert await fetch("SELECT * FROM revision") == []


async def test_processes_may_be_the_first_on_a_file_together(
    database_url: str, tmp_path: Path, start: Start
) -> None:
    assert database_url
    for attempt in range(2):
        url = f"sqlite:///{tmp_path}/together{attempt}.sqlite3"
        beginning = [await start("begin", url=url) for _ in range(3)]
        assert [(await one.communicate())[0] for one in beginning] == [b"begun\n"] * 3
