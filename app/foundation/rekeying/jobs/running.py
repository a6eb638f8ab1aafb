"""
Jobs that renew what is sealed: begun, carried on after any end, and finished once.

A job's row says how far it is, and every batch moves it in the same transaction as what the batch
wrote: a process killed at any moment loses its last batch and nothing else.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.foundation.audit import OPERATOR, Entry, record
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, fetch, transaction
from app.foundation.rekeying.jobs import passing, remarking, retiring
from app.foundation.rekeying.jobs.renewing import Outcome, SealedRow
from app.foundation.sealing.cells import SealBroken, Suite
from app.foundation.sealing.registry import Declared, declared
from app.foundation.sealing.turning import LabelInUse, add_label_version, retire_label_version
from app.foundation.sealing.vault import key_ring

BEGUN = "keys.job_begun"
ENDED = "keys.job_ended"
BATCH_ROWS = 200
WAIT_SECONDS = 1.0
PAUSE_SECONDS = 0.002
"""Between batches, so that whoever waits to write on SQLite gets a turn."""


class JobKind(StrEnum):
    """What a job renews."""

    ROTATE = "rotate"
    """Everybody's data keys, and all cells under them."""
    SUITE = "suite"
    """The cipher of all cells."""
    REINDEX = "reindex"
    """The blind indexes, under new keys."""
    REWRAP = "rewrap"
    """The wrapping of data keys: under this week's key."""
    RETIRE = "retire"
    """Nothing: old versions of data keys and labels go that nothing has used for long."""


STEPS = {
    JobKind.ROTATE: ("versions", "cells"),
    JobKind.SUITE: ("cells",),
    JobKind.REINDEX: ("labels", "wait", "cells", "marks", "retire"),
    JobKind.REWRAP: ("wraps",),
    JobKind.RETIRE: ("unused", "faded"),
}


class JobTaken(Exception):
    """Another process is carrying the same job on."""


class OtherTarget(Exception):
    """A job of this kind is unfinished and has another target; it has to end first."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job and how far it is; times in milliseconds."""

    id: str
    kind: JobKind
    target: str | None
    cursor: str
    done: int
    total: int
    changed: int
    broken: int
    started_at: int
    finished_at: int | None

    @property
    def step(self) -> str:
        """Return the step it is at."""
        return self.cursor.split(":")[0]


async def begin(kind: JobKind, target: str | None = None) -> Job:
    """
    Begin a job, or take up the unfinished one of its kind; beginning is on record, as is the end.

    Raises:
        OtherTarget: The unfinished one goes elsewhere.
    """
    async with transaction() as tx:
        found = await tx.rows("SELECT * FROM sealing_job WHERE live_key = ?", [kind.value])
        if found:
            job = _job(found[0])
            if job.target != target:
                raise OtherTarget(f"a job of {kind} to {job.target} is not finished")
            return job
        if kind is JobKind.SUITE:
            assert target is not None, "a suite is named"
            await _set_suite(tx, Suite[target])
        job_id = tx.new_id("jb")
        await tx.run(
            "INSERT INTO sealing_job (id, kind, target, live_key, state, cursor, done, total,"
            " changed, broken, started_at) VALUES (?, ?, ?, ?, 'running', ?, 0, ?, 0, 0, ?)",
            [
                job_id, kind.value, target, kind.value, f"{STEPS[kind][0]}::",
                await _total(tx, kind), milliseconds(tx.now),
            ],
        )  # fmt: skip
        about = {"job": job_id, "kind": kind.value, "target": target or ""}
        await record(tx, Entry(BEGUN, None, OPERATOR, about))
        return _job((await tx.rows("SELECT * FROM sealing_job WHERE id = ?", [job_id]))[0])


async def run(
    kind: JobKind, target: str | None = None, *, heard: Callable[[Job], object] | None = None
) -> tuple[Job, list[SealBroken]]:
    """
    Carry a job of a kind to its end, beginning it if there is none.

    Returns:
        The finished job, and the broken seals that this run met with and left as they are.

    Raises:
        OtherTarget: An unfinished job of the kind goes elsewhere.
        JobTaken: Another process carries it on.
    """
    job = await begin(kind, target)
    broken: list[SealBroken] = []
    while job.finished_at is None:
        before = job
        job, found = await advance(job)
        broken += found
        if heard is not None:
            heard(job)
        is_waiting = job.cursor == before.cursor and job.finished_at is None
        await asyncio.sleep(WAIT_SECONDS if is_waiting else PAUSE_SECONDS)
    return job, broken


async def advance(job: Job, *, limit: int = BATCH_ROWS) -> tuple[Job, list[SealBroken]]:
    """
    Do one batch of a job; one that has to wait for its hour is returned as it was.

    Raises:
        JobTaken: Another process moved it on meanwhile; nothing was written.
    """
    if job.step == "cells":
        return await _renew_rows(job, limit)
    if job.step == "marks":
        return await _renew_marks(job, limit)
    if job.step in {"labels", "wait", "retire", "faded"}:
        is_over = await _turn_labels(job.step)
        if not is_over:
            return job, []
        async with transaction() as tx:
            return await _moved(tx, job, _after(job), passing.Batch(None)), []
    async with transaction() as tx:
        after = job.cursor.split(":", 2)[2]
        if job.step == "versions":
            batch = await passing.make_versions(tx, after, limit, job.started_at)
        elif job.step == "unused":
            batch = await retiring.retire_versions(tx, after, limit)
        else:
            batch = await passing.rewrap_keys(tx, after, limit)
        cursor = _after(job) if batch.last is None else f"{job.step}::{batch.last}"
        return await _moved(tx, job, cursor, batch), batch.broken


