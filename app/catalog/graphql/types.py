"""Regions and products as the schema shows them, worded in the caller's language."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

import strawberry

from app.catalog import rules
from app.catalog.graphql.words import (
    ConsentKind,
    HandedField,
    LoanNeed,
    LoanPayee,
    RepaymentMethod,
)
from app.catalog.rules import OfferedProduct, PolicyBook, RegionPack
from app.foundation.errors import Refusal
from app.foundation.graphql import Fen, Node, Rate
from app.foundation.text import text

RATE_STEP = Decimal("0.0001")
"""Rates are shown to a hundredth of a percent, as on contracts."""


WantedAmount = Annotated[Fen, strawberry.argument(description="What would be borrowed.")]
WantedMonths = Annotated[int, strawberry.argument(description="For how many months.")]


def shown_rate(rate: Decimal) -> Rate:
    """Return a rate as people read it: four decimals, half up."""
    return Rate(str(rate.quantize(RATE_STEP, ROUND_HALF_UP)))


@strawberry.type(description="A province or county where one can borrow.")
class Region:
    """A region."""

    code: str = strawberry.field(description="GB/T 2260 code, six digits; pass it as regionCode.")
    parent_code: str | None = strawberry.field(
        description="The province's code; null if this is a province."
    )
    name: str = strawberry.field(description="Its name.")
    note: str = strawberry.field(description="One sentence on how lending goes there.")

    @classmethod
    def of(cls, pack: RegionPack, language: str) -> "Region":
        """Show a region's pack."""
        return cls(
            code=pack.code,
            parent_code=pack.parent,
            name=pack.name[language],
            note=pack.note[language],
        )


@strawberry.type(description="What may be borrowed, in fen.")
class AmountRange:
    """Bounds."""

    minimum: Fen = strawberry.field(description="The least.")
    maximum: Fen = strawberry.field(description="The most, before anybody's limit is known.")
    step: Fen = strawberry.field(description="Amounts are multiples of this.")
    typical: Fen = strawberry.field(description="Where a slider should start.")


@strawberry.type(description="A lender and its part of every loan of a product.")
class ProductLender:
    """A funder's share."""

    code: str = strawberry.field(description="The lender's stable code.")
    name: str = strawberry.field(description="The lender's name.")
    share: Rate = strawberry.field(description="Its part of the whole; all parts sum to 1.")


@strawberry.type(description="Something taken besides interest; it is part of the yearly cost.")
class ProductFee:
    """A fee."""

    code: str = strawberry.field(description="The charge's code in the cost certificate.")
    label: str = strawberry.field(description="What it is called.")
    collected_by: str = strawberry.field(description="Who takes it.")
    base: str = strawberry.field(
        description="FIXED: an amount. PRINCIPAL: a part of the amount borrowed."
        " BALANCE: a yearly part of what is still owed."
    )
    amount: Fen = strawberry.field(description="The amount, if base is FIXED; else 0.")
    rate: Rate = strawberry.field(description="The part, if base is not FIXED; else 0.")


@strawberry.type(description="That another lends it: we only hand over, on separate consent.")
class ProductReferral:
    """A referral."""

    lender: ProductLender = strawberry.field(description="Who lends all of it; we lend nothing.")
    data: list[HandedField] = strawberry.field(
        description="All that would be handed over: exactly these, and never anything else."
    )
    answers_within_days: int = strawberry.field(
        description="When the lender says at the latest whether it goes on."
    )
    sentence: str = strawberry.field(
        description="That we are not the lender, who is, what they get, what it costs, in the"
        " borrower's language; show it above everything else."
    )

    @classmethod
    def of(cls, product: rules.Product, language: str) -> "ProductReferral | None":
        """Show a referral; None where we lend."""
        referral = product.referral
        if not isinstance(referral, rules.Referral):
            return None
        lender = _lender(product.funders[0], language)
        join = text("catalog.referral.join", language)
        rates = sorted(product.price.tiers.values())
        sentence = text(
            "catalog.referral.sentence",
            language,
            lender=lender.name,
            data=join.join(text(f"catalog.handed.{one}", language) for one in referral.data),
            lowest=f"{rates[0] * 100:.2f}",
            highest=f"{rates[-1] * 100:.2f}",
            days=referral.answers_within_days,
        )
        return cls(
            lender=lender,
            data=[HandedField[one.name] for one in referral.data],
            answers_within_days=referral.answers_within_days,
            sentence=sentence,
        )


@strawberry.type(description="Everything one pays for an amount, if every payment is on time.")
class WholeCost:
    """The cost in all."""

    amount: Fen = strawberry.field(description="What is borrowed.")
    months: int = strawberry.field(description="For how many months.")
    annual_rate: Rate = strawberry.field(description="The yearly interest rate reckoned with.")
    monthly_payment: Fen = strawberry.field(
        description="The whole repayment divided by the months: what to put aside each month."
    )
    first_payment: Fen = strawberry.field(description="The first installment.")
    largest_payment: Fen = strawberry.field(description="The largest installment.")
    total_interest: Fen = strawberry.field(description="All interest.")
    total_fees: Fen = strawberry.field(description="All fees of every party.")
    total: Fen = strawberry.field(description="Amount, interest and fees together.")
    annualized_cost: Rate = strawberry.field(
        description="Interest and all fees as a yearly rate (monthly cost times twelve)."
    )

    @classmethod
    def of(cls, cost: rules.WholeCost) -> "WholeCost":
        """Show a whole cost."""
        return cls(
            amount=Fen(cost.amount_fen),
            months=cost.months,
            annual_rate=shown_rate(cost.annual_rate),
            monthly_payment=Fen(cost.monthly_payment_fen),
            first_payment=Fen(cost.first_payment_fen),
            largest_payment=Fen(cost.largest_payment_fen),
            total_interest=Fen(cost.total_interest_fen),
            total_fees=Fen(cost.total_fees_fen),
            total=Fen(cost.total_fen),
            annualized_cost=shown_rate(cost.annual_cost),
        )


