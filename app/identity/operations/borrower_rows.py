"""A borrower's row as it is written: sealed as a whole, and noted in the audit chain."""

from functools import partial

from app.foundation import audit
from app.foundation.database import Transaction
from app.foundation.errors import NotFound
from app.foundation.sealing.rows import row_seal
from app.identity.models import BorrowerRow
from app.identity.queries.borrower_rows import chained_of, check_rows


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
    Write a row with its next version and seal.

    Raises:
        IntegrityError: An index that may stand once only stands elsewhere.
    """
    row.row_version += 1
    row.row_seal = row_seal(BorrowerRow.seals, partial(getattr, row))
    await row.save(force_create=is_new)
    await audit.note_cells(tx, chained_of(row))
