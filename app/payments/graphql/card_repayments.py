"""Paying once from the bank card on file, on the borrower's graph."""

from typing import Annotated

import strawberry

from app.foundation.caller import BorrowerCaller
from app.foundation.errors import Refusal
from app.foundation.graphql import Fen, Info, PlainProblem, Problem, checked_id, problem_parts
from app.identity.errors import WrongCode
from app.identity.graphql.intents import ApprovalInput
from app.identity.graphql.types import WrongCodeProblem
from app.payments import operations
from app.payments.errors import DebitUnderWay
from app.payments.graphql.inputs import (
    AmountAboveBalanceProblem,
    QuoteExpiredProblem,
    QuoteInUseProblem,
    repay_problem,
)
from app.payments.graphql.types import Repayment
from app.servicing.graphql import PrepaymentMode, loan_ref


@strawberry.type(description="The card is being debited for this loan already.")
class DebitUnderWayProblem(Problem):
    """Look at the other repayment."""

    repayment_id: strawberry.ID = strawberry.field(description="The repayment it is debited for.")


@strawberry.input(description="A borrower's approved wish to pay from the card on file.")
class RepayFromCardInput:
    """What `repayFromCard` takes."""

    idempotency_key: strawberry.ID = strawberry.field(
        description="Made by the client for this one wish; sending it again does nothing twice."
    )
    loan_id: strawberry.ID = strawberry.field(description="The loan to pay.")
    amount: Fen = strawberry.field(
        description="How much, at most what closes the loan; with a quote, the quoted amount."
    )
    approval: ApprovalInput = strawberry.field(
        description="Of an intent to REPAY_FROM_CARD of the same loan and amount; see beginIntent."
    )
    payoff_quote_id: strawberry.ID | None = strawberry.field(
        default=None, description="The payoff quote to pay, to close the loan."
    )
    prepayment: PrepaymentMode | None = strawberry.field(
        default=None,
        description="What money beyond the dues does; compare with `paymentPreviews`. None with a"
        " quote.",
    )

    def as_command(self, caller: BorrowerCaller) -> operations.RepayFromCard:
        """
        Turn it into the command.

        Raises:
            InvalidInput: An id is malformed.
        """
        quote_id = self.payoff_quote_id
        return operations.RepayFromCard(
            loan=loan_ref(caller.borrower_id, self.loan_id, field="input.loanId"),
            amount_fen=self.amount,
            caller=caller,
            approval=self.approval.as_approval(),
            idempotency_key=self.idempotency_key,
            payoff_quote_id=None
            if quote_id is None
            else checked_id(quote_id, "pq", field="input.payoffQuoteId"),
            prepayment=None if self.prepayment is None else self.prepayment.mode,
        )


@strawberry.type(description="The bank is asked to debit the card; the money counts once it came.")
class RepayFromCardSuccess:
    """What `repayFromCard` gives."""

    repayment: Repayment = strawberry.field(
        description="As it stood when first asked for: ask for it again by id until it has a"
        " `receipt`, or `explanation` says why nothing was taken."
    )


RepayFromCardResult = Annotated[
    RepayFromCardSuccess
    | AmountAboveBalanceProblem
    | QuoteExpiredProblem
    | QuoteInUseProblem
    | DebitUnderWayProblem
    | WrongCodeProblem
    | PlainProblem,
    strawberry.union("RepayFromCardResult", description="The repayment, or why there is none."),
]


@strawberry.type(description="Paying from the card on file.")
class CardRepaymentMutation:
    """The part of Mutation about paying from the card."""

    @strawberry.mutation(
        description="Pay towards a loan from the bank card on file, once; the bank debits it now."
        " Get the approval by `beginIntent` with `repayFromCard`."
    )
    async def repay_from_card(
        self,
        info: Info,
        input: Annotated[
            RepayFromCardInput, strawberry.argument(description="What to pay, and its approval.")
        ],
    ) -> RepayFromCardResult:
        """Start a debit of the card."""
        try:
            begun = await operations.repay_from_card(input.as_command(info.context.borrower))
        except DebitUnderWay as refusal:
            return DebitUnderWayProblem(
                **problem_parts(info, refusal), repayment_id=strawberry.ID(refusal.repayment_id)
            )
        except Refusal as refusal:
            return repay_problem(info, refusal)
        if isinstance(begun, WrongCode):
            return WrongCodeProblem.of(info, begun)
        return RepayFromCardSuccess(repayment=Repayment.of(begun))
