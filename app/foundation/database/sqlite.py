"""SQLite as we run it: writers begin immediately, readers have connections of their own."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any, cast

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
from tortoise.exceptions import DBConnectionError, OperationalError, TransactionManagementError

from app.foundation.database.finishing import finished
from app.foundation.database.grouping import Group
from app.foundation.database.patience import Pulse, Waits, is_hurried
from app.foundation.database.readers import QuickReader, Readers, only_reads
from app.foundation.database.records import Found, Record, by_name
from app.foundation.database.turns import Turn
from app.foundation.database.writer import BUSY_TIMEOUT_MILLISECONDS, Writer

# SQLite compares moments as text, so all are written in UTC, whatever zone they come in.
sqlite3.register_adapter(datetime, lambda moment: moment.astimezone(UTC).isoformat(" "))
sqlite3.register_adapter(date, date.isoformat)

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
        self.pulse = Pulse()
        """What is heard of the file."""
        self._group = Group(self._lock, self.pulse)
        self._quick = QuickReader(file_path)
        self._readers = Readers(file_path, busy_timeout_milliseconds=BUSY_TIMEOUT_MILLISECONDS)

    @property
    def writer(self) -> Writer | None:
        """Return the one connection that writes, once it is open."""
        return cast("Writer | None", self._connection)

    @property
    def writing(self) -> asyncio.Lock:
        """Return the lock that whoever writes holds."""
        return self._lock

    @property
    def group(self) -> Group:
        """Return those whose transactions are committed together."""
        return self._group

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
        writer = Writer(self.filename)
        await writer.open(self.pragmas)
        self._connection = writer
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
                if self.writer is not None:
                    await self._group.end(self.writer)
        async with self._opening:
            self._is_closed = True
            try:
                await super().close()
            finally:
                self._group.fail(DBConnectionError("the database is closed"))

    @translate_exceptions
    async def execute_query(
        self, query: str, values: list[Any] | None = None
    ) -> tuple[int, Sequence[dict[str, Any]]]:
        """Run a query; a SELECT outside a transaction never waits for a writer."""
        if not only_reads(query):
            return await super().execute_query(query, values)
        rows = await self._found(query, values)
        return len(rows), rows

    @translate_exceptions
    async def execute_query_dict(
        self, query: str, values: list[Any] | None = None
    ) -> list[dict[str, Any]]:
        """Run a query for dictionaries; a SELECT never waits for a writer."""
        if not only_reads(query):
            return await super().execute_query_dict(query, values)
        return await self._found(query, values)

    def at_once(self, query: str, values: Sequence[Any]) -> Found | None:
        """
        Run a SELECT outside any transaction, here and now; None where `read` has to be awaited.

        Raises:
            OperationalError: The database said no.
        """
        if self._connection is None or self._is_closing:
            return None
        try:
            return self._quick.found(query, values)
        except sqlite3.OperationalError as failure:
            raise OperationalError(failure) from failure

    def snapshot(self) -> AbstractContextManager[None]:
        """Let whatever is read at once in a block, in which nothing waits, see one moment."""
        return nullcontext() if self._is_closing else self._quick

    async def read(self, query: str, values: list[Any]) -> Sequence[Record]:
        """
        Run a SELECT outside any transaction; it never waits for a writer.

        Raises:
            OperationalError: The database said no.
            DBConnectionError: It has been closed.
        """
        try:
            return await self._read(query, values)
        except sqlite3.OperationalError as failure:
            raise OperationalError(failure) from failure

    async def _found(self, query: str, values: list[Any] | None) -> list[dict[str, Any]]:
        found = self.at_once(query, values or ())
        if found is not None:
            return by_name(found)
        return [dict(row) for row in await self._read(query, values)]

    async def _read(self, query: str, values: list[Any] | None) -> Sequence[Record]:
        if self._connection is None:
            await self.create_connection(with_db=True)
        self.check_open()
        async with self._readers.one() as connection:
            return list(await connection.execute_fetchall(query, values))

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        """Run a statement for each of many rows: for all of them, or for none."""
        async with self._in_transaction() as connection:
            await connection.execute_many(query, values)

    def acquire_connection(self) -> ConnectionWrapper[aiosqlite.Connection]:
        """Give the writer to one task at a time, in no transaction."""
        return _TurnAlone(self._lock, self, self.check_open)

    def _in_transaction(self) -> TransactionContext:
        return ImmediateTransactionContext(self)


class _TurnAlone(Turn):
    """A turn of what is no transaction, and so no part of one that others are still in."""

    __slots__ = ()

    async def __aenter__(self) -> Any:  # noqa: ANN401 - the writer
        """Wait for the turn, and commit what others have left to be committed."""
        writer = await super().__aenter__()
        assert isinstance(self.client, ImmediateSqliteClient), "it is the turn of one of ours"
        try:
            await self.client.group.end(writer)
        except BaseException:
            self._lock.release()
            raise
        return writer


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
            DBConnectionError: The database has been closed, or has undone it.
        """
        if self._has_ended:
            raise TransactionManagementError("the transaction is over")
        around = self._parent
        if isinstance(around, ImmediateTransactionWrapper):
            around.check_open()
        else:
            assert isinstance(around, ImmediateSqliteClient), "a transaction is one of ours"
            around.check_not_closed()
            if not self._connection.in_transaction:  # what came now would be kept by itself
                raise DBConnectionError("the transaction was undone")

    async def savepoint(self) -> None:
        """Begin a part that can be undone by itself."""
        self.check_open()
        await super().savepoint()

    def end(self) -> None:
        """Take no more work."""
        self._has_ended = True

    def acquire_connection(self) -> ConnectionWrapper[aiosqlite.Connection]:
        """Give the connection to one task at a time."""
        return Turn(self._lock, self, self.check_open)

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
    open when the task is canceled while it commits; this one rolls back in both cases. When others
    wait for the lock, what this one wrote is left to be committed with what they write: the disk
    is waited for once. None of them goes on before that.
    """

    def __init__(self, client: ImmediateSqliteClient) -> None:
        self._client = client
        self._connections = get_connections()

    async def __aenter__(self) -> TransactionalDBClient:
        """Wait for the writer, begin, and make this transaction the task's connection."""
        client = self._client
        with client.group.in_line(), client.pulse.step(Waits.IN_LINE):
            await client.writing.acquire()
        try:
            await client.create_connection(with_db=True)
            assert client.writer is not None, "the connection was made"
            self._writer = client.writer
            self.connection = ImmediateTransactionWrapper(client)
            with client.pulse.step():
                await client.group.begin(self._writer)
            self.token = self._connections.set(client.connection_name, self.connection)
        except BaseException:
            client.writing.release()
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
            if is_hurried():
                with self._client.pulse.step(Waits.IN_LINE) as wait:
                    await finished(self._ended(exc_val), wait)
            else:
                await self._ended(exc_val)
        finally:
            self._connections.reset(self.token)

    async def _ended(self, failure: BaseException | None) -> None:
        """Commit or undo, and leave the writer to the next; then hear what others made of it."""
        group = self._client.group
        member: asyncio.Future[None] | None = None
        try:
            if failure is None:
                self._client.check_not_closed()
                member = await group.written(self._writer)
            else:
                member = await self._undo(failure)
        finally:
            self._client.writing.release()
        if member is not None:
            await finished(member)

    async def _undo(self, reason: BaseException | None) -> "asyncio.Future[None] | None":
        is_refused = isinstance(reason, Exception)
        if not is_refused:
            self._client.group.interrupt(self._writer)
        return await self._client.group.undone(self._writer, is_told=is_refused)


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


client_class = ImmediateSqliteClient
"""The name by which Tortoise finds a backend's client."""
