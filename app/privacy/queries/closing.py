"""Reading what closing an account would do, and whether one is closing."""

from dataclasses import dataclass
from datetime import date, datetime

from app.catalog.queries import policy_book
from app.foundation.clock import moment_of
from app.foundation.database import business_date
from app.origination import queries as origination
from app.payments import queries as payments
from app.privacy.errors import ClosingObstacle
from app.privacy.models import ClosingRow
from app.privacy.ports import SeesObstacles
from app.privacy.rules.closing import ClosingState, DeletionPlan, hold_end, planned
from app.servicing import queries as servicing
from app.servicing.queries import Unsettled


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """One closing of an account."""

    closing_id: str
    state: ClosingState
    asked_at: datetime
    leaves_at: datetime
    held_until: date | None


class _Installed:
    rooms: tuple[SeesObstacles, ...] = ()


def ask_for_obstacles(*rooms: SeesObstacles) -> None:
    """Name the rooms above that know of obstacles; `main` does, once."""
    _Installed.rooms = rooms


async def deletion_plan(borrower_id: str) -> DeletionPlan:
    """Return what closing the account today would delete and keep, and what stands in its way."""
    on = await business_date()
    book = await policy_book(on)
    unsettled = await servicing.unsettled_of(borrower_id)
    return planned(
        held_until=hold_of(unsettled, on, book.whole("loan_records_kept_years")),
        has_borrowed=bool(unsettled.loans),
        obstacles=await obstacles_of(borrower_id, unsettled),
        days=book.whole("account_closing_days"),
    )


def hold_of(unsettled: Unsettled, on: date, years: int) -> date | None:
    """Return until when the law keeps a borrower's loan records; None when it does not."""
    if not unsettled.loans:
        return None
    ends = hold_end(unsettled.last_closed_on or on, years)
    return ends if ends >= on else None


async def obstacles_of(borrower_id: str, unsettled: Unsettled) -> tuple[ClosingObstacle, ...]:
    """Return everything that must be settled first, in the order it is told."""
    found = {
        ClosingObstacle.LOAN_OPEN: bool(unsettled.loans_open),
        ClosingObstacle.MONEY_ON_ITS_WAY: await origination.money_on_its_way(borrower_id),
        ClosingObstacle.REPAYMENT_UNDER_WAY: await payments.repayment_under_way(borrower_id),
        ClosingObstacle.REFUND_OWED: unsettled.held_fen > 0,
        ClosingObstacle.REFUND_UNDER_WAY: await payments.refund_under_way(borrower_id),
        ClosingObstacle.GUARANTEE_STANDS: await origination.guarantee_stands(borrower_id),
        ClosingObstacle.LOAN_CORRECTION_OPEN: bool(unsettled.corrections_open),
    }
    below = [obstacle for obstacle, stands in found.items() if stands]
    above = [ClosingObstacle(one) for room in _Installed.rooms for one in await room(borrower_id)]
    return (*below, *above)


def closing_from(row: ClosingRow) -> Closing:
    """Turn a row into the value that leaves the room."""
    return Closing(
        closing_id=row.id,
        state=ClosingState(row.state),
        asked_at=moment_of(row.asked_at),
        leaves_at=moment_of(row.leaves_at),
        held_until=row.held_until,
    )
