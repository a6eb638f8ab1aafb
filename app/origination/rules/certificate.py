"""
The cost certificate (综合融资成本明示表): every cost of a loan, written so that a hash names it.

个人贷款业务明示综合融资成本规定, in force since 1 August 2026: principal, every item with its
method, annualized standard and collecting party, the annualized total in normal performance, what
default would add, and that nothing else is charged; confirmed before the signature.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec

from app.catalog.rules import ByLanguage, OfferedProduct, WholeCost, whole_cost
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

    def as_json(self) -> str:
        """Write it in canonical form."""
        document: Canonical = msgspec.to_builtins(self)
        return canonical_json(document)

    @property
    def first_payment_fen(self) -> int:
        """Return what the first installment asks."""
        return sum(self.plan[0][2:])


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
) -> CostCertificate:
    """Write the certificate of an offer, bound to its plan and to the text of its agreement."""
    cost = whole_cost(terms)
    lenders = tuple(one.code for one in offered.product.funders)
    items = (_interest(terms, cost, lenders), *_fees(offered, terms, cost))
    plan: tuple[tuple[int, date, int, int, int], ...] = msgspec.convert(
        plan_document(cost.installments), tuple[tuple[int, date, int, int, int], ...]
    )
    return CostCertificate(
        format=FORMAT,
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
    )


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
