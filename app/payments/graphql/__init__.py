"""Payments on the borrower's graph: pay, ask for a payoff quote, look at repayments."""

from collections.abc import Mapping
from typing import Annotated

import strawberry

from app.foundation.errors import NotFound, Refusal
from app.foundation.graphql import (
    Connection,
    Info,
    NodeResolver,
    asked_page,
    connection_of,
    problem_of,
)
from app.payments import operations, queries
from app.payments.graphql.card_repayments import CardRepaymentMutation
from app.payments.graphql.cash.borrower import CashMutation, CashQuery
from app.payments.graphql.certificate import CertificateQuery, certificate_node
from app.payments.graphql.inputs import (
    QuotePayoffInput,
    QuotePayoffResult,
    QuotePayoffSuccess,
    RepayInput,
    RepayResult,
    RepaySuccess,
    repay_problem,
)
from app.payments.graphql.mandates import MandateMutation, MandateQuery, mandate_node
from app.payments.graphql.refunds import RefundsMutation, RefundsQuery, refund_node
from app.payments.graphql.returning import ReturnMutation, ReturnQuery
from app.payments.graphql.types import PayoffQuote, Repayment
from app.payments.rules import RepaymentRef
from app.servicing.graphql import loan_ref

RepaymentId = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
LoanId = Annotated[strawberry.ID, strawberry.argument(description="The loan's id.")]
First = Annotated[
    int | None, strawberry.argument(description="How many, 1 to 100; 20 unless said.")
]
After = Annotated[str | None, strawberry.argument(description="The cursor after which to go on.")]
What = Annotated[RepayInput, strawberry.argument(description="What to pay.")]
Which = Annotated[QuotePayoffInput, strawberry.argument(description="Which loan to close.")]


@strawberry.type(description="Looking at repayments.")
class PaymentsQuery(CertificateQuery, RefundsQuery, MandateQuery, ReturnQuery, CashQuery):
    """Payments' part of Query."""

    @strawberry.field(description="One repayment of the caller's; null when there is none.")
    async def repayment(
        self,
        info: Info,
        id: RepaymentId,
    ) -> Repayment | None:
        """Find a repayment."""
        return await _repayment_node(info, id)

    @strawberry.field(
        description="A loan's repayments, newest first; empty when the loan is not the caller's."
    )
    async def repayments(
        self,
        info: Info,
        loan_id: LoanId,
        first: First = None,
        after: After = None,
    ) -> Connection[Repayment] | None:
        """Page through a loan's repayments."""
        loan = loan_ref(info.context.borrower_id, loan_id, field="loanId")
        list_name = f"repayments:{loan.borrower_id}:{loan.loan_id}"
        ask = asked_page(list_name, first, after)
        page = await queries.repayments_of(loan, ask)
        return connection_of(list_name, ask, page, Repayment.of)


@strawberry.type(description="Paying.")
class PaymentsMutation(
    RefundsMutation, MandateMutation, ReturnMutation, CardRepaymentMutation, CashMutation
):
    """Payments' part of Mutation."""

    @strawberry.mutation(
        description="Pay towards a loan; safe to send again with the same key. The money is asked"
        " for through the mobile-payment provider and counts once it has arrived."
    )
    async def repay(
        self,
        info: Info,
        input: What,
    ) -> RepayResult:
        """Start a repayment."""
        try:
            view = await operations.repay(input.as_command(info.context.borrower_id))
        except Refusal as refusal:
            return repay_problem(info, refusal)
        return RepaySuccess(repayment=Repayment.of(view))

    @strawberry.mutation(
        description="Ask what closes a loan today, or on a day soon. Paying the quote by `repay` on"
        " that day leaves exactly nothing owed."
    )
    async def quote_payoff(
        self,
        info: Info,
        input: Which,
    ) -> QuotePayoffResult:
        """Make a payoff quote."""
        try:
            quote = await operations.quote_payoff(input.as_command(info.context.borrower_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return QuotePayoffSuccess(quote=PayoffQuote.of(quote))


async def _repayment_node(info: Info, repayment_id: str) -> Repayment | None:
    ref = RepaymentRef(borrower_id=info.context.borrower_id, repayment_id=repayment_id)
    try:
        return Repayment.of(await queries.repayment(ref))
    except NotFound:
        return None


NODES: Mapping[str, NodeResolver] = {
    "am": mandate_node,
    "rp": _repayment_node,
    "rf": refund_node,
    "pc": certificate_node,
}
"""Which ids this room finds again."""
