"""PostgreSQL as we run it: connections always find their way back to the pool."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import asyncpg
from asyncpg.exceptions import TargetServerAttributeNotMatched
from asyncpg.pool import PoolConnectionProxy
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    ConnectionWrapper,
    TransactionalDBClient,
    TransactionContext,
)
from tortoise.backends.base_postgres.client import translate_exceptions
from tortoise.connection import get_connections
from tortoise.exceptions import DBConnectionError, TransactionManagementError

from app.foundation.database.patience import Pulse, Step, Waits, is_hurried, unhurried
from app.foundation.database.records import Record
from app.foundation.database.turns import Turn

SETTLING_SECONDS = 0.5
"""How long a connection has to undo what failed on it, and again to be free, before it is cut."""
UNDOING_SECONDS = 0.05
"""How long whoever is in a hurry waits for that; it goes on without them."""


class PooledPostgresClient(AsyncpgDBClient):
    """
    Tortoise's asyncpg client without its leaks.

    Tortoise's own transaction keeps a pooled connection for ever when BEGIN fails or the task is
    canceled while it waits for it; ten of those and the process answers nobody.
    """

    _is_closed = False

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - Tortoise's own
        super().__init__(**options)
        self.pulse = Pulse()
        """What is heard of the server."""
        self._borrowers = 0
        self._settling: set[asyncio.Task[None]] = set()
        self._looking_out: asyncio.Task[None] | None = None

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
        return await super().create_pool(connect=self._connected, reset=_nothing_left, **kwargs)

    async def _connected(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - asyncpg's own
        """Connect; a missing socket, a dead host and a server that is no leader are all `away`."""
        try:
            with self.pulse.step(Waits.FOR_A_CONNECTION):
                return await asyncpg.connect(*arguments, **options)
        except (OSError, TargetServerAttributeNotMatched) as failure:
            raise DBConnectionError("the database cannot be reached") from failure

    def at_once(self, _query: str, _values: Sequence[Any]) -> None:
        """Return None: everything is waited for over the network."""

    def snapshot(self) -> None:
        """Return None: nothing is read at once."""

    async def read(self, query: str, values: list[Any]) -> Sequence[Record]:
        """Run a SELECT outside any transaction, on any connection of the pool."""
        async with self.acquire_connection() as connection:
            return await connection.fetch(query, *values)

    def acquire_connection(self) -> "Lent":  # pyright: ignore[reportIncompatibleMethodOverride] - used alike
        """Lend a connection of the pool for one statement outside any transaction."""
        return Lent(self)

    async def borrow(self) -> PoolConnectionProxy:
        """
        Wait for a connection of the pool; whoever gets one gives it back.

        Raises:
            DBConnectionError: The database has been closed, or cannot be reached.
            TimeoutError: Nothing is heard of the server, and somebody waits for an answer.
        """
        is_in_line = self._borrowers >= self.pool_maxsize
        self._borrowers += 1
        try:
            with self.pulse.step(Waits.IN_LINE if is_in_line else Waits.FOR_A_CONNECTION):
                return await (await self.open_pool()).acquire()
        except BaseException as failure:
            self._borrowers -= 1
            if not is_in_line and isinstance(failure, (TimeoutError, DBConnectionError)):
                self._look_out()
            raise

    async def give_back(
        self,
        lent: PoolConnectionProxy,
        failure: BaseException | None,
        undoing: TransactionWrapper | None = None,
    ) -> None:
        """
        Give a connection back to the pool; what failed on it is undone before.

        A server that does not answer is not waited for: its connection is cut and replaced.
        """
        if failure is None:
            try:
                await self._released(lent)
            finally:
                self._borrowers -= 1
            return
        settling = asyncio.create_task(self._settled(lent, undoing))
        self._settling.add(settling)
        settling.add_done_callback(self._settling.discard)
        await asyncio.wait([settling], timeout=UNDOING_SECONDS if is_hurried() else None)

    async def _released(self, lent: PoolConnectionProxy, seconds: float | None = None) -> None:
        if self._pool is not None:  # once it is closed, so are its connections
            await self._pool.release(lent, timeout=seconds)

    async def _settled(self, lent: PoolConnectionProxy, undoing: TransactionWrapper | None) -> None:
        try:
            with unhurried(), self.pulse.step(Waits.FOR_A_CONNECTION):
                if undoing is not None:
                    with suppress(Exception):
                        async with asyncio.timeout(SETTLING_SECONDS):
                            await undoing.rollback()
                with suppress(Exception):  # the driver has cut it then
                    await self._released(lent, SETTLING_SECONDS)
        finally:
            self._borrowers -= 1

    def _look_out(self) -> None:
        """Have one connection opened by somebody who waits as long as that takes."""
        if self._looking_out is None or self._looking_out.done():
            self._looking_out = asyncio.create_task(self._looked_out())

    async def _looked_out(self) -> None:
        with unhurried(), suppress(Exception):
            await self.read("SELECT 1", [])

    async def close(self) -> None:
        """Wait for what runs, at most ten seconds, and close the pool for good."""
        self._is_closed = True
        if self._looking_out is not None:
            self._looking_out.cancel()
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


class Lent(ConnectionWrapper[PoolConnectionProxy]):
    """A connection of the pool for one statement."""

    __slots__ = ("_lender", "_step")

    def __init__(self, lender: PooledPostgresClient) -> None:
        self._lender = lender

    async def __aenter__(self) -> PoolConnectionProxy:
        """Wait for one, and begin to ask."""
        self.connection = await self._lender.borrow()
        self._step = self._lender.pulse.step().__enter__()
        return self.connection

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Give it back, whatever came of the statement."""
        try:
            self._step.__exit__(exc_type, exc_val, exc_tb)
        finally:
            await self._lender.give_back(self.connection, exc_val)


