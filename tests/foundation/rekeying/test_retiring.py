"""Old versions of data keys go once nothing has used them for long, and never before."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.foundation.rekeying import jobs
from app.foundation.rekeying.carrying import export_keys
from app.foundation.rekeying.jobs import Job, JobKind
from app.foundation.rekeying.jobs.retiring import KEPT, KEYS_OF_ONE, Versions, versions
from app.foundation.rekeying.joining import join_keys
from app.foundation.rekeying.proving import prove
from app.foundation.sealing import SealBroken, seal, unseal
from app.foundation.sealing.vault import installed_vault
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.queries import name_of
from tests.foundation.borrowers import Join


async def carried_out(kind: JobKind, *, limit: int = 2) -> Job:
    job = await jobs.begin(kind)
    while job.finished_at is None:
        job, _ = await jobs.advance(job, limit=limit)
    return job


async def test_versions_that_nothing_uses_are_noted_then_deleted_and_everybody_reads(
    join: Join, clock: FixedClock, tmp_path: Path
) -> None:
    ids = [await join() for _ in range(5)]
    old = (await BorrowerRow.get(id=ids[0])).name
    before = await fetch("SELECT * FROM data_key WHERE subject_id = ?", [ids[0]])
    count = (await versions()).newest
    assert (await carried_out(JobKind.RETIRE)).changed == 0
    clock.advance(timedelta(seconds=1))
    await carried_out(JobKind.ROTATE)
    assert await versions() == Versions(newest=count, older=count, unused=0, unused_since=None)
    assert (await carried_out(JobKind.RETIRE)).changed == 0
    assert (await versions()).unused == count
    assert await unseal(borrower_cell(ids[0], "name"), old) == "梅"
    clock.advance(KEPT - timedelta(seconds=1))
    assert (await carried_out(JobKind.RETIRE)).changed == 0
    clock.advance(timedelta(seconds=1))
    done = await carried_out(JobKind.RETIRE)
    assert (done.done, done.changed, done.broken) == (5, count, 0)
    assert await versions() == Versions(newest=count, older=0, unused=0, unused_since=None)
    installed_vault().forget()
    assert [await name_of(one) for one in ids] == ["梅"] * 5
    assert (await prove()).problems == []
    with pytest.raises(SealBroken):
        await unseal(borrower_cell(ids[0], "name"), old)
    await export_keys(tmp_path / "keys")
    await put_back(before)  # as a copy of before the rotation has them
    await join_keys(tmp_path / "keys")
    assert await unseal(borrower_cell(ids[0], "name"), old) == "梅"
    assert await name_of(ids[0]) == "梅"


async def put_back(rows: Sequence[Mapping[str, object]]) -> None:
    async with transaction() as tx:
        for row in rows:
            await tx.run(
                "INSERT INTO data_key (id, subject_id, key_class, version, epoch, wrapped, made_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    str(row["id"]), str(row["subject_id"]), str(row["key_class"]),
                    int(str(row["version"])), int(str(row["epoch"])),
                    bytes(row["wrapped"]),  # pyright: ignore[reportArgumentType] - it is bytes
                    int(str(row["made_at"])),
                ],
            )  # fmt: skip


async def test_a_version_that_one_cell_uses_stays_however_old(
    join: Join, clock: FixedClock
) -> None:
    borrower_id = await join()
    kept = await BorrowerRow.get(id=borrower_id)
    old = bytes(kept.name)
    clock.advance(timedelta(seconds=1))
    await carried_out(JobKind.ROTATE)
    await carried_out(JobKind.RETIRE)
    async with transaction() as tx:  # somebody's cell of before comes back
        await tx.run("UPDATE borrower SET name = ? WHERE id = ?", [old, borrower_id])
    clock.advance(2 * KEPT)
    await carried_out(JobKind.RETIRE)
    assert (await versions()).older == 1
    assert await unseal(borrower_cell(borrower_id, "name"), old) == "梅"
    async with transaction() as tx:
        fresh = await seal(tx, borrower_cell(borrower_id, "name"), "兰")
        await tx.run("UPDATE borrower SET name = ? WHERE id = ?", [bytes(fresh), borrower_id])
    await carried_out(JobKind.RETIRE)
    clock.advance(KEPT)
    assert (await carried_out(JobKind.RETIRE)).changed == 1


async def test_every_batch_reads_on_by_the_index_and_misses_nobody(
    join: Join, clock: FixedClock, database: Database
) -> None:
    """Pages of ten keys end within people's keys, and one person has more than a page of them."""
    ids = [await join() for _ in range(4)]
    clock.advance(timedelta(seconds=1))
    await carried_out(JobKind.ROTATE)
    (row, *_) = await fetch("SELECT * FROM data_key WHERE subject_id = ?", [ids[0]])
    await put_back([
        row | {"id": f"{row['id']}{number}", "version": -number} for number in range(KEYS_OF_ONE)
    ])  # fmt: skip
    older = (await versions()).older
    assert (await carried_out(JobKind.RETIRE, limit=1)).done == len(ids)
    assert (await versions()).unused == older
    if database.dialect == "sqlite":
        plan = await fetch(
            "EXPLAIN QUERY PLAN SELECT id FROM data_key WHERE subject_id > ?"
            " ORDER BY subject_id LIMIT 10",
            [ids[0]],
        )
        assert [row["detail"].split(" (")[1] for row in plan] == ["subject_id>?)"]


async def test_what_is_no_cell_keeps_its_persons_keys(join: Join, clock: FixedClock) -> None:
    borrower_id = await join()
    clock.advance(timedelta(seconds=1))
    await carried_out(JobKind.ROTATE)
    older = (await versions()).older
    async with transaction() as tx:
        await tx.run("UPDATE borrower SET name = ? WHERE id = ?", [b"\xff" * 40, borrower_id])
    for _ in range(2):
        assert (await carried_out(JobKind.RETIRE)).broken == 1
        clock.advance(KEPT)
    assert (await versions()).older == older
