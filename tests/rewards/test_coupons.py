"""Points buy coupons, coupons take interest off, and no race brings or spends a fen too much."""

import asyncio
from dataclasses import replace

import pytest

from app.foundation.database import Database, business_date, fetch, transaction
from app.foundation.errors import NotFound, Refusal
from app.ledger import queries as ledger
from app.payments.events import RepaymentTaken
from app.rewards import operations, queries
from app.rewards.errors import CampaignOver, CouponNotUsable, PointsShort, RewardLimitReached
from app.rewards.events import PointsExpiring
from app.rewards.operations import budgets
from app.rewards.rules import CouponState, PointsKind, Way, balance_of
from app.servicing import queries as loans
from app.servicing.errors import CouponUseless
from app.servicing.events import LoanPaidOff
from app.servicing.operations import run_days
from app.servicing.rules import LoanRef
from tests.rewards.conftest import FIRST_DUE_FEN, Town, budget_of
from tests.servicing.conftest import MEI, is_sound
from tests.servicing.reducing import OURS

RACERS = 30


async def kept() -> dict[str, list[dict[str, object]]]:
    """Return all that rewards hold, and the loan's life and books."""
    tables = (
        "reward_account", "reward_points", "reward_coupon", "reward_budget", "reward_invitation",
        "reward_review", "servicing_loan_event", "servicing_installment", "ledger_entry",
        "outbox_fact", "revision",
    )  # fmt: skip
    return {table: await fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables}


async def folded(borrower_id: str) -> int:
    """Return what an account's lines sum to, which is what stands in it."""
    sum_of_lines = balance_of(await queries.entries_of(borrower_id))
    assert (await queries.account_of(borrower_id)).points == sum_of_lines
    return sum_of_lines


async def test_points_become_a_coupon_and_the_coupon_less_interest_once(
    town: Town,
) -> None:
    await town.learn(MEI, 120, "lesson:first")
    await town.learn(MEI, 120, "lesson:first")  # a lesson brings its points once ever
    assert await folded(MEI) == 120
    with pytest.raises(CampaignOver):
        await town.exchange(MEI, "INVITE_10")
    coupon_id = await town.exchange(MEI)
    assert await folded(MEI) == 20
    assert await budget_of("POINTS_5") == (500, 0)
    before = await kept()
    with pytest.raises(PointsShort):
        await town.exchange(MEI)
    loan = await town.borrow(MEI)
    other = LoanRef(borrower_id="br00000other0000", loan_id=loan.loan_id)
    with pytest.raises(NotFound):
        await queries.coupon_preview(other, coupon_id)
    assert (await kept())["reward_coupon"] == before["reward_coupon"]

    preview = await queries.coupon_preview(loan, coupon_id)
    assert preview.outlook.by_number == ((1, 500),)
    assert preview.outlook.annual_cost is not None
    assert preview.outlook.annual_cost_without is not None
    assert preview.outlook.annual_cost < preview.outlook.annual_cost_without
    redeemed = await town.redeem(loan, coupon_id, "once")
    assert redeemed == await town.redeem(loan, coupon_id, "once")
    assert redeemed.used_fen == 500
    plan = (await loans.plans_by_loan([loan.loan_id]))[0]
    assert plan == list(preview.outlook.lines)
    assert plan[0].total_fen == FIRST_DUE_FEN - 500
    assert await budget_of("POINTS_5") == (0, 500)
    before = await kept()
    for again in (coupon_id,):
        with pytest.raises(CouponNotUsable):
            await town.redeem(loan, again)
        with pytest.raises(CouponNotUsable):
            await queries.coupon_preview(loan, again)
    assert await kept() == before

    await town.pay(loan, plan[0].total_fen)
    await run_days(plan[0].due_on)
    assert await ledger.balance(OURS) == 500
    assert await is_sound()
    (own, *_) = await queries.coupons_of(MEI)
    assert (own.state, own.loan_id, own.used_fen) == (CouponState.REDEEMED, loan.loan_id, 500)


async def test_a_loan_given_back_gives_its_coupon_back_and_a_closed_one_takes_none(
    town: Town,
) -> None:
    await town.learn(MEI, 100)
    coupon_id = await town.exchange(MEI)
    loan = await town.borrow(MEI, cooling_off_days=7)
    await town.redeem(loan, coupon_id)
    back = await town.pay(loan, 120_000, returns=True)
    await town.tell(LoanPaidOff(loan_id=loan.loan_id, borrower_id=MEI))
    assert await loans.is_returned(loan)
    coupon = await queries.coupon(MEI, coupon_id)
    assert (coupon.state, coupon.loan_id, coupon.amount_fen) == (CouponState.GRANTED, None, 500)
    assert await budget_of("POINTS_5") == (500, 0)
    assert await folded(MEI) == 0  # nothing was paid by its day: nothing was owed
    before = await kept()
    with pytest.raises(CouponUseless):
        await town.redeem(loan, coupon_id)
    assert await kept() == before
    assert await is_sound()

    # Should the return be undone, the loan asks all its interest, and the coupon is still there.
    await town.undo(loan, back)
    plan = (await loans.plans_by_loan([loan.loan_id]))[0]
    assert plan[0].total_fen == FIRST_DUE_FEN
    await town.redeem(loan, coupon_id)
    assert await budget_of("POINTS_5") == (0, 500)
    assert await is_sound()


