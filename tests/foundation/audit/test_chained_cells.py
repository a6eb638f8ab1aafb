"""What chained cells hold is compared with the chain: an old value is as wrong as a forged one."""

import pytest

from app.foundation.audit import check_cells, note_cell, note_cells
from app.foundation.database import fetch, transaction
from app.foundation.sealing import Cell, KeyClass, SealBroken, Sealed
from app.identity.models import BorrowerRow

pytestmark = pytest.mark.usefixtures("database")

MEI = "br00000abcdefghi"
JUN = "br00000jklmnopqr"
FIRST, SECOND = Sealed(b"first ciphertext"), Sealed(b"second ciphertext")


def phone(borrower_id: str = MEI) -> Cell:
    return Cell("borrower", "phone", borrower_id, borrower_id, KeyClass.CONTACT)


async def note(sealed: bytes | None, cell: Cell | None = None) -> None:
    async with transaction() as tx:
        await note_cell(tx, cell or phone(), sealed)


async def refused(sealed: bytes | None, cell: Cell | None = None) -> Cell | None:
    with pytest.raises(SealBroken) as broken:
        await check_cells([(cell or phone(), sealed)])
    return broken.value.cell


async def in_table(sealed: Sealed) -> None:
    await BorrowerRow.create(
        id=MEI,
        phone=sealed,
        phone_index="0" * 32,
        phone_tail_index="000",
        language="zh-Hans",
        joined_at=0,
    )


async def test_what_was_noted_last_is_what_a_cell_may_hold() -> None:
    await note(FIRST)
    await check_cells([(phone(), FIRST)])
    await note(SECOND)
    await check_cells([(phone(), SECOND)])


async def test_an_old_ciphertext_is_refused_and_its_cell_named() -> None:
    await note(FIRST)
    await note(SECOND)
    await in_table(FIRST)
    assert await refused(FIRST) == phone()


async def test_a_cell_set_to_null_or_whose_row_is_gone_is_refused() -> None:
    await note(FIRST)
    assert await refused(None) == phone()


async def test_a_cell_the_chain_does_not_know_may_be_empty_but_hold_nothing() -> None:
    await check_cells([(phone(), None)])
    await in_table(FIRST)
    assert await refused(FIRST) == phone()


async def test_a_cell_emptied_by_ourselves_stays_empty() -> None:
    await note(FIRST)
    await note(None)
    await check_cells([(phone(), None)])
    await in_table(FIRST)
    assert await refused(FIRST) == phone()


async def test_what_the_chain_knows_of_a_cell_cannot_be_altered_unseen() -> None:
    await in_table(FIRST)
    for tampering in (
        "DELETE FROM audit_cell",
        "UPDATE audit_cell SET seq = seq + 1",
        f"UPDATE audit_cell SET cell = 'borrower.phone.{JUN}'",
        "UPDATE audit_cell SET mac = ''",
    ):
        await note(FIRST)
        async with transaction() as tx:
            await tx.run(tampering)
        assert await refused(FIRST) == phone()


async def test_the_digest_of_another_ciphertext_cannot_be_put_in_its_place() -> None:
    await note(FIRST)
    await note(SECOND, phone(JUN))
    async with transaction() as tx:
        await tx.run(
            "UPDATE audit_cell SET digest = (SELECT o.digest FROM audit_cell o WHERE o.cell = ?)"
            " WHERE cell = ?",
            [f"borrower.phone.{JUN}", f"borrower.phone.{MEI}"],
        )
    await in_table(SECOND)
    assert await refused(SECOND) == phone()


async def test_a_note_of_an_unfinished_transaction_counts_inside_it_and_not_elsewhere() -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop):
        async with transaction() as tx:
            await note_cell(tx, phone(), FIRST)
            await check_cells([(phone(), FIRST)])
            raise Stop
    await check_cells([(phone(), None)])


async def test_a_value_replaced_between_two_reads_is_no_break() -> None:
    await note(SECOND)
    await in_table(SECOND)
    await check_cells([(phone(), FIRST)])  # read before the value was replaced


async def test_cells_written_together_share_an_entry_of_the_chain() -> None:
    ids = [f"br{number:014d}" for number in range(250)]
    cells = [(phone(one), Sealed(one.encode())) for one in ids]
    async with transaction() as tx:
        await note_cells(tx, cells)
    await check_cells(cells)
    kinds = await fetch("SELECT kind, subject_id FROM audit_entry")
    assert kinds == [{"kind": "cells.sealed", "subject_id": None}] * 3


async def test_no_ciphertext_enters_the_chain() -> None:
    await note(FIRST)
    (entry,) = await fetch("SELECT about FROM audit_entry")
    assert FIRST.hex() not in entry["about"]
    assert f"borrower.phone.{MEI}" in entry["about"]
