"""A statement that nobody waits for any more is ended, on both kinds of database."""

import asyncio
import threading
import time

import pytest

from app.foundation.database import Database, fetch, transaction
from app.foundation.database.readers import READERS

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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_who_is_canceled_while_a_connection_opens_leaves_it_to_the_next(
    database: Database,
) -> None:
    """A thread that opens a file cannot be called back; its connection must not be lost."""
    assert database.dialect
    before = threading.active_count()
    for _ in range(20):
        reading = asyncio.create_task(fetch("SELECT 1"))
        writing = asyncio.create_task(_write())
        await asyncio.sleep(0)
        reading.cancel()
        writing.cancel()
        await asyncio.gather(reading, writing, return_exceptions=True)
    assert await fetch("SELECT 1 AS one") == [{"one": 1}]
    assert threading.active_count() <= before + READERS + 1


async def _write() -> None:
    async with transaction() as tx:
        await tx.run("UPDATE business_day SET on_date = on_date")
