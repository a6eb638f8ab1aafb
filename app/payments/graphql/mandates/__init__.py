"""Auto-debit on the borrower's graph: read the words, agree, look, change, end."""

from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Fen, Info, problem_of, problem_parts
from app.identity.errors import WrongCode
from app.identity.graphql.types import WrongCodeProblem
from app.payments import operations, queries
from app.payments.errors import MandateExists
from app.payments.graphql.mandates.inputs import (
    ChangeAutoDebitInput,
    ChangeAutoDebitResult,
    ChangeAutoDebitSuccess,
    MandateExistsProblem,
    RevokeAutoDebitInput,
    RevokeAutoDebitResult,
    RevokeAutoDebitSuccess,
    SetUpAutoDebitInput,
    SetUpAutoDebitResult,
    SetUpAutoDebitSuccess,
)
from app.payments.graphql.mandates.types import AutoDebit, AutoDebitText
from app.payments.graphql.types import Repayment
from app.payments.rules import RepaymentRef
from app.servicing.graphql import loan_ref
from app.servicing.rules import LoanRef

LoanId = Annotated[strawberry.ID, strawberry.argument(description="The loan's id.")]
Cap = Annotated[
    Fen, strawberry.argument(description="The most to be debited at a time, 1 yuan at least.")
]
CapPerMonth = Annotated[
    Fen | None, strawberry.argument(description="The most in a calendar month, if wanted too.")
]
Floor = Annotated[
    Fen | None,
    strawberry.argument(
        description="What must be left on the card; the policy's least unless said."
    ),
]


@strawberry.type(description="Looking at automatic debits.")
class MandateQuery:
    """Auto-debit's part of Query."""

    @strawberry.field(
        description="The text to show before `setUpAutoDebit` or `changeAutoDebit`, for these"
        " figures and the borrower's card of today."
    )
    async def auto_debit_text(
        self,
        info: Info,
        loan_id: LoanId,
        cap_per_debit: Cap,
        cap_per_month: CapPerMonth = None,
        living_money_floor: Floor = None,
    ) -> AutoDebitText | None:
        """Write out what would be agreed to."""
        words, caps = await queries.mandate_offered(
            _loan(info, loan_id),
            cap_per_debit_fen=cap_per_debit,
            cap_per_month_fen=cap_per_month,
            floor_fen=living_money_floor,
            language=info.context.language,
        )
        return AutoDebitText.of(words, caps)

    @strawberry.field(
        description="A loan's newest mandate, which may have ended; null when there never was one,"
        " or the loan is not the caller's."
    )
    async def auto_debit(self, info: Info, loan_id: LoanId) -> AutoDebit | None:
        """Find a loan's mandate."""
        view = await queries.mandate_of(_loan(info, loan_id))
        return None if view is None else AutoDebit.of(view)


@strawberry.type(description="Agreeing to automatic debits, and ending them.")
class MandateMutation:
    """Auto-debit's part of Mutation."""

    @strawberry.mutation(
        description="Agree that what falls due on a loan is debited from the borrower's card. Show"
        " `autoDebitText` first and send its hash; nothing is taken on the day it is set up."
    )
    async def set_up_auto_debit(
        self,
        info: Info,
        input: Annotated[
            SetUpAutoDebitInput, strawberry.argument(description="What was agreed to.")
        ],
    ) -> SetUpAutoDebitResult:
        """Set up a mandate."""
        try:
            view = await operations.set_up_auto_debit(input.as_command(info.context.borrower))
        except MandateExists as refusal:
            return MandateExistsProblem(
                **problem_parts(info, refusal), auto_debit_id=strawberry.ID(refusal.mandate_id)
            )
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(view, WrongCode):
            return WrongCodeProblem.of(info, view)
        return SetUpAutoDebitSuccess(auto_debit=AutoDebit.of(view))

    @strawberry.mutation(
        description="Agree anew: on other figures, on a new card, or after a pause. All figures are"
        " stated again; show `autoDebitText` first and send its hash."
    )
    async def change_auto_debit(
        self,
        info: Info,
        input: Annotated[
            ChangeAutoDebitInput, strawberry.argument(description="What was agreed to.")
        ],
    ) -> ChangeAutoDebitResult:
        """Change a mandate."""
        try:
            view = await operations.change_auto_debit(input.as_command(info.context.borrower))
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(view, WrongCode):
            return WrongCodeProblem.of(info, view)
        return ChangeAutoDebitSuccess(auto_debit=AutoDebit.of(view))

    @strawberry.mutation(
        description="End automatic debits at once: a debit not yet sent to the bank is not sent."
    )
    async def revoke_auto_debit(
        self,
        info: Info,
        input: Annotated[RevokeAutoDebitInput, strawberry.argument(description="Which to end.")],
    ) -> RevokeAutoDebitResult:
        """End a mandate."""
        borrower_id = info.context.borrower_id
        try:
            ended = await operations.revoke_auto_debit(input.as_command(borrower_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        say, under_way = info.context.text, None
        explanation = say(f"payments.mandate.{ended.mandate.status.value}")
        if ended.under_way_id is not None:
            ref = RepaymentRef(borrower_id=borrower_id, repayment_id=ended.under_way_id)
            under_way = Repayment.of(await queries.repayment(ref))
            explanation += say("payments.mandate.UNDER_WAY")
        return RevokeAutoDebitSuccess(
            auto_debit=AutoDebit.of(ended.mandate), under_way=under_way, explanation=explanation
        )


async def mandate_node(info: Info, mandate_id: str) -> AutoDebit | None:
    """Find a mandate of the caller's again by its id."""
    view = await queries.mandate(info.context.borrower_id, mandate_id)
    return None if view is None else AutoDebit.of(view)


def _loan(info: Info, loan_id: str) -> LoanRef:
    return loan_ref(info.context.borrower_id, loan_id, field="loanId")
