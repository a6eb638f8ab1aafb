"""What the graph shows of rewards: points, coupons, what one would do, and invitations."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.catalog.graphql.types import shown_rate
from app.foundation.graphql import (
    Connection,
    Fen,
    Info,
    Rate,
    asked_page,
    connection_of,
    enum_value,
    id_or_none,
)
from app.origination.rules.figures import cost_text
from app.rewards import queries, rules


@strawberry.enum(description="Why points came or went.")
class PointsEntryKind(Enum):
    """Kinds of `rules.PointsKind`."""

    LEARNED = enum_value("LEARNED", "A quiz or a question about the own plan answered right.")
    PAID_ON_TIME = enum_value("PAID_ON_TIME", "An installment paid by its due date.")
    EXCHANGED = enum_value("EXCHANGED", "They bought a coupon.")
    EXPIRED = enum_value("EXPIRED", "Their last day was over.")
    TAKEN_BACK = enum_value("TAKEN_BACK", "What they were for turned out not to have been.")


@strawberry.enum(description="How a coupon stands.")
class RewardCouponState(Enum):
    """States of `rules.CouponState`."""

    GRANTED = enum_value("GRANTED", "It can be used.")
    REDEEMED = enum_value("REDEEMED", "It was used on a loan.")
    EXPIRED = enum_value("EXPIRED", "Its last day is over.")
    REVOKED = enum_value("REVOKED", "It was taken back unused.")


@strawberry.enum(description="How a borrower comes by a coupon.")
class RewardWay(Enum):
    """Ways of `rules.Way`."""

    POINTS = enum_value("POINTS", "Bought with points.")
    INVITATION = enum_value("INVITATION", "Somebody they invited kept a plan.")
    CARE = enum_value("CARE", "Given by us, such as after a mistake of ours.")


@strawberry.type(description="A line of the caller's account of points.")
class PointsEntry:
    """A line."""

    kind: PointsEntryKind = strawberry.field(description="Why.")
    name: str = strawberry.field(description="That in words.")
    points: int = strawberry.field(description="How many; below zero where they went.")
    made_at: datetime = strawberry.field(description="When.")
    expires_on: date | None = strawberry.field(
        description="The last day to use points that came; null where they went."
    )

    @classmethod
    def of(cls, info: Info, entry: rules.PointsEntry) -> "PointsEntry":
        """Show a line."""
        return cls(
            kind=PointsEntryKind(entry.kind.value),
            name=info.context.text(f"rewards.points.{entry.kind.value}"),
            points=entry.points,
            made_at=entry.made_at,
            expires_on=entry.expires_on,
        )


@strawberry.type(
    description="A coupon: so much less interest on one loan of the caller's own, and never less"
    " principal, fees or penalty. It is a condition for nothing."
)
class RewardCoupon:
    """A coupon."""

    id: strawberry.ID = strawberry.field(description="The coupon's id.")
    state: RewardCouponState = strawberry.field(description="How it stands today.")
    way: RewardWay = strawberry.field(description="How the caller came by it.")
    amount: Fen = strawberry.field(description="The most it takes off a loan's interest.")
    expires_on: date = strawberry.field(description="The last day to use it.")
    loan_id: strawberry.ID | None = strawberry.field(
        description="The loan it was used on; null if it was not."
    )
    used: Fen = strawberry.field(description="What it took off; 0 if it was not used.")
    words: str = strawberry.field(description="All of it in a sentence to show.")

    @classmethod
    def of(cls, info: Info, coupon: rules.Coupon) -> "RewardCoupon":
        """Show a coupon."""
        state = coupon.state_on(info.context.today)
        return cls(
            id=strawberry.ID(coupon.coupon_id),
            state=RewardCouponState(state.value),
            way=RewardWay(coupon.way.value),
            amount=Fen(coupon.amount_fen),
            expires_on=coupon.expires_on,
            loan_id=id_or_none(coupon.loan_id),
            used=Fen(coupon.used_fen),
            words=info.context.text(
                f"rewards.coupon.{state.value}",
                amount_fen=coupon.amount_fen,
                used_fen=coupon.used_fen,
                expires_on=coupon.expires_on,
            ),
        )


@strawberry.type(description="A coupon that points buy today.")
class PointsOffer:
    """An offer."""

    campaign: str = strawberry.field(description="Send it to exchangePoints.")
    points: int = strawberry.field(description="What it costs.")
    amount: Fen = strawberry.field(description="The most it takes off a loan's interest.")
    is_within_reach: bool = strawberry.field(description="Whether the caller has the points.")
    words: str = strawberry.field(description="What it is, in plain words.")

    @classmethod
    def of(cls, info: Info, campaign: rules.Campaign, points: int) -> "PointsOffer":
        """Show a campaign."""
        return cls(
            campaign=campaign.code,
            points=campaign.points,
            amount=Fen(campaign.amount_fen),
            is_within_reach=points >= campaign.points,
            words=campaign.meaning[info.context.language],
        )


@strawberry.type(description="The caller's points, coupons, and what points buy.")
class Rewards:
    """Rewards."""

    borrower_id: strawberry.Private[str]
    points: int = strawberry.field(description="The points there are.")
    words: str = strawberry.field(description="How points come and what they buy, in a sentence.")
    coupons: list[RewardCoupon] = strawberry.field(
        description="Those to be used first, soonest to run out; then the latest. At most 50."
    )
    offers: list[PointsOffer] = strawberry.field(
        description="What points buy today; a handful at most."
    )

    @strawberry.field(description="The account of points, newest line first.")
    async def entries(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many, 1 to 100; 20 if null.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The end cursor of the page before.")
        ] = None,
    ) -> Connection[PointsEntry]:
        """Page through the account."""
        list_name = f"points:{self.borrower_id}"
        ask = asked_page(list_name, first, after)
        page = await queries.entries_page(self.borrower_id, ask)
        return connection_of(list_name, ask, page, lambda entry: PointsEntry.of(info, entry))

    @classmethod
    async def of(cls, info: Info, borrower_id: str) -> "Rewards":
        """Show a borrower's rewards."""
        today = info.context.today
        account = await queries.account_of(borrower_id)
        coupons = await queries.coupons_of(borrower_id, today)
        return cls(
            borrower_id=borrower_id,
            points=account.points,
            words=info.context.text("rewards.points.words", points=account.points),
            coupons=[RewardCoupon.of(info, one) for one in coupons],
            offers=[
                PointsOffer.of(info, one, account.points)
                for one in await queries.campaigns_for(rules.Way.POINTS, today)
            ],
        )


