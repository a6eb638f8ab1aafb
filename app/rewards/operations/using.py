"""A borrower buys a coupon with points, and uses one on a loan; a returned loan gives it back."""

from dataclasses import asdict, dataclass

from app.catalog.queries import policy_book
from app.foundation import idempotency
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.foundation.log import logger
from app.rewards.errors import CampaignOver, CouponNotUsable
from app.rewards.models import RewardCouponRow
from app.rewards.operations import budgets
from app.rewards.operations.accounts import Line, add_line, hold_account
from app.rewards.operations.granting import grant
from app.rewards.rules import (
    CouponState,
    CouponStep,
    PointsKind,
    Way,
    campaign_named,
    ledger_code,
    next_state,
    points_policy,
)
from app.servicing import operations as servicing
from app.servicing import queries as loans
from app.servicing.events import LoanPaidOff
from app.servicing.rules import LoanRef

log = logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePoints:
    """A borrower buys a campaign's coupon with points."""

    borrower_id: str
    campaign: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemCoupon:
    """A borrower uses a coupon on a running loan."""

    loan: LoanRef
    coupon_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.loan.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """What a coupon did: which it was, on which loan, and how much it took off."""

    coupon_id: str
    loan_id: str
    used_fen: int


async def exchange_points(command: ExchangePoints) -> str:
    """
    Buy a coupon with points, once per idempotency key; return the coupon's id.

    Raises:
        CampaignOver: No such campaign sells coupons today.
        PointsShort: There are fewer points than it costs.
        RewardLimitReached: The borrower has had as much of it as one person may.
        RewardBudgetSpent: It has given away all it may.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return str(claim.answer["coupon_id"])
        book = await policy_book(tx.today)
        campaign = campaign_named(book, command.campaign)
        if campaign is None or campaign.way is not Way.POINTS or not campaign.runs_on(tx.today):
            raise CampaignOver(field="input.campaign")
        await hold_account(tx, command.borrower_id, points_policy(book))
        coupon_key = f"exchange|{tx.new_id('cu')}"
        line = Line(kind=PointsKind.EXCHANGED, source=coupon_key, points=-campaign.points)
        await add_line(tx, command.borrower_id, line)
        await budgets.reserve(tx, campaign, command.borrower_id)
        coupon = await grant(tx, campaign, command.borrower_id, source_key=coupon_key)
        await claim.settle(tx, {"coupon_id": coupon.id})
    log.info("points_exchanged", coupon_id=coupon.id, points=campaign.points)
    return coupon.id


async def redeem_coupon(command: RedeemCoupon) -> Redeemed:
    """
    Use a coupon on a loan, once per idempotency key, exactly as `coupon_preview` shows it today.

    It is used up by one loan: what that has no interest left for lapses and costs the campaign
    nothing. The loan's event, its postings and the campaign's spending are one transaction.

    Raises:
        NotFound: There is no such loan or coupon, or it is somebody else's.
        CouponNotUsable: It is used, out of time or taken back.
        CouponUseless: The loan has no interest left that it could take off.
        CalendarUnpublished: A due date has come whose year's working days are not published.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return Redeemed(**claim.answer)
        row = await _held(command.coupon_id, command.loan.borrower_id)
        state = row.as_coupon().state_on(tx.today)
        row.state = next_state(state, CouponStep.REDEEM).value
        used = await servicing.use_coupon(
            tx,
            command.loan,
            code=ledger_code(row.campaign),
            most_fen=row.amount_fen,
            about=row.id,
        )
        used_fen = used.outlook.amount_fen
        await budgets.commit(
            tx, row.campaign, row.borrower_id, reserved_fen=row.amount_fen, spent_fen=used_fen
        )
        row.loan_id, row.event_id = command.loan.loan_id, used.event_id
        row.used_fen, row.used_at = used_fen, milliseconds(tx.now)
        await row.save()
        redeemed = Redeemed(coupon_id=row.id, loan_id=command.loan.loan_id, used_fen=used_fen)
        await claim.settle(tx, asdict(redeemed))
    log.info("coupon_redeemed", coupon_id=row.id, loan_id=redeemed.loan_id, used_fen=used_fen)
    return redeemed


async def give_back(tx: Transaction, fact: LoanPaidOff) -> None:
    """
    Give a coupon back that was used on a loan which its borrower returned in its cooling-off.

    The loan never cost anything, so neither did the coupon. In the loan's life it is undone, so
    that it does not count twice should the return itself be undone later. What its campaign has no
    money for any more, beyond what the coupon took off, it loses.
    """
    ref = LoanRef(borrower_id=fact.borrower_id, loan_id=fact.loan_id)
    rows = RewardCouponRow.filter(
        loan_id=fact.loan_id, borrower_id=fact.borrower_id, state=CouponState.REDEEMED.value
    )
    used = await rows.order_by("id").select_for_update()
    try:
        if not used or not await loans.is_returned(ref):
            return
    except NotFound:
        return
    book = await policy_book(tx.today)
    for row in sorted(used, key=lambda one: one.campaign):
        assert row.event_id is not None, "a used coupon has its event"
        await servicing.give_coupon_back(tx, ref, row.event_id, about=row.id)
        campaign = campaign_named(book, row.campaign)
        room_fen = await budgets.room_for(tx, campaign, row.borrower_id, row.campaign)
        worth_fen = min(row.amount_fen, row.used_fen + room_fen)
        await budgets.take_back(
            tx, row.campaign, row.borrower_id, spent_fen=row.used_fen, reserved_fen=worth_fen
        )
        row.state = next_state(CouponState(row.state), CouponStep.GIVE_BACK).value
        row.amount_fen = worth_fen
        row.loan_id = row.event_id = row.used_at = None
        row.used_fen = 0
        await row.save()


async def revoke(tx: Transaction, coupon_id: str) -> bool:
    """Take a coupon back that was not used yet; tell whether it was there to be taken."""
    row = await RewardCouponRow.filter(id=coupon_id).select_for_update().get_or_none()
    if row is None:
        return False
    try:
        row.state = next_state(CouponState(row.state), CouponStep.REVOKE).value
    except CouponNotUsable:
        return False
    await budgets.abort(tx, row)
    await row.save(update_fields=["state"])
    return True


async def _held(coupon_id: str, borrower_id: str) -> RewardCouponRow:
    found = RewardCouponRow.filter(id=coupon_id, borrower_id=borrower_id).select_for_update()
    row = await found.get_or_none()
    if row is None:
        raise NotFound("input.couponId")
    return row
