"""Whoever waits for an answer hears soon that the database is silent; a line that moves is none."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TypeVar

import asyncpg
import pytest

from app.foundation import idempotency
from app.foundation.database import Database, fetch, transaction
from app.foundation.database.patience import Hurry, unhurried
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.revision import revise, revision_of
from tests.stillness import held_still

T = TypeVar("T")
IN_TIME = 1.0
only_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A command that counts something up."""

    idempotency_key: str
    caller_id: str = "br1"


async def count(command: Count) -> int:
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["revision"]
        revision = await revise(tx, command.caller_id)
        await claim.settle(tx, {"revision": revision})
        return revision


async def count_up(subject: str = "br1") -> int:
    async with transaction() as tx:
        return await revise(tx, subject)


async def in_a_hurry(asked: Awaitable[T]) -> T:
    with Hurry():
        return await asked


async def refused_in_time(asked: Callable[[], Awaitable[object]], *, times: int = 1) -> None:
    """See that so many who ask at once are all told to come back, before a second is over."""

    async def heard() -> float:
        began = time.monotonic()
        with pytest.raises(TemporarilyUnavailable):
            await in_a_hurry(asked())
        return time.monotonic() - began

    took = await asyncio.gather(*(heard() for _ in range(times)))
    assert max(took) < IN_TIME, took


@contextmanager
def written_by_another(database: Database) -> Iterator[None]:
    """Let another connection have SQLite's lock, as another process would."""
    other = sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@asynccontextmanager
async def locked(database: Database, statement: str) -> AsyncIterator[None]:
    """Let somebody else hold a lock of PostgreSQL's."""
    other = await asyncpg.connect(database.url)
    held = other.transaction()
    await held.start()
    await other.execute(statement)
    try:
        yield
    finally:
        await held.rollback()
        await other.close()


@only_sqlite
async def test_a_file_that_another_process_writes_is_not_waited_for(database: Database) -> None:
    await count_up()
    with written_by_another(database):
        await refused_in_time(count_up, times=40)
        assert await in_a_hurry(revision_of("br1")) == 1
        slow = asyncio.create_task(count_up())  # nobody waits for this one
        await asyncio.sleep(0)
        await refused_in_time(count_up)
        assert not slow.done()
    assert await slow == 2
    assert await in_a_hurry(count_up()) == 3


async def test_a_line_that_moves_is_waited_for(database: Database) -> None:
    """So many write one after the other that it takes longer than anybody has patience."""
    assert database.dialect
    writers = 120

    async def hold() -> int:
        async with transaction() as tx:
            revision = await revise(tx, "br1")
            await asyncio.sleep(0.01)
            return revision

    began = time.monotonic()
    revisions = await asyncio.gather(*(in_a_hurry(hold()) for _ in range(writers)))
    assert set(revisions) == set(range(1, writers + 1))
    assert time.monotonic() - began > IN_TIME


@only_sqlite
async def test_a_long_transaction_of_our_own_is_waited_for(database: Database) -> None:
    assert database.dialect

    async def close_the_day() -> None:
        async with transaction() as tx:
            for _ in range(12):
                await revise(tx, "br1")
                await asyncio.sleep(0.1)

    closing = asyncio.create_task(close_the_day())
    await asyncio.sleep(0.05)
    assert await in_a_hurry(count_up()) == 13
    await closing


@only_postgres
@pytest.mark.parametrize(
    "statement",
    ["SELECT 1 FROM revision WHERE subject_id = 'br1' FOR UPDATE", "LOCK TABLE revision"],
)
async def test_a_lock_that_somebody_holds_is_not_waited_for(
    database: Database, statement: str
) -> None:
    await count_up()
    async with locked(database, statement):
        await refused_in_time(count_up, times=12)
        with Hurry():
            assert await fetch("SELECT 1 AS one") == [{"one": 1}]
        slow = asyncio.create_task(count_up())
        await asyncio.sleep(IN_TIME)
        assert not slow.done()
    assert await slow == 2
    await asyncio.gather(*(in_a_hurry(count_up(f"br{n}")) for n in range(20)))


@only_postgres
async def test_a_slow_statement_is_ended_and_its_connection_goes_on(database: Database) -> None:
    await refused_in_time(lambda: fetch("SELECT pg_sleep(20)"), times=12)
    assert await fetch("SELECT 1 AS one") == [{"one": 1}]
    left = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%sleep(20)'"
    assert await fetch(left) == []
    with Hurry(), unhurried():
        await fetch("SELECT pg_sleep(0.9)")
    assert database.dialect


@only_postgres
async def test_a_server_that_hangs_while_it_commits_keeps_each_command_once(
    database: Database,
) -> None:
    """Who was refused cannot know whether it was done; sent again, it is done once."""
    keys = [f"k{number}" for number in range(30)]

    async def sent(key: str) -> bool:
        try:
            await in_a_hurry(count(Count(idempotency_key=key)))
        except TemporarilyUnavailable:
            return False
        return True

    await count(Count(idempotency_key="first"))
    sending = [asyncio.create_task(sent(key)) for key in keys]
    await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    async with held_still(database.url):
        began = time.monotonic()
        done = await asyncio.gather(*sending)
        await refused_in_time(lambda: revision_of("br1"))
        assert time.monotonic() - began < 2 * IN_TIME
    returned = time.monotonic()
    missing = [key for key, was_done in zip(keys, done, strict=True) if not was_done]
    for key in missing:
        while not await sent(key):
            assert time.monotonic() - returned < 2
    assert all([await sent(key) for key in keys])
    assert await revision_of("br1") == 1 + len(keys)
