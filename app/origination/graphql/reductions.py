"""Who pays a part of an offer's interest instead of the borrower, and what is left to pay."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import strawberry

from app.catalog.graphql.types import shown_rate
from app.catalog.rules.reductions import Reduction, reduced_cost
from app.foundation.graphql import Fen, Rate
from app.foundation.text import text
from app.loanmath.schedule import Terms
from app.origination.rules.certificate import CostCertificate, payer_name, reduction_name


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

    first_payment: Fen = strawberry.field(description="The first installment.")
    largest_payment: Fen = strawberry.field(description="The largest installment.")
    total: Fen = strawberry.field(description="Everything the borrower pays back.")
    cost: Fen = strawberry.field(description="The interest and fees in it.")
    annualized_cost: Rate = strawberry.field(
        description="That cost as a yearly rate (monthly cost times twelve)."
    )
    conditions: str = strawberry.field(description="When others pay less, in plain words.")


def paid_by_others(reductions: Sequence[Reduction], language: str) -> list[OfferReduction]:
    """Show every party that pays a part."""
    return [OfferReduction.of(one, language) for one in reductions]


def offer_pays(terms: Terms, reductions: Sequence[Reduction], language: str) -> BorrowerPays | None:
    """Show what an offer leaves for the borrower; None where others pay nothing."""
    if not reductions:
        return None
    reduced, off = reduced_cost(terms, reductions), taken_off(reductions)
    payments = [row.total_fen - off[row.number] for row in reduced.cost.installments]
    return BorrowerPays(
        first_payment=Fen(payments[0]),
        largest_payment=Fen(max(payments)),
        total=Fen(reduced.total_fen),
        cost=Fen(reduced.total_fen - terms.principal_fen),
        annualized_cost=shown_rate(reduced.annual_cost),
        conditions=text("origination.paid_by_others.conditions", language),
    )


def certificate_pays(certificate: CostCertificate, language: str) -> BorrowerPays | None:
    """Show what a certificate says is left for the borrower; None where others pay nothing."""
    pays = certificate.borrower_pays
    if pays is None:
        return None
    return BorrowerPays(
        first_payment=Fen(certificate.first_payment_fen),
        largest_payment=Fen(max(certificate.payments_fen)),
        total=Fen(pays.total_fen),
        cost=Fen(pays.total_cost_fen),
        annualized_cost=shown_rate(Decimal(pays.annualized)),
        conditions=pays.conditions[language],
    )


def taken_off(reductions: Sequence[Reduction]) -> Counter[int]:
    """Return what others pay of each installment, all together."""
    off = Counter[int]()
    for one in reductions:
        off.update(dict(one.by_number))
    return off
