"""Keys, ciphers and indexes change under everybody while everybody goes on reading."""

from datetime import timedelta

import pytest

from app.adapters.kms import FileKms
from app.foundation.audit import verify
from app.foundation.clock import FixedClock
from app.foundation.database import fetch, transaction
from app.foundation.rekeying import jobs
from app.foundation.rekeying.jobs import Job, JobKind, JobTaken, OtherTarget, passing
from app.foundation.sealing import (
    SealBroken,
    Vault,
    blind_index,
    declared,
    install_vault,
    seal,
    unseal,
)
from app.foundation.sealing.cells import Suite, head_of
from app.foundation.sealing.data_keys import epoch_of
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.operations.borrower_rows import keep_row, locked_row
from app.identity.queries import bank_card_of, borrower_ids_by_phone, contact_of, name_of
from tests.foundation.borrowers import Join

OTHER_CARD = "6200000000000021"


async def finished(kind: JobKind, target: str | None = None, *, limit: int = 2) -> Job:
    job = await jobs.begin(kind, target)
    while job.finished_at is None:
        job, broken = await jobs.advance(job, limit=limit)
        assert broken == []
    return job


async def heads() -> set[tuple[int, int]]:
    rows = await BorrowerRow.all()
    return {head_of(value) for row in rows for value in (row.phone, row.name, row.bank_card)}


async def reads_as_before(borrower_id: str) -> None:
    assert (await contact_of(borrower_id)).phone.startswith("+86138")
    assert await name_of(borrower_id) == "梅"
    assert await bank_card_of(borrower_id) == "6200000000000013"


@pytest.mark.parametrize("suite", [Suite.SM4_GCM, Suite.AES_256_GCM_SIV])
async def test_every_cell_changes_to_another_suite_and_back(suite: Suite, join: Join) -> None:
    ids = [await join() for _ in range(3)]
    job = await finished(JobKind.SUITE, suite.name)
    assert (job.done, job.changed, job.broken) == (3, 3, 0)
    assert await heads() == {(suite, 1)}
    await reads_as_before(ids[0])
    new = await join()
    assert await heads() == {(suite, 1)}
    await finished(JobKind.SUITE, "AES_256_GCM")
    assert await heads() == {(Suite.AES_256_GCM, 1)}
    for borrower_id in (*ids, new):
        await reads_as_before(borrower_id)
    assert (await verify(None)).is_whole


async def test_rotation_gives_everybody_new_keys_and_closes_every_cell_under_them(
    join: Join, clock: FixedClock, keyring: FileKms
) -> None:
    ids = [await join() for _ in range(3)]
    clock.advance(timedelta(minutes=1))
    await finished(JobKind.ROTATE)
    assert await heads() == {(Suite.AES_256_GCM, 2)}
    install_vault(Vault(keyring))
    for borrower_id in ids:
        await reads_as_before(borrower_id)
    versions = await fetch("SELECT version, COUNT(*) AS n FROM data_key GROUP BY version")
    assert {row["version"]: row["n"] for row in versions} == {1: 6, 2: 6}


async def test_a_cell_read_before_a_rotation_opens_after_it(join: Join, clock: FixedClock) -> None:
    borrower_id = await join()
    before = await BorrowerRow.get(id=borrower_id)
    clock.advance(timedelta(minutes=1))
    await finished(JobKind.ROTATE)
    assert await unseal(borrower_cell(borrower_id, "name"), before.name) == "梅"


async def test_indexes_are_made_anew_while_people_are_found(join: Join, clock: FixedClock) -> None:
    ids = [await join() for _ in range(3)]
    phones = [(await contact_of(borrower_id)).phone for borrower_id in ids]
    before = {row.phone_index for row in await BorrowerRow.all()}

    async def all_are_found() -> None:
        found = [await borrower_ids_by_phone(phone) for phone in phones]
        assert found == [[borrower_id] for borrower_id in ids]

    job = await jobs.begin(JobKind.REINDEX)
    while job.finished_at is None:
        job, broken = await jobs.advance(job, limit=1)
        assert broken == []
        await all_are_found()
        clock.advance(timedelta(seconds=20))
    await all_are_found()
    assert before.isdisjoint({row.phone_index for row in await BorrowerRow.all()})
    assert (await verify(None)).is_whole


async def test_data_keys_move_under_this_weeks_key(join: Join, clock: FixedClock) -> None:
    ids = [await join() for _ in range(3)]
    clock.advance(timedelta(days=7))
    job = await finished(JobKind.REWRAP, limit=4)
    assert (job.done, job.changed) == (6, 6)
    epochs = {row["epoch"] for row in await fetch("SELECT epoch FROM data_key")}
    assert epochs == {epoch_of(clock.now().date())}
    for borrower_id in ids:
        await reads_as_before(borrower_id)


async def test_who_writes_while_a_batch_is_worked_out_has_the_last_word(join: Join) -> None:
    borrower_id = await join()
    await jobs.begin(JobKind.SUITE, "SM4_GCM")
    table = next(one for one in declared() if one.seals.table == "borrower")
    rows, outcome = await passing.plan_rows(table, "", 10, makes_indexes=False)
    assert len(rows) == len(outcome.changes) == 1
    async with transaction() as tx:
        row = await locked_row(borrower_id)
        row.bank_card = await seal(tx, borrower_cell(borrower_id, "bank_card"), OTHER_CARD)
        row.bank_card_index = blind_index("borrower.bank_card", OTHER_CARD)
        await keep_row(tx, row)
    async with transaction() as tx:
        assert await passing.write_rows(tx, table, outcome, makes_indexes=False) == 1
    assert await bank_card_of(borrower_id) == OTHER_CARD
    assert await heads() == {(Suite.SM4_GCM, 1)}


async def test_two_processes_never_carry_one_job_on_at_once(join: Join) -> None:
    await join()
    job = await jobs.begin(JobKind.SUITE, "SM4_GCM")
    assert await jobs.begin(JobKind.SUITE, "SM4_GCM") == job
    with pytest.raises(OtherTarget):
        await jobs.begin(JobKind.SUITE, "AES_256_GCM_SIV")
    await jobs.advance(job)
    with pytest.raises(JobTaken):
        await jobs.advance(job)


async def test_a_broken_row_is_named_and_left_as_it_is(join: Join) -> None:
    whole, tampered = await join(), await join()
    async with transaction() as tx:
        await tx.run("UPDATE borrower SET name = NULL WHERE id = ?", [tampered])
    before = await BorrowerRow.get(id=tampered)
    _, broken = await jobs.run(JobKind.SUITE, "SM4_GCM")
    assert [one.cell.row_id for one in broken if one.cell is not None] == [tampered]
    after = await BorrowerRow.get(id=tampered)
    assert (after.phone, after.row_seal) == (before.phone, before.row_seal)
    await reads_as_before(whole)
    with pytest.raises(SealBroken):
        await name_of(tampered)
