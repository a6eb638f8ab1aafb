"""What a borrower's own screens show of them first, in one statement; the rest when asked for."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from app.foundation.audit.cells import CELL_COLUMNS, check_cells, is_as_noted
from app.foundation.audit.chain import cell_name
from app.foundation.clock import moment_of
from app.foundation.database import current, fetch
from app.foundation.errors import NotFound
from app.foundation.sealing import Cell, unseal_all
from app.foundation.sealing.rows import check_indexes, check_row
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.queries.borrower_rows import chained_of
from app.identity.rules import people
from app.identity.rules.people import Language
from app.identity.rules.values import OwnView

PROVEN_KEPT = 2_048
"""Of so many borrowers a process remembers which ciphertexts it has proven; some 3 KB each."""

_SEALS = BorrowerRow.seals
_CHAINED = ("row_seal", *_SEALS.chained)
_SHOWN = ("phone", "name")
_SELECT = (
    f"SELECT b.id, b.row_version, b.row_seal, {', '.join(f'b.{one}' for one in _SEALS.under_seal)},"
    " b.region_code, b.is_student, b.language, b.joined_at, b.completed_at, "
    + ", ".join(f"{one}_noted.{name} AS {one}_{name}" for one in _CHAINED for name in CELL_COLUMNS)
    + " FROM borrower b"
    + "".join(
        f" LEFT JOIN audit_cell {one}_noted ON {one}_noted.cell = 'borrower.{one}.' || b.id"
        for one in _CHAINED
    )
    + " WHERE b.id = ?"
)


async def own_view_of(borrower_id: str) -> OwnView:
    """
    Return a borrower as they see themselves at a glance; no more of it is opened.

    Raises:
        NotFound: There is no such borrower.
        SealBroken: The row is not as it was last written.
    """
    rows = await fetch(_SELECT, [borrower_id])
    if not rows or rows[0]["phone_index"].startswith("-"):
        raise NotFound
    row = rows[0]
    proven = _proven()
    is_proven = proven.get(borrower_id) == row
    if not is_proven:
        check_row(_SEALS, row.__getitem__)
        found = chained_of(row.__getitem__)
        if not all(is_as_noted(one, _noted(row, one[0])) for one in found):
            await check_cells(found)
    shown = [name for name in _SHOWN if row[name] is not None]
    closed = [(borrower_cell(borrower_id, name), row[name]) for name in shown]
    opened: dict[str, str | None] = {"name": None}
    opened.update(zip(shown, await unseal_all(closed), strict=True))
    if not is_proven:
        check_indexes(_SEALS, row.__getitem__, opened)
        proven[borrower_id] = row
        if len(proven) > PROVEN_KEPT:
            proven.popitem(last=False)
    assert opened["phone"] is not None, "whoever has a row has proved a number"
    return OwnView(
        borrower_id=borrower_id,
        name=opened["name"],
        phone=people.masked_phone(opened["phone"]),
        region_code=row["region_code"],
        is_student=bool(row["is_student"]),
        language=Language(row["language"]),
        is_complete=row["completed_at"] is not None,
        joined_at=moment_of(row["joined_at"]),
    )


def _proven() -> OrderedDict[str, Mapping[str, Any]]:
    """
    Return the rows that this process has proven last, sealed as they are, with what is noted.

    What is equal to one in every byte needs no second proof; anything else is proven anew.
    """
    return current().kept.setdefault(("proven", "borrower"), OrderedDict())  # pyright: ignore[reportReturnType]


def _noted(row: Mapping[str, Any], cell: Cell) -> Mapping[str, Any] | None:
    """Return what the chain has of a cell, as the row's statement read it."""
    if row[f"{cell.column}_digest"] is None:
        return None
    noted = {name: row[f"{cell.column}_{name}"] for name in CELL_COLUMNS}
    return {"cell": cell_name(cell), **noted}
