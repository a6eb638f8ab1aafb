"""What the graph shows of installments: a line of a plan, and the one to pay next."""

from collections.abc import Mapping
from datetime import date

import strawberry

from app.foundation.graphql import Fen, Info, shown
from app.loanmath.explain import Figure
from app.loanmath.life import InstallmentStatus as Status
from app.servicing import rules
from app.servicing.graphql.amounts import OfInstallment
from app.servicing.graphql.explaining import Explaining
from app.servicing.graphql.explanations import Explanation
from app.servicing.graphql.words import InstallmentStatus

_STATUSES: Mapping[Status, InstallmentStatus] = {one: InstallmentStatus[one.name] for one in Status}


@strawberry.type(description="One line of a loan's installment plan, as it stands today.")
class Installment:
    """An installment."""

    line: strawberry.Private[rules.PlanLine]
    explaining: strawberry.Private[Explaining]
    number: int = shown("line.number", description="Its place in the plan, from 1.")
    due_on: date = shown("line.payable_on", description="The last day to pay it on time.")
    status: InstallmentStatus = shown("line.status", by=_STATUSES, description="How it stands.")
    total: Fen = shown("line.total_fen", description="Everything it asks.")
    paid: Fen = shown("line.paid_fen", description="Everything paid of it.")
    left: Fen = shown(
        "line.left_fen", description="What is still to be paid of it: total less paid."
    )
    principal: Fen = shown("line.principal_fen", description="The principal in it.")
    interest: Fen = shown("line.interest_fen", description="The interest in it.")
    fee: Fen = shown("line.fee_fen", description="The fees in it.")
    cost: Fen = shown("line.cost_fen", description="The costs of collecting the loan in it.")
    penalty: Fen = shown(
        "line.penalty_fen", description="The penalty on it so far, for paying late."
    )
    waived: Fen = shown(
        "line.waived_fen", description="What was forgiven of it; no longer in the total."
    )
    paid_by_others: Fen = shown(
        "line.paid_by_others_fen",
        description="What others pay of its interest instead of the borrower, by a subsidy or a"
        " coupon; no longer in the total. Who they are: `paidByOthers` of the loan.",
    )
    paid_principal: Fen = shown(
        "line.paid_principal_fen", description="What is paid of its principal."
    )
    paid_interest: Fen = shown(
        "line.paid_interest_fen", description="What is paid of its interest."
    )
    paid_fee: Fen = shown("line.paid_fee_fen", description="What is paid of its fees.")
    paid_cost: Fen = shown("line.paid_cost_fen", description="What is paid of its costs.")
    paid_penalty: Fen = shown("line.paid_penalty_fen", description="What is paid of its penalty.")

    @strawberry.field(description="Why one of these amounts is what it is.")
    async def explain(self, info: Info, of: OfInstallment) -> Explanation | None:
        """Explain an amount."""
        shown_fen: int = getattr(self, of.name.lower())()
        return await self.explaining.explain(info, of.figure, self.line.number, shown_fen)

    @classmethod
    def of(cls, line: rules.PlanLine, explaining: Explaining | None = None) -> "Installment":
        """Show a line of a plan; `explaining` where that is another plan than today's."""
        return cls(line=line, explaining=explaining or Explaining.today(line.loan_id))


@strawberry.type(description="The installment to pay next: the oldest that is not fully paid.")
class NextInstallment:
    """What to pay next."""

    standing: strawberry.Private[rules.LoanSummary | rules.PaymentPreview]
    explaining: strawberry.Private[Explaining]
    number: int = shown("standing.next_number", description="Its place in the plan, from 1.")
    due_on: date = shown("standing.next_due_on", description="The last day to pay it on time.")
    amount: Fen = shown(
        "standing.next_amount_fen", description="What is left of it, penalty included."
    )

    @strawberry.field(description="Why `amount` is what it is.")
    async def explain(self, info: Info) -> Explanation | None:
        """Explain the amount."""
        left, loan = Figure.INSTALLMENT_LEFT, self.standing
        return await self.explaining.explain(info, left, loan.next_number, loan.next_amount_fen)
