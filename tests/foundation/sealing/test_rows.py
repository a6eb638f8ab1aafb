"""A row of sealed values is whole or refused: nothing emptied, mixed, swapped or put back."""

import random
from typing import Any

import pytest

from app.foundation.audit import verify
from app.foundation.database import fetch, transaction
from app.foundation.rekeying import jobs
from app.foundation.rekeying.jobs import JobKind
from app.foundation.rekeying.jobs.adopting import adopt_rows
from app.foundation.sealing import SealBroken, seal
from app.identity.models import borrower_cell
from app.identity.operations.borrower_rows import keep_row, locked_row
from app.identity.queries import bank_card_of, borrower_ids_by_phone, contact_of, name_of
from tests.foundation.borrowers import Join
from tests.long.edits import Edits, borrower_columns, plain


async def update(borrower_id: str, **values: object) -> None:
    async with transaction() as tx:
        sets = ", ".join(f"{name} = ?" for name in values)
        await tx.run(f"UPDATE borrower SET {sets} WHERE id = ?", [*values.values(), borrower_id])  # pyright: ignore[reportArgumentType] - as a driver takes them


async def raw(borrower_id: str) -> dict[str, Any]:
    names = ", ".join(borrower_columns())
    return (await fetch(f"SELECT {names} FROM borrower WHERE id = ?", [borrower_id]))[0]


async def is_refused(borrower_id: str) -> None:
    for read in (contact_of, name_of, bank_card_of):
        with pytest.raises(SealBroken) as broken:
            await read(borrower_id)
        assert broken.value.cell is not None
        assert broken.value.cell.row_id == borrower_id
    with pytest.raises(SealBroken):
        async with transaction() as tx:
            await keep_row(tx, await locked_row(borrower_id))


@pytest.mark.parametrize("column", ["name", "bank_card"])
async def test_an_emptied_value_is_noticed(column: str, join: Join) -> None:
    borrower_id = await join()
    await update(borrower_id, **{column: None})
    await is_refused(borrower_id)


async def test_a_value_put_back_from_before_is_noticed(join: Join) -> None:
    borrower_id = await join()
    before = await raw(borrower_id)
    await rename(borrower_id, "石宝塬")
    await update(borrower_id, name=bytes(before["name"]))
    await is_refused(borrower_id)


async def test_a_whole_row_put_back_from_before_is_noticed(join: Join) -> None:
    borrower_id = await join()
    before = await raw(borrower_id)
    await rename(borrower_id, "石宝塬")
    await update(borrower_id, **{name: plain(value) for name, value in before.items()})
    await is_refused(borrower_id)


async def test_an_index_pointed_at_somebody_else_is_noticed(join: Join) -> None:
    one, other = await join(card="6200000000000013"), await join(card="6200000000000021")
    await update(one, bank_card_index=(await raw(other))["bank_card_index"])
    await is_refused(one)


async def test_values_of_two_people_swapped_are_noticed(join: Join) -> None:
    one, other = await join(), await join()
    first, second = await raw(one), await raw(other)
    await update(one, name=bytes(second["name"]), row_seal=bytes(second["row_seal"]))
    await update(other, name=bytes(first["name"]), row_seal=bytes(first["row_seal"]))
    await is_refused(one)
    await is_refused(other)


@pytest.mark.parametrize(
    "change", [{"row_seal": None}, {"row_version": 7}, {"row_seal": b"0" * 16}]
)
async def test_the_seal_itself_cannot_be_altered(change: dict[str, Any], join: Join) -> None:
    borrower_id = await join()
    await update(borrower_id, **change)
    await is_refused(borrower_id)


async def test_a_number_is_never_found_through_another_persons_index(join: Join) -> None:
    one, other = await join("+8613800138000"), await join("+8613900139000")
    phone_index = (await raw(one))["phone_index"]
    await update(one, phone_index="0" * 32)
    await update(other, phone_index=phone_index)
    with pytest.raises(SealBroken):
        await borrower_ids_by_phone("13800138000")


async def test_random_edits_of_the_database_all_end_in_a_refusal(join: Join) -> None:
    for number in range(4):
        await join(name=f"梅{number}", card=f"62000000000000{number:02d}")
    edits = await Edits.begin(random.Random(4))  # noqa: S311 - the same edits every time
    for _ in range(30):
        await edits.one()
    assert (edits.refused, edits.wrong) == (30, [])


async def test_rows_from_before_there_were_seals_are_taken_up_by_a_migration(join: Join) -> None:
    borrower_id = await join()
    await update(borrower_id, row_seal=None, row_version=0)
    async with transaction() as tx:
        for table in ("audit_cell", "audit_entry", "audit_head"):
            await tx.run(f"DELETE FROM {table}")
    assert await adopt_rows(["0003_identity_and_privacy"]) == 1
    assert await name_of(borrower_id) == "梅"
    assert (await verify(None)).is_whole


async def test_a_job_does_not_seal_anew_what_was_put_back(join: Join) -> None:
    borrower_id = await join()
    before = await raw(borrower_id)
    await rename(borrower_id, "石宝塬")
    await update(borrower_id, **{name: plain(value) for name, value in before.items()})
    job, broken = await jobs.run(JobKind.SUITE, "SM4_GCM")
    assert (job.changed, len(broken)) == (0, 1)
    await is_refused(borrower_id)


async def rename(borrower_id: str, name: str) -> None:
    async with transaction() as tx:
        row = await locked_row(borrower_id)
        row.name = await seal(tx, borrower_cell(borrower_id, "name"), name)
        await keep_row(tx, row)
