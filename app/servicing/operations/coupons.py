"""Coupons on a running loan: used, and given back with a loan that is returned."""

from dataclasses import dataclass

from app.foundation.database import Transaction
from app.foundation.working_days import working_days
from app.loanmath.life import CouponApplied, CouponReversed
from app.servicing.errors import CouponUseless
from app.servicing.models import LoanEventRow
from app.servicing.operations.applying import apply_event
from app.servicing.operations.restatement import locked
from app.servicing.queries import events_of
from app.servicing.rules import OWN_BOOK, LoanRef
from app.servicing.rules.coupons import CouponOutlook, coupon_outlook


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedCoupon:
    """A coupon that was used: by which event, and what it did."""

    event_id: str
    outlook: CouponOutlook


async def use_coupon(
    tx: Transaction, loan: LoanRef, *, code: str, most_fen: int, about: str
) -> UsedCoupon:
    """
    Take interest off a running loan at our own expense, in the caller's transaction.

    What falls due of it is posted as it does: an expense of ours, and income of the lenders by
    their shares, whom it costs nothing.

    Args:
        tx: The transaction.
        loan: Whose loan, and which.
        code: What it is called in the books.
        most_fen: The most it takes off; less where less interest is left.
        about: What caused it.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
        CouponUseless: Nothing is owed, or no interest is left to take off; nothing was changed.
        CalendarUnpublished: A due date has come whose year's working days are not published.
    """
    row = await locked(loan)
    coupon = CouponApplied(
        id=tx.new_id("ev"),
        effective_on=tx.today,
        recorded_at=tx.now,
        code=code,
        amount_fen=most_fen,
        payer=OWN_BOOK,
    )
    on, events = max(tx.today, row.as_of), await events_of(row.id)
    outlook, event = coupon_outlook(row.signed(), events, coupon, on, working_days())
    if event is None:
        raise CouponUseless
    projection = await apply_event(
        tx, row, event, source_key=f"coupon|{event.id}", about=about, posting="coupon"
    )
    assert projection.lines == outlook.lines, "what was shown is what holds"
    return UsedCoupon(event_id=event.id, outlook=outlook)


async def give_coupon_back(tx: Transaction, loan: LoanRef, event_id: str, *, about: str) -> None:
    """
    Undo a coupon, so that the loan is as if it had never been used here; again changes nothing.

    `about` is what caused its use.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    row = await locked(loan)
    source_key = f"coupon_back|{event_id}"
    if await LoanEventRow.exists(source_key=source_key):
        return
    event = CouponReversed(
        id=tx.new_id("ev"), effective_on=tx.today, recorded_at=tx.now, reverses=event_id
    )
    await apply_event(tx, row, event, source_key=source_key, about=about, posting="coupon_back")
