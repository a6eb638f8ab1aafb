"""What a borrower's own screens show of them first, in one statement; the rest when asked for."""

from collections import OrderedDict
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from app.foundation.audit.cells import CELL_COLUMNS, check_cells, is_as_noted
from app.foundation.audit.chain import cell_name
from app.foundation.clock import moment_of
from app.foundation.database import current, fetch_tuples
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
_COLUMNS = {
    **{one: f"b.{one}" for one in ("id", "row_version", "row_seal", *_SEALS.under_seal)},
    **{one: f"b.{one}" for one in ("region_code", "is_student", "language")},
    **{one: f"b.{one}" for one in ("joined_at", "completed_at")},
    **{f"{one}_{name}": f"{one}_noted.{name}" for one in _CHAINED for name in CELL_COLUMNS},
}
"""What is read, by the name it has here."""
_NAMES = tuple(_COLUMNS)
_INDEX = _NAMES.index("phone_index")
_VIEW = itemgetter(
    *(_NAMES.index(one) for one in (*_SHOWN, "region_code", "is_student", "language")),
    *(_NAMES.index(one) for one in ("joined_at", "completed_at")),
)
_LANGUAGES: Mapping[str, Language] = {one.value: one for one in Language}
_SELECT = (
    f"SELECT {', '.join(f'{what} AS {name}' for name, what in _COLUMNS.items())} FROM borrower b"
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
    rows = await fetch_tuples(_SELECT, [borrower_id])
    if not rows or rows[0][_INDEX].startswith("-"):
        raise NotFound
    values, proven = rows[0], _proven()
    phone, name, region_code, is_student, language, joined_at, completed_at = _VIEW(values)
    is_proven = proven.get(borrower_id) == values
    row = {} if is_proven else dict(zip(_NAMES, values, strict=True))
    if not is_proven:
        check_row(_SEALS, row.__getitem__)
        found = chained_of(row.__getitem__)
        if not all(is_as_noted(one, _noted(row, one[0])) for one in found):
            await check_cells(found)
    closed = [(borrower_cell(borrower_id, "phone"), phone)]
    if name is not None:
        closed.append((borrower_cell(borrower_id, "name"), name))
    opened_phone, *opened_name = await unseal_all(closed)
    own_name = opened_name[0] if opened_name else None
    if not is_proven:
        opened = {"phone": opened_phone, "name": own_name}
        check_indexes(_SEALS, row.__getitem__, opened)
        proven[borrower_id] = values
        if len(proven) > PROVEN_KEPT:
            proven.popitem(last=False)
    return OwnView(
        borrower_id=borrower_id,
        name=own_name,
        phone=people.masked_phone(opened_phone),
        region_code=region_code,
        is_student=bool(is_student),
        language=_LANGUAGES[language],
        is_complete=completed_at is not None,
        joined_at=moment_of(joined_at),
    )


def _proven() -> OrderedDict[str, tuple[Any, ...]]:
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
