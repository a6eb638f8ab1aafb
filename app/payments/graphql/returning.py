"""Giving a loan back within its cooling-off days, on the borrower's graph."""

from datetime import date
from typing import Annotated

import strawberry

from app.foundation.caller import BorrowerCaller
from app.foundation.errors import NotFound, Refusal
from app.foundation.graphql import Fen, Info, PlainProblem, problem_of, problem_parts
from app.identity.errors import WrongCode
from app.identity.graphql.intents import ApprovalInput
from app.identity.graphql.types import WrongCodeProblem
from app.loanmath.money import capitals
from app.payments import operations
from app.payments.errors import QuoteInUse
from app.payments.graphql.inputs import QuoteInUseProblem
from app.payments.graphql.types import Repayment
from app.servicing import queries as servicing
from app.servicing.graphql import loan_ref

LoanId = Annotated[strawberry.ID, strawberry.argument(description="The loan's id.")]


@strawberry.type(
    description="What giving a loan back takes today: its principal, without interest or fees."
)
class ReturnOffer:
    """An offer to take a loan back."""

    until: date = strawberry.field(description="The last day on which it can be given back so.")
    amount: Fen = strawberry.field(
        description="What goes back: principal, less what was repaid so far."
    )
    amount_in_capitals: str = strawberry.field(
        description="The amount in Chinese capital characters (大写)."
    )
    saves: Fen = strawberry.field(
        description="What paying the loan off in the usual way would cost more today."
    )
    explanation: str = strawberry.field(description="All of it as a sentence or two to show.")


@strawberry.input(description="A borrower's approved wish to give a loan back.")
class ReturnLoanInput:
    """What `returnLoan` takes."""

    idempotency_key: strawberry.ID = strawberry.field(
        description="Made by the client for this one wish; sending it again does nothing twice."
    )
    loan_id: strawberry.ID = strawberry.field(description="The loan to give back.")
    approval: ApprovalInput = strawberry.field(
        description="Of an intent to RETURN_LOAN of the same day; see beginIntent."
    )

    def as_command(self, caller: BorrowerCaller) -> operations.ReturnLoan:
        """
        Turn it into the command.

        Raises:
            InvalidInput: An id is malformed.
        """
        return operations.ReturnLoan(
            loan=loan_ref(caller.borrower_id, self.loan_id, field="input.loanId"),
            caller=caller,
            approval=self.approval.as_approval(),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The money is asked for; once it is there, the loan is closed.")
class ReturnLoanSuccess:
    """What `returnLoan` gives."""

    repayment: Repayment = strawberry.field(
        description="As it stood when first asked for: ask for it again by id until it has a"
        " `payLink`, and later its `receipt`."
    )


ReturnLoanResult = Annotated[
    ReturnLoanSuccess | QuoteInUseProblem | WrongCodeProblem | PlainProblem,
    strawberry.union("ReturnLoanResult", description="The repayment, or why there is none."),
]


@strawberry.type(description="Looking at what giving a loan back takes.")
class ReturnQuery:
    """The part of Query about giving loans back."""

    @strawberry.field(
        description="What giving the loan back takes today; null when its cooling-off days are"
        " over, its agreement grants none, it is closed, or it is not the caller's."
    )
    async def return_offer(self, info: Info, loan_id: LoanId) -> ReturnOffer | None:
        """Work the offer out."""
        ref = loan_ref(info.context.borrower_id, loan_id, field="loanId")
        try:
            offer = await servicing.return_offer(ref, info.context.today)
        except NotFound:
            return None
        if offer is None:
            return None
        return ReturnOffer(
            until=offer.until,
            amount=Fen(offer.amount_fen),
            amount_in_capitals=capitals(offer.amount_fen),
            saves=Fen(offer.saves_fen),
            explanation=info.context.text(
                "payments.return_offer.explanation",
                amount_fen=offer.amount_fen,
                saves_fen=offer.saves_fen,
                until=offer.until,
            ),
        )


@strawberry.type(description="Giving loans back.")
class ReturnMutation:
    """The part of Mutation about giving loans back."""

    @strawberry.mutation(
        description="Give a loan back within its cooling-off days: pay its principal, and interest"
        " and fees were never owed. Get the approval by `beginIntent` with `returnLoan`; then pay"
        " the repayment as any other."
    )
    async def return_loan(
        self,
        info: Info,
        input: Annotated[
            ReturnLoanInput, strawberry.argument(description="Which loan, and its approval.")
        ],
    ) -> ReturnLoanResult:
        """Start the repayment that gives a loan back."""
        try:
            begun = await operations.return_loan(input.as_command(info.context.borrower))
        except QuoteInUse as refusal:
            return QuoteInUseProblem(
                **problem_parts(info, refusal), repayment_id=strawberry.ID(refusal.repayment_id)
            )
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(begun, WrongCode):
            return WrongCodeProblem.of(info, begun)
        return ReturnLoanSuccess(repayment=Repayment.of(begun))
