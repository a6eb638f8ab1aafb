"""A borrower's row as it is read: whole, the newest, and with its own indexes, or not at all."""

from collections.abc import Mapping, Sequence
from functools import partial

from app.foundation import audit
from app.foundation.audit.cells import Found
from app.foundation.sealing.rows import ValueOf, check_indexes, check_row, seal_cell
from app.identity.models import BorrowerRow, borrower_cell


async def check_rows(rows: Sequence[BorrowerRow], beside: Sequence[Found] = ()) -> None:
    """
    Prove that rows, and chained cells beside them, are as last written; one query for any number.

    Raises:
        SealBroken: A value was emptied, mixed, put back from before, or an index was altered.
    """
    values = [partial(getattr, row) for row in rows]
    for value_of in values:
        check_row(BorrowerRow.seals, value_of)
    await audit.check_cells([*(found for one in values for found in chained_of(one)), *beside])


def check_opened(row: BorrowerRow, opened: Mapping[str, str | None]) -> None:
    """
    Prove that a row's indexes belong to its values, where those were opened.

    Raises:
        SealBroken: An index leads to somebody else.
    """
    check_indexes(BorrowerRow.seals, partial(getattr, row), opened)


def chained_of(value_of: ValueOf) -> list[Found]:
    """Return what the audit chain knows of a row: its chained values, and its seal."""
    borrower_id: str = value_of("id")
    values = [
        (borrower_cell(borrower_id, column), _bytes(value_of(column)))
        for column in BorrowerRow.seals.chained
    ]
    seal = seal_cell("borrower", borrower_id, borrower_id)
    return [(seal, _bytes(value_of("row_seal"))), *values]


def _bytes(value: bytes | None) -> bytes | None:
    return None if value is None else bytes(value)
