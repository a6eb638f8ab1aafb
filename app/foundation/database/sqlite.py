"""SQLite as we run it: writers begin immediately, readers have connections of their own."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import aiosqlite
from tortoise.backends.base.client import (
    ConnectionWrapper,
    NestedTransactionContext,
    TransactionalDBClient,
    TransactionContext,
)
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionWrapper,
    translate_exceptions,
)
from tortoise.connection import get_connections
from tortoise.exceptions import DBConnectionError, TransactionManagementError

from app.foundation.database.finishing import finished
from app.foundation.database.readers import QuickReader, Readers, connected
from app.foundation.database.turns import Turn

BUSY_TIMEOUT_MILLISECONDS = 5_000
CLOSING_SECONDS = 2
"""How long an open transaction may still take when the database is closed."""


class ImmediateSqliteClient(SqliteClient):
    """
    Tortoise's SQLite client without its silent losses.

    A deferred transaction that reads and then writes fails under concurrency (225 of 300 across
    three processes, measured), so every transaction here begins IMMEDIATE. One connection for all
    would let a transaction block every reader, so plain SELECTs go to read-only connections.
    """

    def __init__(self, file_path: str, **kwargs: Any) -> None:  # noqa: ANN401 - Tortoise's own
        kwargs.setdefault("busy_timeout", BUSY_TIMEOUT_MILLISECONDS)
        kwargs.setdefault("synchronous", "FULL")
        super().__init__(file_path, **kwargs)
        self._opening = asyncio.Lock()
        self._is_closing = False
        self._is_closed = False
        self._quick = QuickReader(file_path)
        self._readers = Readers(file_path, busy_timeout_milliseconds=BUSY_TIMEOUT_MILLISECONDS)

    @property
    def writer(self) -> aiosqlite.Connection | None:
        """Return the one connection that writes, once it is open."""
        return self._connection

    @property
    def writing(self) -> asyncio.Lock:
        """Return the lock that whoever writes holds."""
        return self._lock

    async def create_connection(self, with_db: bool) -> None:  # noqa: ARG002, FBT001 - Tortoise's own
        """
        Open the writer, if it is not open; the first reads open the readers.

        Raises:
            DBConnectionError: The database has been closed.
        """
        async with self._opening:
            self.check_open()
            if self._connection is None:
                await finished(self._open_writer())

    async def _open_writer(self) -> None:
        self._connection = await connected(self.filename, self.pragmas)
        await self._post_connect()

    def check_open(self) -> None:
        """
        Begin something only while the database is open.

        Raises:
            DBConnectionError: It is being closed.
        """
        if self._is_closing:
            raise DBConnectionError("the database is closed")

    def check_not_closed(self) -> None:
        """
        Go on with something only until the database is closed.

        Raises:
            DBConnectionError: It has been closed.
        """
        if self._is_closed:
            raise DBConnectionError("the database is closed")

    async def close(self) -> None:
        """Refuse what comes, wait for what runs, and close; a transaction that lasts is undone."""
        self._is_closing = True
        self._quick.close()
        await self._readers.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_SECONDS), self._lock:
                pass
        async with self._opening:
            self._is_closed = True
            await super().close()

    @translate_exceptions
    async def execute_query(
        self, query: str, values: list[Any] | None = None
    ) -> tuple[int, Sequence[dict[str, Any]]]:
        """Run a query; a SELECT outside a transaction never waits for a writer."""
        if not _only_reads(query):
            return await super().execute_query(query, values)
        rows = await self._read(query, values)
        return len(rows), rows  # pyright: ignore[reportReturnType] - sqlite3.Row reads as a dict

    @translate_exceptions
    async def execute_query_dict(
        self, query: str, values: list[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Run a query for dictionaries; a SELECT never waits for a writer."""
        if not _only_reads(query):
            return await super().execute_query_dict(query, values)
        return [dict(row) for row in await self._read(query, values)]

    @translate_exceptions
    async def read(self, query: str, values: list[Any]) -> list[dict[str, Any]]:
        """Run a SELECT outside any transaction; it never waits for a writer."""
        return [dict(row) for row in await self._read(query, values)]

    async def _read(self, query: str, values: list[Any] | None) -> list[sqlite3.Row]:
        if self._connection is None:
            await self.create_connection(with_db=True)
        self.check_open()
        rows = self._quick.rows(query, values)
        if rows is not None:
            return rows
        async with self._readers.one() as connection:
            return list(await connection.execute_fetchall(query, values))

    def acquire_connection(self) -> ConnectionWrapper[aiosqlite.Connection]:
        """Give the writer to one task at a time."""
        return Turn(self._lock, self, self.check_open)

    def _in_transaction(self) -> TransactionContext:
        return ImmediateTransactionContext(self)