@strawberry.type(description="An installment as it would be with a coupon.")
class CouponInstallment:
    """A line of the plan."""

    number: int = strawberry.field(description="Its place in the plan, from 1.")
    due_on: date = strawberry.field(description="The last day to pay it on time.")
    less: Fen = strawberry.field(description="What the coupon takes off its interest.")
    left: Fen = strawberry.field(description="What would be left to pay of it.")


@strawberry.type(
    description="What a coupon would do to a loan today. Asking changes nothing and promises"
    " nothing."
)
class CouponPreview:
    """A coupon as if used."""

    coupon: RewardCoupon = strawberry.field(description="Which.")
    loan_id: strawberry.ID = strawberry.field(description="On which loan.")
    amount: Fen = strawberry.field(description="What it takes off; 0 where there is no interest.")
    lapses: Fen = strawberry.field(description="What of it finds no interest, and would lapse.")
    to_pay: Fen = strawberry.field(description="What would be left to pay if the plan is kept.")
    installments: list[CouponInstallment] = strawberry.field(
        description="The plan as it would be, what is still to be paid of it; at most 360."
    )
    annualized_cost: Rate | None = strawberry.field(
        description="What the loan costs a year with the coupon: of all that was paid so far and"
        " the plan from here on. Null where no one rate says it."
    )
    annualized_cost_without: Rate | None = strawberry.field(
        description="The same without the coupon; never lower."
    )
    words: str = strawberry.field(description="All of it in a sentence or two to show.")

    @classmethod
    def of(cls, info: Info, preview: queries.CouponPreview) -> "CouponPreview":
        """Show a preview."""
        outlook = preview.outlook
        less = dict(outlook.by_number)
        left = [line for line in outlook.lines if line.left_fen > 0 or line.number in less]
        cost, without = outlook.annual_cost, outlook.annual_cost_without
        return cls(
            coupon=RewardCoupon.of(info, preview.coupon),
            loan_id=strawberry.ID(preview.loan_id),
            amount=Fen(outlook.amount_fen),
            lapses=Fen(preview.lapses_fen),
            to_pay=Fen(sum(line.left_fen for line in left)),
            installments=[
                CouponInstallment(
                    number=line.number,
                    due_on=line.payable_on,
                    less=Fen(less.get(line.number, 0)),
                    left=Fen(line.left_fen),
                )
                for line in left
            ],
            annualized_cost=None if cost is None else shown_rate(cost),
            annualized_cost_without=None if without is None else shown_rate(without),
            words=_preview_words(info, preview),
        )


