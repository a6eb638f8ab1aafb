"""SQLite as we run it: writers begin immediately, readers have connections of their own."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

import aiosqlite
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionWrapper,
    translate_exceptions,
)
from tortoise.connection import get_connections

READERS = 3
"""Connections for reading; WAL lets them see the last commit while a writer works."""

BUSY_TIMEOUT_MILLISECONDS = 5_000


class ImmediateSqliteClient(SqliteClient):
    """
    Tortoise's SQLite client without its silent losses.

    A deferred transaction that reads and then writes fails under concurrency (225 of 300 across
    three processes, measured), so every transaction here begins IMMEDIATE. One connection for all
    would let a transaction block every reader, so plain SELECTs go to a small pool of read-only
    connections.
    """

    def __init__(self, file_path: str, **kwargs: Any) -> None:  # noqa: ANN401 - Tortoise's own
        kwargs.setdefault("busy_timeout", BUSY_TIMEOUT_MILLISECONDS)
        kwargs.setdefault("synchronous", "FULL")
        super().__init__(file_path, **kwargs)
        self._idle: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        self._readers: list[aiosqlite.Connection] = []
        self._opening = asyncio.Lock()

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001 - Tortoise's own
        """Open the writer; the first read opens the readers."""
        async with self._opening:
            await super().create_connection(with_db)

    async def close(self) -> None:
        """Close writer and readers."""
        while self._readers:
            await self._readers.pop().close()
        self._idle = asyncio.LifoQueue()
        await super().close()

    @translate_exceptions
    async def execute_query(
        self, query: str, values: list[Any] | None = None
    ) -> tuple[int, Sequence[dict[str, Any]]]:
        """Run a query; a SELECT outside a transaction never waits for a writer."""
        if not _only_reads(query):
            return await super().execute_query(query, values)
        async with self._reader() as connection:
            rows = list(await connection.execute_fetchall(query, values))
        return len(rows), rows  # pyright: ignore[reportReturnType] - sqlite3.Row reads as a dict

    @translate_exceptions
    async def execute_query_dict(
        self, query: str, values: list[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Run a query for dictionaries; a SELECT never waits for a writer."""
        if not _only_reads(query):
            return await super().execute_query_dict(query, values)
        async with self._reader() as connection:
            return [dict(row) for row in await connection.execute_fetchall(query, values)]

    def _in_transaction(self) -> TransactionContext:
        return ImmediateTransactionContext(self)

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[aiosqlite.Connection]:
        if self._connection is None:
            await self.create_connection(with_db=True)
        if len(self._readers) < READERS and self._idle.empty():
            await self._open_reader()
        connection = await self._idle.get()
        try:
            yield connection
        finally:
            self._idle.put_nowait(connection)

    async def _open_reader(self) -> None:
        async with self._opening:
            if len(self._readers) >= READERS:
                return
            connection = await aiosqlite.connect(self.filename, isolation_level=None)
            connection.row_factory = sqlite3.Row
            for pragma in (f"busy_timeout={BUSY_TIMEOUT_MILLISECONDS}", "query_only=ON"):
                await connection.execute(f"PRAGMA {pragma}")
            self._readers.append(connection)
            self._idle.put_nowait(connection)


class ImmediateTransactionWrapper(SqliteTransactionWrapper):
    """One transaction on the writer; its reads see its own writes."""

    async def begin(self) -> None:
        """Take the write lock now, before anything is read."""
        await self._connection.execute("BEGIN IMMEDIATE")

    @translate_exceptions
    async def execute_query(
        self, query: str, values: list[Any] | None = None
    ) -> tuple[int, Sequence[dict[str, Any]]]:
        """Run a query inside the transaction."""
        return await SqliteClient.execute_query(self, query, values)

    @translate_exceptions
    async def execute_query_dict(
        self, query: str, values: list[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Run a query inside the transaction, for dictionaries."""
        return await SqliteClient.execute_query_dict(self, query, values)


class ImmediateTransactionContext(TransactionContext):
    """
    Holds the process's write lock for one transaction and always gives it back.

    Tortoise's own context keeps the lock for ever when BEGIN fails, and leaves the transaction
    open when the task is cancelled while it commits; this one rolls back in both cases.
    """

    def __init__(self, client: ImmediateSqliteClient) -> None:
        self._client = client
        self._lock: asyncio.Lock = client._lock  # pyright: ignore[reportPrivateUsage] # noqa: SLF001

    async def __aenter__(self) -> TransactionalDBClient:
        """Wait for the writer, begin, and make this transaction the task's connection."""
        await self._lock.acquire()
        try:
            if self._client._connection is None:  # pyright: ignore[reportPrivateUsage] # noqa: SLF001
                await self._client.create_connection(with_db=True)
            self.connection = ImmediateTransactionWrapper(self._client)
            self.connection_name = self._client.connection_name
            await _finish(self.connection.begin())
        except BaseException:
            await self._abandon()
            self._lock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Commit, or roll back if the block raised; release the writer in any case."""
        get_connections().reset(self.token)
        try:
            if exc_type is None:
                await _finish(self.connection.commit())
        finally:
            await self._abandon()
            self._lock.release()

    async def _abandon(self) -> None:
        connection = getattr(self, "connection", None)
        raw = self._client._connection  # pyright: ignore[reportPrivateUsage] # noqa: SLF001
        if connection is not None and raw is not None and raw.in_transaction:
            await _finish(raw.rollback())


async def _finish(step: Any) -> None:  # noqa: ANN401 - any awaitable of the driver
    """Let a step on the connection end even if the task waiting for it is cancelled."""
    task = asyncio.ensure_future(step)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _only_reads(query: str) -> bool:
    return query.lstrip()[:6].upper() == "SELECT"


client_class = ImmediateSqliteClient
"""The name by which Tortoise finds a backend's client."""
