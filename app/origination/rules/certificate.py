"""
The cost certificate (综合融资成本明示表): every cost of a loan, written so that a hash names it.

个人贷款业务明示综合融资成本规定, in force since 1 August 2026: principal, every item with its
method, annualized standard and collecting party, the annualized total in normal performance, what
default would add, and that nothing else is charged; confirmed before the signature.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec

from app.catalog.rules import ByLanguage, OfferedProduct, WholeCost, whole_cost
from app.catalog.rules.reductions import Reduction, reduced_cost, years_of
from app.foundation.canonical import Canonical, canonical_json
from app.foundation.text import LANGUAGES, text
from app.loanmath import life
from app.loanmath.calendar import BusinessDays
from app.loanmath.schedule import Fee, FeeBase, Terms
from app.origination.rules.figures import percent_text, rate_text
from app.origination.rules.offers import charge_codes, plan_document
from app.servicing.rules import INTEREST_CHARGE, PENALTY_CHARGE

FORMAT = 2
"""1 said nothing of a cooling-off."""
FORMAT_REDUCED = 3
"""With what others pay of the interest, and what is left for the borrower."""
WORDS = "certificate_v1"
LATE_EXAMPLE_DAYS = 10
"""How late the first installment is in the certificate's example."""


class CostItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing the borrower pays beside the principal."""

    code: str
    name: ByLanguage
    method: ByLanguage
    annualized: str
    """Its standard as a yearly rate: what it alone adds to the cost of a year."""
    collected_by: tuple[str, ...]
    amount_fen: int


class LateItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What being late adds."""

    code: str
    name: ByLanguage
    method: ByLanguage
    annualized: str
    collected_by: tuple[str, ...]
    grace_days: int
    example_days: int
    example_fen: int
    """What the first installment costs more if it is paid so many days late."""


class PartyName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A party that lends or collects; `share` is its part of the principal, 0 for none."""

    code: str
    name: ByLanguage
    share: str


class PaidByOther(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one party pays of the interest instead of the borrower, installment by installment."""

    payer: str
    payer_name: ByLanguage
    code: str
    name: ByLanguage
    amount_fen: int
    by_installment: tuple[tuple[int, int], ...]
    by_year: tuple[tuple[int, int], ...]
    """The years it counts for, by where an installment's period begins, each with its fen."""

    def as_reduction(self) -> Reduction:
        """Return it as the catalog reckons with it."""
        return Reduction(payer=self.payer, code=self.code, by_number=self.by_installment)


