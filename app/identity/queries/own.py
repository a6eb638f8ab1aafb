"""What a borrower's own screens show of them first, in one statement; the rest when asked for."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
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
"""Of so many borrowers a process remembers which ciphertexts it has proven; some 1 KB each."""

_SEALS = BorrowerRow.seals
_CHAINED = ("row_seal", *_SEALS.chained)
_GLANCE = {
    **{one: f"b.{one}" for one in ("row_seal", "phone", "name", "phone_index")},
    "row_seal_digest": "row_seal_noted.digest",
    **{one: f"b.{one}" for one in ("region_code", "is_student", "language")},
    **{one: f"b.{one}" for one in ("joined_at", "completed_at")},
}
"""What is looked at of a row whose seal has been proven, by the name it has here."""
_PROVEN_PARTS = 5
"""So many of these a proof is about: the seal, what is shown from under it, the chain's word."""
_WHOLE = _GLANCE | {
    **{one: f"b.{one}" for one in ("id", "row_version", "row_seal", *_SEALS.under_seal)},
    **{f"{one}_{name}": f"{one}_noted.{name}" for one in _CHAINED for name in CELL_COLUMNS},
}
"""What is read for a proof; it begins with the glance."""
_INDEX = list(_GLANCE).index("phone_index")
_LANGUAGES: Mapping[str, Language] = {one.value: one for one in Language}


def _select(columns: Mapping[str, str], chained: Sequence[str]) -> str:
    return (
        f"SELECT {', '.join(f'{what} AS {name}' for name, what in columns.items())} FROM borrower b"
        + "".join(
            f" LEFT JOIN audit_cell {one}_noted ON {one}_noted.cell = 'borrower.{one}.' || b.id"
            for one in chained
        )
        + " WHERE b.id = ?"
    )


_SELECT_GLANCE = _select(_GLANCE, _CHAINED[:1])
_SELECT_WHOLE = _select(_WHOLE, _CHAINED)


async def own_view_of(borrower_id: str) -> OwnView:
    """
    Return a borrower as they see themselves at a glance; no more of it is opened.

    Raises:
        NotFound: There is no such borrower.
        SealBroken: The row is not as it was last written.
    """
    proven = _proven()
    known, row = proven.get(borrower_id), None
    values = None if known is None else await _read(_SELECT_GLANCE, borrower_id)
    if values is None or values[:_PROVEN_PARTS] != known:
        values = await _read(_SELECT_WHOLE, borrower_id)
        row = dict(zip(_WHOLE, values, strict=True))
        check_row(_SEALS, row.__getitem__)
        found = chained_of(row.__getitem__)
        if not all(is_as_noted(one, _noted(row, one[0])) for one in found):
            await check_cells(found)
    _, phone, name, _, _, region_code, is_student, language, joined_at, completed_at, *_ = values
    closed = [(borrower_cell(borrower_id, "phone"), phone)]
    if name is not None:
        closed.append((borrower_cell(borrower_id, "name"), name))
    opened_phone, *opened_name = await unseal_all(closed)
    own_name = opened_name[0] if opened_name else None
    if row is not None:
        check_indexes(_SEALS, row.__getitem__, {"phone": opened_phone, "name": own_name})
        proven[borrower_id] = values[:_PROVEN_PARTS]
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


async def _read(select: str, borrower_id: str) -> tuple[Any, ...]:
    rows = await fetch_tuples(select, [borrower_id])
    if not rows or rows[0][_INDEX].startswith("-"):
        raise NotFound
    return rows[0]


def _proven() -> OrderedDict[str, tuple[Any, ...]]:
    """
    Return of the rows that this process has proven last their seals, and what is shown under them.

    A seal that is still the chain's newest was proven over the whole row; what stands under it as
    it did then, in every byte, needs no second proof. Anything else is proven anew.
    """
    return current().kept.setdefault(("proven", "borrower"), OrderedDict())  # pyright: ignore[reportReturnType]


def _noted(row: Mapping[str, Any], cell: Cell) -> Mapping[str, Any] | None:
    """Return what the chain has of a cell, as the row's statement read it."""
    if row[f"{cell.column}_digest"] is None:
        return None
    noted = {name: row[f"{cell.column}_{name}"] for name in CELL_COLUMNS}
    return {"cell": cell_name(cell), **noted}
