"""Who pays a part of an offer's interest instead of the borrower, and what is left to pay."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import Annotated

import strawberry

from app.catalog.graphql.types import shown_rate
from app.catalog.rules.reductions import Reduction, reduced_cost
from app.foundation.graphql import Fen, Info, Rate
from app.foundation.text import text
from app.loanmath.explain import Figure
from app.loanmath.schedule import Terms
from app.origination.rules.certificate import CostCertificate, payer_name, reduction_name
from app.origination.rules.reductions import as_agreed
from app.servicing.graphql import ExplainingPlan, Explanation
from app.servicing.graphql.figures import described
from app.servicing.queries import FeeNames
from app.servicing.rules import agreed_events

_LATER = datetime(2100, 1, 1, tzinfo=UTC)
"""Recorded behind the money, of the same day."""


@strawberry.enum(description="An amount of what the borrower pays.")
class BorrowerPaysAmount(Enum):
    """Amounts of `BorrowerPays`."""

    FIRST_PAYMENT = described("FIRST_PAYMENT", "`firstPayment`")
    LARGEST_PAYMENT = described("LARGEST_PAYMENT", "`largestPayment`")
    TOTAL = described("TOTAL", "`total`")
    COST = described("COST", "`cost`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        return {
            BorrowerPaysAmount.FIRST_PAYMENT: Figure.INSTALLMENT_TOTAL,
            BorrowerPaysAmount.LARGEST_PAYMENT: Figure.INSTALLMENT_TOTAL,
            BorrowerPaysAmount.TOTAL: Figure.LOAN_TOTAL,
            BorrowerPaysAmount.COST: Figure.LOAN_CHARGES,
        }[self]


OfBorrowerPays = Annotated[BorrowerPaysAmount, strawberry.argument(description="Which amount.")]


@strawberry.type(description="What somebody else pays of one installment's interest.")
class OfferReductionPart:
    """A part of it."""

    number: int = strawberry.field(description="The installment's place in the plan, from 1.")
    amount: Fen = strawberry.field(description="How much of its interest.")


@strawberry.type(description="Somebody else who pays a part of the interest: the state, or we.")
class OfferReduction:
    """A paying party."""

    payer: str = strawberry.field(description="The payer's stable code.")
    payer_name: str = strawberry.field(description="The payer's name.")
    code: str = strawberry.field(description="What it is called among the loan's parts.")
    name: str = strawberry.field(description="That in words: a subsidy, a coupon.")
    amount: Fen = strawberry.field(description="All of it, if every payment is on time.")
    parts: list[OfferReductionPart] = strawberry.field(
        description="Installment by installment; at most 360."
    )
    words: str = strawberry.field(description="The same in one sentence.")

    @classmethod
    def of(cls, one: Reduction, language: str) -> "OfferReduction":
        """Show what one party pays."""
        payer, name = payer_name(one.payer)[language], reduction_name(one.payer)[language]
        return cls(
            payer=one.payer,
            payer_name=payer,
            code=one.code,
            name=name,
            amount=Fen(one.total_fen),
            parts=[
                OfferReductionPart(number=number, amount=Fen(fen)) for number, fen in one.by_number
            ],
            words=text(
                "servicing.paid_by.words",
                language,
                name=name,
                payer=payer,
                amount_fen=one.total_fen,
            ),
        )


@strawberry.type(
    description="What is left for the borrower where others pay a part of the interest; no bill of"
    " an installment paid on time is above it."
)
class BorrowerPays:
    """What the borrower pays."""

    plan_of: strawberry.Private[Callable[[Info], Awaitable[ExplainingPlan | None]]]
    places: strawberry.Private[Mapping[BorrowerPaysAmount, int]]
    first_payment: Fen = strawberry.field(description="The first installment.")
    largest_payment: Fen = strawberry.field(description="The largest installment.")
    total: Fen = strawberry.field(description="Everything the borrower pays back.")
    cost: Fen = strawberry.field(description="The interest and fees in it.")
    annualized_cost: Rate = strawberry.field(
        description="That cost as a yearly rate (monthly cost times twelve)."
    )
    conditions: str = strawberry.field(description="When others pay less, in plain words.")

    @strawberry.field(
        description="Why one of these amounts is what it is, if the money comes on the planned day."
    )
    async def explain(self, info: Info, of: OfBorrowerPays) -> Explanation | None:
        """Explain an amount."""
        shown_fen: int = getattr(self, of.name.lower())
        plan = await self.plan_of(info)
        return (
            None if plan is None else plan.explain(info, of.figure, self.places.get(of), shown_fen)
        )

    @classmethod
    def of(
        cls,
        certificate: CostCertificate,
        language: str,
        plan_of: Callable[[Info], Awaitable[ExplainingPlan | None]],
    ) -> "BorrowerPays | None":
        """Show what a certificate leaves for the borrower; None where others pay nothing."""
        pays = certificate.borrower_pays
        if pays is None:
            return None
        numbers = [row[0] for row in certificate.plan]
        payments = certificate.payments_fen
        largest = max(range(len(payments)), key=lambda place: payments[place])
        return cls(
            plan_of=plan_of,
            places={
                BorrowerPaysAmount.FIRST_PAYMENT: numbers[0],
                BorrowerPaysAmount.LARGEST_PAYMENT: numbers[largest],
            },
            first_payment=Fen(payments[0]),
            largest_payment=Fen(payments[largest]),
            total=Fen(pays.total_fen),
            cost=Fen(pays.total_cost_fen),
            annualized_cost=shown_rate(Decimal(pays.annualized)),
            conditions=pays.conditions[language],
        )


def paid_by_others(reductions: Sequence[Reduction], language: str) -> list[OfferReduction]:
    """Show every party that pays a part."""
    return [OfferReduction.of(one, language) for one in reductions]


def left_to_pay(
    terms: Terms, reductions: Sequence[Reduction], plan: ExplainingPlan, language: str
) -> BorrowerPays | None:
    """Show what an offer leaves for the borrower; None where others pay nothing."""
    if not reductions:
        return None
    reduced, off = reduced_cost(terms, reductions), taken_off(reductions)
    rows = reduced.cost.installments
    payments = {row.number: row.total_fen - off[row.number] for row in rows}
    first, largest = rows[0].number, max(payments, key=lambda number: payments[number])

    async def plan_of(_: Info) -> ExplainingPlan:
        return plan

    return BorrowerPays(
        plan_of=plan_of,
        places={
            BorrowerPaysAmount.FIRST_PAYMENT: first,
            BorrowerPaysAmount.LARGEST_PAYMENT: largest,
        },
        first_payment=Fen(payments[first]),
        largest_payment=Fen(payments[largest]),
        total=Fen(reduced.total_fen),
        cost=Fen(reduced.total_fen - terms.principal_fen),
        annualized_cost=shown_rate(reduced.annual_cost),
        conditions=text("origination.paid_by_others.conditions", language),
    )


def reduced_plan(terms: Terms, reductions: Sequence[Reduction], names: FeeNames) -> ExplainingPlan:
    """Return the plan less what others pay, ready to be asked."""
    begun = terms.drawdowns[0].on if terms.drawdowns else terms.disbursed_on
    places = count(1)
    events = agreed_events(
        as_agreed(reductions, terms),
        new_id=lambda kind: f"{kind}{next(places)}",
        on=begun,
        recorded_at=_LATER,
    )
    return ExplainingPlan(terms, names, more=events)


def taken_off(reductions: Sequence[Reduction]) -> Counter[int]:
    """Return what others pay of each installment, all together."""
    off = Counter[int]()
    for one in reductions:
        off.update(dict(one.by_number))
    return off
