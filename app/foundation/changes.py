"""
Who waits for something to change, and hears of it: by a subject's revision.

Whatever changes what a subject can see counts their revision up, in the same transaction. So one
number says whether there is anything new, and nothing is queued for anybody: whoever is slow finds
one change where there were three, and looks at what is there now. A change made in this process is
heard of at once; those of other processes within a second, by one read for everybody who waits
here, on either database.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from app.foundation.database import Transaction, fetch
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.log import logger

log = logger(__name__)

POLL_SECONDS = 1.0
SUBJECTS_PER_READ = 500


@dataclass(slots=True)
class _Watched:
    """A subject that somebody waits for."""

    revision: int | None = None
    """What was read last; none before the first read."""
    waiting: set[asyncio.Event] = field(default_factory=set[asyncio.Event])

    def wake(self) -> None:
        for one in self.waiting:
            one.set()


@dataclass(slots=True)
class _Waits:
    """What this process waits for."""

    watched: dict[str, _Watched] = field(default_factory=dict[str, _Watched])
    polling: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Read for those who wait, if nobody does."""
        if self.polling is None:
            self.polling = asyncio.create_task(_poll())

    def end(self) -> None:
        """Read for nobody."""
        if self.polling is not None:
            self.polling.cancel()
            self.polling = None


_here = _Waits()


async def changes_of(subject_id: str) -> AsyncGenerator[None, None]:
    """
    Yield once when waiting has begun, and then after each change; several may count as one.

    Whatever is read after a yield is at least as new as the change that it tells of. It ends when
    whoever waits closes it.
    """
    event = asyncio.Event()
    watched = _here.watched.setdefault(subject_id, _Watched())
    watched.waiting.add(event)
    _here.begin()
    try:
        if watched.revision is None:
            with suppress(TemporarilyUnavailable):  # then the first read that is possible wakes
                watched.revision = (await revisions_of([subject_id]))[subject_id]
        yield
        while True:
            await event.wait()
            event.clear()
            yield
    finally:
        watched.waiting.discard(event)
        if not watched.waiting:
            _here.watched.pop(subject_id, None)
        if not _here.watched:
            _here.end()


def tell_after(tx: Transaction, subject_id: str) -> None:
    """Tell who waits in this process, once the transaction that changes something is durable."""
    if subject_id in _here.watched:
        tx.after_commit(lambda: _tell(subject_id))


def _tell(subject_id: str) -> None:
    if watched := _here.watched.get(subject_id):
        watched.wake()


async def _poll() -> None:
    while True:
        try:
            await _look()
        except Exception as failure:  # noqa: BLE001 - it goes on when the database is back
            log.warning("changes_unread", error=type(failure).__name__)
        await asyncio.sleep(POLL_SECONDS)


async def _look() -> None:
    """Read the revisions of everybody who is waited for, and wake whoever has a new one."""
    subjects = list(_here.watched)
    for start in range(0, len(subjects), SUBJECTS_PER_READ):
        found = await revisions_of(subjects[start : start + SUBJECTS_PER_READ])
        for subject_id, revision in found.items():
            watched = _here.watched.get(subject_id)
            if watched is None or watched.revision == revision:
                continue
            watched.revision = revision
            watched.wake()


async def revisions_of(subject_ids: Sequence[str]) -> dict[str, int]:
    """Return the numbers of some subjects with one query; 0 where nothing has happened."""
    places = ", ".join("?" for _ in subject_ids)
    rows = await fetch(
        f"SELECT subject_id, revision FROM revision WHERE subject_id IN ({places})", subject_ids
    )
    found = {row["subject_id"]: row["revision"] for row in rows}
    return {one: found.get(one, 0) for one in subject_ids}