@strawberry.enum(description="Why a reward waits, as far as it says nothing of anybody else.")
class InvitationWaitReason(Enum):
    """Waits of `rules.Wait`."""

    LOOKED_AT = enum_value("LOOKED_AT", "People of ours look at it first.")
    ENOUGH_FOR_NOW = enum_value("ENOUGH_FOR_NOW", "There were enough for now; people look at it.")
    NO_MONEY_LEFT = enum_value("NO_MONEY_LEFT", "The campaign's money is gone for now.")


@strawberry.type(description="Rewards that wait for one reason.")
class InvitationWait:
    """A wait."""

    reason: InvitationWaitReason = strawberry.field(description="Why.")
    count: int = strawberry.field(description="How many.")
    words: str = strawberry.field(description="That in a sentence to show.")


@strawberry.type(
    description="The caller's invitation code, and how many entered it. Nothing is shown of"
    " anybody; nothing is given for borrowing, only once a first installment was paid by its day."
)
class MyInvitation:
    """An inviter's view."""

    code: str | None = strawberry.field(
        description="Eight letters and digits; null until the next thing the caller does, for"
        " whoever joined before there were codes."
    )
    entered: int = strawberry.field(description="How many entered it.")
    rewarded: int = strawberry.field(description="How many rewards came.")
    held: int = strawberry.field(description="How many wait.")
    waits: list[InvitationWait] = strawberry.field(description="Those by why; at most three.")
    refused: int = strawberry.field(description="How many were not given, or taken back.")
    has_entered: bool = strawberry.field(
        description="Whether the caller entered somebody's code themselves."
    )
    words: str = strawberry.field(description="What an invitation is, and how they stand; to show.")

    @classmethod
    async def of(cls, info: Info, borrower_id: str) -> "MyInvitation":
        """Show an inviter's view."""
        account = await queries.account_of(borrower_id)
        has_entered = await queries.has_entered(borrower_id)
        seen, say = await queries.invited_by(borrower_id), info.context.text
        told = [say("rewards.invitation.words")]
        if seen.entered:
            told.append(
                say("rewards.invitation.counted", entered=seen.entered, rewarded=seen.rewarded)
            )
        waits = [
            InvitationWait(
                reason=InvitationWaitReason(reason.value),
                count=count,
                words=say(f"rewards.invitation.{reason.value}", count=count),
            )
            for reason, count in sorted(seen.waits.items())
        ]
        told += [one.words for one in waits]
        if seen.refused:
            told.append(say("rewards.invitation.refused", refused=seen.refused))
        if has_entered:
            told.append(say("rewards.invitation.has_entered"))
        return cls(
            code=account.code,
            entered=seen.entered,
            rewarded=seen.rewarded,
            held=seen.held,
            waits=waits,
            refused=seen.refused,
            has_entered=has_entered,
            words="\n".join(told),
        )


def _preview_words(info: Info, preview: queries.CouponPreview) -> str:
    outlook, say = preview.outlook, info.context.text
    if not outlook.amount_fen:
        return say("rewards.preview.useless")
    number = outlook.by_number[0][0]
    cost, without = outlook.annual_cost, outlook.annual_cost_without
    if cost is None or without is None:
        told = say("rewards.preview.words_plain", amount_fen=outlook.amount_fen, number=number)
    else:
        told = say(
            "rewards.preview.words",
            amount_fen=outlook.amount_fen,
            number=number,
            cost=cost_text(cost),
            without=cost_text(without),
        )
    if not preview.lapses_fen:
        return told
    return "\n".join([told, say("rewards.preview.lapses", lapses_fen=preview.lapses_fen)])
