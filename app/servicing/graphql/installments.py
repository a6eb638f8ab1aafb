"""What the graph shows of installments: a line of a plan, and the one to pay next."""

from datetime import date

import strawberry

from app.foundation.graphql import Fen, Info
from app.loanmath.explain import Figure
from app.servicing import rules
from app.servicing.graphql.amounts import OfInstallment
from app.servicing.graphql.explaining import Explaining
from app.servicing.graphql.explanations import Explanation
from app.servicing.graphql.words import InstallmentStatus


@strawberry.type(description="One line of a loan's installment plan, as it stands today.")
class Installment:
    """An installment."""

    explaining: strawberry.Private[Explaining]
    number: int = strawberry.field(description="Its place in the plan, from 1.")
    due_on: date = strawberry.field(description="The last day to pay it on time.")
    status: InstallmentStatus = strawberry.field(description="How it stands.")
    total: Fen = strawberry.field(description="Everything it asks.")
    paid: Fen = strawberry.field(description="Everything paid of it.")
    left: Fen = strawberry.field(description="What is still to be paid of it: total less paid.")
    principal: Fen = strawberry.field(description="The principal in it.")
    interest: Fen = strawberry.field(description="The interest in it.")
    fee: Fen = strawberry.field(description="The fees in it.")
    cost: Fen = strawberry.field(description="The costs of collecting the loan in it.")
    penalty: Fen = strawberry.field(description="The penalty on it so far, for paying late.")
    waived: Fen = strawberry.field(description="What was forgiven of it; no longer in the total.")
    paid_by_others: Fen = strawberry.field(
        description="What others pay of its interest instead of the borrower, by a subsidy or a"
        " coupon; no longer in the total. Who they are: `paidByOthers` of the loan."
    )
    paid_principal: Fen = strawberry.field(description="What is paid of its principal.")
    paid_interest: Fen = strawberry.field(description="What is paid of its interest.")
    paid_fee: Fen = strawberry.field(description="What is paid of its fees.")
    paid_cost: Fen = strawberry.field(description="What is paid of its costs.")
    paid_penalty: Fen = strawberry.field(description="What is paid of its penalty.")

    @strawberry.field(description="Why one of these amounts is what it is.")
    async def explain(self, info: Info, of: OfInstallment) -> Explanation | None:
        """Explain an amount."""
        shown_fen: int = getattr(self, of.name.lower())
        return await self.explaining.explain(info, of.figure, self.number, shown_fen)

    @classmethod
    def of(cls, line: rules.PlanLine, explaining: Explaining | None = None) -> "Installment":
        """Show a line of a plan; `explaining` where that is another plan than today's."""
        return cls(
            explaining=explaining or Explaining.today(line.loan_id),
            number=line.number,
            due_on=line.payable_on,
            status=InstallmentStatus[line.status.name],
            total=Fen(line.total_fen),
            paid=Fen(line.paid_fen),
            left=Fen(line.left_fen),
            principal=Fen(line.principal_fen),
            interest=Fen(line.interest_fen),
            fee=Fen(line.fee_fen),
            cost=Fen(line.cost_fen),
            penalty=Fen(line.penalty_fen),
            waived=Fen(line.waived_fen),
            paid_by_others=Fen(line.paid_by_others_fen),
            paid_principal=Fen(line.paid_principal_fen),
            paid_interest=Fen(line.paid_interest_fen),
            paid_fee=Fen(line.paid_fee_fen),
            paid_cost=Fen(line.paid_cost_fen),
            paid_penalty=Fen(line.paid_penalty_fen),
        )


@strawberry.type(description="The installment to pay next: the oldest that is not fully paid.")
class NextInstallment:
    """What to pay next."""

    explaining: strawberry.Private[Explaining]
    number: int = strawberry.field(description="Its place in the plan, from 1.")
    due_on: date = strawberry.field(description="The last day to pay it on time.")
    amount: Fen = strawberry.field(description="What is left of it, penalty included.")

    @strawberry.field(description="Why `amount` is what it is.")
    async def explain(self, info: Info) -> Explanation | None:
        """Explain the amount."""
        left = Figure.INSTALLMENT_LEFT
        return await self.explaining.explain(info, left, self.number, self.amount)
