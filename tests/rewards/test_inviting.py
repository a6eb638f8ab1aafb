"""An invitation is rewarded once a first due is paid by its day; doubts are looked at by two."""

import asyncio

import pytest
from msgspec.structs import replace

from app.catalog.queries import policy_book
from app.catalog.rules import PolicyBook
from app.foundation.database import transaction
from app.foundation.errors import InvalidInput, NotFound
from app.identity.events import StaffEnded
from app.payments.events import RepaymentTaken
from app.rewards import operations, queries
from app.rewards.errors import (
    CampaignOver,
    InvitationCodeUnknown,
    InvitationTooLate,
    InvitedAlready,
    OwnInvitation,
    OwnRewardReview,
    RewardLimitReached,
    RewardReviewNotOpen,
    RewardReviewWaits,
)
from app.rewards.events import CouponGranted
from app.rewards.models import InvitationRow
from app.rewards.operations.budgets import Reserved
from app.rewards.operations.inviting import give_reward, reward_inviter
from app.rewards.rules import CareReason, CouponState, Doubt, InvitationState, Review, Wait
from app.servicing import operations as servicing
from tests.rewards.conftest import FIRST_DUE_FEN, Town, budget_of
from tests.rewards.test_coupons import kept

MAKER, CHECKER = "st000000000maker", "st0000000checker"


async def propose(town: Town, invitation_id: str, *, is_grant: bool) -> Review:
    """Let a member of staff propose what becomes of an invitation."""
    command = operations.ProposeInvitationAnswer(
        staff_id=MAKER,
        invitation_id=invitation_id,
        is_grant=is_grant,
        idempotency_key=town.key(),
    )
    async with transaction() as tx:
        return await operations.propose_answer(tx, command)


async def decide(
    town: Town, review: Review, *, by: str = CHECKER, is_approved: bool = True
) -> Review:
    """Let a member of staff decide."""
    command = operations.DecideRewardReview(
        staff_id=by,
        review_id=review.review_id,
        is_approved=is_approved,
        idempotency_key=town.key(),
    )
    async with transaction() as tx:
        return await operations.decide(tx, command)


async def coupons_of(borrower_id: str) -> list[CouponState]:
    """Return how somebody's coupons stand."""
    return [one.state for one in await queries.coupons_of(borrower_id)]


async def test_the_inviter_is_rewarded_for_a_due_paid_on_time_and_learns_only_a_count(
    town: Town,
) -> None:
    mei, li = await town.join(), await town.join()
    await town.invite(mei, li)
    loan = await town.borrow(li)
    assert await coupons_of(mei) == []  # nothing for borrowing
    await town.pay(loan, FIRST_DUE_FEN - 1)
    assert await coupons_of(mei) == []
    rest = await town.pay(loan, 1)
    assert await coupons_of(mei) == [CouponState.GRANTED]
    assert await budget_of("INVITE_10") == (1_000, 0)
    (told,) = [fact for fact in town.heard if isinstance(fact, CouponGranted)]
    assert (told.borrower_id, told.amount_fen, told.way) == (mei, 1_000, "INVITATION")
    seen = await queries.invited_by(mei)
    assert (seen.entered, seen.rewarded, seen.held, seen.refused) == (1, 1, 0, 0)
    held = await queries.held_of(mei)
    assert li not in str(held)
    assert loan.loan_id not in str(held)

    await town.undo(loan, rest)  # it was not paid by its day after all
    assert await coupons_of(mei) == [CouponState.REVOKED]
    assert await budget_of("INVITE_10") == (0, 0)
    assert (await queries.invited_by(mei)).refused == 1


async def test_late_early_returned_and_old_loans_bring_the_inviter_nothing(town: Town) -> None:
    mei = await town.join()
    late, returned = await town.join(), await town.join()
    await town.invite(mei, late)
    await town.invite(mei, returned)
    loan = await town.borrow(returned, cooling_off_days=7)
    await town.pay(loan, FIRST_DUE_FEN)  # by its day, but all of it may still be undone for nothing
    assert (await queries.account_of(returned)).points == 0
    await town.pay(loan, 120_000 - FIRST_DUE_FEN, returns=True)
    loan = await town.borrow(late)
    await town.pass_days(31)
    await town.pay(loan, FIRST_DUE_FEN * 2)
    assert await coupons_of(mei) == []
    seen = await queries.invited_by(mei)
    assert (seen.entered, seen.rewarded, seen.held) == (2, 0, 0)


