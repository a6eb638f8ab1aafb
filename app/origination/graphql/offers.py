"""Offers as the schema shows them: the plan, what it costs, and why."""

from collections.abc import Mapping
from datetime import date, datetime

import strawberry

from app.catalog.graphql import ProductLender, RepaymentMethod
from app.catalog.graphql.types import shown_rate
from app.catalog.rules import Product
from app.foundation.graphql import Fen, Info, Rate
from app.origination import queries
from app.origination.graphql.amounts import OfOfferRate
from app.origination.graphql.reductions import (
    BorrowerPays,
    OfferReduction,
    left_to_pay,
    paid_by_others,
    reduced_plan,
    taken_off,
)
from app.origination.graphql.words import BetterWay, OfferKind
from app.origination.rules.better import Better
from app.servicing.graphql import (
    ExplainingPlan,
    Explanation,
    OfferAmount,
    OfferInstallmentAmount,
    OfOffer,
    OfOfferInstallment,
    RateExplanation,
)


@strawberry.type(description="One line of an offered plan; its dates are those that are signed.")
class OfferInstallment:
    """An installment of an offer."""

    explaining: strawberry.Private[ExplainingPlan]
    reduced: strawberry.Private[ExplainingPlan]
    number: int = strawberry.field(description="Its place, from 1.")
    due_on: date = strawberry.field(description="When it falls due.")
    principal: Fen = strawberry.field(description="The principal in it.")
    interest: Fen = strawberry.field(description="The interest in it.")
    fees: Fen = strawberry.field(description="The fees in it.")
    total: Fen = strawberry.field(description="What is to be paid, whoever pays it.")
    paid_by_others: Fen = strawberry.field(
        description="What others pay of its interest; the borrower pays the rest of the total."
    )

    @strawberry.field(description="Why one of these amounts is what it is.")
    def explain(self, info: Info, of: OfOfferInstallment) -> Explanation | None:
        """Explain an amount."""
        shown_fen: int = getattr(self, of.name.lower())
        plan = self.reduced if of is OfferInstallmentAmount.PAID_BY_OTHERS else self.explaining
        return plan.explain(info, of.figure, self.number, shown_fen)


@strawberry.type(description="The cheapest way that would serve as well as an offer.")
class BetterOffer:
    """A cheaper way."""

    way: BetterWay = strawberry.field(description="How it costs less.")
    amount: Fen = strawberry.field(description="How much would be borrowed.")
    months: int = strawberry.field(description="For how many months.")
    begins_on: date = strawberry.field(description="When it would be borrowed.")
    cost: Fen = strawberry.field(description="All interest and fees the borrower would pay.")
    saves: Fen = strawberry.field(description="How much less than the offer's that is.")
    paid_by_others: Fen = strawberry.field(
        description="What somebody else would pay of the interest; 0 where nobody does."
    )
    words: str = strawberry.field(description="The same in one sentence.")

    @classmethod
    def of(cls, info: Info, better: Better) -> "BetterOffer":
        """Show a cheaper way in the caller's language."""
        return cls(
            way=BetterWay[better.way.name],
            amount=Fen(better.amount_fen),
            months=better.months,
            begins_on=better.begins_on,
            cost=Fen(better.cost_fen),
            saves=Fen(better.saves_fen),
            paid_by_others=Fen(better.paid_fen),
            words=info.context.text(
                f"origination.better.{better.way.value}",
                amount_fen=better.amount_fen,
                months=better.months,
                begins_on=better.begins_on.isoformat(),
                cost_fen=better.cost_fen,
                saves_fen=better.saves_fen,
            ),
        )