@strawberry.type(description="A product as it is offered in a region: one immutable version.")
class Product(Node):
    """A product."""

    code: str = strawberry.field(description="Its stable code; the id changes with each version.")
    need: LoanNeed = strawberry.field(description="What it is for.")
    name: str = strawberry.field(description="Its name.")
    promise: str = strawberry.field(description="One sentence on how it works.")
    suits: str = strawberry.field(description="Whom it suits.")
    crop: str | None = strawberry.field(
        description="The crop whose season the plan follows there; null if it follows none."
    )
    method: RepaymentMethod = strawberry.field(description="How it is paid back.")
    payee: LoanPayee = strawberry.field(description="Who receives the money.")
    amounts: AmountRange = strawberry.field(description="What may be borrowed.")
    months: list[int] = strawberry.field(description="For how many months; choose one.")
    months_typical: int = strawberry.field(description="The months most people choose.")
    annual_rate: Rate = strawberry.field(description="The yearly interest rate most people pay.")
    annual_rate_minimum: Rate = strawberry.field(description="The lowest yearly rate.")
    annual_rate_maximum: Rate = strawberry.field(
        description="The highest yearly rate; one's own is fixed with the offer."
    )
    fees: list[ProductFee] = strawberry.field(description="What is taken besides interest.")
    lenders: list[ProductLender] = strawberry.field(description="Who lends, and which part.")
    grace_days: int = strawberry.field(
        description="Days after a due date in which paying bears no penalty."
    )
    penalty_factor: Rate = strawberry.field(
        description="Overdue principal bears the yearly rate times this, by the day."
    )
    consents: list[ConsentKind] = strawberry.field(
        description="What must be agreed to before an application can be decided."
    )
    consents_optional: list[ConsentKind] = strawberry.field(
        description="What may be agreed to and can help; refusing does no harm."
    )
    referral: ProductReferral | None = strawberry.field(
        description="That another lends it, and nothing is applied for with us; null where we do."
    )
    offered: strawberry.Private[OfferedProduct]
    book: strawberry.Private[PolicyBook]

    @strawberry.field(
        description="The whole cost of the typical amount and months at the usual rate."
    )
    def typical_cost(self) -> WholeCost:
        """Reckon what the product's card shows."""
        return WholeCost.of(rules.typical_cost(self.offered, self.book))

    @strawberry.field(
        description="The whole cost of another amount at the usual rate; null if it cannot be"
        " borrowed so. Paying early costs nothing."
    )
    def cost(self, amount: WantedAmount, months: WantedMonths) -> WholeCost | None:
        """Reckon what a slider shows."""
        try:
            self.offered.check_wish(amount, months)
        except Refusal:
            return None
        return WholeCost.of(
            rules.usual_cost(self.offered, self.book, amount_fen=amount, months=months)
        )

    @classmethod
    def of(cls, offered: OfferedProduct, book: PolicyBook, language: str) -> "Product":
        """Show an offered product, under the policy of the day."""
        product, wording = offered.product, offered.wording[language]
        return cls(
            id=strawberry.ID(offered.version_id),
            code=product.code,
            need=LoanNeed[product.need.name],
            name=wording.name,
            promise=wording.promise,
            suits=wording.suits,
            crop=None if offered.crop is None else offered.crop[language],
            method=RepaymentMethod[product.method.name],
            payee=LoanPayee[product.payee.name],
            amounts=_amounts(offered),
            months=list(offered.terms.months),
            months_typical=offered.terms.typical,
            annual_rate=shown_rate(offered.annual_rate),
            annual_rate_minimum=shown_rate(offered.annual_rate_min),
            annual_rate_maximum=shown_rate(offered.annual_rate_max),
            fees=[_fee(fee, language) for fee in product.fees],
            lenders=[_lender(funder, language) for funder in product.funders],
            grace_days=book.whole(product.grace_policy),
            penalty_factor=Rate(str(book.rate(product.penalty_policy))),
            consents=[ConsentKind[consent.name] for consent in product.consents],
            consents_optional=[ConsentKind[consent.name] for consent in product.consents_optional],
            referral=ProductReferral.of(product, language),
            offered=offered,
            book=book,
        )


def _amounts(offered: OfferedProduct) -> AmountRange:
    return AmountRange(
        minimum=Fen(offered.amount.min_fen),
        maximum=Fen(offered.amount.max_fen),
        step=Fen(offered.amount.step_fen),
        typical=Fen(offered.amount.typical_fen),
    )


def _lender(funder: rules.FunderShare, language: str) -> ProductLender:
    return ProductLender(
        code=funder.code, name=funder.name[language], share=Rate(str(funder.share))
    )


def _fee(fee: rules.Fee, language: str) -> ProductFee:
    return ProductFee(
        code=fee.code,
        label=fee.label[language],
        collected_by=fee.collector[language],
        base=fee.base,
        amount=Fen(fee.amount_fen),
        rate=Rate(str(fee.rate)),
    )