class BorrowerPays(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left for the borrower, if every payment is on time."""

    total_cost_fen: int
    total_fen: int
    annualized: str
    annualized_compound: str
    paid_by_others_fen: int
    conditions: ByLanguage
    """When others pay less, and that the borrower's bill is never above the one shown."""


class CostCertificate(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The certificate as values; `as_json` is what is hashed and read."""

    format: int
    title: ByLanguage
    application_id: str
    offer_id: str
    product: ByLanguage
    made_on: date
    principal_fen: int
    months: int
    contract_rate: str
    items: tuple[CostItem, ...]
    total_cost_fen: int
    total_fen: int
    annualized: str
    """All of it as a yearly rate, months times twelve: the measure shown to borrowers."""
    annualized_compound: str
    """The same with compounding."""
    if_late: tuple[LateItem, ...]
    parties: tuple[PartyName, ...]
    plan: tuple[tuple[int, date, int, int, int], ...]
    """Number, due date, principal, interest, fees of each installment."""
    charge_codes: tuple[str, ...]
    nothing_else: ByLanguage
    plan_sha256: str
    agreement_sha256: str
    cooling_off: ByLanguage | None = None
    """That the loan may be given back at its principal; None where it may not."""
    paid_by_others: tuple[PaidByOther, ...] = ()
    borrower_pays: BorrowerPays | None = None
    """What the borrower pays; None where others pay nothing, so that it is all of it."""

    def as_json(self) -> str:
        """Write it in canonical form."""
        document: Canonical = msgspec.to_builtins(self)
        return canonical_json(document)

    @property
    def payments_fen(self) -> tuple[int, ...]:
        """Return what each installment asks of the borrower."""
        off = Counter[int]()
        for one in self.paid_by_others:
            for number, fen in one.by_installment:
                off[number] += fen
        return tuple(sum(row[2:]) - off[row[0]] for row in self.plan)

    @property
    def first_payment_fen(self) -> int:
        """Return what the first installment asks of the borrower."""
        return self.payments_fen[0]

    @property
    def to_pay_fen(self) -> int:
        """Return what the borrower pays in all."""
        return sum(self.payments_fen)

    @property
    def reductions(self) -> tuple[Reduction, ...]:
        """Return what others pay."""
        return tuple(one.as_reduction() for one in self.paid_by_others)


def certificate_from(written: str) -> CostCertificate:
    """Read back what `as_json` wrote."""
    return msgspec.json.decode(written, type=CostCertificate)


def certificate_of(
    *,
    application_id: str,
    offer_id: str,
    offered: OfferedProduct,
    terms: Terms,
    plan_sha256: str,
    agreement_sha256: str,
    made_on: date,
    return_days: int | None = None,
    reductions: Sequence[Reduction] = (),
) -> CostCertificate:
    """
    Write the certificate of an offer, bound to its plan and to the text of its agreement.

    Items and totals are of the whole plan, whoever pays it; what others pay of its interest stands
    beside, with what is left for the borrower.
    """
    cost = whole_cost(terms)
    lenders = tuple(one.code for one in offered.product.funders)
    items = (_interest(terms, cost, lenders), *_fees(offered, terms, cost))
    plan: tuple[tuple[int, date, int, int, int], ...] = msgspec.convert(
        plan_document(cost.installments), tuple[tuple[int, date, int, int, int], ...]
    )
    return CostCertificate(
        format=FORMAT_REDUCED if reductions else FORMAT,
        title=_words("title"),
        application_id=application_id,
        offer_id=offer_id,
        product={language: offered.wording[language].name for language in LANGUAGES},
        made_on=made_on,
        principal_fen=terms.principal_fen,
        months=terms.count,
        contract_rate=rate_text(terms.annual_rate),
        items=items,
        total_cost_fen=cost.total_interest_fen + cost.total_fees_fen,
        total_fen=cost.total_fen,
        annualized=rate_text(cost.annual_cost),
        annualized_compound=rate_text(cost.annual_cost_effective),
        if_late=_lateness(terms, lenders),
        parties=_parties(offered),
        plan=plan,
        charge_codes=charge_codes(terms),
        nothing_else=_words("nothing_else"),
        plan_sha256=plan_sha256,
        agreement_sha256=agreement_sha256,
        cooling_off=None if return_days is None else _words("cooling_off", days=return_days),
        paid_by_others=tuple(_paid_by(terms, one) for one in reductions),
        borrower_pays=_borrower_pays(terms, reductions) if reductions else None,
    )


def _paid_by(terms: Terms, one: Reduction) -> PaidByOther:
    years, sums = years_of(terms), Counter[int]()
    for number, fen in one.by_number:
        sums[years[number]] += fen
    return PaidByOther(
        payer=one.payer,
        payer_name=payer_name(one.payer),
        code=one.code,
        name=reduction_name(one.payer),
        amount_fen=one.total_fen,
        by_installment=one.by_number,
        by_year=tuple(sorted(sums.items())),
    )


def _borrower_pays(terms: Terms, reductions: Sequence[Reduction]) -> BorrowerPays:
    reduced = reduced_cost(terms, reductions)
    return BorrowerPays(
        total_cost_fen=reduced.total_fen - terms.principal_fen,
        total_fen=reduced.total_fen,
        annualized=rate_text(reduced.annual_cost),
        annualized_compound=rate_text(reduced.annual_cost_effective),
        paid_by_others_fen=reduced.reduced_fen,
        conditions={
            language: text("origination.paid_by_others.conditions", language)
            for language in LANGUAGES
        },
    )


def payer_name(payer: str) -> ByLanguage:
    """Return what borrowers know a paying party by."""
    return {language: text(f"servicing.payer.{payer}", language) for language in LANGUAGES}


def reduction_name(payer: str) -> ByLanguage:
    """Return what borrowers know by what a party pays: a subsidy, a coupon."""
    return {language: text(f"servicing.paid_by.{payer}", language) for language in LANGUAGES}


def _interest(terms: Terms, cost: WholeCost, lenders: tuple[str, ...]) -> CostItem:
    return CostItem(
        code=INTEREST_CHARGE,
        name=_words("interest"),
        method=_words(f"method_{terms.method.lower()}", rate=percent_text(terms.annual_rate)),
        annualized=rate_text(terms.annual_rate),
        collected_by=lenders,
        amount_fen=cost.total_interest_fen,
    )


def _fees(offered: OfferedProduct, terms: Terms, cost: WholeCost) -> tuple[CostItem, ...]:
    named = {fee.code: fee for fee in offered.product.fees}
    items: list[CostItem] = []
    for fee in terms.fees:
        others = tuple(other for other in terms.fees if other.code != fee.code)
        without = whole_cost(replace(terms, fees=others))
        items.append(
            CostItem(
                code=fee.code,
                name=named[fee.code].label,
                method=_fee_method(fee),
                annualized=rate_text(cost.annual_cost - without.annual_cost),
                collected_by=(named[fee.code].collected_by,),
                amount_fen=cost.total_fees_fen - without.total_fees_fen,
            )
        )
    return tuple(items)


def _fee_method(fee: Fee) -> ByLanguage:
    timing = fee.timing.lower()
    match fee.base:
        case FeeBase.FIXED:
            return _words(f"fee_fixed_{timing}", amount_fen=fee.amount_fen)
        case FeeBase.PRINCIPAL:
            return _words(f"fee_principal_{timing}", rate=percent_text(fee.rate))
        case FeeBase.BALANCE:
            return _words("fee_balance", rate=percent_text(fee.rate))


def _lateness(terms: Terms, lenders: tuple[str, ...]) -> tuple[LateItem, ...]:
    if PENALTY_CHARGE not in charge_codes(terms):
        return ()
    return (
        LateItem(
            code=PENALTY_CHARGE,
            name=_words("penalty"),
            method=_words(
                "penalty_method",
                rate=percent_text(penalty_rate(terms)),
                factor=f"{terms.penalty_factor.normalize():f}",
                grace_days=terms.grace_days,
            ),
            annualized=rate_text(penalty_rate(terms)),
            collected_by=lenders,
            grace_days=terms.grace_days,
            example_days=LATE_EXAMPLE_DAYS,
            example_fen=_late_example_fen(terms),
        ),
    )


def penalty_rate(terms: Terms) -> Decimal:
    """Return the yearly rate that overdue principal bears."""
    return terms.annual_rate * terms.penalty_factor


def _late_example_fen(terms: Terms) -> int:
    """Return the penalty on the first installment with principal in it, paid ten days late."""
    rows = whole_cost(terms).installments
    due_on = next(row.due_on for row in rows if row.principal_fen)
    begun = life.Disbursed(
        id="example",
        effective_on=terms.disbursed_on,
        recorded_at=datetime.min.replace(tzinfo=UTC),
        amount_fen=terms.principal_fen,
    )
    late_on = due_on + timedelta(days=LATE_EXAMPLE_DAYS)
    nominal = replace(terms, business_days=BusinessDays.AS_IS)  # an example's days all count
    return next(
        row.penalty_fen for row in life.fold(nominal, [begun], late_on).rows if row.due_on == due_on
    )


def _parties(offered: OfferedProduct) -> tuple[PartyName, ...]:
    product = offered.product
    lenders = [
        PartyName(code=one.code, name=one.name, share=f"{one.share.normalize():f}")
        for one in product.funders
    ]
    collectors = {
        fee.collected_by: PartyName(code=fee.collected_by, name=fee.collector, share="0")
        for fee in product.fees
    }
    return (*lenders, *collectors.values())


def _words(name: str, **data: object) -> ByLanguage:
    return {
        language: text(f"origination.{WORDS}.{name}", language, **data) for language in LANGUAGES
    }
