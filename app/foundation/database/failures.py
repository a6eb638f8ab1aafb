"""Driver errors, sorted: what will pass becomes a refusal to try again, the rest is a fault."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from tortoise.exceptions import DBConnectionError

from app.foundation.errors import TemporarilyUnavailable
from app.foundation.log import logger
from app.foundation.metrics import OTHER, Counts

log = logger(__name__)

UNAVAILABLE = Counts(
    "database_unavailable_total", "Refusals because the database was busy, full or away", "state"
)
"""By SQLite's error name or PostgreSQL's SQLSTATE."""

PASSING_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
    }
)
"""Primary result codes of https://www.sqlite.org/rescode.html that heal without us."""

AWAY = (DBConnectionError, ConnectionError, TimeoutError)
"""The server cannot be reached at all."""

PASSING_POSTGRES = ("08", "25006", "40", "53", "55P03", "57")
"""
SQLSTATEs: connection, a leader that became a replica, rollback (deadlock), resources, lock not
available, operator intervention.
"""


@contextmanager
def mapped_failures() -> Iterator[None]:
    """
    Turn a driver's passing failure into a refusal, and leave a line in the log that says which.

    Raises:
        TemporarilyUnavailable: The database is busy, full, restarting or away.
    """
    try:
        yield
    except Exception as failure:
        if is_passing(failure):
            cause = _cause_of(failure)
            state = _state_of(cause)
            log.warning("database_unavailable", error=type(cause).__name__, state=state)
            UNAVAILABLE.of(_label_of(state)).add()
            raise TemporarilyUnavailable from failure
        raise


def is_passing(failure: BaseException) -> bool:
    """Tell whether a failure of the database heals without us: it is busy, full or away."""
    cause = _cause_of(failure)
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        return code is not None and (code & 0xFF) in PASSING_SQLITE
    if isinstance(cause, AWAY) or _is_closed_under_us(cause):
        return True
    state = _state_of(cause)
    return state is not None and state.startswith(PASSING_POSTGRES)


def _cause_of(failure: BaseException) -> BaseException:
    """Unwrap the ORM's exception, which carries the driver's as its argument."""
    first = failure.args[0] if failure.args else None
    return first if isinstance(first, Exception) else failure


def _is_closed_under_us(cause: BaseException) -> bool:
    """Know asyncpg's words for a connection that the server ended; they have no SQLSTATE."""
    told = str(cause)
    return type(cause).__name__ == "InterfaceError" and ("clos" in told or "released" in told)


def _state_of(cause: BaseException) -> str | None:
    """Return SQLite's error name or PostgreSQL's SQLSTATE."""
    state = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return state if isinstance(state, str) else None


def _label_of(state: str | None) -> str:
    """Name a SQLSTATE, such as 40P01, so that it is a label."""
    return OTHER if state is None else state if state.startswith("SQLITE") else f"SQL_{state}"
