"""The one door to the database: opening it, reading from it, and writing in a transaction."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Protocol, TypeVar, cast

from tortoise import models
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext, set_global_context
from tortoise.transactions import in_transaction

from app.foundation.clock import Clock, local_date
from app.foundation.database.failures import mapped_failures
from app.foundation.database.records import Found, Record, by_name
from app.foundation.database.urls import MIGRATIONS_MODULE, alias_of, orm_config
from app.foundation.ids import Entropy, new_id, new_ids
from app.foundation.metrics import Counts

__all__ = [
    "Database",
    "LastWrite",
    "Transaction",
    "business_date",
    "current",
    "fetch",
    "fetch_tuples",
    "joined",
    "orm_config",
    "set_business_date",
    "transaction",
]

# Tortoise reads the source of every table for comments like `#:`, of which ours have none: that is
# an eighth of the time that all imports take.
models._get_comments = lambda _model: {}  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

Parameter = str | int | bytes | bool | datetime | date | None
_TRANSACTIONS = Counts("transactions_total", "Transactions, by how they ended", "outcome")
_COMMITTED = _TRANSACTIONS.of("committed")
_UNDONE = _TRANSACTIONS.of("undone")
_DAY = "SELECT on_date FROM business_day WHERE id = 1"


@dataclass(slots=True)
class Database:
    """An open database with the clock and the source of chance that its transactions use."""

    url: str = field(repr=False)
    clock: Clock
    entropy: Entropy = secrets.token_bytes
    migrations: str = MIGRATIONS_MODULE
    context: TortoiseContext = field(default_factory=TortoiseContext, repr=False)
    kept: dict[tuple[str, str], object] = field(default_factory=dict, init=False, repr=False)
    """What a process need not read or prove again: by what it is, and its id if it has one."""
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False, repr=False)
    _client: "Reading | None" = field(default=None, init=False, repr=False)
    dialect: str = field(init=False)
    """`sqlite` or `postgres`, by which name the ORM knows the connection as well."""

    def __post_init__(self) -> None:
        """Look at the URL once."""
        self.dialect = alias_of(self.url)

    async def open(self) -> None:
        """
        Connect and become the process's database.

        Raises:
            ValueError: The URL is of another database or malformed.
            ConfigurationError: The process has another database open.
        """
        self._loop = asyncio.get_running_loop()
        self._client = None
        set_global_context(self.context)
        try:
            await self.context.init(config=orm_config(self.url, self.migrations))
        except BaseException:
            await self.context.close_connections()
            raise
        _Current.database = self

    async def close(self) -> None:
        """Let what runs end, close every connection; another database may be opened afterwards."""
        await self.context.close_connections()
        if _Current.database is self:
            _Current.database = None

    def reading(self) -> "Reading":
        """Return what reads outside any transaction."""
        if self._client is None:
            self._client = cast("Reading", self.connection())
        return self._client

    def connection(self) -> BaseDBAsyncClient:
        """Return the task's connection: the open transaction's, or the pool."""
        mine = asyncio.get_running_loop() is self._loop
        assert mine, "a database is used on the event loop that opened it"
        return self.context.connections.get(self.dialect)


class _Current:
    database: Database | None = None


_open_transaction: ContextVar["Transaction | None"] = ContextVar("open_transaction", default=None)


def current() -> Database:
    """Return the process's open database."""
    assert _Current.database is not None, "the database is open"
    return _Current.database


def joined() -> "Transaction | None":
    """Return the transaction that this task is in, if it is in one."""
    return _open_transaction.get()


class Reading(Protocol):
    """A database's client, which reads outside transactions in the quickest way it has."""

    def at_once(self, query: str, values: Sequence[Parameter]) -> Found | None:
        """Run a SELECT as `read` does, if it need not be waited for; None where it must be."""
        ...

    def snapshot(self) -> AbstractContextManager[None] | None:
        """
        Return a block in which all that is read at once sees one moment; nothing in it may wait.

        None where nothing is read at once.
        """
        ...

    async def read(self, query: str, values: list[Any]) -> Sequence[Record]:
        """Run a SELECT with the driver's own placeholders."""
        ...


