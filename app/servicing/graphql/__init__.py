"""Servicing's part of the graph: the caller's loans, and what paying would do."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import strawberry

from app.foundation.errors import NotFound
from app.foundation.graphql import Fen, Info, NodeResolver
from app.foundation.ids import has_id_shape
from app.servicing import queries
from app.servicing.graphql.amounts import (
    OfferAmount,
    OfferInstallmentAmount,
    OfOffer,
    OfOfferInstallment,
    OfPayoffQuote,
    OfReceipt,
)
from app.servicing.graphql.arranging import HardshipMutation
from app.servicing.graphql.corrections import (
    Correction,
    CorrectionAboveLimitProblem,
    CorrectionFigures,
    CorrectionImpossibleProblem,
    CorrectionKind,
    CorrectionProposedAlreadyProblem,
    CorrectionReason,
    CorrectionStaleProblem,
    CorrectionState,
    CorrectionStepProblem,
    CorrectionToday,
    figures_when_proposed,
)
from app.servicing.graphql.explaining import Explaining, ExplainingPlan
from app.servicing.graphql.explanations import Explanation
from app.servicing.graphql.hardship import HardshipQuery
from app.servicing.graphql.previews import PaymentPreview, PreviewPart
from app.servicing.graphql.rates import RateExplanation
from app.servicing.graphql.refs import loan_ref
from app.servicing.graphql.types import (
    Due,
    Installment,
    Loan,
    LoanEvent,
    LoanLender,
    NextInstallment,
    Payoff,
)
from app.servicing.graphql.words import (
    DueKind,
    InstallmentStatus,
    LatenessBucket,
    LoanEventKind,
    LoanStatus,
    PrepaymentMode,
    early_words,
)
from app.servicing.rules import LoanRef

__all__ = [
    "NODES",
    "Correction",
    "CorrectionAboveLimitProblem",
    "CorrectionFigures",
    "CorrectionImpossibleProblem",
    "CorrectionKind",
    "CorrectionProposedAlreadyProblem",
    "CorrectionReason",
    "CorrectionStaleProblem",
    "CorrectionState",
    "CorrectionStepProblem",
    "CorrectionToday",
    "Due",
    "DueKind",
    "Explaining",
    "ExplainingPlan",
    "Explanation",
    "HardshipMutation",
    "Installment",
    "InstallmentStatus",
    "LatenessBucket",
    "Loan",
    "LoanEvent",
    "LoanEventKind",
    "LoanLender",
    "LoanStatus",
    "NextInstallment",
    "OfOffer",
    "OfOfferInstallment",
    "OfPayoffQuote",
    "OfReceipt",
    "OfferAmount",
    "OfferInstallmentAmount",
    "PaymentPreview",
    "Payoff",
    "PrepaymentMode",
    "PreviewPart",
    "RateExplanation",
    "ServicingQuery",
    "early_words",
    "figures_when_proposed",
    "loan_ref",
]

LoanId = Annotated[strawberry.ID, strawberry.argument(description="The loan's id.")]
Amount = Annotated[Fen, strawberry.argument(description="What would be paid, at least 1 fen.")]

Way = Annotated[
    PrepaymentMode | None,
    strawberry.argument(
        description="What money beyond the dues would do. Without one it pays the next installment,"
        " then does what the loan's terms say."
    ),
]
Ways = Annotated[
    list[PrepaymentMode] | None,
    strawberry.argument(description="The ways to compare; all four unless said."),
]


@strawberry.type(description="The caller's loans.")
class ServicingQuery(HardshipQuery):
    """Servicing's part of Query."""

    @strawberry.field(
        description="All loans of the caller, newest first, closed ones too; at most 100."
    )
    async def loans(self, info: Info) -> list[Loan] | None:
        """List the caller's loans."""
        context = info.context
        loans = await queries.loans_of(context.borrower_id, context.today)
        return [Loan.of(one, context.language) for one in loans]

    @strawberry.field(description="One loan of the caller; null when there is none of this id.")
    async def loan(self, info: Info, id: LoanId) -> Loan | None:
        """Find a loan."""
        return await _loan_node(info, id)

    @strawberry.field(
        description="What the caller has to pay by 31 days from now, over all loans, oldest first;"
        " at most 20."
    )
    async def dues(self, info: Info) -> list[Due] | None:
        """List what is to be paid."""
        context = info.context
        upcoming = await queries.upcoming_dues(context.borrower_id, context.today)
        return [Due.of(due, info.context.language) for due in upcoming]

    @strawberry.field(
        description="How an amount paid today would be split, and what would remain; null when the"
        " loan is not the caller's."
    )
    async def payment_preview(
        self, info: Info, loan_id: LoanId, amount: Amount, prepayment: Way = None
    ) -> PaymentPreview | None:
        """Preview a repayment."""
        seen = await _previews(info, loan_id, amount, [prepayment])
        return None if seen is None else seen[0]

    @strawberry.field(
        description="The same amount paid today in several ways, to compare what each would change:"
        " one preview for each way asked about, in that order, at most four. Null when the loan is"
        " not the caller's."
    )
    async def payment_previews(
        self, info: Info, loan_id: LoanId, amount: Amount, prepayments: Ways = None
    ) -> list[PaymentPreview] | None:
        """Preview a repayment in several ways."""
        ways = list(dict.fromkeys(prepayments or PrepaymentMode))
        return await _previews(info, loan_id, amount, ways)

    @strawberry.field(
        description="What would pay the loan off today; null when the loan is not the caller's."
    )
    async def payoff(self, info: Info, loan_id: LoanId) -> Payoff | None:
        """Work out a payoff."""
        ref, today = _ref(info, loan_id), info.context.today
        try:
            loan = await queries.loan(ref, today)
            return Payoff.of(await queries.payoff_on(ref, today), loan)
        except NotFound:
            return None


async def _previews(
    info: Info, loan_id: str, amount_fen: int, ways: Sequence[PrepaymentMode | None]
) -> list[PaymentPreview] | None:
    ref = _ref(info, loan_id)
    modes = [None if way is None else way.mode for way in ways]
    try:
        seen = await queries.previews_of_payment(ref, amount_fen, info.context.today, modes)
    except NotFound:
        return None
    return [PaymentPreview.of(one, ref.loan_id) for one in seen]


def _ref(info: Info, loan_id: str) -> LoanRef:
    return loan_ref(info.context.borrower_id, loan_id, field="loanId")


async def _loan_node(info: Info, loan_id: str) -> Loan | None:
    borrower_id = info.context.borrower_id
    if not has_id_shape(loan_id, "ln"):
        return None
    ref = LoanRef(borrower_id=borrower_id, loan_id=loan_id)
    try:
        return Loan.of(await queries.loan(ref, info.context.today), info.context.language)
    except NotFound:
        return None


NODES: Mapping[str, NodeResolver] = {"ln": _loan_node}
"""Who finds a node of this room, by the two letters its id begins with."""
