"""Reading outside transactions: rows by name or as values, and several reads of one moment."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.foundation.database import Database, fetch, fetch_tuples, transaction
from app.foundation.database.readers import QuickReader
from app.foundation.revision import revise, revision_of
from app.messaging.queries.inbox import _INBOX  # pyright: ignore[reportPrivateUsage]

SAID = "SELECT CAST(? AS VARCHAR(40)) AS moment, CAST(? AS VARCHAR(40)) AS day, 7 AS seven"
MOMENT, DAY = datetime(2026, 11, 22, 8, 30, tzinfo=UTC), date(2026, 11, 22)
SUBJECTS = "SELECT subject_id, revision FROM revision ORDER BY subject_id"

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def revised(subject_id: str) -> None:
    async with transaction() as tx:
        await revise(tx, subject_id)


@pytest.mark.anyio
@pytest.mark.usefixtures("database")
async def test_values_stand_in_the_order_of_the_select_in_a_transaction_too() -> None:
    await revised("br1")
    await revised("br2")
    by_name = [{"subject_id": "br1", "revision": 1}, {"subject_id": "br2", "revision": 1}]
    values = [("br1", 1), ("br2", 1)]
    assert (await fetch(SUBJECTS), list(await fetch_tuples(SUBJECTS))) == (by_name, values)
    async with transaction():
        assert (await fetch(SUBJECTS), list(await fetch_tuples(SUBJECTS))) == (by_name, values)
    assert list(await fetch_tuples(f"{SUBJECTS} LIMIT 0")) == []


@only_sqlite
@pytest.mark.anyio
@pytest.mark.usefixtures("database")
async def test_moments_and_days_are_written_alike_wherever_a_read_goes() -> None:
    alone = await fetch(SAID, [MOMENT, DAY])
    async with transaction():
        assert await fetch(SAID, [MOMENT, DAY]) == alone
    said = ("2026-11-22 08:30:00+00:00", "2026-11-22", 7)
    assert [tuple(row.values()) for row in alone] == [said]
    assert list(await fetch_tuples(SAID, [MOMENT, DAY])) == [said]


@only_sqlite
@pytest.mark.anyio
async def test_what_is_read_within_a_snapshot_is_of_one_moment(database: Database) -> None:
    await revised("br1")
    reading = database.reading()
    at_once = reading.snapshot()
    assert at_once is not None
    with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as other:
        with at_once:
            before = await revision_of("br1")
            other.execute("UPDATE revision SET revision = 9 WHERE subject_id = 'br1'")
            other.commit()
            with at_once:  # a part of what is asked for has parts of its own
                assert await revision_of("br1") == before == 1
            assert await revision_of("br1") == 1
        assert await revision_of("br1") == 9
    assert (await fetch("SELECT 1 AS one"), database.reading()) == ([{"one": 1}], reading)


@only_sqlite
@pytest.mark.anyio
async def test_a_snapshot_ends_with_its_block_however_that_is_left(database: Database) -> None:
    await revised("br1")
    at_once = database.reading().snapshot()
    assert at_once is not None
    with pytest.raises(KeyError), at_once:
        await revision_of("br1")
        raise KeyError
    await revised("br1")
    assert await revision_of("br1") == 2


def test_a_snapshot_of_a_file_that_cannot_be_read_leaves_it_to_the_read_to_say() -> None:
    reader = QuickReader("/nowhere/at/all.sqlite3")
    with reader, pytest.raises(sqlite3.OperationalError, match="unable to open"):
        reader.found("SELECT 1", ())


@only_sqlite
@pytest.mark.anyio
@pytest.mark.usefixtures("database")
async def test_the_newest_of_an_inbox_is_found_without_sorting_it() -> None:
    plan = await fetch(f"EXPLAIN QUERY PLAN {_INBOX}", ["br1", 4])
    assert not [row for row in plan if "TEMP B-TREE" in row["detail"]]


def test_tables_that_another_process_adds_keep_no_read_from_being_quick(tmp_path: Path) -> None:
    path = str(tmp_path / "book.sqlite3")
    reader, name = QuickReader(path), "SELECT word FROM one WHERE id = ?"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer, closing(reader):
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE one (id INTEGER PRIMARY KEY, word TEXT)")
        writer.execute("INSERT INTO one VALUES (1, 'first')")
        found = reader.found(name, [1])
        assert found is not None
        writer.execute("BEGIN")
        for number in range(2_000):
            writer.execute(f"CREATE TABLE more_{number} (id TEXT PRIMARY KEY, a TEXT, b TEXT)")
        writer.execute("COMMIT")
        reader.found(name, [1])
        again = [reader.found(name, [1]) for _ in range(20)]
        assert any(one is not None and one[1] == [("first",)] for one in again)
