"""Driver errors, sorted: what will pass becomes a refusal to try again, the rest is a fault."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from tortoise.exceptions import DBConnectionError

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

AWAY = (DBConnectionError, ConnectionError, TimeoutError, socket.gaierror)
"""The server cannot be reached at all."""

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
    except Exception as failure:
        if is_passing(failure):
            raise TemporarilyUnavailable from failure
        raise


def is_passing(failure: BaseException) -> bool:
    """Tell whether a failure of the database heals without us: it is busy, full or away."""
    first = failure.args[0] if failure.args else None
    cause = first if isinstance(first, Exception) else failure
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        return code is not None and (code & 0xFF) in PASSING_SQLITE
    if isinstance(cause, AWAY):
        return True
    return _is_passing_state(getattr(cause, "sqlstate", None))


def _is_passing_state(state: object) -> bool:
    return isinstance(state, str) and state.startswith(PASSING_POSTGRES)
