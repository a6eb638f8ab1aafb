"""What paying would do, shown before it is done: one way or several beside each other."""

from datetime import date

import strawberry

from app.foundation.graphql import Fen, Info
from app.loanmath.explain import Figure
from app.servicing import rules
from app.servicing.graphql.amounts import OfPreview
from app.servicing.graphql.explaining import Explaining
from app.servicing.graphql.explanations import Explanation
from app.servicing.graphql.types import NextInstallment
from app.servicing.graphql.words import DueKind, PrepaymentMode, early_words
from app.servicing.queries import AskedPreview, ToExplain


@strawberry.type(description="Where a part of a repayment would go.")
class PreviewPart:
    """One line of the split."""

    explaining: strawberry.Private[Explaining]
    installment_number: int = strawberry.field(description="The installment it would pay.")
    kind: DueKind = strawberry.field(description="What of it.")
    amount: Fen = strawberry.field(description="How much.")

    @strawberry.field(description="Why `amount` is what it is.")
    async def explain(self, info: Info) -> Explanation | None:
        """Explain the amount."""
        figure = Figure(f"REPAYMENT_{self.kind.name}")
        number = self.installment_number
        return await self.explaining.explain(info, figure, number, self.amount)


@strawberry.type(
    description="What a repayment made today would do. Asking changes nothing and promises nothing."
)
class PaymentPreview:
    """A repayment as if made."""

    seen: strawberry.Private[rules.PaymentPreview]
    explaining: strawberry.Private[Explaining]
    amount: Fen = strawberry.field(description="The amount asked about.")
    principal: Fen = strawberry.field(description="How much of it would repay principal.")
    interest: Fen = strawberry.field(description="How much of it would pay interest.")
    fee: Fen = strawberry.field(description="How much of it would pay fees.")
    cost: Fen = strawberry.field(description="How much of it would pay costs of collecting.")
    penalty: Fen = strawberry.field(description="How much of it would pay penalty.")
    unapplied: Fen = strawberry.field(
        description="What would find nothing to pay; it stays the borrower's own money."
    )
    parts: list[PreviewPart] = strawberry.field(
        description="The split line by line, in order; at most four lines an installment."
    )
    balance_after: Fen = strawberry.field(
        description="What would then be left to pay if the plan is kept."
    )
    due_now_after: Fen = strawberry.field(description="What would still be due today.")
    next_installment_after: NextInstallment | None = strawberry.field(
        description="What would be paid next; null if nothing would be owed."
    )
    installments_left: int = strawberry.field(
        description="How many installments would not be fully paid."
    )
    closes_loan: bool = strawberry.field(description="Whether it would pay the loan off.")
    prepayment: PrepaymentMode | None = strawberry.field(
        description="The way of paying early that was asked about; null when none was named."
    )
    closes_on_after: date | None = strawberry.field(
        description="When the last installment would be paid; null if nothing would be left."
    )
    interest_saved: Fen = strawberry.field(
        description="How much less interest the plan would ask in all than without this repayment,"
        " if it is kept from then on."
    )

    @strawberry.field(
        description="What paying early would change, in a sentence or two to show the borrower;"
        " null when the amount only pays what is due."
    )
    def early_effect(self, info: Info) -> str | None:
        """Say what would change."""
        return None if self.seen.early is None else early_words(info, self.seen.early)

    @strawberry.field(description="Why one of these amounts is what it is.")
    async def explain(self, info: Info, of: OfPreview) -> Explanation | None:
        """Explain an amount."""
        shown_fen: int = getattr(self, of.name.lower())
        return await self.explaining.explain(info, of.figure, None, shown_fen)

    @classmethod
    def of(cls, seen: rules.PaymentPreview, loan_id: str) -> "PaymentPreview":
        """Show a preview."""
        asked = AskedPreview(seen.amount_fen, seen.prepayment)
        explaining = Explaining.fixed(ToExplain(loan_id=loan_id, on=seen.on, preview=asked))
        return cls(
            explaining=explaining,
            amount=Fen(seen.amount_fen),
            principal=Fen(seen.principal_fen),
            interest=Fen(seen.interest_fen),
            fee=Fen(seen.fee_fen),
            cost=Fen(seen.cost_fen),
            penalty=Fen(seen.penalty_fen),
            unapplied=Fen(seen.unapplied_fen),
            parts=[
                PreviewPart(
                    explaining=explaining,
                    installment_number=part.installment_number,
                    kind=DueKind[part.kind.name],
                    amount=Fen(part.amount_fen),
                )
                for part in seen.allocations
            ],
            balance_after=Fen(seen.balance_after_fen),
            due_now_after=Fen(seen.due_now_after_fen),
            next_installment_after=None
            if seen.next_due_on is None
            else NextInstallment(standing=seen, explaining=explaining),
            installments_left=seen.installments_left,
            closes_loan=seen.closes_loan,
            prepayment=None if seen.prepayment is None else PrepaymentMode[seen.prepayment.name],
            closes_on_after=seen.closes_on,
            interest_saved=Fen(max(seen.interest_saved_fen, 0)),
            seen=seen,
        )
