"""What a repayment would do, before it is made."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from app.loanmath.calendar import WorkingDays
from app.loanmath.life.events import Event, RepaymentReceived
from app.loanmath.life.fold import fold
from app.loanmath.life.state import Allocation, LoanState
from app.loanmath.schedule.choices import Prepayment
from app.loanmath.schedule.terms import Terms

PREVIEW_ID = "preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """
    A repayment as if made.

    Attributes:
        before: The loan without it.
        after: The loan with it.
        allocations: Where it would go, and what of it would come back at once.
        unapplied_fen: What of it no due would take that day.
    """

    before: LoanState
    after: LoanState
    allocations: tuple[Allocation, ...]
    unapplied_fen: int


def preview(
    terms: Terms,
    events: Iterable[Event],
    amount_fen: int,
    on: date,
    *,
    prepayment: Prepayment | None = None,
    working: WorkingDays | None = None,
) -> Preview:
    """
    Return what a repayment on this day would do, coming after everything else that day.

    Raises:
        EventRefused: The amount is not positive, or the loan had no money out by that day.
    """
    recorded = tuple(events)
    repayment = RepaymentReceived(
        id=PREVIEW_ID,
        effective_on=on,
        recorded_at=datetime.max.replace(tzinfo=UTC),
        amount_fen=amount_fen,
        prepayment=prepayment,
    )
    after = fold(terms, (*recorded, repayment), on, working)
    allocations = tuple(a for a in after.allocations if a.event_id == PREVIEW_ID)
    return Preview(
        before=fold(terms, recorded, on, working),
        after=after,
        allocations=allocations,
        unapplied_fen=amount_fen - sum(a.amount_fen for a in allocations),
    )
