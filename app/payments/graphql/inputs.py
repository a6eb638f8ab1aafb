"""What payments takes on the graph, and every way it may answer."""

from datetime import date
from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import (
    Fen,
    Info,
    PlainProblem,
    Problem,
    checked_id,
    problem_of,
    problem_parts,
)
from app.payments import operations
from app.payments.errors import AmountAboveBalance, QuoteExpired, QuoteInUse
from app.payments.graphql.types import PayoffQuote, Repayment
from app.servicing.graphql import PrepaymentMode, loan_ref


@strawberry.type(description="The amount is more than closes the loan today.")
class AmountAboveBalanceProblem(Problem):
    """Pay less, or say that more is meant."""

    balance: Fen = strawberry.field(
        description="The most the loan can take today; send this, or set `allowOverpayment`."
    )


@strawberry.type(description="The payoff quote no longer holds; ask for a new one.")
class QuoteExpiredProblem(Problem):
    """The day is over, or the loan has changed."""

    quoted_on: date = strawberry.field(description="The business date the quote was made for.")


@strawberry.type(description="The loan is being paid off, or has been by this quote.")
class QuoteInUseProblem(Problem):
    """Look at the other repayment."""

    repayment_id: strawberry.ID = strawberry.field(description="The repayment that pays it off.")


def repay_problem(
    info: Info, refusal: Refusal
) -> AmountAboveBalanceProblem | QuoteExpiredProblem | QuoteInUseProblem | PlainProblem:
    """Show why a loan can't take what the borrower wishes to pay."""
    match refusal:
        case AmountAboveBalance():
            return AmountAboveBalanceProblem(
                **problem_parts(info, refusal), balance=Fen(refusal.balance_fen)
            )
        case QuoteExpired():
            return QuoteExpiredProblem(**problem_parts(info, refusal), quoted_on=refusal.quoted_on)
        case QuoteInUse():
            return QuoteInUseProblem(
                **problem_parts(info, refusal), repayment_id=strawberry.ID(refusal.repayment_id)
            )
        case _:
            return problem_of(info, refusal)


@strawberry.input(description="A wish to pay towards a loan.")
class RepayInput:
    """What `repay` takes."""

    idempotency_key: strawberry.ID = strawberry.field(
        description="Made by the client for this one wish; sending it again does nothing twice."
    )
    loan_id: strawberry.ID = strawberry.field(description="The loan to pay.")
    amount: Fen = strawberry.field(
        description="How much, from 1 fen to 1,000,000 yuan; with a quote, the quoted amount."
    )
    payoff_quote_id: strawberry.ID | None = strawberry.field(
        default=None, description="The payoff quote to pay, to close the loan."
    )
    allow_overpayment: bool = strawberry.field(
        default=False,
        description="Set once the borrower has confirmed paying more than closes the loan (at most"
        " 50,000 yuan more); what is too much is kept for them.",
    )
    prepayment: PrepaymentMode | None = strawberry.field(
        default=None,
        description="What money beyond the dues does; compare with `paymentPreviews`. Without one"
        " it pays the next installment, then does what the loan's terms say. None with a quote.",
    )
    in_wallet: bool = strawberry.field(
        default=False,
        description="Set in the mini-program of whoever named a wallet: they pay there and then,"
        " by `payInWallet`, rather than by `payLink`.",
    )

    def as_command(self, borrower_id: str) -> operations.Repay:
        """
        Turn it into the command.

        Raises:
            InvalidInput: An id is malformed.
        """
        quote_id = self.payoff_quote_id
        return operations.Repay(
            loan=loan_ref(borrower_id, self.loan_id, field="input.loanId"),
            amount_fen=self.amount,
            idempotency_key=self.idempotency_key,
            payoff_quote_id=None
            if quote_id is None
            else checked_id(quote_id, "pq", field="input.payoffQuoteId"),
            allow_overpayment=self.allow_overpayment,
            prepayment=None if self.prepayment is None else self.prepayment.mode,
            in_wallet=self.in_wallet,
        )


@strawberry.input(description="A question: what closes this loan today, or on a day soon?")
class QuotePayoffInput:
    """What `quotePayoff` takes."""

    idempotency_key: strawberry.ID = strawberry.field(
        description="Made by the client for this one wish; sending it again does nothing twice."
    )
    loan_id: strawberry.ID = strawberry.field(description="The loan to close.")
    on: date | None = strawberry.field(
        default=None,
        description="For which day, up to 30 days ahead; today unless said. It can be paid on that"
        " day only, and if nothing has happened to the loan before.",
    )

    def as_command(self, borrower_id: str) -> operations.QuotePayoff:
        """
        Turn it into the command.

        Raises:
            InvalidInput: The id is malformed.
        """
        return operations.QuotePayoff(
            loan=loan_ref(borrower_id, self.loan_id, field="input.loanId"),
            on=self.on,
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The repayment has begun.")
class RepaySuccess:
    """What `repay` gives."""

    repayment: Repayment = strawberry.field(
        description="As it stood when first asked for: ask for it again by id until it has a"
        " `payLink`, and later its `receipt`."
    )


@strawberry.type(description="The quote was made.")
class QuotePayoffSuccess:
    """What `quotePayoff` gives."""

    quote: PayoffQuote = strawberry.field(description="What closes the loan on that day.")


RepayResult = Annotated[
    RepaySuccess
    | AmountAboveBalanceProblem
    | QuoteExpiredProblem
    | QuoteInUseProblem
    | PlainProblem,
    strawberry.union("RepayResult", description="The repayment, or why there is none."),
]
QuotePayoffResult = Annotated[
    QuotePayoffSuccess | PlainProblem,
    strawberry.union("QuotePayoffResult", description="The quote, or why there is none."),
]
