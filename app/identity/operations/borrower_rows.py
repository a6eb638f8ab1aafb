"""A borrower's row as it is written: sealed as a whole, and noted in the audit chain."""

from functools import partial
from typing import Any

from app.foundation import audit
from app.foundation.database import Transaction
from app.foundation.errors import NotFound
from app.foundation.sealing import blind_index, unseal_all
from app.foundation.sealing.rows import row_seal
from app.identity.models import SURNAME_TAIL_BITS, BorrowerRow, borrower_cell
from app.identity.queries.borrower_rows import chained_of, check_rows
from app.identity.rules import people


async def locked_row(borrower_id: str) -> BorrowerRow:
    """
    Lock a borrower's row and prove it whole, so that nothing false is sealed anew.

    Raises:
        NotFound: There is no such borrower, or they were forgotten.
        SealBroken: The row is not as it was last written.
    """
    row = await BorrowerRow.filter(id=borrower_id).select_for_update().first()
    if row is None or row.is_forgotten:
        raise NotFound
    await check_rows([row])
    return row


async def keep_row(tx: Transaction, row: BorrowerRow, *, is_new: bool = False) -> None:
    """
    Write a row with its next version and seal, and with the index that its name and phone share.

    Raises:
        SealBroken: Its name or phone was not sealed for it.
        IntegrityError: An index that may stand once only stands elsewhere.
    """
    row.surname_tail_index = await _surname_tail_index(row)
    row.row_version += 1
    row.row_seal = row_seal(BorrowerRow.seals, partial(getattr, row))
    await row.save(force_create=is_new)
    await audit.note_cells(tx, chained_of(partial(getattr, row)))


async def _surname_tail_index(row: BorrowerRow) -> str | None:
    """Make the index anew from what the row holds, so that no writer of a name or phone forgets."""
    sealed: Any = row.name  # empty until the profile is complete
    if sealed is None:
        return None
    cells = (borrower_cell(row.id, "name"), sealed), (borrower_cell(row.id, "phone"), row.phone)
    name, phone = await unseal_all(cells)
    text = people.surname_and_tail(name, phone)
    return (
        None if text is None else blind_index("borrower.surname_tail", text, bits=SURNAME_TAIL_BITS)
    )
