"""Driver errors, sorted: what will pass becomes a refusal to try again, the rest is a fault."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from tortoise.exceptions import DBConnectionError, OperationalError

from app.foundation.errors import TemporarilyUnavailable

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

PASSING_POSTGRES = ("08", "40", "53", "55P03", "57")
"""SQLSTATE classes: connection, rollback (deadlock), resources, lock not available, operator."""


@contextmanager
def mapped_failures() -> Iterator[None]:
    """
    Turn a driver's passing failure into a refusal.

    Raises:
        TemporarilyUnavailable: The database is busy, full, restarting or away.
    """
    try:
        yield
    except (OperationalError, DBConnectionError, OSError, sqlite3.Error) as failure:
        if _passes(failure):
            raise TemporarilyUnavailable from failure
        raise
    except Exception as failure:
        if _is_passing_state(getattr(failure, "sqlstate", None)):
            raise TemporarilyUnavailable from failure
        raise


def _passes(failure: BaseException) -> bool:
    cause = failure.args[0] if failure.args and isinstance(failure.args[0], Exception) else failure
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        return code is not None and (code & 0xFF) in PASSING_SQLITE
    if isinstance(cause, (DBConnectionError, OSError)):
        return True
    return _is_passing_state(getattr(cause, "sqlstate", None))


def _is_passing_state(state: object) -> bool:
    return isinstance(state, str) and state.startswith(PASSING_POSTGRES)
