"""SQLite connections for reading: a few, opened when needed, given back after each query."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiosqlite
from tortoise.exceptions import DBConnectionError

from app.foundation.database.finishing import finished

READERS = 3
"""WAL lets them see the last commit while a writer works."""


class Readers:
    """The read-only connections of one file."""

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
                await connection.interrupt()  # nobody waits for it, so it ends as soon as it can
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


async def connected(path: str, pragmas: Mapping[str, object]) -> aiosqlite.Connection:
    """Open a file and set it up; a connection that cannot be set up is not left behind."""
    connection = await aiosqlite.connect(path, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        for name, value in pragmas.items():
            await connection.execute_fetchall(f"PRAGMA {name}={value}")
    except BaseException:
        await connection.close()
        raise
    return connection
