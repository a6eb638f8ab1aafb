"""Which holds stand."""

from collections.abc import Sequence
from datetime import date

from app.collections.models import CollectionHoldRow
from app.collections.rules import Hold, HoldReason
from app.foundation.clock import moment_of


async def holds_of(borrower_id: str, on: date) -> tuple[Hold, ...]:
    """Return what keeps us from contacting a borrower about late money on a day, oldest first."""
    return (await holds_by_borrower([borrower_id], on))[0]


async def holds_by_borrower(borrower_ids: Sequence[str], on: date) -> list[tuple[Hold, ...]]:
    """Return the holds of many, in the order asked, with one query."""
    rows = await CollectionHoldRow.filter(
        borrower_id__in=list(borrower_ids), place__not_isnull=True
    ).order_by("placed_at", "id")
    holds = [hold_from(row) for row in rows]
    return [
        tuple(one for one in holds if one.borrower_id == borrower_id and one.stands_on(on))
        for borrower_id in borrower_ids
    ]


def hold_from(row: CollectionHoldRow) -> Hold:
    """Turn a row into the value that leaves the room."""
    return Hold(
        hold_id=row.id,
        borrower_id=row.borrower_id,
        reason=HoldReason(row.reason),
        reference=row.reference,
        until_on=None if row.until_on is None else date.fromisoformat(row.until_on),
        placed_by=row.placed_by,
        placed_at=moment_of(row.placed_at),
        confirmed_by=row.confirmed_by,
    )
