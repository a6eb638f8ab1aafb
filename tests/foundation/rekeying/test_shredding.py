"""Who is forgotten stays unreadable, also in what was copied before; everybody else reads."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.adapters.kms import FileKms
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, set_business_date, transaction
from app.foundation.errors import NotFound
from app.foundation.rekeying import jobs
from app.foundation.rekeying.carrying import FileRefused, export_keys
from app.foundation.rekeying.jobs import JobKind
from app.foundation.rekeying.joining import join_keys
from app.foundation.rekeying.proving import prove
from app.foundation.rekeying.shredding import end_holds, is_forgotten, shred
from app.foundation.sealing import (
    Cell,
    Forgotten,
    KeyClass,
    SealBroken,
    Vault,
    install_vault,
    key_ring,
    seal,
    unseal,
)
from app.foundation.sealing.ring import epoch_of
from app.foundation.sealing.tombstones import tombstones
from app.foundation.sealing.turning import destroy_epoch
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.queries import borrower_ids_by_phone, contact_of, name_of, profiles_by_id
from app.payments.models import RefundRow, refund_cell
from tests.foundation.borrowers import Join

CARD = "6200000000000013"
HELD = Cell("agreement", "text", "ag00000000000001", "", KeyClass.HELD, KeyClass.CONTENT)


def held_cell(borrower_id: str) -> Cell:
    return Cell(HELD.table, HELD.column, HELD.row_id, borrower_id, HELD.key_class, HELD.formerly)


async def forget(borrower_id: str, *, held_until: date | None = None) -> None:
    async with transaction() as tx:
        await shred(tx, borrower_id, held_until=held_until)


async def test_nothing_of_a_forgotten_person_opens_or_leads_to_them(join: Join) -> None:
    gone, other = await join(), await join()
    before = await BorrowerRow.get(id=gone)
    phone = (await contact_of(gone)).phone
    await forget(gone)
    for column in ("phone", "name", "bank_card"):
        with pytest.raises(Forgotten):
            await unseal(borrower_cell(gone, column), getattr(before, column))
    with pytest.raises(NotFound):
        await name_of(gone)
    assert await borrower_ids_by_phone(phone) == []
    assert await profiles_by_id([gone]) == [None]
    assert await name_of(other) == "梅"
    assert await is_forgotten(gone)
    assert [(one.subject_id, one.is_genuine) for one in await tombstones()] == [(gone, True)]
    assert (await prove()).problems == []


async def test_nothing_new_is_sealed_for_a_forgotten_person(join: Join) -> None:
    gone = await join()
    await forget(gone)
    with pytest.raises(Forgotten):
        async with transaction() as tx:
            await seal(tx, borrower_cell(gone, "name"), "梅")
    assert await fetch("SELECT id FROM data_key WHERE subject_id = ?", [gone]) == []


async def test_a_forgotten_persons_number_may_join_again(join: Join) -> None:
    gone = await join("+8613800138000")
    await forget(gone)
    again = await join("+8613800138000")
    assert await borrower_ids_by_phone("13800138000") == [again]


async def test_another_process_drops_its_open_keys_within_a_second(
    join: Join, keyring: FileKms
) -> None:
    gone = await join()
    row = await BorrowerRow.get(id=gone)
    moment = 0.0
    theirs, ours = Vault(keyring, monotonic=lambda: moment), Vault(keyring)
    install_vault(theirs)
    assert await unseal(borrower_cell(gone, "name"), row.name) == "梅"
    install_vault(ours)
    await forget(gone)
    install_vault(theirs)
    moment = 1.0
    with pytest.raises(Forgotten):
        await unseal(borrower_cell(gone, "name"), row.name)


async def test_what_the_law_keeps_is_read_until_its_day(join: Join, clock: FixedClock) -> None:
    gone = await join()
    async with transaction() as tx:
        agreement = await seal(tx, held_cell(gone), "合同")
    await forget(gone, held_until=date(2031, 11, 21))
    assert await unseal(held_cell(gone), agreement) == "合同"
    clock.advance(timedelta(minutes=1))
    async with transaction() as tx:
        await set_business_date(tx, date(2031, 11, 21))
        assert await end_holds(tx) == 0
    async with transaction() as tx:
        await set_business_date(tx, date(2031, 11, 22))
        assert await end_holds(tx) == 1
    with pytest.raises(Forgotten):
        await unseal(held_cell(gone), agreement)
    assert [one.is_genuine for one in await tombstones()] == [True]


async def test_a_record_sealed_before_it_was_held_moves_to_the_held_class(join: Join) -> None:
    async def refund_of(borrower_id: str, refund_id: str) -> RefundRow:
        before = Cell("refund", "payee", refund_id, borrower_id, KeyClass.IDENTITY)
        async with transaction() as tx:
            return await RefundRow.create(
                id=refund_id,
                borrower_id=borrower_id,
                loan_id="ln00000000000001",
                amount_fen=1,
                status="PAID",
                payee=await seal(tx, before, CARD),
                requested_at=tx.now,
                requested_on=tx.today,
            )

    gone, other = await join(), await join()
    row, kept = await refund_of(gone, "rf1"), await refund_of(other, "rf2")
    assert await unseal(refund_cell(row.id, gone), row.payee) == CARD
    await forget(gone, held_until=date(2036, 11, 22))
    moved = await RefundRow.get(id=row.id)
    assert await unseal(refund_cell(row.id, gone), moved.payee) == CARD
    with pytest.raises(SealBroken):
        await unseal(refund_cell(row.id, gone), row.payee)
    job, broken = await jobs.run(JobKind.SUITE, "AES_256_GCM")
    assert (job.changed, broken) == (1, [])
    assert await unseal(refund_cell(kept.id, other), (await RefundRow.get(id="rf2")).payee) == CARD
    assert (await prove()).problems == []


async def test_a_backup_older_than_the_week_brings_nobody_back(
    join: Join, clock: FixedClock, database: Database, tmp_path: Path
) -> None:
    install_vault(Vault(FileKms(tmp_path / "keyring.json")))
    gone, other = await join(), await join()
    backup = await _copied("borrower"), await _copied("data_key"), await _copied("epoch_key")
    first_epoch = epoch_of(clock.now().date())
    clock.advance(timedelta(days=8))
    await forget(gone)
    await jobs.run(JobKind.REWRAP)
    await destroy_epoch(key_ring(), first_epoch)
    await export_keys(tmp_path / "keys")

    for table, rows in zip(("borrower", "data_key", "epoch_key"), backup, strict=True):
        await _restored(table, rows)
    async with transaction() as tx:
        for table in ("tombstone", "sealing_policy", "audit_cell", "audit_entry", "audit_head"):
            await tx.run(f"DELETE FROM {table}")
    row = await BorrowerRow.get(id=gone)
    with pytest.raises(SealBroken):
        await unseal(borrower_cell(gone, "phone"), row.phone)

    counts = await join_keys(tmp_path / "keys")
    assert counts["tombstones"] == 1
    with pytest.raises(Forgotten):
        await unseal(borrower_cell(gone, "phone"), row.phone)
    kept = await BorrowerRow.get(id=other)
    assert await unseal(borrower_cell(other, "name"), kept.name) == "梅"
    assert (await BorrowerRow.get(id=gone)).is_forgotten
    assert database.dialect


async def test_a_key_file_that_was_altered_is_refused(join: Join, tmp_path: Path) -> None:
    borrower_id = await join()
    await export_keys(tmp_path / "keys")
    lines = (tmp_path / "keys").read_bytes().splitlines(keepends=True)
    before = await fetch("SELECT id, wrapped FROM data_key ORDER BY id")
    for altered in (
        lines[:-1],
        [*lines[:2], *lines[3:]],
        [*lines, lines[1]],
        [lines[0].replace(b'"version":2', b'"version":3'), *lines[1:]],
        [*lines[:-2], lines[-2].replace(b"1", b"2"), lines[-1]],
        [b"not json\n"],
    ):
        (tmp_path / "altered").write_bytes(b"".join(altered))
        with pytest.raises(FileRefused):
            await join_keys(tmp_path / "altered")
    assert await fetch("SELECT id, wrapped FROM data_key ORDER BY id") == before
    assert await name_of(borrower_id) == "梅"


async def test_verifying_names_what_is_not_as_it_must_be(join: Join) -> None:
    gone, broken, whole = await join(), await join(), await join()
    keys = await fetch("SELECT * FROM data_key WHERE subject_id = ?", [gone])
    index = (await BorrowerRow.get(id=gone)).phone_index
    await forget(gone)
    async with transaction() as tx:
        await tx.run("UPDATE borrower SET name = NULL WHERE id = ?", [broken])
        await tx.run("UPDATE borrower SET phone_index = ? WHERE id = ?", [index, gone])
        key = next(row for row in keys if row["key_class"] == "contact")
        await tx.run(
            "INSERT INTO data_key (id, subject_id, key_class, version, epoch, wrapped)"
            " VALUES (?, ?, ?, 1, ?, ?)",
            [key["id"], gone, "contact", key["epoch"], bytes(key["wrapped"])],
        )
        await tx.run("UPDATE tombstone SET buried_at = buried_at + 1")
    problems = "\n".join((await prove()).problems)
    assert f"tombstone {gone}" in problems
    assert f"{gone}: phone of somebody forgotten can be read" in problems
    assert f"{gone}: phone_index still leads" in problems
    assert broken in problems
    assert whole not in problems


async def test_people_forgotten_while_others_read_at_once(join: Join) -> None:
    ids = [await join() for _ in range(6)]
    rows = {row.id: row for row in await BorrowerRow.all()}
    await asyncio.gather(*(forget(borrower_id) for borrower_id in ids[:3]))
    for borrower_id in ids[:3]:
        with pytest.raises(Forgotten):
            await unseal(borrower_cell(borrower_id, "name"), rows[borrower_id].name)
    for borrower_id in ids[3:]:
        assert await name_of(borrower_id) == "梅"


async def _copied(table: str) -> list[dict[str, object]]:
    return await fetch(f"SELECT * FROM {table}")


async def _restored(table: str, rows: list[dict[str, object]]) -> None:
    async with transaction() as tx:
        await tx.run(f"DELETE FROM {table}")
        for row in rows:
            names, places = ", ".join(row), ", ".join("?" for _ in row)
            await tx.run(f"INSERT INTO {table} ({names}) VALUES ({places})", list(row.values()))  # pyright: ignore[reportArgumentType] - as read
