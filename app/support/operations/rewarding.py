"""Rewards at the desk: coupons out of care, and invitations held back; two people each time."""

from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.database import Transaction, transaction
from app.foundation.paging import Page, PageAsk
from app.identity import queries as identity
from app.identity.queries import check_stepped_up
from app.privacy.rules import Reason, What
from app.rewards import operations as rewards
from app.rewards import queries
from app.rewards.rules import CHECKERS, MAKERS, READERS, PointsEntry, Review
from app.support.operations.browsing import check_no_browsing, noticing_browsing
from app.support.operations.desk import check_borrower, put_on_record, staff_at_desk


async def points_at_desk(
    caller: StaffCaller, borrower_id: str, ask: PageAsk, *, reason: Reason
) -> Page[PointsEntry]:
    """
    Return a page of a borrower's account of points, newest first; the look is on their record.

    Raises:
        Forbidden: The role does not sit at the desk.
        NotFound: There is no such borrower.
        RateLimited: This member of staff has looked at too many borrowers within the hour.
    """
    staff = await staff_at_desk(caller, READERS)
    _ = await identity.profile_of(borrower_id)
    page = await queries.entries_page(borrower_id, ask)
    async with noticing_browsing(staff), transaction() as tx:
        await check_no_browsing(tx, staff)
        await put_on_record(tx, staff, borrower_id, what=What.WHOLE_VIEW, reason=reason)
    return page


async def propose_care_coupon(caller: StaffCaller, command: rewards.ProposeCareCoupon) -> Review:
    """
    Propose to give a borrower a coupon, once per idempotency key.

    Raises:
        Forbidden: The role proposes none.
        NotFound: There is no such borrower.
        CampaignOver: No such campaign gives coupons out of care today.
        RewardReviewWaits: One for this borrower waits already.
        IdempotencyConflict: The key was used for another command.
    """
    _ = await staff_at_desk(caller, MAKERS)
    await check_borrower(command.borrower_id)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await queries.review(claim.answer["review_id"])
        review = await rewards.propose_care(tx, command)
        await _put_in_chain(tx, "reward.proposed", caller, review)
        await claim.settle(tx, {"review_id": review.review_id})
    return review


async def propose_invitation_answer(
    caller: StaffCaller, command: rewards.ProposeInvitationAnswer
) -> Review:
    """
    Propose to give a held invitation's reward, or not to; once per idempotency key.

    Raises:
        Forbidden: The role proposes none.
        NotFound: There is no such invitation.
        RewardReviewNotOpen: It is not held; or it is to be given and was.
        RewardReviewWaits: It waits for a second person already.
        IdempotencyConflict: The key was used for another command.
    """
    _ = await staff_at_desk(caller, MAKERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await queries.review(claim.answer["review_id"])
        review = await rewards.propose_answer(tx, command)
        await _put_in_chain(tx, "reward.proposed", caller, review)
        await claim.settle(tx, {"review_id": review.review_id})
    return review


async def decide_reward_review(caller: StaffCaller, command: rewards.DecideRewardReview) -> Review:
    """
    Approve or reject what a colleague proposed, once per idempotency key.

    Raises:
        Forbidden: The role decides none.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: There is no such proposal.
        OwnRewardReview: The caller proposed it.
        RewardReviewNotOpen: It is decided, or the invitation has changed since.
        CampaignOver: The campaign gives no coupons any more.
        RewardLimitReached: The borrower has had as much of it as one person may.
        RewardBudgetSpent: It has given away all it may.
        IdempotencyConflict: The key was used for another command.
    """
    _ = await staff_at_desk(caller, CHECKERS)
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await queries.review(claim.answer["review_id"])
        review = await rewards.decide(tx, command)
        await _put_in_chain(tx, "reward.decided", caller, review)
        await claim.settle(tx, {"review_id": review.review_id})
    return review


async def _put_in_chain(tx: Transaction, kind: str, caller: StaffCaller, review: Review) -> None:
    about = {
        "review": review.review_id,
        "kind": review.kind.value,
        "is_grant": review.is_grant,
        "state": review.state.value,
    }
    await record(tx, Entry(kind, review.borrower_id, caller.staff_id, about))