class Statement(Turn):
    """One task's turn on a transaction's connection, for one statement."""

    __slots__ = ("_step",)

    def __init__(self, step: Step, transaction: "ReadCommittedTransaction") -> None:
        super().__init__(transaction.turns, transaction, transaction.check_open)
        self._step = step

    async def __aenter__(self) -> PoolConnectionProxy:
        """Wait for the turn, and begin to ask."""
        connection = await super().__aenter__()
        self._step.__enter__()
        return connection

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Leave the turn to the next."""
        try:
            self._step.__exit__(exc_type, exc_val, exc_tb)
        finally:
            await super().__aexit__(exc_type, exc_val, exc_tb)


class ReadCommittedTransaction(TransactionWrapper):
    """One transaction; a statement in it sees what others had committed when it began."""

    _has_ended = False

    def __init__(self, client: PooledPostgresClient) -> None:
        super().__init__(client)
        self._pulse = client.pulse

    @property
    def turns(self) -> asyncio.Lock:
        """Return the lock that whoever uses the connection holds."""
        return self._lock

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

    def acquire_connection(self) -> Statement:
        """Give the connection to one task at a time."""
        return Statement(self._pulse.step(), self)

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
        client = self._client
        self._lent = self.connection._connection = await client.borrow()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] - Tortoise gives it no other name
        try:
            with client.pulse.step():
                await self.connection.begin()
            self.token = self._connections.set(client.connection_name, self.connection)
        except BaseException as failure:
            await client.give_back(self._lent, failure)
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
        client, failure = self._client, exc_val
        undoing = None if failure is None else self.connection
        try:
            if failure is None:
                with client.pulse.step(Waits.TO_COMMIT):
                    await self.connection.commit()
        except BaseException as failed:
            failure = failed
            raise
        finally:
            try:
                await client.give_back(self._lent, failure, undoing)
            finally:
                self._connections.reset(self.token)


client_class = PooledPostgresClient
"""The name by which Tortoise finds a backend's client."""
