"""A borrower's coupons, what one would do to a loan, and what campaigns have promised and spent."""

from dataclasses import dataclass
from datetime import date

from app.catalog.queries import policy_book
from app.foundation.database import business_date, fetch
from app.foundation.errors import NotFound
from app.rewards.errors import CouponNotUsable
from app.rewards.models import RewardCouponRow
from app.rewards.rules import (
    Campaign,
    Coupon,
    CouponState,
    Way,
    campaigns_in,
    ledger_code,
    running,
)
from app.servicing import queries as loans
from app.servicing.rules import LoanRef
from app.servicing.rules.coupons import CouponOutlook

SHOWN_MAX = 50
"""How many coupons are shown: those that can be used first, then the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponPreview:
    """A coupon, and what it would do to a loan today."""

    coupon: Coupon
    loan_id: str
    outlook: CouponOutlook

    @property
    def lapses_fen(self) -> int:
        """Return what of the coupon finds no interest to take off."""
        return self.coupon.amount_fen - self.outlook.amount_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStanding:
    """
    A campaign and its money, in fen.

    Attributes:
        campaign: What it is today.
        is_running: Whether it gives coupons today.
        reserved_fen: Promised by coupons not used yet.
        spent_fen: Taken off borrowers' interest.
        coupons: How many coupons it gave.
    """

    campaign: Campaign
    is_running: bool
    reserved_fen: int
    spent_fen: int
    coupons: int


async def coupons_of(borrower_id: str, on: date | None = None) -> list[Coupon]:
    """Return a borrower's coupons: those to be used first, soonest out of time, then the latest."""
    rows = RewardCouponRow.filter(borrower_id=borrower_id).order_by("-granted_at", "-id")
    coupons = [row.as_coupon() for row in await rows.limit(SHOWN_MAX)]
    today = on or await business_date()
    usable = [one for one in coupons if one.state_on(today) is CouponState.GRANTED]
    rest = [one for one in coupons if one.state_on(today) is not CouponState.GRANTED]
    return [*sorted(usable, key=lambda one: (one.expires_on, one.coupon_id)), *rest]


async def coupon(borrower_id: str, coupon_id: str) -> Coupon:
    """
    Return one coupon.

    Raises:
        NotFound: There is no such coupon, or it is somebody else's.
    """
    row = await RewardCouponRow.get_or_none(id=coupon_id, borrower_id=borrower_id)
    if row is None:
        raise NotFound("input.couponId")
    return row.as_coupon()


async def coupon_preview(loan: LoanRef, coupon_id: str) -> CouponPreview:
    """
    Return what a coupon would do to a loan today; nothing is changed by asking.

    Raises:
        NotFound: There is no such loan or coupon, or it is somebody else's.
        CouponNotUsable: It is used, out of time or taken back.
        CalendarUnpublished: A due date has come whose year's working days are not published.
    """
    found = await coupon(loan.borrower_id, coupon_id)
    state = found.state_on(await business_date())
    if state is not CouponState.GRANTED:
        raise CouponNotUsable(state.value)
    outlook = await loans.preview_coupon(
        loan, code=ledger_code(found.campaign), most_fen=found.amount_fen
    )
    return CouponPreview(coupon=found, loan_id=loan.loan_id, outlook=outlook)


async def campaigns_for(way: Way, on: date) -> tuple[Campaign, ...]:
    """Return the campaigns that give coupons in a way on a day."""
    return running(await policy_book(on), way)


async def campaigns() -> list[CampaignStanding]:
    """Return every campaign that policy names today, with its money, by code."""
    today = await business_date()
    rows = await fetch(
        "SELECT id, reserved_fen, spent_fen FROM reward_budget WHERE borrower_id IS NULL"
    )
    money = {row["id"]: row for row in rows}
    given = await fetch("SELECT campaign, COUNT(*) AS many FROM reward_coupon GROUP BY campaign")
    many = {row["campaign"]: int(row["many"]) for row in given}
    return [
        CampaignStanding(
            campaign=one,
            is_running=one.runs_on(today),
            reserved_fen=int(money[one.code]["reserved_fen"]) if one.code in money else 0,
            spent_fen=int(money[one.code]["spent_fen"]) if one.code in money else 0,
            coupons=many.get(one.code, 0),
        )
        for one in campaigns_in(await policy_book(today))
    ]
