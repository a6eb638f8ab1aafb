"""A statement that nobody waits for any more is ended, on both kinds of database."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from app.foundation.database import Database, fetch, transaction
from app.foundation.database.readers import Readers
from tests.foundation.conftest import threads_end

SLOW = {
    "sqlite": "SELECT count(*) AS n FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL"
    " SELECT n + 1 FROM c WHERE n < 300000000) SELECT n FROM c)",
    "postgres": "SELECT pg_sleep(30)",
}
"""Half a minute or more of work."""
SECONDS = 0.2


async def test_a_read_is_ended_at_its_deadline_and_its_connection_goes_on(
    database: Database,
) -> None:
    began = time.monotonic()
    for _ in range(4):  # as many as there are readers, and one more
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(SECONDS):
                await fetch(SLOW[database.dialect])
    assert await fetch("SELECT 1 AS one") == [{"one": 1}]
    assert time.monotonic() - began < 10


async def test_a_transaction_is_undone_at_its_deadline_and_others_write(
    database: Database,
) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(SECONDS), transaction() as tx:
            await tx.run("INSERT INTO revision (subject_id, revision) VALUES ('br1', 1)")
            await tx.rows(SLOW[database.dialect])
    async with transaction() as tx:
        assert await tx.rows("SELECT * FROM revision") == []
        await tx.run("INSERT INTO revision (subject_id, revision) VALUES ('br2', 1)")
    assert time.monotonic() - began < 10


async def test_who_is_canceled_while_a_connection_opens_loses_none(tmp_path: Path) -> None:
    """A thread that opens a file cannot be called back; its connection is closed like others."""
    path = str(tmp_path / "opened.sqlite3")
    before = threading.active_count()

    async def read(readers: Readers) -> None:
        async with readers.one() as connection:
            await connection.execute_fetchall("SELECT 1")

    for ticks in range(15):
        readers = Readers(path, busy_timeout_milliseconds=100)
        reading = asyncio.create_task(read(readers))
        for _ in range(ticks):
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await readers.close()
    await threads_end(before)
