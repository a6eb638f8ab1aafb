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
    checked_text,
    connection_of,
)
from app.origination import operations, queries
from app.origination.graphql.inputs import KEY
from app.origination.graphql.problems import StepOutOfOrderProblem, step_problem
from app.origination.graphql.reconciling import (
    StaffReconcilingMutation,
    StaffReconcilingQuery,
)
from app.origination.graphql.watching import StaffWatchQuery
from app.origination.graphql.words import DecisionOutcome
from app.origination.operations.reviewing import REVIEWERS
from app.origination.rules import commands

NOTE_MAX = 500
REASONS_MAX = 5
"""One more than may be given, so that too many are refused and not cut."""

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
    signs: list[str] = strawberry.field(
        description="Codes of the hard rules that spoke, such as CARD_SHARED; for staff alone."
    )
    silent_sources: list[str] = strawberry.field(
        description="Sources of records that gave no answer in time; nothing was guessed for them."
    )
    mitigations: list[str] = strawberry.field(
        description="What stands behind the loan, such as GUARANTOR."
    )
    score: int = strawberry.field(description="The scorecard's points in all.")
    is_taken: bool = strawberry.field(description="Whether a colleague looks at it right now.")
    is_mine: bool = strawberry.field(description="Whether the caller has taken it.")
    proposed_outcome: DecisionOutcome | None = strawberry.field(
        description="What one person proposed where two must agree; null otherwise."
    )
    is_proposed_by_me: bool = strawberry.field(
        description="Whether the caller proposed it, so that somebody else must agree."
    )
    is_signed: bool = strawberry.field(
        description="Whether it was signed before others came to carry its marks: its money waits,"
        " is sent if approved, and given up if declined."
    )
    referred_at: datetime = strawberry.field(description="Since when it waits.")

    @classmethod
    def of(cls, referral: queries.Referral, staff_id: str) -> "ReferredApplication":
        """Show a referral to a member of staff."""
        proposed = referral.proposed_outcome
        return cls(
            signs=list(referral.signs),
            silent_sources=list(referral.silent_sources),
            mitigations=list(referral.mitigations),
            score=referral.score,
            is_taken=referral.taken_by not in {None, staff_id},
            is_mine=referral.taken_by == staff_id,
            proposed_outcome=None if proposed is None else DecisionOutcome[proposed.name],
            is_proposed_by_me=referral.proposed_by == staff_id,
            is_signed=referral.is_signed,
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
    reasons: list[str] = strawberry.field(
        default_factory=list,
        description="Codes of the scorecard's reasons, one to four; the borrower reads its words."
        " Needed to decline; who agrees with a colleague's proposal may leave them out.",
    )
    note: str | None = strawberry.field(
        default=None, description="For colleagues, up to 500 characters; kept sealed."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="The judgement was taken.")
class ReviewApplicationSuccess:
    """Taken."""

    application_id: strawberry.ID = strawberry.field(description="Which application.")
    is_settled: bool = strawberry.field(
        description="Whether it is settled and the borrower is told; for a larger sum a second"
        " person must judge the same first."
    )


@strawberry.input(description="Which referred application to look at.")
class TakeReferredApplicationInput:
    """Taking."""

    application_id: strawberry.ID = strawberry.field(description="From referredApplications.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="The application is the caller's to look at.")
class TakeReferredApplicationSuccess:
    """Taken."""

    application_id: strawberry.ID = strawberry.field(description="Which application.")
    until: datetime = strawberry.field(description="From then on a colleague may take it.")


TakeReferredApplicationResult = Annotated[
    TakeReferredApplicationSuccess | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("TakeReferredApplicationResult", description="Taken, or why not."),
]


ReviewApplicationResult = Annotated[
    ReviewApplicationSuccess | StepOutOfOrderProblem | PlainProblem,
    strawberry.union("ReviewApplicationResult", description="Settled, or why not."),
]


@strawberry.type(description="Origination's queries for staff.")
class StaffOriginationQuery(StaffWatchQuery, StaffReconcilingQuery):
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
        staff_id = info.context.staff.staff_id
        return connection_of(
            "referrals", ask, page, lambda one: ReferredApplication.of(one, staff_id)
        )


@strawberry.type(description="Origination's mutations for staff.")
class StaffOriginationMutation(StaffReconcilingMutation):
    """What risk staff can do."""

    @strawberry.mutation(
        description="Take a referred application to look at, so that no colleague begins too."
    )
    async def take_referred_application(
        self,
        info: Info,
        input: Annotated[TakeReferredApplicationInput, strawberry.argument(description="Which.")],
    ) -> TakeReferredApplicationResult:
        """Take."""
        try:
            staff = info.context.staff
            application_id = checked_id(input.application_id, "ap", field="input.applicationId")
            until = await operations.take_referred(
                commands.TakeReferred(
                    staff_id=staff.staff_id,
                    role=staff.role,
                    application_id=application_id,
                    idempotency_key=input.idempotency_key,
                )
            )
        except Refusal as refusal:
            return step_problem(info, refusal)
        return TakeReferredApplicationSuccess(
            application_id=strawberry.ID(application_id), until=until
        )

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
            reviewed = await operations.review_application(
                commands.ReviewApplication(
                    staff_id=staff.staff_id,
                    role=staff.role,
                    application_id=checked_id(
                        input.application_id, "ap", field="input.applicationId"
                    ),
                    is_approved=input.is_approved,
                    reasons=tuple(input.reasons[:REASONS_MAX]),
                    note=None
                    if input.note is None
                    else checked_text(input.note, field="input.note", most=NOTE_MAX),
                    idempotency_key=input.idempotency_key,
                )
            )
        except Refusal as refusal:
            return step_problem(info, refusal)
        return ReviewApplicationSuccess(
            application_id=strawberry.ID(reviewed.application_id), is_settled=reviewed.is_settled
        )
