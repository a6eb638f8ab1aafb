"""
Transactions of one process that are committed together, so that the disk is waited for once.

They run one after another, each inside the transaction that the first began and after the first
each in a savepoint of its own. Nobody is told that a transaction is done, or was refused for what
it read, before all of it is durable.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tortoise.exceptions import DBConnectionError, OperationalError

from app.foundation.database.finishing import finished
from app.foundation.database.writer import Writer

MEMBERS_MAX = 16
"""So many commit together at most: the first of them has waited for all the others."""
_ENTER = "SAVEPOINT member"
_KEEP = "RELEASE member"
_UNDO = ("ROLLBACK TO member", "RELEASE member")


class Group:
    """
    Those who have written and wait to be committed; at most one of them writes at a time.

    Whoever calls holds the lock of those who write, but for `in_line`.
    """

    def __init__(self, writing: asyncio.Lock) -> None:
        self._writing = writing
        self._members: list[asyncio.Future[None]] = []
        self._in_line = 0
        self._closing: asyncio.Task[None] | None = None

    @contextmanager
    def in_line(self) -> Iterator[None]:
        """Count who waits for the lock."""
        self._in_line += 1
        try:
            yield
        finally:
            self._in_line -= 1

    async def begin(self, writer: Writer) -> None:
        """
        Begin a transaction, or a part of the one that is open; whoever is canceled has not begun.

        Raises:
            OperationalError: Another process writes for too long, or the file is broken.
        """
        try:
            if self._members:
                await writer.say(_ENTER)
            else:
                await writer.begin()
        except asyncio.CancelledError:
            await self.undone(writer, is_told=False)
            raise

    async def written(self, writer: Writer) -> "asyncio.Future[None] | None":
        """
        Commit what was written, with what the others wrote; or leave it to those in line.

        Returns:
            What ends when it is committed; None when it is.

        Raises:
            OperationalError: The database could not keep it; nothing of it, or of the others', is.
        """
        if self._members:
            await writer.say(_KEEP)
        if self._in_line and len(self._members) + 1 < MEMBERS_MAX:
            return self._join(writer)
        await self._commit(writer)
        return None

    async def undone(self, writer: Writer, *, is_told: bool) -> "asyncio.Future[None] | None":
        """
        Undo what one has written, and nothing else.

        Returns:
            What ends when that which it may have read of the others is committed, if somebody is
            told why it was undone.
        """
        await writer.settle()
        if not writer.in_transaction:  # SQLite itself undid all of it
            self.fail(DBConnectionError("the transaction was undone"))
            return None
        if not self._members:
            await writer.say("ROLLBACK")
            return None
        try:
            await writer.say(*_UNDO)
        except sqlite3.Error as failure:
            self.fail(failure)
            if writer.in_transaction:
                await writer.say("ROLLBACK")
            return None
        return self._join(writer) if is_told else None

    async def interrupt(self, writer: Writer) -> None:
        """End a statement that nobody waits for, unless that would undo what others wrote."""
        if not self._members:
            await writer.interrupt()

    async def end(self, writer: Writer) -> None:
        """Commit what is left to be; whoever waits is told how it went."""
        if self._members:
            with suppress(OperationalError):
                await self._commit(writer)

    def fail(self, failure: Exception) -> None:
        """Tell all who wait that nothing of theirs is kept."""
        self._settle(failure)

    def _join(self, writer: Writer) -> "asyncio.Future[None]":
        member = asyncio.get_running_loop().create_future()
        self._members.append(member)
        if len(self._members) == 1:  # after all who are in line now
            self._closing = asyncio.create_task(self._close(writer))
        return member

    async def _close(self, writer: Writer) -> None:
        async with self._writing:
            await self.end(writer)

    async def _commit(self, writer: Writer) -> None:
        failure: Exception | None = None
        canceled: asyncio.CancelledError | None = None
        try:
            await finished(writer.commit())
        except asyncio.CancelledError as asked:
            canceled = asked
        except sqlite3.Error as told:
            failure = told
        if writer.in_transaction:
            failure = failure or DBConnectionError("the transaction could not be committed")
            await writer.say("ROLLBACK")
        self._settle(failure)
        if canceled is not None:
            raise canceled
        if failure is not None:
            raise OperationalError(failure) from failure

    def _settle(self, failure: Exception | None) -> None:
        members, self._members = self._members, []
        for one in members:
            if failure is None:
                one.set_result(None)
            else:
                one.set_exception(OperationalError(failure))


async def committed(member: "asyncio.Future[None]") -> None:
    """
    Wait until a transaction is committed, however often whoever waits is canceled; pass that on.

    Raises:
        OperationalError: It could not be; nothing of it is kept.
    """
    canceled: asyncio.CancelledError | None = None
    while not member.done():
        try:
            await asyncio.wait([member])
        except asyncio.CancelledError as asked:
            canceled = asked
    failure = member.exception()
    if canceled is not None:
        raise canceled
    if failure is not None:
        raise failure