async def unfinished() -> list[Job]:
    """Return the jobs that are not finished."""
    rows = await fetch("SELECT * FROM sealing_job WHERE live_key IS NOT NULL ORDER BY started_at")
    return [_job(row) for row in rows]


async def _renew_rows(job: Job, limit: int) -> tuple[Job, list[SealBroken]]:
    _, table, after = job.cursor.split(":", 2)
    tables = [one for one in _tables(job.kind) if one.seals.table >= table]
    makes_indexes = job.kind is JobKind.REINDEX
    rows: list[SealedRow] = []
    outcome, one = Outcome(), None
    cursor = _after(job)
    if tables:
        one = tables[0]
        start = after if one.seals.table == table else ""
        rows, outcome = await passing.plan_rows(one, start, limit, makes_indexes=makes_indexes)
        if len(rows) == limit:
            cursor = f"cells:{one.seals.table}:{rows[-1].row_id}"
        elif len(tables) > 1:
            cursor = f"cells:{tables[1].seals.table}:"
    async with transaction() as tx:
        changed = 0
        if one is not None:
            changed = await passing.write_rows(tx, one, outcome, makes_indexes=makes_indexes)
        batch = passing.Batch(None, len(rows), changed, outcome.broken)
        return await _moved(tx, job, cursor, batch), outcome.broken


async def _renew_marks(job: Job, limit: int) -> tuple[Job, list[SealBroken]]:
    _, table, after = job.cursor.split(":", 2)
    tables = remarking.renewed_marks(table)
    async with transaction() as tx:
        if not tables:
            return await _moved(tx, job, _after(job), passing.Batch(None)), []
        one = tables[0]
        batch = await remarking.remark(tx, one, after if one.marks.table == table else "", limit)
        cursor = f"marks:{one.marks.table}:{batch.last}"
        if batch.last is None:
            cursor = f"marks:{tables[1].marks.table}:" if len(tables) > 1 else _after(job)
        return await _moved(tx, job, cursor, batch), batch.broken


async def _turn_labels(step: str) -> bool:
    """Do one step for the indexes' labels; false while it has to wait."""
    ring = key_ring()
    renewed = remarking.renewed_labels()
    labels = [*renewed, *remarking.fading_labels()]
    if step == "labels":
        for label in labels:
            await add_label_version(ring, label)
        return True
    versions = ring.labels.versions
    if step == "wait":
        return all(ring.labels.current_version(label) == versions(label)[0] for label in labels)
    await remarking.retire_faded(ring)
    if step == "faded":
        return True
    try:
        for label in renewed:
            for version in versions(label)[1:2]:
                await retire_label_version(ring, label, version)
    except LabelInUse:
        return False
    return True


def _tables(kind: JobKind) -> Sequence[Declared]:
    found = declared()
    return [one for one in found if one.seals.indexes] if kind is JobKind.REINDEX else found


def _after(job: Job) -> str:
    """Return where the next step begins; nothing once all are done."""
    steps = STEPS[job.kind]
    at = steps.index(job.step) + 1
    return f"{steps[at]}::" if at < len(steps) else ""


async def _moved(tx: Transaction, job: Job, cursor: str, batch: passing.Batch) -> Job:
    """
    Note how far a job is now.

    Raises:
        JobTaken: It is not where it was.
    """
    finished_at = None if cursor else milliseconds(tx.now)
    rows = await tx.rows(
        "UPDATE sealing_job SET cursor = ?, done = done + ?, changed = changed + ?,"
        " broken = broken + ?, finished_at = ?, state = ?, live_key = ?"
        " WHERE id = ? AND cursor = ? AND finished_at IS NULL RETURNING *",
        [
            cursor, batch.done, batch.changed, len(batch.broken), finished_at,
            "running" if cursor else "done", job.kind.value if cursor else None,
            job.id, job.cursor,
        ],
    )  # fmt: skip
    if not rows:
        raise JobTaken
    moved = _job(rows[0])
    if finished_at is not None:
        counts = {"done": moved.done, "changed": moved.changed, "broken": moved.broken}
        about = {"job": moved.id, "kind": moved.kind.value, **counts}
        await record(tx, Entry(ENDED, None, OPERATOR, about))
    return moved


async def _set_suite(tx: Transaction, suite: Suite) -> None:
    await tx.run(
        "INSERT INTO sealing_policy (id, suite, forgotten, changed_at) VALUES (1, ?, 0, ?)"
        " ON CONFLICT (id) DO UPDATE SET suite = excluded.suite, changed_at = excluded.changed_at",
        [int(suite), milliseconds(tx.now)],
    )


async def _total(tx: Transaction, kind: JobKind) -> int:
    if kind is JobKind.RETIRE:
        return await retiring.people_with_old_versions(tx)
    total = 0
    if kind is not JobKind.REWRAP:
        for one in _tables(kind):
            total += (await tx.rows(f"SELECT COUNT(*) AS n FROM {one.seals.table}"))[0]["n"]
    if kind in {JobKind.ROTATE, JobKind.REWRAP}:
        total += (await tx.rows("SELECT COUNT(*) AS n FROM data_key"))[0]["n"]
    return total


def _job(row: dict[str, Any]) -> Job:
    return Job(
        id=row["id"],
        kind=JobKind(row["kind"]),
        target=row["target"],
        cursor=row["cursor"],
        done=row["done"],
        total=row["total"],
        changed=row["changed"],
        broken=row["broken"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )
