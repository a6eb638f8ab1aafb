"""What heals by itself is a refusal to try again; the rest stays what it is."""

import sqlite3

import asyncpg
import pytest
import structlog
from tortoise.exceptions import DBConnectionError, OperationalError

from app.foundation.database.failures import mapped_failures
from app.foundation.errors import TemporarilyUnavailable


def of_sqlite(code: int) -> sqlite3.OperationalError:
    failure = sqlite3.OperationalError("words")
    failure.sqlite_errorcode = code  # pyright: ignore[reportAttributeAccessIssue] - set by SQLite
    failure.sqlite_errorname = "SQLITE_WORD"  # pyright: ignore[reportAttributeAccessIssue] - the same
    return failure


PASSING = [
    ConnectionRefusedError(),
    TimeoutError(),
    DBConnectionError("away"),
    of_sqlite(sqlite3.SQLITE_BUSY),
    of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT),
    of_sqlite(sqlite3.SQLITE_FULL),
    of_sqlite(sqlite3.SQLITE_IOERR_WRITE),
    OperationalError(of_sqlite(sqlite3.SQLITE_LOCKED)),
    asyncpg.DeadlockDetectedError("words"),
    asyncpg.SerializationError("words"),
    asyncpg.TooManyConnectionsError("words"),
    asyncpg.DiskFullError("words"),
    asyncpg.AdminShutdownError("words"),
    asyncpg.QueryCanceledError("words"),
    asyncpg.ConnectionDoesNotExistError("words"),
    asyncpg.ReadOnlySQLTransactionError("words"),
    asyncpg.LockNotAvailableError("words"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InterfaceError("connection has been released back to the pool"),
]
LASTING = [
    sqlite3.OperationalError("no such table"),
    of_sqlite(sqlite3.SQLITE_CORRUPT),
    OperationalError(ValueError("syntax")),
    OperationalError("words"),
    asyncpg.UniqueViolationError("words"),
    asyncpg.UndefinedTableError("words"),
    asyncpg.InterfaceError("the server expects 1 argument"),
    LookupError("ours"),
    LookupError(),
]


@pytest.mark.parametrize("failure", PASSING, ids=repr)
def test_what_passes_is_a_refusal_and_a_line_in_the_log(failure: Exception) -> None:
    with (
        structlog.testing.capture_logs() as lines,
        pytest.raises(TemporarilyUnavailable),
        mapped_failures(),
    ):
        raise failure
    assert [line["event"] for line in lines] == ["database_unavailable"]
    assert "words" not in str(lines)


@pytest.mark.parametrize("failure", LASTING, ids=repr)
def test_what_lasts_stays_a_fault(failure: Exception) -> None:
    with pytest.raises(type(failure)) as raised, mapped_failures():
        raise failure
    assert raised.value is failure
