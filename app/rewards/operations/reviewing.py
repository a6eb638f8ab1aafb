"""Two people decide on coupons given out of care, and on rewards that were held back."""

from dataclasses import dataclass

from app.catalog.queries import policy_book
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.errors import InvalidInput, NotFound
from app.rewards.errors import (
    CampaignOver,
    OwnRewardReview,
    RewardReviewNotOpen,
    RewardReviewWaits,
)
from app.rewards.models import InvitationRow, ReviewRow
from app.rewards.operations import budgets
from app.rewards.operations.accounts import hold_account
from app.rewards.operations.granting import grant
from app.rewards.operations.inviting import give_reward, take_reward_back
from app.rewards.rules import (
    CareReason,
    InvitationState,
    Review,
    ReviewKind,
    ReviewState,
    Way,
    campaign_named,
    points_policy,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeCareCoupon:
    """A member of staff proposes to give a borrower a coupon."""

    staff_id: str
    borrower_id: str
    campaign: str
    reason: CareReason
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return who proposes."""
        return self.staff_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeInvitationAnswer:
    """A member of staff proposes to give an invitation's reward after all, or not to."""

    staff_id: str
    invitation_id: str
    is_grant: bool
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return who proposes."""
        return self.staff_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRewardReview:
    """A second member of staff decides."""

    staff_id: str
    review_id: str
    is_approved: bool
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return who decides."""
        return self.staff_id


async def propose_care(tx: Transaction, command: ProposeCareCoupon) -> Review:
    """
    Propose a coupon out of care; nothing is given before somebody else approves.

    Raises:
        InvalidInput: The reason is none for a coupon out of care.
        CampaignOver: No such campaign gives coupons out of care today.
        RewardReviewWaits: The same waits already.
    """
    if command.reason is CareReason.LOOKED_AT:
        raise InvalidInput("input.reason", "rewards.reason.care")
    campaign = campaign_named(await policy_book(tx.today), command.campaign)
    if campaign is None or campaign.way is not Way.CARE or not campaign.runs_on(tx.today):
        raise CampaignOver(field="input.campaign")
    return await _propose(
        tx,
        ReviewRow(
            kind=ReviewKind.CARE.value,
            waiting_key=f"care|{command.borrower_id}",
            borrower_id=command.borrower_id,
            campaign=campaign.code,
            is_grant=True,
            reason=command.reason.value,
            maker_id=command.staff_id,
        ),
    )


async def propose_answer(tx: Transaction, command: ProposeInvitationAnswer) -> Review:
    """
    Propose what becomes of an invitation that is held, or whose reward was given to somebody wrong.

    Raises:
        NotFound: There is no such invitation.
        RewardReviewNotOpen: It is not held; or it is to be given and was.
        RewardReviewWaits: It waits for a second person already.
    """
    row = await InvitationRow.get_or_none(id=command.invitation_id)
    if row is None:
        raise NotFound("input.invitationId")
    if InvitationState(row.state) not in _OPEN_TO[command.is_grant]:
        raise RewardReviewNotOpen
    return await _propose(
        tx,
        ReviewRow(
            kind=ReviewKind.INVITATION.value,
            waiting_key=f"invitation|{row.id}",
            borrower_id=row.inviter_id,
            invitation_id=row.id,
            campaign="",
            is_grant=command.is_grant,
            reason=CareReason.LOOKED_AT.value,
            maker_id=command.staff_id,
        ),
    )


async def decide(tx: Transaction, command: DecideRewardReview) -> Review:
    """
    Approve or reject what somebody else proposed; approved, it is done in this transaction.

    Raises:
        NotFound: There is no such proposal.
        OwnRewardReview: The caller proposed it.
        RewardReviewNotOpen: It is decided, or the invitation has changed since.
        CampaignOver: The campaign gives no coupons any more.
        RewardLimitReached: The borrower has had as much of it as one person may.
        RewardBudgetSpent: It has given away all it may.
        Forgotten: The borrower was forgotten.
    """
    row = await ReviewRow.filter(id=command.review_id).select_for_update().get_or_none()
    if row is None:
        raise NotFound("input.reviewId")
    if row.maker_id == command.staff_id:
        raise OwnRewardReview
    if row.state != ReviewState.PROPOSED:
        raise RewardReviewNotOpen
    if command.is_approved:
        await (_give_care if row.kind == ReviewKind.CARE else _answer)(tx, row)
    row.state = (ReviewState.APPROVED if command.is_approved else ReviewState.REJECTED).value
    row.waiting_key = None
    row.checker_id, row.decided_at = command.staff_id, milliseconds(tx.now)
    await row.save()
    return row.as_review()


_OPEN_TO = {
    True: frozenset({InvitationState.HELD}),
    False: frozenset({InvitationState.HELD, InvitationState.REWARDED}),
}
"""Of which invitations a reward may be given, and of which refused or taken back."""


async def _propose(tx: Transaction, row: ReviewRow) -> Review:
    row.id = tx.new_id("rw")
    row.state = ReviewState.PROPOSED.value
    row.proposed_at = milliseconds(tx.now)
    await ReviewRow.bulk_create([row], ignore_conflicts=True)
    kept = await ReviewRow.get_or_none(id=row.id)
    if kept is None:
        raise RewardReviewWaits
    return kept.as_review()


async def _give_care(tx: Transaction, row: ReviewRow) -> None:
    book = await policy_book(tx.today)
    campaign = campaign_named(book, row.campaign)
    if campaign is None or not campaign.runs_on(tx.today):
        raise CampaignOver
    # As for every other coupon: whoever forgets the borrower meanwhile waits, or is seen here.
    await hold_account(tx, row.borrower_id, points_policy(book))
    await budgets.reserve(tx, campaign, row.borrower_id)
    coupon = await grant(tx, campaign, row.borrower_id, source_key=f"care|{row.id}")
    row.coupon_id = coupon.id


async def _answer(tx: Transaction, row: ReviewRow) -> None:
    found = InvitationRow.filter(id=row.invitation_id).select_for_update()
    invitation = await found.get_or_none()
    if invitation is None or InvitationState(invitation.state) not in _OPEN_TO[row.is_grant]:
        raise RewardReviewNotOpen
    book = await policy_book(tx.today)
    if row.is_grant:
        await hold_account(tx, invitation.inviter_id, points_policy(book))
        budgets.check_reserved(await give_reward(tx, invitation, book))
        row.coupon_id = invitation.coupon_id
        return
    if invitation.state == InvitationState.REWARDED:
        await take_reward_back(tx, invitation)
        return
    invitation.state = InvitationState.REFUSED.value
    await invitation.save()
