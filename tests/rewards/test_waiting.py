"""Whoever meets over one person's rewards waits for the other, and never both in a circle."""

from collections.abc import Awaitable
from datetime import timedelta

import pytest

from app.foundation.database import set_business_date, transaction
from app.foundation.errors import NotFound
from app.identity.events import BorrowerForgotten
from app.rewards import operations, queries
from app.rewards.operations.forgetting import forget_rewards
from app.rewards.queries.proving import check_rewards
from app.rewards.rules import CareReason, CouponState
from tests.meeting import meet
from tests.rewards.conftest import Town, budget_of
from tests.rewards.test_inviting import MAKER, decide, propose

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


async def give_care(town: Town, borrower_id: str) -> str:
    """Give a coupon out of care, and return it."""
    command = operations.ProposeCareCoupon(
        staff_id=MAKER,
        borrower_id=borrower_id,
        campaign="CARE_20",
        reason=CareReason.OUR_MISTAKE,
        idempotency_key=town.key(),
    )
    async with transaction() as tx:
        review = await operations.propose_care(tx, command)
    decided = await decide(town, review)
    assert decided.coupon_id is not None
    return decided.coupon_id


async def forget(borrower_id: str) -> None:
    """Forget what rewards hold on somebody."""
    async with transaction() as tx:
        await forget_rewards(tx, BorrowerForgotten(borrower_id=borrower_id))


async def test_a_coupon_is_given_while_another_of_its_campaign_is_used(town: Town) -> None:
    mei = await town.join()
    first, loan = await give_care(town, mei), await town.borrow(mei)
    await meet(mei, lambda: town.redeem(loan, first), lambda: give_care(town, mei))
    states = sorted(one.state for one in await queries.coupons_of(mei))
    assert states == [CouponState.GRANTED, CouponState.REDEEMED]
    assert (await budget_of("CARE_20"))[0] == 2_000


async def test_coupons_and_points_run_out_while_others_come(town: Town) -> None:
    mei, li = sorted([await town.join(), await town.join()])
    for one in (mei, li):
        await town.learn(one, 100)
        await town.exchange(one)
        await town.learn(one, 50)
    async with transaction() as tx:
        over = tx.today + timedelta(days=400)
        await set_business_date(tx, over)
    await town.learn(li, 100)
    await meet(li, lambda: town.exchange(li), lambda: operations.end_of_day(over))
    assert await budget_of("POINTS_5") == (500, 0)
    assert [one.state for one in await queries.coupons_of(mei)] == [CouponState.EXPIRED]


async def test_two_enter_each_others_codes_while_the_day_ends(town: Town) -> None:
    mei, li = sorted([await town.join(), await town.join()])
    await town.learn(mei, 50, "old")
    await town.learn(li, 50, "old")
    async with transaction() as tx:
        await tx.run("UPDATE reward_points SET expires_on = '2026-11-01'")
        today = tx.today
    await meet(
        mei,
        lambda: town.invite(mei, li),
        lambda: town.invite(li, mei),
    )
    await town.learn(mei, 1, "new")
    jun = await town.join()
    await meet(mei, lambda: operations.end_of_day(today), lambda: town.invite(mei, jun))
    assert (await queries.invited_by(mei)).entered == 2
    assert (await queries.account_of(li)).points == 0


async def test_somebody_is_forgotten_while_their_coupon_is_used_and_a_reward_decided(
    town: Town,
) -> None:
    mei, li = await town.join(device="s" * 32), await town.join(device="s" * 32)
    invitation_id = await town.invite(mei, li)
    await town.keep_first_due(li)
    proposed = await propose(town, invitation_id, is_grant=True)
    loan, coupon = await town.borrow(mei), await give_care(town, mei)

    async def gone(act: Awaitable[object]) -> None:
        with pytest.raises(NotFound):
            await act

    await meet(
        mei,
        lambda: forget(mei),
        lambda: gone(town.redeem(loan, coupon)),
        lambda: gone(decide(town, proposed)),
    )
    assert await queries.coupons_of(mei) == []
    assert await budget_of("CARE_20") == await budget_of("INVITE_10") == (0, 0)
    assert (await check_rewards()).problems == ()
