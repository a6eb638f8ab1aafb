"""Whether anything is left to settle with a borrower, loans being over or not."""

from dataclasses import dataclass
from datetime import date

from app.servicing.models import CorrectionRow, LoanRow
from app.servicing.rules.corrections import CorrectionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """How a borrower's loans stand, all together."""

    loans: int
    loans_open: int
    held_fen: int
    """Money of the borrower's that we hold."""
    corrections_open: int
    last_closed_on: date | None
    """When the last loan ended; None without one, or while one is open."""


async def unsettled_of(borrower_id: str) -> Unsettled:
    """Return what is left to settle."""
    loans = await LoanRow.filter(borrower_id=borrower_id)
    closed = [row.closed_on for row in loans if row.closed_on is not None]
    open_now = len(loans) - len(closed)
    corrections = await CorrectionRow.filter(
        borrower_id=borrower_id, state=CorrectionState.PROPOSED.value
    ).count()
    return Unsettled(
        loans=len(loans),
        loans_open=open_now,
        held_fen=sum(row.unapplied_fen for row in loans),
        corrections_open=corrections,
        last_closed_on=max(closed, default=None) if not open_now else None,
    )