class ImmediateTransactionWrapper(SqliteTransactionWrapper):
    """One transaction on the writer; its reads see its own writes."""

    def __init__(self, connection: SqliteClient) -> None:
        super().__init__(connection)
        self._has_ended = False

    def check_open(self) -> None:
        """
        Go on only while this transaction, and the one around it, is open.

        Raises:
            TransactionManagementError: It is over.
            DBConnectionError: The database has been closed.
        """
        if self._has_ended:
            raise TransactionManagementError("the transaction is over")
        around = self._parent
        if isinstance(around, ImmediateTransactionWrapper):
            around.check_open()
        else:
            assert isinstance(around, ImmediateSqliteClient), "a transaction is one of ours"
            around.check_not_closed()

    def end(self) -> None:
        """Take no more work."""
        self._has_ended = True

    def acquire_connection(self) -> ConnectionWrapper[aiosqlite.Connection]:
        """Give the connection to one task at a time."""
        return Turn(self._lock, self, self.check_open)

    async def begin(self) -> None:
        """Take the write lock now, before anything is read."""
        await self._connection.execute_fetchall("BEGIN IMMEDIATE")

    @translate_exceptions
    async def execute_script(self, query: str) -> None:
        """Run statement by statement: the driver's own way to run a script commits first."""
        async with self.acquire_connection() as connection:
            for statement in _statements(query):
                await connection.execute_fetchall(statement)

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(ImmediateTransactionWrapper(self))


class ImmediateTransactionContext(TransactionContext):
    """
    Holds the process's write lock for one transaction and always gives it back.

    Tortoise's own context keeps the lock for ever when BEGIN fails, and leaves the transaction
    open when the task is canceled while it commits; this one rolls back in both cases.
    """

    def __init__(self, client: ImmediateSqliteClient) -> None:
        self._client = client
        self._connections = get_connections()

    async def __aenter__(self) -> TransactionalDBClient:
        """Wait for the writer, begin, and make this transaction the task's connection."""
        await self._client.writing.acquire()
        try:
            await self._client.create_connection(with_db=True)
            self.connection = ImmediateTransactionWrapper(self._client)
            await finished(self.connection.begin())
            self.token = self._connections.set(self._client.connection_name, self.connection)
        except BaseException:
            await self._release()
            raise
        return self.connection

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Commit, or roll back if the block raised; release the writer in any case."""
        self.connection.end()
        try:
            if isinstance(exc_val, asyncio.CancelledError):
                await self._interrupt()
            if exc_type is None:
                self._client.check_not_closed()
                await finished(self.connection.commit())
        finally:
            try:
                await self._release()
            finally:
                self._connections.reset(self.token)

    async def _interrupt(self) -> None:
        """End a statement that nobody waits for, so that it can be undone, and others write."""
        if self._client.writer is not None:
            await self._client.writer.interrupt()

    async def _release(self) -> None:
        """Undo what was not committed, and let the next one write."""
        writer = self._client.writer
        try:
            if writer is not None and writer.in_transaction:
                await finished(writer.rollback())
        finally:
            self._client.writing.release()


def _only_reads(query: str) -> bool:
    return query.lstrip()[:6].upper() == "SELECT"


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


client_class = ImmediateSqliteClient
"""The name by which Tortoise finds a backend's client."""
