"""Origination's part of the staff graph: referred applications and a person's judgement."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.foundation.errors import Forbidden, Refusal
from app.foundation.graphql import (
    Connection,
    Fen,
    Info,
    PlainProblem,
    asked_page,
    checked_id,
    connection_of,
)
from app.origination import operations, queries
from app.origination.graphql.inputs import KEY
from app.origination.graphql.problems import StepOutOfOrderProblem, step_problem
from app.origination.operations.offering import REVIEWERS
from app.origination.rules import commands

First = Annotated[int | None, strawberry.argument(description="How many, 1-100; 20 if left out.")]
After = Annotated[
    str | None, strawberry.argument(description="The endCursor of the page before; null to begin.")
]


@strawberry.type(description="An application that waits for a person; it names nobody.")
class ReferredApplication:
    """A referral."""

    application_id: strawberry.ID = strawberry.field(description="Send it to reviewApplication.")
    product_code: str = strawberry.field(description="The product's stable code.")
    region_code: str = strawberry.field(description="Where it is borrowed.")
    amount: Fen = strawberry.field(description="What was asked for.")
    months: int = strawberry.field(description="For how many months.")
    reasons: list[str] = strawberry.field(description="The scorecard's reason codes.")
    referred_at: datetime = strawberry.field(description="Since when it waits.")

    @classmethod
    def of(cls, referral: queries.Referral) -> "ReferredApplication":
        """Show a referral."""
        return cls(
            application_id=strawberry.ID(referral.application_id),
            product_code=referral.product_code,
            region_code=referral.region_code,
            amount=Fen(referral.amount_fen),
            months=referral.months,
            reasons=list(referral.reasons),
            referred_at=referral.decided_at,
        )


@strawberry.input(description="A person's judgement on a referred application.")
class ReviewApplicationInput:
    """A review."""

    application_id: strawberry.ID = strawberry.field(description="From referredApplications.")
    is_approved: bool = strawberry.field(
        description="Whether the borrower gets offers; declined otherwise."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="The application was settled and the borrower is told.")
class ReviewApplicationSuccess:
    """Settled."""

    application_id: strawberry.ID = strawberry.field(description="Which application.")


ReviewApplicationResult = Annotated[
    ReviewApplicationSuccess | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("ReviewApplicationResult", description="Settled, or why not."),
]


@strawberry.type(description="Origination's queries for staff.")
class StaffOriginationQuery:
    """What risk staff can read."""

    @strawberry.field(
        description="Applications that wait for a person, oldest first; for supervisors and risk."
    )
    async def referred_applications(
        self, info: Info, first: First = None, after: After = None
    ) -> Connection[ReferredApplication] | None:
        """Page through the referrals."""
        if info.context.staff.role not in REVIEWERS:
            raise Forbidden
        ask = asked_page("referrals", first, after)
        page = await queries.referrals(ask)
        return connection_of("referrals", ask, page, ReferredApplication.of)


@strawberry.type(description="Origination's mutations for staff.")
class StaffOriginationMutation:
    """What risk staff can do."""

    @strawberry.mutation(
        description="Settle a referred application by a person's judgement; supervisors and risk."
    )
    async def review_application(
        self,
        info: Info,
        input: Annotated[ReviewApplicationInput, strawberry.argument(description="The judgement.")],
    ) -> ReviewApplicationResult:
        """Settle."""
        try:
            staff = info.context.staff
            application_id = await operations.review_application(
                commands.ReviewApplication(
                    staff_id=staff.staff_id,
                    role=staff.role,
                    application_id=checked_id(
                        input.application_id, "ap", field="input.applicationId"
                    ),
                    is_approved=input.is_approved,
                    idempotency_key=input.idempotency_key,
                )
            )
        except Refusal as refusal:
            return step_problem(info, refusal)
        return ReviewApplicationSuccess(application_id=strawberry.ID(application_id))