class LastWrite(Protocol):
    """Gathers, over a transaction, what is written only when everything else is."""

    async def write(self, tx: "Transaction") -> None:
        """Write what was gathered; right after it the transaction commits."""
        ...


L = TypeVar("L", bound=LastWrite)


class Transaction:
    """What a use case writes through; everything in it happens, or nothing does."""

    __slots__ = (
        "_after_commit",
        "_before_commit",
        "_connection",
        "_database",
        "_last",
        "_position",
        "now",
        "today",
    )

    def __init__(self, database: Database, connection: BaseDBAsyncClient, today: date) -> None:
        self._database = database
        self._connection = connection
        self._after_commit: list[Callable[[], None]] = []
        self._before_commit: list[Callable[[], None]] = []
        self._last: dict[type[LastWrite], LastWrite] = {}
        self._position = 0
        self.now: datetime = database.clock.now()
        """The moment this transaction began, aware, in UTC."""
        self.today: date = today
        """The business date, which the close of day moves; not the wall clock's."""

    @property
    def dialect(self) -> str:
        """Return `sqlite` or `postgres`."""
        return self._connection.capabilities.dialect

    def new_id(self, prefix: str) -> str:
        """Make an id of a type, given its two-letter prefix."""
        return new_id(prefix, now=self.now, entropy=self._database.entropy)

    def new_ids(self, prefix: str, count: int) -> list[str]:
        """Make so many ids of a type."""
        return new_ids(prefix, count, now=self.now, entropy=self._database.entropy)

    def next_position(self) -> int:
        """Count from 1 within this transaction: the order of things that share its moment."""
        self._position += 1
        return self._position

    def random_bytes(self, count: int) -> bytes:
        """Return that many unpredictable bytes."""
        return self._database.entropy(count)

    async def rows(self, sql: str, parameters: Sequence[Parameter] = ()) -> list[dict[str, Any]]:
        """Run SQL with `?` placeholders, RETURNING included, and return its rows."""
        return await _rows(self._connection, sql, parameters)

    async def run(self, sql: str, parameters: Sequence[Parameter] = ()) -> int:
        """Run SQL with `?` placeholders and return how many rows it touched."""
        count, _ = await self._connection.execute_query(
            _placed(sql, self.dialect), _adapted(parameters, self.dialect)
        )
        return count

    async def run_many(self, sql: str, each: Sequence[Sequence[Parameter]]) -> None:
        """Run one statement for each of many rows; the driver prepares it once."""
        if each:
            values = [_adapted(row, self.dialect) for row in each]
            await self._connection.execute_many(_placed(sql, self.dialect), values)

    def last(self, kind: type[L]) -> L:
        """
        Return this transaction's one gatherer of a kind, made when first asked for.

        It writes after everything else, so a row that many transactions want (the head of a chain)
        is held for a moment only, and always taken after all others: nobody waits in a circle.
        """
        known = self._last.get(kind)
        if known is None:
            known = self._last[kind] = kind()
        return cast("L", known)

    async def write_last(self) -> None:
        """Let the gatherers write."""
        for one in list(self._last.values()):
            await one.write(self)

    def before_commit(self, check: Callable[[], None]) -> None:
        """Let a check of our own reasoning assert, when all is written, that nothing is amiss."""
        self._before_commit.append(check)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do something quick and harmless once everything here is durable."""
        self._after_commit.append(action)

    def committing(self) -> None:
        """Run the checks; one that fails undoes the transaction."""
        for check in self._before_commit:
            check()

    def committed(self) -> None:
        """Run what waited for the commit."""
        for action in self._after_commit:
            action()


@asynccontextmanager
async def transaction() -> AsyncIterator[Transaction]:
    """
    Open the transaction of one use case; leaving the block commits, raising rolls back.

    They never nest: a function that is handed a transaction joins it. Inside there is no network
    call, no gather and no new task.

    Raises:
        TemporarilyUnavailable: The database is busy, full, silent or away. Nothing was written,
            unless that happened at the commit: a command sent again with its key is done once.
    """
    assert _open_transaction.get() is None, "transactions never nest"
    database = current()
    try:
        with mapped_failures():
            async with in_transaction(database.dialect) as connection:
                tx = Transaction(database, connection, await _business_date(database, connection))
                token = _open_transaction.set(tx)
                try:
                    yield tx
                    await tx.write_last()
                    tx.committing()
                finally:
                    _open_transaction.reset(token)
    except BaseException:
        _UNDONE.add()
        raise
    _COMMITTED.add()
    tx.committed()


async def fetch(sql: str, parameters: Sequence[Parameter] = ()) -> list[dict[str, Any]]:
    """
    Read rows with `?` placeholders: from the open transaction if there is one, else a reader.

    Raises:
        TemporarilyUnavailable: The database is busy or away.
    """
    database = current()
    try:
        if _open_transaction.get() is not None:
            return await _rows(database.connection(), sql, parameters)
        reading = database.reading()
        found = reading.at_once(sql, parameters)
        if found is not None:
            return by_name(found)
        return [dict(row) for row in await _read(database, reading, sql, parameters)]
    except Exception:
        with mapped_failures():
            raise


async def fetch_tuples(sql: str, parameters: Sequence[Parameter] = ()) -> Sequence[tuple[Any, ...]]:
    """
    Read rows as `fetch` does, each as its values in the order of the SELECT.

    For what every screen reads: making mappings of rows takes as long as reading them. Columns
    have names of their own.

    Raises:
        TemporarilyUnavailable: The database is busy or away.
    """
    database = current()
    try:
        if _open_transaction.get() is not None:
            rows = await _rows(database.connection(), sql, parameters)
            return [tuple(row.values()) for row in rows]
        reading = database.reading()
        found = reading.at_once(sql, parameters)
        if found is not None:
            return found[1]
        return [tuple(row) for row in await _read(database, reading, sql, parameters)]
    except Exception:
        with mapped_failures():
            raise


async def _read(
    database: Database, reading: Reading, sql: str, parameters: Sequence[Parameter]
) -> Sequence[Record]:
    dialect = database.dialect
    return await reading.read(_placed(sql, dialect), _adapted(parameters, dialect))


async def business_date() -> date:
    """Return the lending day: where the close of day has got to, or today before the first one."""
    rows = await fetch(_DAY)
    return date.fromisoformat(rows[0]["on_date"]) if rows else _first_day(current())


async def set_business_date(tx: Transaction, to: date) -> None:
    """Move the lending day; only the close of day does this."""
    await tx.run(
        "INSERT INTO business_day (id, on_date) VALUES (1, ?)"
        " ON CONFLICT (id) DO UPDATE SET on_date = excluded.on_date",
        [to.isoformat()],
    )
    tx.today = to


async def _business_date(database: Database, connection: BaseDBAsyncClient) -> date:
    rows = await _rows(connection, _DAY, ())
    return date.fromisoformat(rows[0]["on_date"]) if rows else _first_day(database)


def _first_day(database: Database) -> date:
    return local_date(database.clock.now())


async def _rows(
    connection: BaseDBAsyncClient, sql: str, parameters: Sequence[Parameter]
) -> list[dict[str, Any]]:
    dialect = connection.capabilities.dialect
    return await connection.execute_query_dict(_placed(sql, dialect), _adapted(parameters, dialect))


@lru_cache(1024)
def _placed(sql: str, dialect: str) -> str:
    if dialect == "sqlite":
        return sql
    parts = sql.split("?")
    placed = parts[0]
    for number, part in enumerate(parts[1:], start=1):
        placed += f"${number}{part}"
    return placed


def _adapted(parameters: Sequence[Parameter], dialect: str) -> list[Any]:
    if dialect != "sqlite":
        return list(parameters)
    return [
        value.astimezone(UTC).isoformat(" ")
        if isinstance(value, datetime)
        else value.isoformat()
        if isinstance(value, date)
        else value
        for value in parameters
    ]
