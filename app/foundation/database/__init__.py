"""The one door to the database: opening it, reading from it, and writing in a transaction."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext, set_global_context
from tortoise.transactions import in_transaction

from app.foundation.clock import Clock, local_date
from app.foundation.database.failures import mapped_failures
from app.foundation.ids import Entropy, new_id

__all__ = ["Database", "Transaction", "business_date", "current", "fetch", "transaction"]

Parameter = str | int | bytes | bool | datetime | date | None
APP_LABEL = "qingmiao"
MIGRATIONS_MODULE = "app.migrations"
SQLITE_ENGINE = "app.foundation.database.sqlite"


@dataclass(slots=True)
class Database:
    """An open database with the clock and the source of chance that its transactions use."""

    url: str = field(repr=False)
    clock: Clock
    entropy: Entropy = secrets.token_bytes
    context: TortoiseContext = field(default_factory=TortoiseContext, repr=False)

    async def open(self) -> None:
        """
        Connect and become the process's database.

        Raises:
            ValueError: The URL's scheme is neither sqlite nor postgres.
        """
        set_global_context(self.context)
        try:
            await self.context.init(config=orm_config(self.url))
        except BaseException:
            await self.context.close_connections()
            raise
        _Current.database = self

    async def close(self) -> None:
        """Close every connection; another database may be opened afterwards."""
        await self.context.close_connections()
        if _Current.database is self:
            _Current.database = None

    @property
    def dialect(self) -> str:
        """Return `sqlite` or `postgres`."""
        return self.connection().capabilities.dialect

    def connection(self) -> BaseDBAsyncClient:
        """Return the task's connection: the open transaction's, or the pool."""
        return self.context.connections.get(_alias(self.url))


class _Current:
    database: Database | None = None


_open_transaction: ContextVar["Transaction | None"] = ContextVar("open_transaction", default=None)


def current() -> Database:
    """Return the process's open database."""
    assert _Current.database is not None, "the database is open"
    return _Current.database


class Transaction:
    """What a use case writes through; everything in it happens, or nothing does."""

    __slots__ = ("_after_commit", "_connection", "_database", "now", "today")

    def __init__(self, database: Database, connection: BaseDBAsyncClient, today: date) -> None:
        self._database = database
        self._connection = connection
        self._after_commit: list[Callable[[], None]] = []
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

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do something quick and harmless once everything here is durable."""
        self._after_commit.append(action)

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
        TemporarilyUnavailable: The database is busy, full, or away; nothing was written.
    """
    assert _open_transaction.get() is None, "transactions never nest"
    database = current()
    with mapped_failures():
        async with in_transaction(_alias(database.url)) as connection:
            tx = Transaction(database, connection, await _business_date(database, connection))
            token = _open_transaction.set(tx)
            try:
                yield tx
            finally:
                _open_transaction.reset(token)
    tx.committed()


async def fetch(sql: str, parameters: Sequence[Parameter] = ()) -> list[dict[str, Any]]:
    """
    Read rows with `?` placeholders: from the open transaction if there is one, else a reader.

    Raises:
        TemporarilyUnavailable: The database is busy or away.
    """
    with mapped_failures():
        return await _rows(current().connection(), sql, parameters)


async def business_date() -> date:
    """Return the lending day: where the close of day has got to, or today before the first one."""
    database = current()
    with mapped_failures():
        return await _business_date(database, database.connection())


async def set_business_date(tx: Transaction, to: date) -> None:
    """Move the lending day; only the close of day does this."""
    await tx.run(
        "INSERT INTO business_day (id, on_date) VALUES (1, ?)"
        " ON CONFLICT (id) DO UPDATE SET on_date = excluded.on_date",
        [to.isoformat()],
    )
    tx.today = to


async def _business_date(database: Database, connection: BaseDBAsyncClient) -> date:
    rows = await _rows(connection, "SELECT on_date FROM business_day WHERE id = 1", ())
    if rows:
        return date.fromisoformat(rows[0]["on_date"])
    return local_date(database.clock.now())


async def _rows(
    connection: BaseDBAsyncClient, sql: str, parameters: Sequence[Parameter]
) -> list[dict[str, Any]]:
    dialect = connection.capabilities.dialect
    return await connection.execute_query_dict(_placed(sql, dialect), _adapted(parameters, dialect))


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
        value.isoformat(" ")
        if isinstance(value, datetime)
        else value.isoformat()
        if isinstance(value, date)
        else value
        for value in parameters
    ]


def orm_config(url: str) -> dict[str, Any]:
    """
    Return Tortoise's configuration for a database URL.

    `sqlite:///relative.db`, `sqlite:////absolute.db`, or
    `postgres://borrowed:secret@host:5432/name?statement_cache_size=0` (0 behind PgBouncer).

    Raises:
        ValueError: The URL's scheme is neither sqlite nor postgres.
    """
    alias = _alias(url)
    return {
        "connections": {alias: _connection_config(url)},
        "apps": {
            APP_LABEL: {
                "models": _model_modules(),
                "default_connection": alias,
                "migrations": MIGRATIONS_MODULE,
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


def _alias(url: str) -> str:
    """Name the connection by its dialect: Tortoise keeps SQL by name, whatever the dialect."""
    return "sqlite" if url.startswith("sqlite") else "postgres"


def _model_modules() -> list[str]:
    """Find every room's `models` by the house's own rule for file names."""
    app = Path(__file__).parent.parent.parent
    files = [*app.glob("*/models.py"), *app.glob("*/models/__init__.py")]
    names = {".".join(file.relative_to(app.parent).with_suffix("").parts) for file in files}
    return sorted(name.removesuffix(".__init__") for name in names)


def _connection_config(url: str) -> Mapping[str, Any]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {"engine": SQLITE_ENGINE, "credentials": {"file_path": parts.path[1:]}}
    if parts.scheme in {"postgres", "postgresql"}:
        options = dict(parse_qsl(parts.query))
        credentials: dict[str, Any] = {
            "host": options.pop("host", parts.hostname),
            "port": parts.port or 5432,
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "database": parts.path[1:],
            "minsize": int(options.pop("minsize", "1")),
            "maxsize": int(options.pop("maxsize", "10")),
        }
        credentials |= {name: int(value) for name, value in options.items() if value.isdigit()}
        return {"engine": "tortoise.backends.asyncpg", "credentials": credentials}
    message = f"DATABASE_URL must begin with sqlite:/// or postgres://, not {parts.scheme!r}"
    raise ValueError(message)
