"""
The SQLite connection that writes.

Handing a statement to a thread and back takes ten times as long as a row found by its key. So what
finds its rows by keys runs where it is asked for; what may take longer, and whatever waits for the
disk or for another process, runs in the connection's own thread.
"""

import asyncio
import logging
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from math import inf
from pathlib import Path
from time import monotonic, perf_counter, thread_time
from typing import Any

import aiosqlite
from tortoise.exceptions import DBConnectionError, OperationalError

from app.foundation.database.finishing import ended
from app.foundation.database.readers import (
    DRIVER_LOG,
    QUICK_SECONDS,
    STATEMENTS_KEPT,
    STEPS,
    code_of,
    only_reads,
    set_up,
)

BUSY_TIMEOUT_MILLISECONDS = 5_000
TRIED_EVERY_SECONDS = 0.01
"""How often it is looked whether another process has let go; SQLite itself looks more seldom."""
ROWS_AT_ONCE = 32
"""So many rows of one statement are written where they are asked for; more go to the thread."""
PLANS_KEPT = 2_048
_WALKS = re.compile(r"^SCAN (?!.*CONSTANT ROW)|[<>]\?")
"""What the plan says of a statement that looks through a table, or through a part of an index."""
_BEGIN = "BEGIN IMMEDIATE"
_POINTED = frozenset({"INSERT", "UPDATE", "DELETE"})