@strawberry.type(description="A loan on offer: immutable, and gone when its time is over.")
class Offer:
    """An offer."""

    explaining: strawberry.Private[ExplainingPlan]
    places: strawberry.Private[Mapping[OfferAmount, int]]
    cheaper: strawberry.Private[Better | None]
    id: strawberry.ID = strawberry.field(description="Send it to acceptOffer.")
    kind: OfferKind = strawberry.field(description="What it is beside what was asked for.")
    amount: Fen = strawberry.field(description="What is lent, in full.")
    months: int = strawberry.field(description="For how many months.")
    method: RepaymentMethod = strawberry.field(description="How it is paid back.")
    annual_rate: Rate = strawberry.field(description="The yearly interest rate.")
    first_payment: Fen = strawberry.field(description="The first installment.")
    largest_payment: Fen = strawberry.field(description="The largest installment.")
    total_interest: Fen = strawberry.field(description="All interest.")
    total_fees: Fen = strawberry.field(description="All fees of every party.")
    total: Fen = strawberry.field(description="Everything paid back.")
    annualized_cost: Rate = strawberry.field(
        description="Interest and all fees as a yearly rate (monthly cost times twelve)."
    )
    installments: list[OfferInstallment] = strawberry.field(
        description="The whole plan, first installment first."
    )
    lenders: list[ProductLender] = strawberry.field(description="Who lends, and which part.")
    paid_by_others: list[OfferReduction] = strawberry.field(
        description="Who else pays a part of the interest, such as the state; empty where nobody"
        " does. Totals, installments and `annualizedCost` are of the whole, whoever pays it."
    )
    you_pay: BorrowerPays | None = strawberry.field(
        description="What is left for the borrower then: show this first; null where others pay"
        " nothing and the totals are the borrower's."
    )
    expires_at: datetime = strawberry.field(description="Until when it can be accepted and signed.")

    @strawberry.field(
        description="The cheapest way that would serve as well: less, shorter, later or subsidized;"
        " null where nothing is cheaper."
    )
    def better(self, info: Info) -> BetterOffer | None:
        """Show the cheaper way."""
        return None if self.cheaper is None else BetterOffer.of(info, self.cheaper)

    @strawberry.field(
        description="Why one of these amounts is what it is, if the money comes on the planned day."
    )
    def explain(self, info: Info, of: OfOffer) -> Explanation | None:
        """Explain an amount."""
        number = self.places.get(of)
        shown_fen: int = getattr(self, of.name.lower())
        return self.explaining.explain(info, of.figure, number, shown_fen)

    @strawberry.field(
        description="Why one of these yearly rates is what it is, if the money comes on the planned"
        " day."
    )
    def explain_rate(self, info: Info, of: OfOfferRate) -> RateExplanation | None:
        """Explain a rate."""
        shown: Rate = getattr(self, of.name.lower())
        return self.explaining.explain_rate(info, of.figure, shown)

    @classmethod
    def of(cls, view: queries.OfferView, product: Product, language: str) -> "Offer":
        """Show an offer of a product."""
        cost = view.cost
        lenders = {one.code: one.name[language] for one in product.funders}
        names = {fee.code: fee.label for fee in product.fees}
        explaining = ExplainingPlan(view.terms, names)
        reduced = reduced_plan(view.terms, view.reductions, names)
        off = taken_off(view.reductions)
        largest = max(cost.installments, key=lambda row: row.total_fen)
        return cls(
            explaining=explaining,
            places={
                OfferAmount.FIRST_PAYMENT: cost.installments[0].number,
                OfferAmount.LARGEST_PAYMENT: largest.number,
            },
            cheaper=view.better,
            id=strawberry.ID(view.offer_id),
            kind=OfferKind[view.kind.name],
            amount=Fen(cost.amount_fen),
            months=cost.months,
            method=RepaymentMethod[view.terms.method.name],
            annual_rate=shown_rate(cost.annual_rate),
            first_payment=Fen(cost.first_payment_fen),
            largest_payment=Fen(cost.largest_payment_fen),
            total_interest=Fen(cost.total_interest_fen),
            total_fees=Fen(cost.total_fees_fen),
            total=Fen(cost.total_fen),
            annualized_cost=shown_rate(cost.annual_cost),
            installments=[
                OfferInstallment(
                    explaining=explaining,
                    reduced=reduced,
                    number=row.number,
                    due_on=row.due_on,
                    principal=Fen(row.principal_fen),
                    interest=Fen(row.interest_fen),
                    fees=Fen(row.fee_fen),
                    total=Fen(row.total_fen),
                    paid_by_others=Fen(off[row.number]),
                )
                for row in cost.installments
            ],
            lenders=[
                ProductLender(code=one.code, name=lenders[one.code], share=Rate(f"{one.share:f}"))
                for one in view.funders
            ],
            paid_by_others=paid_by_others(view.reductions, language),
            you_pay=left_to_pay(view.terms, view.reductions, reduced, language),
            expires_at=view.expires_at,
        )
