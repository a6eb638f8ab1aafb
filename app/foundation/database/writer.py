"""
The SQLite connection that writes.

Handing a statement to a thread and back takes ten times as long as a row found by its key. So what
finds its rows by keys runs where it is asked for; what may take longer, and whatever waits for the
disk or for another process, runs in the connection's own thread.
"""

import logging
import re
import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial
from math import inf
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any, TypeVar

import aiosqlite
from tortoise.exceptions import OperationalError

from app.foundation.database.finishing import finished
from app.foundation.database.readers import DRIVER_LOG, QUICK_SECONDS, STATEMENTS_KEPT, STEPS

BUSY_TIMEOUT_MILLISECONDS = 5_000
ROWS_AT_ONCE = 32
"""So many rows of one statement are written where they are asked for; more go to the thread."""
PLANS_KEPT = 2_048
_WALKS = re.compile(r"^SCAN (?!.*CONSTANT ROW)|[<>]\?")
"""What the plan says of a statement that looks through a table, or through a part of an index."""
_BEGIN = "BEGIN IMMEDIATE"
_POINTED = frozenset({"INSERT", "UPDATE", "DELETE"})
T = TypeVar("T")


class Writer(aiosqlite.Connection):
    """The driver's connection, which takes the quick statements itself."""

    busy_milliseconds = BUSY_TIMEOUT_MILLISECONDS
    """How long a transaction waits for another process that writes."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(partial(_connected, path), iter_chunk_size=64)
        self._is_quick: dict[str, bool] = {}
        self._until = inf
        self._handed_over = 0
        self._handed_back = 0

    async def open(self, pragmas: dict[str, Any]) -> None:
        """
        Connect and set up; one that cannot be set up is not left behind.

        Raises:
            sqlite3.OperationalError: The file cannot be opened, or a pragma is none.
        """
        await self
        try:
            self._conn.row_factory = sqlite3.Row
            for name, value in pragmas.items():
                await super().execute_fetchall(f"PRAGMA {name}={value}")
            self._conn.set_progress_handler(self._is_long, STEPS)
        except BaseException:
            await self.close()
            raise

    async def begin(self) -> None:
        """
        Take the write lock; wait in the thread where another process has it.

        Raises:
            OperationalError: It had it for too long, or the file is broken.
        """
        try:
            if not (self._is_free and self._begins_now()):
                await finished(self._in_thread(_BEGIN))
        except sqlite3.OperationalError as failure:
            raise OperationalError(failure) from failure

    def _begins_now(self) -> bool:
        """Begin, unless another process writes."""
        self._conn.execute("PRAGMA busy_timeout=0")
        try:
            self._now(_BEGIN)
        except sqlite3.OperationalError as failure:
            if failure.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            self._conn.execute(f"PRAGMA busy_timeout={self.busy_milliseconds}")
        return True

    async def settle(self) -> None:
        """Let end what still runs in the thread."""
        if not self._is_free:
            await finished(self._execute(lambda: None))

    async def say(self, *statements: str) -> None:
        """Run a few words about a transaction, when nothing else runs."""
        await self.settle()
        for one in statements:
            self._now(one)

    async def execute_fetchall(  # pyright: ignore[reportIncompatibleMethodOverride] - awaited only
        self, sql: str, parameters: Iterable[Any] | None = None
    ) -> Iterable[sqlite3.Row]:
        """Run a statement and return its rows."""
        given = tuple(parameters or ())
        if not self._may_begin(sql, given):
            return await self._in_thread(sql, given)
        try:
            return self._now(sql, given)[0]
        except sqlite3.OperationalError as failure:
            if failure.sqlite_errorcode & 0xFF != sqlite3.SQLITE_INTERRUPT:
                raise
        return await self._in_thread(sql, given)  # a read that takes too long is begun anew

    async def execute_insert(  # pyright: ignore[reportIncompatibleMethodOverride] - awaited only
        self, sql: str, parameters: Iterable[Any] | None = None
    ) -> tuple[int | None]:
        """Write one row and return its number."""
        given = tuple(parameters or ())
        if self._may_begin(sql, given):
            return (self._now(sql, given)[1],)
        await self._in_thread(sql, given)
        return (self._conn.execute("SELECT last_insert_rowid()").fetchone()[0],)

    async def executemany(  # pyright: ignore[reportIncompatibleMethodOverride] - awaited only
        self, sql: str, parameters: Iterable[Iterable[Any]]
    ) -> None:
        """Run a statement for each of many rows."""
        rows = [tuple(one) for one in parameters]
        if rows and len(rows) <= ROWS_AT_ONCE and self._may_begin(sql, rows[0]):
            for one in rows:
                self._now(sql, one)
            return
        await self._execute(self._conn.executemany, sql, rows)

    @property
    def _is_free(self) -> bool:
        """Whether the thread has nothing to do; one connection runs one statement at a time."""
        return self._handed_over == self._handed_back

    def _may_begin(self, sql: str, parameters: Sequence[Any]) -> bool:
        """Tell whether a statement may begin here: it is a read, or finds its rows by keys."""
        if not self._is_free:
            return False
        quick = self._is_quick.get(sql)
        if quick is None:
            if len(self._is_quick) >= PLANS_KEPT:
                self._is_quick.clear()
            quick = self._is_quick[sql] = self._plans_to_be_quick(sql, parameters)
        return quick

    def _plans_to_be_quick(self, sql: str, parameters: Sequence[Any]) -> bool:
        kind = sql.lstrip()[:6].upper()
        if kind not in _POINTED:
            return kind == "SELECT"
        plan = self._conn.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        return not any(_WALKS.search(detail) for *_, detail in plan)

    def _now(
        self, sql: str, parameters: Sequence[Any] = ()
    ) -> tuple[list[sqlite3.Row], int | None]:
        """Run a statement here; return its rows, and the number of the one it wrote last."""
        if DRIVER_LOG.isEnabledFor(logging.DEBUG):
            DRIVER_LOG.debug("executing %s", partial(self._now, sql, parameters))
        if sql.lstrip()[:6].upper() == "SELECT":
            self._until = perf_counter() + QUICK_SECONDS
            try:
                return self._conn.execute(sql, parameters).fetchall(), None
            finally:
                self._until = inf
        begun = thread_time()  # what writes is never cut off: its transaction would be undone
        cursor = self._conn.execute(sql, parameters)
        rows = cursor.fetchall()
        if thread_time() - begun > QUICK_SECONDS:
            self._is_quick[sql] = False
        return rows, cursor.lastrowid

    def _is_long(self) -> bool:
        return perf_counter() > self._until

    async def _in_thread(self, sql: str, parameters: Sequence[Any] = ()) -> Iterable[sqlite3.Row]:
        return await self._execute(self._execute_fetchall, sql, parameters)

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the driver's own
        """Hand something to the thread, and count what it has handed back."""
        self._handed_over += 1

        def counted(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the driver's own
            try:
                return fn(*args, **kwargs)
            finally:
                self._handed_back += 1

        counted.__name__ = getattr(fn, "__name__", "")
        return await super()._execute(counted, *args, **kwargs)


def _connected(path: str | Path) -> sqlite3.Connection:
    return sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_KEPT
    )
