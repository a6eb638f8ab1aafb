"""
SQLite connections for reading.

A read by an index takes some microseconds, and handing it to a thread and back ten times that. So
every read begins where it is asked for; one that turns out long is begun anew in a thread.
"""

import asyncio
import logging
import math
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import aiosqlite
from tortoise.exceptions import DBConnectionError

from app.foundation.database.finishing import finished
from app.foundation.database.records import Found

READERS = 3
"""WAL lets them see the last commit while a writer works."""

QUICK_SECONDS = 0.002
"""How long a read may keep the event loop from everything else."""
STEPS = 2_000
"""After so many of SQLite's instructions (some 50 microseconds) the time is looked at."""
STOPPING_SECONDS = 0.005
"""How long a read that was interrupted may go on before it is interrupted again."""
STATEMENTS_KEPT = 512
DRIVER_LOG = logging.getLogger("aiosqlite")
"""
Where the driver says what its threads run; to who asked for it there, by the log's own level, what
runs without a thread is said too.
"""
C = TypeVar("C", bound=aiosqlite.Connection)


class QuickReader:
    """A read-only connection for reads that end at once, used by the event loop itself."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._until = 0.0
        self._depth = 0

    def found(self, query: str, values: Sequence[Any]) -> Found | None:
        """Return what a SELECT finds; None if it takes too long, or the file is busy."""
        connection = self._connection or self._open()
        if DRIVER_LOG.level == logging.DEBUG:
            DRIVER_LOG.debug("executing %s", partial(connection.execute, query, values))
        self._until = perf_counter() + QUICK_SECONDS
        try:
            cursor = connection.execute(query, values)
            return cursor.description, cursor.fetchall()
        except sqlite3.OperationalError as failure:
            if code_of(failure) not in {sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY}:
                raise
            if code_of(failure) == sqlite3.SQLITE_INTERRUPT:
                with suppress(sqlite3.Error):  # the read in a thread says what is wrong
                    self._know_tables(connection)
            return None

    def __enter__(self) -> None:
        """
        Begin to see the database as it is now, and go on until the block is left.

        Whatever reads here meanwhile belongs to the block, so nothing in it may wait; each read
        alone would have to look for the last commit and hold it.
        """
        self._depth += 1
        if self._depth == 1:
            with suppress(sqlite3.Error):  # the first read says what is wrong
                connection = self._connection or self._open()
                self._until = perf_counter() + QUICK_SECONDS
                connection.execute("BEGIN")

    def __exit__(self, *_failure: object) -> None:
        """See what is committed from now on."""
        self._depth -= 1
        connection = self._connection
        if self._depth == 0 and connection is not None and connection.in_transaction:
            self._until = math.inf  # or its next reads would go on seeing what is old
            connection.execute("ROLLBACK")

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, isolation_level=None, timeout=0, cached_statements=STATEMENTS_KEPT
        )
        try:
            connection.execute("PRAGMA query_only=ON")
            self._know_tables(connection)
        except BaseException:
            connection.close()
            raise
        connection.set_progress_handler(self._is_long, STEPS)
        self._connection = connection
        return connection

    def _know_tables(self, connection: sqlite3.Connection) -> None:
        """
        Have SQLite read what tables there are, however long it takes.

        A migration from another process makes it read them again, and that is longer than a quick
        read may take: were it left to the next of them, each would be given up in turn.
        """
        self._until = math.inf
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()

    def _is_long(self) -> bool:
        return perf_counter() > self._until

    def close(self) -> None:
        """Close it; reading opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Readers:
    """The read-only connections of one file that work in threads."""

    def __init__(self, path: str, *, busy_timeout_milliseconds: int) -> None:
        self._path = path
        self._pragmas = {"busy_timeout": busy_timeout_milliseconds, "query_only": "ON"}
        self._places = asyncio.Semaphore(READERS)
        self._idle: list[aiosqlite.Connection] = []
        self._is_closed = False

    @asynccontextmanager
    async def one(self) -> AsyncIterator[aiosqlite.Connection]:
        """
        Lend a connection for one query.

        Raises:
            DBConnectionError: The database has been closed.
        """
        async with self._places:
            if self._is_closed:
                raise DBConnectionError("the database is closed")
            if not self._idle:
                await finished(self._open())
            connection = self._idle.pop()
            try:
                yield connection
            except asyncio.CancelledError:
                await finished(_stopped(connection))
                raise
            finally:
                self._idle.append(connection)

    async def _open(self) -> None:
        """Open one more; whoever is canceled meanwhile leaves it to the next."""
        self._idle.append(await connected(self._path, self._pragmas))

    async def close(self) -> None:
        """Wait for the queries that run, refuse those that wait, and close the connections."""
        self._is_closed = True
        for _ in range(READERS):
            await self._places.acquire()
        while self._idle:
            await self._idle.pop().close()
        for _ in range(READERS):
            self._places.release()


async def _stopped(connection: aiosqlite.Connection) -> None:
    """End a read that nobody waits for; one that is just about to begin is interrupted later."""
    behind = asyncio.ensure_future(connection.execute_fetchall("SELECT 1"))
    while not behind.done():
        await connection.interrupt()
        await asyncio.wait([behind], timeout=STOPPING_SECONDS)
    behind.exception()  # it may have been interrupted itself


def only_reads(sql: str) -> bool:
    """Tell whether a statement is a SELECT."""
    return sql.lstrip()[:6].upper() == "SELECT"


def code_of(failure: sqlite3.Error) -> int | None:
    """Return the primary result code; none if it was Python that could not go on."""
    code: int | None = getattr(failure, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


async def connected(path: str, pragmas: Mapping[str, object]) -> aiosqlite.Connection:
    """Open a file and set it up."""
    return await set_up(aiosqlite.connect(path, isolation_level=None), pragmas)


async def set_up(connection: C, pragmas: Mapping[str, object]) -> C:
    """Open a connection and set it up; one that cannot be set up is not left behind."""
    await connection
    try:
        connection.row_factory = sqlite3.Row
        for name, value in pragmas.items():
            await connection.execute_fetchall(f"PRAGMA {name}={value}")
    except BaseException:
        await connection.close()
        raise
    return connection
