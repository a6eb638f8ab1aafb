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

from app.foundation.database.patience import Pulse, Waits, unhurried
from app.foundation.database.writer import Writer
from app.foundation.metrics import Counts

MEMBERS_MAX = 16
"""So many are told together at most: the first of them has waited for all the others."""
_COMMITS = Counts("group_commits_total", "Commits for which the disk was waited for").of()
_SHARED = Counts("group_commit_members_total", "Transactions that shared another's commit").of()
_ENTER = "SAVEPOINT member"
_KEEP = "RELEASE member"
_UNDO = ("ROLLBACK TO member", "RELEASE member")


class Group:
    """
    Those who have written and wait to be committed; at most one of them writes at a time.

    Whoever calls holds the lock of those who write, but for `in_line`.
    """

    def __init__(self, writing: asyncio.Lock, pulse: Pulse) -> None:
        self._writing = writing
        self._pulse = pulse
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
            DBConnectionError: The database has been closed.
        """
        canceled = await writer.settled()
        if canceled is not None:
            raise canceled
        if writer.in_transaction and self._members:
            writer.say(_ENTER)
            return
        self._undo(writer)  # whatever SQLite or somebody before has left half done
        await writer.begin()

    async def written(self, writer: Writer) -> "asyncio.Future[None] | None":
        """
        Commit what was written, with what the others wrote; or leave it to those in line.

        Returns:
            What ends when whoever wrote before has been told that it is committed; None when
            nobody else did, and it is.

        Raises:
            OperationalError: The database could not keep it; nothing of it, or of the others', is.
        """
        canceled = await writer.settled()
        if canceled is not None:
            self._undo(writer)
            raise canceled
        if self._members and writer.in_transaction:
            writer.say(_KEEP)
        return await self._joined_or_committed(writer)

    async def undone(self, writer: Writer, *, is_told: bool) -> "asyncio.Future[None] | None":
        """
        Undo what one has written, and nothing else.

        Returns:
            What ends when that which it may have read of the others is committed, if somebody is
            told why it was undone.

        Raises:
            OperationalError: What it may have read of the others could not be kept.
        """
        canceled = await writer.settled()
        self._undo(writer)
        if canceled is not None:
            raise canceled
        return await self._joined_or_committed(writer) if is_told and self._members else None

    async def _joined_or_committed(self, writer: Writer) -> "asyncio.Future[None] | None":
        """Wait with the others, or commit, if nobody else is in line or enough wait already."""
        if self._in_line and len(self._members) + 1 < MEMBERS_MAX and writer.in_transaction:
            return self._join(writer)
        mine = self._joined() if self._members else None
        await self._commit(writer)
        return mine

    def _undo(self, writer: Writer) -> None:
        if not self._members and writer.in_transaction:
            writer.say("ROLLBACK")
            return
        try:
            if writer.in_transaction:
                writer.say(*_UNDO)
                return
        except sqlite3.Error:
            if writer.in_transaction:
                writer.say("ROLLBACK")
        self.fail(DBConnectionError("the transaction was undone"))

    def interrupt(self, writer: Writer) -> None:
        """End a statement that nobody waits for, unless that would undo what others wrote."""
        if self._members:
            writer.stop_reading()
        else:
            writer.stop_working()

    async def end(self, writer: Writer) -> None:
        """Commit what is left to be; whoever waits is told how it went."""
        if self._members:
            with suppress(OperationalError):
                await self._commit(writer)

    def fail(self, failure: Exception) -> None:
        """Tell all who wait that nothing of theirs is kept."""
        members, self._members = self._members, []
        _tell(members, failure)

    def _join(self, writer: Writer) -> "asyncio.Future[None]":
        member = self._joined()
        if len(self._members) == 1:  # after all who are in line now
            self._closing = asyncio.create_task(self._close(writer))
        return member

    def _joined(self) -> "asyncio.Future[None]":
        member: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._members.append(member)
        return member

    async def _close(self, writer: Writer) -> None:
        """Commit after those in line, also while all that runs is canceled: somebody waits."""
        while True:
            with suppress(asyncio.CancelledError):
                await self._writing.acquire()
                break
        try:
            await self.end(writer)
        finally:
            self._writing.release()

    async def _commit(self, writer: Writer) -> None:
        with (
            unhurried(),
            self._pulse.step(Waits.TO_COMMIT),
        ):  # its members may give up
            failure, canceled = await writer.kept()
        members, self._members = self._members, []
        _COMMITS.add()
        _SHARED.add(len(members))
        # all at once, so that they go on in the order in which they wrote
        asyncio.get_running_loop().call_soon(_tell, members, failure)
        if canceled is not None:
            raise canceled
        if failure is not None:
            raise OperationalError(failure) from failure


def _tell(members: "list[asyncio.Future[None]]", failure: Exception | None) -> None:
    for one in members:
        if failure is None:
            one.set_result(None)
            continue
        one.set_exception(OperationalError(failure))
        one.exception()  # whoever is canceled hears nothing