class Writer(aiosqlite.Connection):
    """The driver's connection, which takes the quick statements itself."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(partial(_connected, path), iter_chunk_size=64)
        self._is_quick: dict[str, bool] = {}
        self._until = inf
        self._spent = 0.0
        self._handed_over = 0
        self._handed_back = 0
        self._unwanted = 0
        self._is_reading = False

    async def open(self, pragmas: dict[str, Any]) -> None:
        """
        Connect and set up; one that cannot be set up is not left behind.

        Raises:
            sqlite3.OperationalError: The file cannot be opened, or a pragma is none.
        """
        await set_up(self, pragmas)
        self._conn.set_progress_handler(self._is_to_end, STEPS)

    @property
    def in_transaction(self) -> bool:
        """Tell whether there is something to commit or to undo; never once it is closed."""
        try:
            return self._connection is not None and self._connection.in_transaction
        except sqlite3.ProgrammingError:  # it was closed a moment ago
            return False

    @property
    def is_free(self) -> bool:
        """Whether the thread has nothing to do; one connection runs one statement at a time."""
        return self._handed_over == self._handed_back

    async def begin(self) -> None:
        """
        Take the write lock; where another process has it, wait until that lets go.

        Whoever is canceled meanwhile does not have it.

        Raises:
            OperationalError: It had it for too long, or the file is broken.
            DBConnectionError: The database has been closed.
        """
        until = monotonic() + BUSY_TIMEOUT_MILLISECONDS / 1_000
        while (busy := self._begun_now()) is not None:
            if monotonic() > until:
                raise OperationalError(busy) from busy
            await asyncio.sleep(TRIED_EVERY_SECONDS)
            if not self._running or self._connection is None:
                raise DBConnectionError("the database is closed")

    def _begun_now(self) -> sqlite3.OperationalError | None:
        """
        Begin, unless another process writes: then return in what words SQLite says so.

        Raises:
            OperationalError: The file is broken, full or away.
        """
        assert self.is_free, "whoever begins has let the thread finish"
        (waits,) = self._conn.execute("PRAGMA busy_timeout").fetchone()
        self._conn.execute("PRAGMA busy_timeout=0")
        try:
            self._now(_BEGIN)
        except sqlite3.OperationalError as failure:
            if code_of(failure) != sqlite3.SQLITE_BUSY:
                raise OperationalError(failure) from failure
            return failure
        finally:
            self._conn.execute(f"PRAGMA busy_timeout={waits}")
        return None

    async def settled(self) -> asyncio.CancelledError | None:
        """Let end what still runs in the thread; return the cancellation that came meanwhile."""
        if self.is_free:
            return None
        with suppress(DBConnectionError):  # once it is closed nothing runs
            return await ended(self._handed(lambda: None))

    def say(self, *statements: str) -> None:
        """Run a few words about a transaction; nothing else runs."""
        for one in statements:
            self._now(one)

    async def kept(self) -> tuple[Exception | None, asyncio.CancelledError | None]:
        """
        Commit; what cannot be committed is undone.

        Returns:
            Why nothing is kept, if nothing is; and the cancellation that came meanwhile.
        """
        try:
            committing = self._handed(self.keep, named="commit")
        except DBConnectionError as closed:
            return closed, None
        canceled = await ended(committing)
        failure = committing.exception()
        assert failure is None or isinstance(failure, Exception), "a thread is not canceled"
        return failure, canceled

    def keep(self) -> None:
        """
        Commit, in the thread.

        Raises:
            sqlite3.Error: It could not be; nothing of it is kept.
            DBConnectionError: There was nothing any more, for SQLite itself had undone it.
        """
        if not self.in_transaction:
            raise DBConnectionError("the transaction was undone")
        try:
            self._conn.commit()
        finally:
            if self.in_transaction:
                self._conn.rollback()

    def stop_reading(self) -> None:
        """End a read that the thread is at; whatever writes goes on."""
        if self._is_reading:
            self.stop_working()

    def stop_working(self) -> None:
        """
        End what the thread is at; if it writes, SQLite undoes the whole transaction.

        SQLite's own way to interrupt does nothing when the thread is just about to begin.
        """
        self._unwanted = self._handed_over

    async def execute_fetchall(  # pyright: ignore[reportIncompatibleMethodOverride] - awaited only
        self, sql: str, parameters: Iterable[Any] | None = None
    ) -> Iterable[sqlite3.Row]:
        """Run a statement and return its rows."""
        given = tuple(parameters or ())
        if not self._may_begin(sql, given):
            return await self._in_thread(sql, given)
        try:
            rows, _ = self._now(sql, given)
        except sqlite3.OperationalError as failure:
            if code_of(failure) != sqlite3.SQLITE_INTERRUPT:
                raise
            return await self._in_thread(sql, given)  # it takes too long, so it is begun anew
        await self._give_way()
        return rows

    async def execute_insert(  # pyright: ignore[reportIncompatibleMethodOverride] - awaited only
        self, sql: str, parameters: Iterable[Any] | None = None
    ) -> tuple[int | None]:
        """Write one row and return its number."""
        given = tuple(parameters or ())
        if self._may_begin(sql, given):
            _, number = self._now(sql, given)
            await self._give_way()
            return (number,)
        return await self._handed(self._execute_insert, sql, given)

    async def executemany(  # pyright: ignore[reportIncompatibleMethodOverride] - awaited only
        self, sql: str, parameters: Iterable[Iterable[Any]]
    ) -> None:
        """Run a statement for each of many rows."""
        rows = [tuple(one) for one in parameters]
        if rows and len(rows) <= ROWS_AT_ONCE and self._may_begin(sql, rows[0]):
            for one in rows:
                self._now(sql, one)
            await self._give_way()
            return
        await self._execute(self._conn.executemany, sql, rows)

    async def _give_way(self) -> None:
        """Let others have the event loop, after so much work that began here."""
        if self._spent > QUICK_SECONDS:
            self._spent = 0.0
            await asyncio.sleep(0)

    def _may_begin(self, sql: str, parameters: Sequence[Any]) -> bool:
        """
        Tell whether a statement may begin here: it is a read, or finds its rows by keys.

        Outside a transaction it would wait here for another process, and for the disk.
        """
        if not (self.is_free and self.in_transaction):
            return False
        quick = self._is_quick.get(sql)
        if quick is None:
            if len(self._is_quick) >= PLANS_KEPT:
                self._is_quick.clear()
            quick = self._is_quick[sql] = self._plans_to_be_quick(sql, parameters)
        return quick

    def _plans_to_be_quick(self, sql: str, parameters: Sequence[Any]) -> bool:
        if only_reads(sql):
            return True
        kind = sql.lstrip()[:6].upper()
        if kind not in _POINTED:
            return False
        plan = self._conn.execute(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()
        if kind == "DELETE" and not plan:  # it clears the table, which SQLite does not plan
            return False
        return not any(_WALKS.search(detail) for *_, detail in plan)

    def _now(
        self, sql: str, parameters: Sequence[Any] = ()
    ) -> tuple[list[sqlite3.Row], int | None]:
        """Run a statement here; return its rows, and the number of the one it wrote last."""
        if DRIVER_LOG.isEnabledFor(logging.DEBUG):
            DRIVER_LOG.debug("executing %s", partial(self._now, sql, parameters))
        if only_reads(sql):
            asked = perf_counter()
            self._until = asked + QUICK_SECONDS
            try:
                return self._conn.execute(sql, parameters).fetchall(), None
            finally:
                self._until = inf
                self._spent += perf_counter() - asked
        begun = thread_time()  # what writes is never cut off: its transaction would be undone
        cursor = self._conn.execute(sql, parameters)
        rows = cursor.fetchall()
        took = thread_time() - begun
        self._spent += took
        if took > QUICK_SECONDS:
            self._is_quick[sql] = False
        return rows, cursor.lastrowid

    def _is_to_end(self) -> bool:
        return self._handed_back < self._unwanted or perf_counter() > self._until

    async def _in_thread(self, sql: str, parameters: Sequence[Any] = ()) -> Iterable[sqlite3.Row]:
        reads = only_reads(sql)
        return await self._handed(self._execute_fetchall, sql, parameters, reads=reads)

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the driver's own
        """Hand something to the thread."""
        return await self._handed(partial(fn, **kwargs) if kwargs else fn, *args)

    def _handed(
        self,
        job: Callable[..., Any],
        *given: Any,  # noqa: ANN401 - whatever it takes
        reads: bool = False,
        named: str = "",
    ) -> "asyncio.Future[Any]":
        """
        Hand something to the thread, and count what it has handed back.

        Raises:
            DBConnectionError: The database has been closed.
        """
        if not self._running or self._connection is None:
            raise DBConnectionError("the database is closed")

        def counted(*given: Any) -> Any:  # noqa: ANN401 - whatever it takes and returns
            try:
                return job(*given)
            finally:
                self._handed_back += 1

        counted.__name__ = named or getattr(job, "__name__", "")
        self._is_reading = reads and self.is_free
        handed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._handed_over += 1
        self._tx.put_nowait((handed, partial(counted, *given)))
        return handed


def _connected(path: str | Path) -> sqlite3.Connection:
    return sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_KEPT
    )
