"""What a borrower's own screens show of them first, in two statements; the rest when asked for."""

from collections.abc import Mapping
from typing import Any

from app.foundation.audit import check_cells
from app.foundation.audit.cells import Found
from app.foundation.clock import moment_of
from app.foundation.database import fetch
from app.foundation.errors import NotFound
from app.foundation.sealing import unseal_all
from app.foundation.sealing.rows import check_indexes, check_row, seal_cell
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.rules import people
from app.identity.rules.people import Language
from app.identity.rules.values import OwnView

_SEALS = BorrowerRow.seals
_COVERED = (*_SEALS.columns, *(index.column for index in _SEALS.indexes), *_SEALS.covered)
_SELECT = (
    f"SELECT id, row_version, row_seal, {', '.join(_COVERED)}, region_code, is_student, language,"
    " joined_at, completed_at FROM borrower WHERE id = ?"
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
    check_row(_SEALS, row.__getitem__)
    await check_cells(_chained(row))
    shown = [name for name in ("phone", "name") if row[name] is not None]
    opened: dict[str, str | None] = {"name": None}
    closed = [(borrower_cell(borrower_id, name), bytes(row[name])) for name in shown]
    opened.update(zip(shown, await unseal_all(closed), strict=True))
    check_indexes(_SEALS, row.__getitem__, opened)
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


def _chained(row: Mapping[str, Any]) -> list[Found]:
    borrower_id = row["id"]
    values = [(borrower_cell(borrower_id, name), row[name]) for name in _SEALS.chained]
    return [(seal_cell("borrower", borrower_id, borrower_id), row["row_seal"]), *values]
