"""PostgreSQL as we run it: connections always find their way back to the pool."""

from contextlib import suppress
from types import TracebackType
from typing import Any

import asyncpg
from asyncpg.exceptions import TargetServerAttributeNotMatched
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.base_postgres.client import translate_exceptions
from tortoise.connection import get_connections
from tortoise.exceptions import DBConnectionError, TransactionManagementError

from app.foundation.database.turns import Turn


class PooledPostgresClient(AsyncpgDBClient):
    """
    Tortoise's asyncpg client without its leaks.

    Tortoise's own transaction keeps a pooled connection for ever when BEGIN fails or the task is
    canceled while it waits for it; ten of those and the process answers nobody.
    """

    _is_closed = False

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001 - Tortoise's own
        """
        Open the pool.

        Raises:
            DBConnectionError: The database has been closed, or cannot be reached.
        """
        if self._is_closed:
            raise DBConnectionError("the database is closed")
        await super().create_connection(with_db)

    async def create_pool(self, **kwargs: Any) -> asyncpg.Pool:  # noqa: ANN401 - Tortoise's own
        """Make a pool whose connections say in our words that the server is away."""
        return await super().create_pool(connect=_connected, reset=_nothing_left, **kwargs)

    async def read(self, query: str, values: list[Any]) -> list[dict[str, Any]]:
        """Run a SELECT outside any transaction, on any connection of the pool."""
        pool = await self.open_pool()
        return [dict(row) for row in await pool.fetch(query, *values)]

    async def close(self) -> None:
        """Wait for what runs, at most ten seconds, and close the pool for good."""
        self._is_closed = True
        await super().close()

    async def open_pool(self) -> asyncpg.Pool:
        """Return the pool, which whoever asks first opens."""
        if self._pool is None:
            async with self._pool_init_lock:
                if self._pool is None:
                    await self.create_connection(with_db=True)
        assert self._pool is not None, "the pool is open"
        return self._pool

    def _in_transaction(self) -> TransactionContext:
        return PooledTransactionContext(self)


async def _nothing_left(_connection: object) -> None:
    """
    Leave a connection that is given back as it is: all that we set ends with its transaction.

    asyncpg would ask the server to reset the session each time, which costs as much as most reads;
    behind PgBouncer in transaction mode there is no session to keep anything in anyway.
    """


async def _connected(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - asyncpg's own
    """Connect; a missing socket, a dead host and a server that is no leader are all `away`."""
    try:
        return await asyncpg.connect(*arguments, **options)
    except (OSError, TargetServerAttributeNotMatched) as failure:
        raise DBConnectionError("the database cannot be reached") from failure


class ReadCommittedTransaction(TransactionWrapper):
    """One transaction; a statement in it sees what others had committed when it began."""

    _has_ended = False

    def check_open(self) -> None:
        """
        Go on only while this transaction is open.

        Raises:
            TransactionManagementError: It is over.
        """
        if self._has_ended:
            raise TransactionManagementError("the transaction is over")

    def end(self) -> None:
        """Take no more work."""
        self._has_ended = True

    def acquire_connection(self) -> Turn:
        """Give the connection to one task at a time."""
        return Turn(self._lock, self, self.check_open)

    @translate_exceptions
    async def begin(self) -> None:
        """Begin at the level our waits rely on, whatever the server's default is."""
        self.transaction = self._connection.transaction(isolation="read_committed")
        await self.transaction.start()

    @translate_exceptions
    async def execute_query(
        self, query: str, values: list[Any] | None = None
    ) -> tuple[int, list[dict[str, Any]]]:
        """Run a query and count its rows; Tortoise's own counts those of an INSERT as none."""
        if query.lstrip()[:6].upper() != "INSERT":
            return await super().execute_query(query, values)
        async with self.acquire_connection() as connection:
            status: str = await connection.execute(query, *(values or ()))
        return int(status.rsplit(" ", 1)[1]), []


class PooledTransactionContext(TransactionContext):
    """Holds a pooled connection for one transaction and always gives it back."""

    def __init__(self, client: PooledPostgresClient) -> None:
        self._client = client
        self._connections = get_connections()
        self.connection = ReadCommittedTransaction(client)

    async def __aenter__(self) -> TransactionalDBClient:
        """Wait for a connection, begin, and make this transaction the task's connection."""
        self._pool = await self._client.open_pool()
        self._lent = self.connection._connection = await self._pool.acquire()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] - Tortoise gives it no other name
        try:
            await self.connection.begin()
            self.token = self._connections.set(self._client.connection_name, self.connection)
        except BaseException:
            await self._pool.release(self._lent)
            raise
        return self.connection

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Commit, or roll back if the block raised; what it raised is what the caller hears."""
        self.connection.end()
        try:
            if exc_type is None:
                await self.connection.commit()
            else:
                with suppress(Exception):
                    await self.connection.rollback()
        finally:
            try:
                await self._pool.release(self._lent)
            finally:
                self._connections.reset(self.token)


client_class = PooledPostgresClient
"""The name by which Tortoise finds a backend's client."""