async def test_paying_on_time_brings_points_once_and_a_chargeback_takes_what_is_left(
    town: Town,
) -> None:
    loan = await town.borrow(MEI)
    first = await town.pay(loan, FIRST_DUE_FEN)
    assert await folded(MEI) == 20
    fact = RepaymentTaken(
        repayment_id="rp", borrower_id=MEI, loan_id=loan.loan_id, amount_fen=1,
        unapplied_fen=0, balance_fen=0,
    )  # fmt: skip
    await town.tell(fact, fact)
    assert await folded(MEI) == 20
    await town.learn(MEI, 85)
    await town.exchange(MEI)
    await town.undo(loan, first)
    assert await folded(MEI) == 0  # fifteen were spent: nobody owes us points
    back = [one for one in await queries.entries_of(MEI) if one.kind is PointsKind.TAKEN_BACK]
    assert [one.points for one in back] == [-5]
    await town.pass_days(35)
    await town.pay(loan, FIRST_DUE_FEN * 2)  # late
    assert await folded(MEI) == 0


async def test_points_can_be_deleted_again_after_a_chargeback(town: Town) -> None:
    loan = await town.borrow(MEI)
    first = await town.pay(loan, FIRST_DUE_FEN)

    async def forget() -> int:
        async with transaction() as tx:
            await operations.forget_points(tx, MEI)
        return await folded(MEI)

    assert await forget() == 0
    await town.learn(MEI, 50)
    await town.undo(loan, first)
    assert await folded(MEI) == 30
    assert await forget() == 0
    await town.learn(MEI, 8)
    assert await folded(MEI) == 8


async def test_points_and_coupons_go_after_a_warning_and_free_the_campaigns_money(
    town: Town,
) -> None:
    await town.learn(MEI, 150)
    coupon_id = await town.exchange(MEI)
    await town.pass_days(180)
    assert (await queries.coupon(MEI, coupon_id)).state is CouponState.GRANTED
    await town.learn(MEI, 7)
    await town.pass_days(1)
    assert (await queries.coupon(MEI, coupon_id)).state is CouponState.EXPIRED
    assert await budget_of("POINTS_5") == (0, 0)
    await town.pass_days(160)
    warnings = [fact for fact in town.heard if isinstance(fact, PointsExpiring)]
    assert [(one.points, one.on) for one in warnings] == [(50, "2027-11-21")]
    await town.pass_days(24)
    assert await folded(MEI) == 57
    await town.pass_days(1)
    assert await folded(MEI) == 7
    before = await kept()
    await town.pass_days(0)
    assert await kept() == before
    await town.pass_days(181)
    assert await folded(MEI) == 0
    warnings = [fact for fact in town.heard if isinstance(fact, PointsExpiring)]
    assert len(warnings) == 1  # nobody was there to tell: the days passed at one go


async def test_thirty_at_once_spend_no_point_no_coupon_and_no_fen_twice(
    database: Database, town: Town
) -> None:
    assert database
    await town.learn(MEI, 250)
    tried = await asyncio.gather(
        *(town.exchange(MEI) for _ in range(RACERS)), return_exceptions=True
    )
    bought = [one for one in tried if isinstance(one, str)]
    assert len(bought) == 2
    assert all(isinstance(one, Refusal) for one in tried if not isinstance(one, str))
    assert await folded(MEI) == 50
    assert await budget_of("POINTS_5") == (1_000, 0)

    loan = await town.borrow(MEI)
    tried = await asyncio.gather(
        *(town.redeem(loan, bought[0]) for _ in range(RACERS)), return_exceptions=True
    )
    assert sum(not isinstance(one, BaseException) for one in tried) == 1
    assert await budget_of("POINTS_5") == (500, 500)
    assert (await loans.plans_by_loan([loan.loan_id]))[0][0].paid_by_others_fen == 500
    assert await is_sound()

    # A campaign of money for seven, and thirty people who each want two.
    campaign = (await queries.campaigns_for(Way.POINTS, await business_date()))[0]
    small = replace(campaign, code="TINY", budget_fen=3_999, person_max_fen=500)

    async def reserve(person: int) -> budgets.Reserved:
        async with transaction() as tx:
            return await budgets.try_reserve(tx, small, f"br{person:014d}")

    wishes = [*range(RACERS), *range(RACERS)]
    reserved = await asyncio.gather(*(reserve(person) for person in wishes))
    assert reserved.count(budgets.Reserved.YES) == 7
    assert await budget_of("TINY") == (3_500, 0)
    rows = await fetch("SELECT reserved_fen FROM reward_budget WHERE id LIKE ?", ["TINY:%"])
    assert sum(row["reserved_fen"] for row in rows) == 3_500
    assert max(row["reserved_fen"] for row in rows) == 500
    async with transaction() as tx:
        with pytest.raises(RewardLimitReached):
            person = next(p for p, kind in zip(wishes, reserved, strict=True) if kind == "YES")
            await budgets.reserve(tx, small, f"br{person:014d}")
