"""Rewards on the staff graph: campaigns and their money, what is held, and two people's answers."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import (
    KEY_PER_CLICK,
    Connection,
    Fen,
    Info,
    PlainProblem,
    asked_page,
    checked_id,
    checked_text,
    connection_of,
    enum_value,
    id_or_none,
    problem_of,
)
from app.privacy.graphql import LookReason
from app.privacy.rules import Reason
from app.rewards import operations as rewards
from app.rewards import queries, rules
from app.rewards.graphql.types import PointsEntry, RewardWay
from app.support.operations import rewarding
from app.support.operations.desk import staff_at_desk

CODE_MAX = 24


@strawberry.enum(description="Why an invitation's reward waits for two people.")
class InvitationDoubt(Enum):
    """Doubts of `rules.Doubt`."""

    SAME_DEVICE = enum_value("SAME_DEVICE", "Both joined on one phone.")
    SAME_PHONE = enum_value("SAME_PHONE", "The number was another person's of late.")
    SAME_ACCOUNT = enum_value("SAME_ACCOUNT", "Both have one card or wallet.")
    SAME_ADDRESS = enum_value("SAME_ADDRESS", "Both live at one address.")
    BY_AGENT = enum_value("BY_AGENT", "An agent filled the application in.")
    RING = enum_value("RING", "Invitations lead back to where they came from.")
    STAR = enum_value("STAR", "Several invited by one person share a phone, card or address.")
    TOO_MANY = enum_value("TOO_MANY", "More than come by themselves in a month, or in all.")
    BUDGET = enum_value("BUDGET", "The campaign has no money left, or none runs.")


@strawberry.enum(description="What a proposal about rewards is about.")
class RewardReviewKind(Enum):
    """Kinds of `rules.ReviewKind`."""

    CARE = enum_value("CARE", "A coupon given out of care.")
    INVITATION = enum_value("INVITATION", "An invitation's reward.")


@strawberry.enum(description="How a proposal about rewards stands.")
class RewardReviewState(Enum):
    """States of `rules.ReviewState`."""

    PROPOSED = enum_value("PROPOSED", "It waits for a second person.")
    APPROVED = enum_value("APPROVED", "It was done.")
    REJECTED = enum_value("REJECTED", "It was not.")


@strawberry.enum(description="Why a coupon is given out of care.")
class CareReason(Enum):
    """Reasons of `rules.CareReason`."""

    OUR_MISTAKE = enum_value("OUR_MISTAKE", "We made a mistake.")
    LONG_WAIT = enum_value("LONG_WAIT", "The borrower waited too long for us.")
    OUTAGE = enum_value("OUTAGE", "Our system was away.")
    DISASTER = enum_value("DISASTER", "A disaster struck where they live.")
    LOOKED_AT = enum_value("LOOKED_AT", "Of an invitation: somebody looked at its doubts.")


@strawberry.type(description="A campaign of coupons and its money; a dated policy value.")
class RewardCampaign:
    """A campaign."""

    code: str = strawberry.field(description="Its stable name.")
    way: RewardWay = strawberry.field(description="How borrowers come by its coupons.")
    words: str = strawberry.field(description="What it is, in plain words.")
    amount: Fen = strawberry.field(description="What one coupon takes off at most.")
    points: int = strawberry.field(description="What one costs in points; 0 if none buy it.")
    until: date = strawberry.field(description="The last day on which it gives any.")
    is_running: bool = strawberry.field(description="Whether it gives coupons today.")
    budget: Fen = strawberry.field(description="What all its coupons together may cost.")
    person_max: Fen = strawberry.field(description="What those of one person may.")
    reserved: Fen = strawberry.field(description="Promised by coupons not used yet.")
    spent: Fen = strawberry.field(description="Taken off borrowers' interest.")
    left: Fen = strawberry.field(description="What it may still promise.")
    coupons: int = strawberry.field(description="How many coupons it gave.")

    @classmethod
    def of(cls, info: Info, standing: queries.CampaignStanding) -> "RewardCampaign":
        """Show a campaign."""
        one = standing.campaign
        used_fen = standing.reserved_fen + standing.spent_fen
        return cls(
            code=one.code,
            way=RewardWay(one.way.value),
            words=one.meaning[info.context.language],
            amount=Fen(one.amount_fen),
            points=one.points,
            until=one.until,
            is_running=standing.is_running,
            budget=Fen(one.budget_fen),
            person_max=Fen(one.person_max_fen),
            reserved=Fen(standing.reserved_fen),
            spent=Fen(standing.spent_fen),
            left=Fen(max(one.budget_fen - used_fen, 0)),
            coupons=standing.coupons,
        )


@strawberry.type(description="An invitation whose reward waits; it names nobody but by id.")
class HeldInvitation:
    """What waits."""

    id: strawberry.ID = strawberry.field(description="Send it to answerInvitation.")
    inviter_id: strawberry.ID = strawberry.field(description="Who invited.")
    invited_id: strawberry.ID = strawberry.field(description="Who was invited.")
    doubts: list[InvitationDoubt] = strawberry.field(description="Why it waits; at most nine.")
    entered_at: datetime = strawberry.field(description="When the code was entered.")

    @classmethod
    def of(cls, held: queries.HeldInvitation) -> "HeldInvitation":
        """Show an invitation."""
        return cls(
            id=strawberry.ID(held.invitation_id),
            inviter_id=strawberry.ID(held.inviter_id),
            invited_id=strawberry.ID(held.invited_id),
            doubts=[InvitationDoubt(one.value) for one in held.doubts],
            entered_at=held.entered_at,
        )


@strawberry.type(description="A proposal about rewards, which a second person decides.")
class RewardReview:
    """A proposal."""

    id: strawberry.ID = strawberry.field(description="Send it to decideRewardReview.")
    kind: RewardReviewKind = strawberry.field(description="What it is about.")
    borrower_id: strawberry.ID = strawberry.field(description="Who would get the coupon.")
    invitation_id: strawberry.ID | None = strawberry.field(
        description="The invitation it is about; null if it is about none."
    )
    campaign: str | None = strawberry.field(
        description="The campaign of a coupon out of care; else null."
    )
    is_grant: bool = strawberry.field(
        description="Whether the coupon is to be given, or the invitation's reward refused or"
        " taken back."
    )
    reason: CareReason = strawberry.field(description="Why.")
    state: RewardReviewState = strawberry.field(description="How it stands.")
    maker_id: strawberry.ID = strawberry.field(description="Who proposed it.")
    proposed_at: datetime = strawberry.field(description="When.")
    checker_id: strawberry.ID | None = strawberry.field(
        description="Who decided; null while it waits."
    )
    decided_at: datetime | None = strawberry.field(description="When; null while it waits.")
    coupon_id: strawberry.ID | None = strawberry.field(
        description="The coupon that was given; null if none was."
    )

    @classmethod
    def of(cls, review: rules.Review) -> "RewardReview":
        """Show a proposal."""
        return cls(
            id=strawberry.ID(review.review_id),
            kind=RewardReviewKind(review.kind.value),
            borrower_id=strawberry.ID(review.borrower_id),
            invitation_id=id_or_none(review.invitation_id),
            campaign=review.campaign or None,
            is_grant=review.is_grant,
            reason=CareReason(review.reason.value),
            state=RewardReviewState(review.state.value),
            maker_id=strawberry.ID(review.maker_id),
            proposed_at=review.proposed_at,
            checker_id=id_or_none(review.checker_id),
            decided_at=review.decided_at,
            coupon_id=id_or_none(review.coupon_id),
        )


@strawberry.input(description="A coupon to be given out of care.")
class ProposeCareCouponInput:
    """A proposal."""

    borrower_id: strawberry.ID = strawberry.field(description="To whom.")
    campaign: str = strawberry.field(description="From which campaign: one of the way CARE.")
    reason: CareReason = strawberry.field(description="Why.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.input(description="What is to become of an invitation's reward.")
class AnswerInvitationInput:
    """A proposal."""

    invitation_id: strawberry.ID = strawberry.field(description="From heldInvitations.")
    is_grant: bool = strawberry.field(
        description="Whether it is to be given. False refuses it, and takes one back that was given"
        " as far as it was not used."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.input(description="A second person's answer to a proposal about rewards.")
class DecideRewardReviewInput:
    """Yes or no."""

    review_id: strawberry.ID = strawberry.field(description="From rewardReviews; somebody else's.")
    is_approved: bool = strawberry.field(description="Whether it is to be done.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="The proposal waits for a second person.")
class ProposeCareCouponSuccess:
    """The proposal."""

    review: RewardReview = strawberry.field(description="It.")


@strawberry.type(description="The proposal waits for a second person.")
class AnswerInvitationSuccess:
    """The proposal."""

    review: RewardReview = strawberry.field(description="It.")


@strawberry.type(description="The proposal is settled.")
class DecideRewardReviewSuccess:
    """The proposal."""

    review: RewardReview = strawberry.field(description="It.")


ProposeCareCouponResult = Annotated[
    ProposeCareCouponSuccess | PlainProblem,
    strawberry.union("ProposeCareCouponResult", description="What became of it."),
]
AnswerInvitationResult = Annotated[
    AnswerInvitationSuccess | PlainProblem,
    strawberry.union("AnswerInvitationResult", description="What became of it."),
]
DecideRewardReviewResult = Annotated[
    DecideRewardReviewSuccess | PlainProblem,
    strawberry.union("DecideRewardReviewResult", description="What became of it."),
]


@strawberry.type
class StaffRewardsQuery:
    """The part of Query about rewards."""

    @strawberry.field(
        description="Campaigns of coupons that policy names today, with their money; at most a"
        " handful. New ones are proposed and published as policy values."
    )
    async def reward_campaigns(self, info: Info) -> list[RewardCampaign] | None:
        """List them."""
        await staff_at_desk(info.context.staff, rules.READERS)
        return [RewardCampaign.of(info, one) for one in await queries.campaigns()]

    @strawberry.field(
        description="Invitations whose reward waits for two people, oldest first, at most a"
        " hundred."
    )
    async def held_invitations(self, info: Info) -> list[HeldInvitation] | None:
        """List them."""
        await staff_at_desk(info.context.staff, rules.READERS)
        return [HeldInvitation.of(one) for one in await queries.held_invitations()]

    @strawberry.field(
        description="Proposals about rewards that wait for a second person, oldest first, at most"
        " a hundred."
    )
    async def reward_reviews(self, info: Info) -> list[RewardReview] | None:
        """List them."""
        await staff_at_desk(info.context.staff, rules.READERS)
        return [RewardReview.of(one) for one in await queries.waiting_reviews()]

    @strawberry.field(
        description="A borrower's account of points, newest line first; the look is on the"
        " borrower's record."
    )
    async def borrower_points(
        self,
        info: Info,
        borrower_id: Annotated[strawberry.ID, strawberry.argument(description="Whose.")],
        reason: Annotated[LookReason, strawberry.argument(description="Why one looks.")],
        first: Annotated[
            int | None, strawberry.argument(description="How many, 1 to 100; 20 if null.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The end cursor of the page before.")
        ] = None,
    ) -> Connection[PointsEntry] | None:
        """Page through the account."""
        checked = checked_id(borrower_id, "br", field="borrowerId")
        list_name = f"points:{checked}"
        ask = asked_page(list_name, first, after)
        page = await rewarding.points_at_desk(
            info.context.staff, checked, ask, reason=Reason(reason.value)
        )
        return connection_of(list_name, ask, page, lambda entry: PointsEntry.of(info, entry))


@strawberry.type
class StaffRewardsMutation:
    """The part of Mutation about rewards."""

    @strawberry.mutation(
        description="Propose to give a borrower a coupon out of care; a second person decides."
    )
    async def propose_care_coupon(
        self,
        info: Info,
        input: Annotated[ProposeCareCouponInput, strawberry.argument(description="Which, whom.")],
    ) -> ProposeCareCouponResult:
        """Propose."""
        try:
            staff = info.context.staff
            command = rewards.ProposeCareCoupon(
                staff_id=staff.staff_id,
                borrower_id=checked_id(input.borrower_id, "br", field="input.borrowerId"),
                campaign=checked_text(input.campaign, field="input.campaign", most=CODE_MAX),
                reason=rules.CareReason(input.reason.value),
                idempotency_key=input.idempotency_key,
            )
            review = await rewarding.propose_care_coupon(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ProposeCareCouponSuccess(review=RewardReview.of(review))

    @strawberry.mutation(
        description="Propose what becomes of an invitation's reward; a second person decides."
    )
    async def answer_invitation(
        self,
        info: Info,
        input: Annotated[AnswerInvitationInput, strawberry.argument(description="Which, what.")],
    ) -> AnswerInvitationResult:
        """Propose."""
        try:
            staff = info.context.staff
            command = rewards.ProposeInvitationAnswer(
                staff_id=staff.staff_id,
                invitation_id=checked_id(input.invitation_id, "iv", field="input.invitationId"),
                is_grant=input.is_grant,
                idempotency_key=input.idempotency_key,
            )
            review = await rewarding.propose_invitation_answer(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return AnswerInvitationSuccess(review=RewardReview.of(review))

    @strawberry.mutation(
        description="Approve or reject a colleague's proposal about rewards, after `staffStepUp`;"
        " approved, it is done at once."
    )
    async def decide_reward_review(
        self,
        info: Info,
        input: Annotated[DecideRewardReviewInput, strawberry.argument(description="The answer.")],
    ) -> DecideRewardReviewResult:
        """Decide."""
        try:
            staff = info.context.staff
            command = rewards.DecideRewardReview(
                staff_id=staff.staff_id,
                review_id=checked_id(input.review_id, "rw", field="input.reviewId"),
                is_approved=input.is_approved,
                idempotency_key=input.idempotency_key,
            )
            review = await rewarding.decide_reward_review(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return DecideRewardReviewSuccess(review=RewardReview.of(review))