async def test_a_code_is_entered_once_early_and_never_by_its_owner(town: Town) -> None:
    mei, li, wang = await town.join(), await town.join(), await town.join()
    await town.invite(mei, li)
    before = await kept()
    with pytest.raises(InvitedAlready):
        await town.invite(wang, li)
    with pytest.raises(OwnInvitation):
        await town.invite(mei, mei)
    for code, refusal in (("2345-WXYZ", InvitationCodeUnknown), ("nonsense", InvalidInput)):
        command = operations.EnterInvitation(
            borrower_id=wang, code=code, idempotency_key=town.key()
        )
        with pytest.raises(refusal):
            await operations.enter_invitation(command)
    assert await kept() == before
    tried = await asyncio.gather(
        *(town.invite(mei, wang) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(one, str) for one in tried) == 1
    old = await town.join()
    await town.pass_days(8)
    with pytest.raises(InvitationTooLate):
        await town.invite(mei, old)


async def test_shared_phones_rings_and_too_many_wait_for_two_people(town: Town) -> None:
    phone = "d" * 32
    mei, li = await town.join(device=phone), await town.join(device=phone)
    shared = await town.invite(mei, li)
    await town.keep_first_due(li)
    wang, zhao = await town.join(), await town.join()
    ring = [await town.invite(wang, zhao), await town.invite(zhao, wang)]
    for one in (zhao, wang):
        await town.keep_first_due(one)
    held = {one.invitation_id: one for one in await queries.held_invitations()}
    assert held[shared].doubts == (Doubt.SAME_DEVICE,)
    assert Doubt.RING in held[ring[1]].doubts
    assert await coupons_of(mei) == []
    assert (await queries.invited_by(mei)).held == 1

    review = await propose(town, shared, is_grant=True)
    with pytest.raises(RewardReviewWaits):
        await propose(town, shared, is_grant=False)
    before = await kept()
    with pytest.raises(OwnRewardReview):
        await decide(town, review, by=MAKER)
    assert await kept() == before
    answers = await asyncio.gather(
        *(decide(town, review) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, Review) for one in answers) == 1
    assert await coupons_of(mei) == [CouponState.GRANTED]
    await decide(town, await propose(town, ring[1], is_grant=False))
    assert ring[1] not in {one.invitation_id for one in await queries.held_invitations()}
    assert (await queries.invited_by(zhao)).refused == 1
    with pytest.raises(RewardReviewNotOpen):
        await propose(town, ring[1], is_grant=True)

    # What was rewarded and turns out to be a fraud is taken back by two people as well.
    await decide(town, await propose(town, shared, is_grant=False))
    assert await coupons_of(mei) == [CouponState.REVOKED]


async def test_of_five_who_pay_at_once_three_are_rewarded_and_two_wait(town: Town) -> None:
    many = await town.join()
    taken: list[RepaymentTaken] = []
    for _ in range(5):
        friend = await town.join()
        await town.invite(many, friend)
        loan = await town.borrow(friend)
        async with transaction() as tx:
            await servicing.take_payment(
                tx, loan, FIRST_DUE_FEN, repayment_id=f"rp{friend[2:]}", received_on=tx.today
            )
        taken.append(
            RepaymentTaken(
                repayment_id=f"rp{friend[2:]}",
                borrower_id=friend,
                loan_id=loan.loan_id,
                amount_fen=FIRST_DUE_FEN,
                unapplied_fen=0,
                balance_fen=0,
            )
        )

    async def reward(fact: RepaymentTaken) -> None:
        async with transaction() as tx:
            await reward_inviter(tx, fact)

    await asyncio.gather(*(reward(fact) for fact in [*taken, *taken]))
    seen = await queries.invited_by(many)
    assert (seen.rewarded, seen.held, dict(seen.waits)) == (3, 2, {Wait.ENOUGH_FOR_NOW: 2})
    assert await coupons_of(many) == [CouponState.GRANTED] * 3
    assert await budget_of("INVITE_10") == (3_000, 0)
    last = (await queries.held_invitations())[-1]
    assert (last.inviter_id, last.doubts) == (many, (Doubt.TOO_MANY,))
    assert last.state is InvitationState.HELD

    async with transaction() as tx:
        await tx.run("UPDATE reward_budget SET spent_fen = 3000 WHERE borrower_id = ?", [many])
    review, before = await propose(town, last.invitation_id, is_grant=True), await kept()
    with pytest.raises(RewardLimitReached):
        await decide(town, review)
    assert await kept() == before

    async with transaction() as tx:
        book = await policy_book(tx.today)
        known = book.values["reward_coupon_invitation"]
        assert isinstance(known.value, dict)
        more = replace(known, name="reward_coupon_more", value={**known.value, "code": "MORE_10"})
        both = PolicyBook(book.on, {**book.values, more.name: more})
        row = await InvitationRow.get(id=last.invitation_id)
        assert await give_reward(tx, row, both) is Reserved.YES
    assert await budget_of("MORE_10") == (1_000, 0)


async def test_a_coupon_out_of_care_takes_two_people_and_a_campaign(town: Town) -> None:
    mei = await town.join()

    async def care(campaign: str = "CARE_20") -> Review:
        command = operations.ProposeCareCoupon(
            staff_id=MAKER,
            borrower_id=mei,
            campaign=campaign,
            reason=CareReason.OUR_MISTAKE,
            idempotency_key=town.key(),
        )
        async with transaction() as tx:
            return await operations.propose_care(tx, command)

    with pytest.raises(CampaignOver):
        await care("POINTS_5")
    review = await care()
    assert (await queries.waiting_reviews())[0] == review
    with pytest.raises(OwnRewardReview):
        await decide(town, review, by=MAKER)
    await decide(town, review, is_approved=False)
    assert await coupons_of(mei) == []
    decided = await decide(town, await care())
    assert decided.coupon_id is not None
    assert await coupons_of(mei) == [CouponState.GRANTED]
    assert await budget_of("CARE_20") == (2_000, 0)
    with pytest.raises(NotFound):
        await queries.review("rw00000000000000")


async def test_a_coupon_that_somebody_proposed_who_left_is_given_to_nobody(town: Town) -> None:
    mei = await town.join()

    async def care(maker: str) -> Review:
        command = operations.ProposeCareCoupon(
            staff_id=maker,
            borrower_id=mei,
            campaign="CARE_20",
            reason=CareReason.OUR_MISTAKE,
            idempotency_key=town.key(),
        )
        async with transaction() as tx:
            return await operations.propose_care(tx, command)

    review = await care(MAKER)
    async with transaction() as tx:
        await operations.withdraw_proposals(tx, StaffEnded(staff_id=MAKER))
    assert await queries.waiting_reviews() == []
    with pytest.raises(RewardReviewNotOpen):
        await decide(town, review)
    assert await coupons_of(mei) == []
    await decide(town, await care("st00000000other0"))
    assert await coupons_of(mei) == [CouponState.GRANTED]
