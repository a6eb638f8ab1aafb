"""What a phone can do about rewards."""

from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import (
    KEY_PER_TAP,
    Info,
    PlainProblem,
    Problem,
    checked_id,
    checked_text,
    problem_of,
    problem_parts,
)
from app.rewards import operations, queries
from app.rewards.errors import PointsShort
from app.rewards.graphql.types import MyInvitation, RewardCoupon, Rewards
from app.servicing import queries as loans
from app.servicing.graphql import loan_ref
from app.servicing.graphql.installments import Installment

CODE_MAX = 24


@strawberry.input(description="Which coupon points are to buy.")
class ExchangePointsInput:
    """An exchange."""

    campaign: str = strawberry.field(description="From the offers of `rewards`.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)


@strawberry.input(description="Which coupon is to be used on which loan; look at couponPreview.")
class RedeemCouponInput:
    """A use."""

    loan_id: strawberry.ID = strawberry.field(description="The loan's id.")
    coupon_id: strawberry.ID = strawberry.field(description="The coupon's id.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)


@strawberry.input(description="Whose code brought the caller here.")
class EnterInvitationInput:
    """A code."""

    code: str = strawberry.field(
        description="As it was told; case, blanks and dashes do not matter."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)


@strawberry.type(description="The coupon is there, and the points are gone.")
class ExchangePointsSuccess:
    """The coupon."""

    coupon: RewardCoupon = strawberry.field(description="It.")
    rewards: Rewards = strawberry.field(description="The caller's rewards now.")


@strawberry.type(description="The coupon is used, and the plan asks less interest.")
class RedeemCouponSuccess:
    """The coupon and the plan."""

    coupon: RewardCoupon = strawberry.field(description="It, with what it took off.")
    installments: list[Installment] = strawberry.field(
        description="The loan's plan now; at most 360."
    )


@strawberry.type(description="The code was taken.")
class EnterInvitationSuccess:
    """Taken."""

    words: str = strawberry.field(
        description="That it was taken, and what happens next; to show. It names nobody."
    )
    invitation: MyInvitation = strawberry.field(description="The caller's own code beside it.")


@strawberry.type(description="There are fewer points than the coupon costs.")
class PointsShortProblem(Problem):
    """Too few."""

    points: int = strawberry.field(description="The points there are.")
    needed: int = strawberry.field(description="The points it costs.")


ExchangePointsResult = Annotated[
    ExchangePointsSuccess | PointsShortProblem | PlainProblem,
    strawberry.union("ExchangePointsResult", description="What became of `exchangePoints`."),
]
RedeemCouponResult = Annotated[
    RedeemCouponSuccess | PlainProblem,
    strawberry.union("RedeemCouponResult", description="What became of `redeemCoupon`."),
]
EnterInvitationResult = Annotated[
    EnterInvitationSuccess | PlainProblem,
    strawberry.union("EnterInvitationResult", description="What became of `enterInvitation`."),
]


@strawberry.type
class RewardsMutation:
    """Rewards' commands."""

    @strawberry.mutation(description="Buy a coupon with points; the points are gone with it.")
    async def exchange_points(
        self,
        info: Info,
        input: Annotated[ExchangePointsInput, strawberry.argument(description="Which.")],
    ) -> ExchangePointsResult:
        """Buy it."""
        borrower_id = info.context.borrower_id
        try:
            coupon_id = await operations.exchange_points(
                operations.ExchangePoints(
                    borrower_id=borrower_id,
                    campaign=checked_text(input.campaign, field="input.campaign", most=CODE_MAX),
                    idempotency_key=input.idempotency_key,
                )
            )
            return ExchangePointsSuccess(
                coupon=RewardCoupon.of(info, await queries.coupon(borrower_id, coupon_id)),
                rewards=await Rewards.of(info, borrower_id),
            )
        except PointsShort as short:
            return PointsShortProblem(
                **problem_parts(info, short), points=short.points, needed=short.needed
            )
        except Refusal as refusal:
            return problem_of(info, refusal)

    @strawberry.mutation(
        description="Use a coupon on a running loan, as `couponPreview` shows it: interest less,"
        " and nothing else changes. A loan given back within its cooling-off gives it back."
    )
    async def redeem_coupon(
        self,
        info: Info,
        input: Annotated[RedeemCouponInput, strawberry.argument(description="Which, on what.")],
    ) -> RedeemCouponResult:
        """Use it."""
        borrower_id = info.context.borrower_id
        try:
            redeemed = await operations.redeem_coupon(
                operations.RedeemCoupon(
                    loan=loan_ref(borrower_id, input.loan_id, field="input.loanId"),
                    coupon_id=checked_id(input.coupon_id, "cu", field="input.couponId"),
                    idempotency_key=input.idempotency_key,
                )
            )
            plan = (await loans.plans_by_loan([redeemed.loan_id]))[0]
            coupon = await queries.coupon(borrower_id, redeemed.coupon_id)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return RedeemCouponSuccess(
            coupon=RewardCoupon.of(info, coupon),
            installments=[Installment.of(line) for line in plan],
        )

    @strawberry.mutation(
        description="Say whose code brought the caller here: once, in the first days after joining"
        " and before applying for a loan. It changes nothing about any loan or its price."
    )
    async def enter_invitation(
        self,
        info: Info,
        input: Annotated[EnterInvitationInput, strawberry.argument(description="The code.")],
    ) -> EnterInvitationResult:
        """Take the code."""
        borrower_id = info.context.borrower_id
        try:
            await operations.enter_invitation(
                operations.EnterInvitation(
                    borrower_id=borrower_id,
                    code=checked_text(input.code, field="input.code", most=CODE_MAX),
                    idempotency_key=input.idempotency_key,
                )
            )
        except Refusal as refusal:
            return problem_of(info, refusal)
        return EnterInvitationSuccess(
            words=info.context.text("rewards.invitation.taken"),
            invitation=await MyInvitation.of(info, borrower_id),
        )
