"""A coupon's life: given, used, given back with its loan, out of time, taken back."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.rewards.errors import CouponNotUsable
from app.rewards.rules.campaigns import Way


class CouponState(StrEnum):
    """How a coupon stands."""

    GRANTED = "GRANTED"
    REDEEMED = "REDEEMED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


class CouponStep(StrEnum):
    """What happens to a coupon."""

    REDEEM = "REDEEM"
    GIVE_BACK = "GIVE_BACK"
    EXPIRE = "EXPIRE"
    REVOKE = "REVOKE"


_NEXT = {
    (CouponState.GRANTED, CouponStep.REDEEM): CouponState.REDEEMED,
    (CouponState.REDEEMED, CouponStep.GIVE_BACK): CouponState.GRANTED,
    (CouponState.GRANTED, CouponStep.EXPIRE): CouponState.EXPIRED,
    (CouponState.GRANTED, CouponStep.REVOKE): CouponState.REVOKED,
}
"""
Every step there is. A coupon that was used is never taken back from the borrower: that would make
the loan cost more than they were told.
"""


def next_state(state: CouponState, step: CouponStep) -> CouponState:
    """
    Return where a step leads.

    Raises:
        CouponNotUsable: From there it leads nowhere.
    """
    reached = _NEXT.get((state, step))
    if reached is None:
        raise CouponNotUsable(state.value)
    return reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """
    A coupon of a borrower.

    Attributes:
        coupon_id: Its id.
        borrower_id: Whose it is.
        campaign: The code of the campaign that gave it.
        way: How they came by it.
        amount_fen: What it takes off the interest of one loan at most.
        state: How it stands.
        granted_at: When it was given.
        expires_on: The last day on which it can be used.
        loan_id: The loan it was used on, if it was.
        event_id: By which event of the loan.
        used_fen: What it took off.
    """

    coupon_id: str
    borrower_id: str
    campaign: str
    way: Way
    amount_fen: int
    state: CouponState
    granted_at: datetime
    expires_on: date
    loan_id: str | None
    event_id: str | None
    used_fen: int

    def state_on(self, day: date) -> CouponState:
        """Return how it stands on a day: out of time from the day after its last one."""
        is_over = self.state is CouponState.GRANTED and day > self.expires_on
        return CouponState.EXPIRED if is_over else self.state
