"""What a coupon would do to a running loan, and which loans were given back or paid on time."""

from collections.abc import Collection, Sequence
from datetime import date

from app.foundation.database import business_date, current
from app.foundation.working_days import working_days
from app.loanmath.life import CouponApplied, Event, InstallmentStatus, RepaymentReceived, fold
from app.loanmath.life.preview import PREVIEW_ID
from app.servicing.queries.living import events_of, loan_row, published
from app.servicing.rules import OWN_BOOK, LoanRef
from app.servicing.rules.coupons import CouponOutlook, coupon_outlook


async def preview_coupon(loan: LoanRef, *, code: str, most_fen: int) -> CouponOutlook:
    """
    Return what a coupon would take off a loan today; nothing is changed by asking.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
        CalendarUnpublished: A due date has come whose year's working days are not published.
    """
    row = await loan_row(loan)
    today = await business_date()
    coupon = CouponApplied(
        id=PREVIEW_ID,
        effective_on=today,
        recorded_at=current().clock.now(),
        code=code,
        amount_fen=most_fen,
        payer=OWN_BOOK,
    )
    on = max(today, row.as_of)
    return coupon_outlook(row.signed(), await events_of(row.id), coupon, on, working_days())[0]


async def is_returned(loan: LoanRef) -> bool:
    """
    Tell whether a loan was given back within the days its agreement grants for that.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    return _is_returned(await events_of((await loan_row(loan)).id))


async def is_kept(loan: LoanRef) -> bool:
    """
    Tell whether a loan was not given back, nor can be at no cost by its agreement any more.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    row = await loan_row(loan)
    if row.returnable_until is not None and await business_date() <= row.returnable_until:
        return False
    return not _is_returned(await events_of(row.id))


def _is_returned(events: Sequence[Event]) -> bool:
    undone = {getattr(event, "reverses", None) for event in events}
    return any(
        isinstance(event, RepaymentReceived) and event.returns and event.id not in undone
        for event in events
    )


async def paid_on_time(
    loan: LoanRef,
    *,
    ahead_days: int,
    since: date | None = None,
    but: Collection[int] = (),
    among: Collection[int] | None = None,
) -> tuple[int, ...]:
    """
    Return the numbers of installments paid by their due dates, of those that have come or near.

    Each that is looked at is a life followed anew, so a caller names those it asks about.

    What was paid further ahead counts when its day is near. Days are as the events say, however
    late they were recorded: what was undone since was never paid.

    Args:
        loan: Whose loan, and which.
        ahead_days: How near a due date is.
        since: None that was due before this day.
        but: None of these.
        among: Only these.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
        CalendarUnpublished: A due date has come whose year's working days are not published.
    """
    row = await loan_row(loan)
    today, terms, events = await business_date(), row.signed().terms, await events_of(row.id)
    on = max(today, row.as_of)
    found: list[int] = []
    with published():
        for line in fold(terms, events, on, working_days()).rows:
            payable_on = line.payable_on or line.due_on
            if line.status is not InstallmentStatus.PAID or (payable_on - on).days > ahead_days:
                continue
            if since is not None and payable_on < since:
                continue
            if line.number in but or (among is not None and line.number not in among):
                continue
            then = min(payable_on, on)
            rows = fold(terms, events, then, working_days()).rows if then < on else (line,)
            known = {one.number: one.status for one in rows}
            if known.get(line.number) is InstallmentStatus.PAID:
                found.append(line.number)
    return tuple(found)
