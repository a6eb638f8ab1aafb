"""A borrower's row as it is read: whole, the newest, and with its own indexes, or not at all."""

from collections.abc import Mapping, Sequence
from functools import partial

from app.foundation import audit
from app.foundation.audit.cells import Found
from app.foundation.sealing.rows import check_indexes, check_row, seal_cell
from app.identity.models import BorrowerRow, borrower_cell


async def check_rows(rows: Sequence[BorrowerRow], beside: Sequence[Found] = ()) -> None:
    """
    Prove that rows, and chained cells beside them, are as last written; one query for any number.

    Raises:
        SealBroken: A value was emptied, mixed, put back from before, or an index was altered.
    """
    for row in rows:
        check_row(BorrowerRow.seals, partial(getattr, row))
    await audit.check_cells([*(found for row in rows for found in chained_of(row)), *beside])


def check_opened(row: BorrowerRow, opened: Mapping[str, str | None]) -> None:
    """
    Prove that a row's indexes belong to its values, where those were opened.

    Raises:
        SealBroken: An index leads to somebody else.
    """
    check_indexes(BorrowerRow.seals, partial(getattr, row), opened)


def chained_of(row: BorrowerRow) -> list[Found]:
    """Return what the audit chain knows of a row: its chained values, and its seal."""
    values = [
        (borrower_cell(row.id, column), _bytes(getattr(row, column)))
        for column in BorrowerRow.seals.chained
    ]
    return [(seal_cell("borrower", row.id, row.id), _bytes(row.row_seal)), *values]


def _bytes(value: bytes | None) -> bytes | None:
    return None if value is None else bytes(value)
