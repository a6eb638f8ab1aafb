"""What is wrong with a product version."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from app.catalog.rules.consistency.faults import (
    Fault,
    language_faults,
    rate_faults,
    repeated_faults,
    weight_faults,
)
from app.catalog.rules.documents import RequiredDocument
from app.catalog.rules.offered import STANDARD_TIER
from app.catalog.rules.policy import PolicyBook
from app.catalog.rules.product import Channel, Consent, Payee, Product, Referral
from app.catalog.rules.scorecard import Tier
from app.catalog.rules.wording import LANGUAGES, Wording
from app.loanmath.schedule import Method

ENTRUSTED = "merchant_payment_above_fen"
PROMISED = ("cooling_off_days", "person_limit_fen", "first_due_days_min", ENTRUSTED)
"""Policy values every product is measured by."""

MONTHS_MAX = 360
ANSWER_DAYS_MAX = 30
_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
CHOICES_MAX = 24
"""Numbers of months to choose from; a list longer than a phone's screen helps nobody."""


def product_faults(product: Product, book: PolicyBook) -> Iterator[Fault]:
    """Name what is wrong with a version, given the policy of its first day."""
    yield from _wording_faults(product.wording)
    yield from _form_faults(product)
    yield from _amount_faults(product)
    yield from _price_faults(product)
    yield from _sharing_faults(product)
    yield from _referral_faults(product)
    yield from _consent_faults(product)
    yield from _season_faults(product)
    yield from _policy_faults(product, book)
    yield from document_faults(product.documents_required or (), product, book)


def document_faults(
    required: Sequence[RequiredDocument], product: Product, book: PolicyBook
) -> Iterator[Fault]:
    """Name what is wrong with pictures a product cannot be had without."""
    path = "documents_required"
    yield from repeated_faults(path, (one.kind for one in required))
    asked = "documents_asked"
    useful = str(book.table(asked).get(product.need, "")).split() if asked in book.values else None
    for number, one in enumerate(required):
        yield from language_faults(f"{path}[{number}].why", one.why)
        if useful is not None and one.kind not in useful:
            yield Fault(f"{path}[{number}].kind", "document_not_asked", {"kind": one.kind.value})


def _policy_faults(product: Product, book: PolicyBook) -> Iterator[Fault]:
    needed = {"grace_policy": product.grace_policy, "penalty_policy": product.penalty_policy}
    for path, name in (*needed.items(), *(("", name) for name in PROMISED)):
        if name not in book.values:
            yield Fault(path, "policy_missing", {"name": name})
            return
    if product.is_referral:
        return  # what another lends is bounded by its own rules
    if product.cooling_off_days < book.whole("cooling_off_days"):
        yield Fault("cooling_off_days", "cooling_off_short")
    if product.amount.max_fen > book.whole("person_limit_fen"):
        yield Fault("amount.max_fen", "above_person_limit")
    if product.payee is not Payee.MERCHANT and product.amount.max_fen > book.whole(ENTRUSTED):
        yield Fault("amount.max_fen", "above_own_account")


def _form_faults(product: Product) -> Iterator[Fault]:
    if not _CODE.fullmatch(product.code):
        yield Fault("code", "code_of_no_product")
    if product.version < 1:
        yield Fault("version", "version_not_counted")
    if Channel.APP not in product.channels:
        yield Fault("channels", "own_phone_always")
    until = product.effective_until
    if until is not None and until < product.effective_from:
        yield Fault("effective_until", "ends_before_it_begins")


def _season_faults(product: Product) -> Iterator[Fault]:
    if (product.method is Method.SEASONAL) != (product.season is not None):
        yield Fault("season", "season_of_other_plan")
    if product.season is not None:
        yield from weight_faults("season.month_weights", product.season.month_weights)


def _wording_faults(wording: Mapping[str, Wording]) -> Iterator[Fault]:
    if set(wording) != set(LANGUAGES):
        yield Fault("wording", "not_in_both_languages")
    for language, words in wording.items():
        if not (words.name.strip() and words.promise.strip() and words.suits.strip()):
            yield Fault(f"wording.{language}", "empty_sentence")


def _amount_faults(product: Product) -> Iterator[Fault]:
    amount, terms = product.amount, product.terms
    if not 0 < amount.min_fen <= amount.typical_fen <= amount.max_fen:
        yield Fault("amount", "amounts_out_of_order")
    if amount.step_fen < 1 or any(
        fen % amount.step_fen for fen in (amount.min_fen, amount.typical_fen, amount.max_fen)
    ):
        yield Fault("amount.step_fen", "amount_off_step")
    months = terms.months
    if list(months) != sorted(set(months)) or min(months, default=0) < 1:
        yield Fault("terms.months", "months_out_of_order")
    elif months[-1] > MONTHS_MAX or len(months) > CHOICES_MAX:
        yield Fault("terms.months", "months_too_many", {"most": MONTHS_MAX, "choices": CHOICES_MAX})
    if terms.typical not in months:
        yield Fault("terms.typical", "typical_months_not_offered")


def _price_faults(product: Product) -> Iterator[Fault]:
    tiers = product.price.tiers
    for tier, rate in tiers.items():
        yield from rate_faults(f"price.tiers.{tier}", rate)
    rates = [tiers[tier] for tier in Tier if tier in tiers]
    if len(rates) != len(Tier):
        yield Fault("price.tiers", "tier_missing")
    elif all(rate.is_finite() for rate in rates) and rates != sorted(rates):
        yield Fault("price.tiers", "rates_do_not_rise")
    if product.price.annual_rate != tiers.get(STANDARD_TIER):
        yield Fault("price.annual_rate", "not_the_standard_rate", {"tier": STANDARD_TIER.value})


def _sharing_faults(product: Product) -> Iterator[Fault]:
    shares = [funder.share for funder in product.funders]
    for number, share in enumerate(shares):
        yield from rate_faults(f"funders[{number}].share", share)
    if all(share.is_finite() for share in shares) and (
        sum(shares) != 1 or min(shares, default=Decimal(0)) <= 0
    ):
        yield Fault("funders", "shares_not_one", {"sum": str(sum(shares))})
    yield from repeated_faults("funders", (funder.code for funder in product.funders))
    yield from repeated_faults("fees", (fee.code for fee in product.fees))
    for number, funder in enumerate(product.funders):
        yield from language_faults(f"funders[{number}].name", funder.name)
    for number, fee in enumerate(product.fees):
        yield from language_faults(f"fees[{number}].label", fee.label)
        yield from language_faults(f"fees[{number}].collector", fee.collector)
        yield from rate_faults(f"fees[{number}].rate", fee.rate)
        if not 0 <= fee.amount_fen <= product.amount.max_fen:
            yield Fault(f"fees[{number}].amount_fen", "fee_out_of_bounds")


def _referral_faults(product: Product) -> Iterator[Fault]:
    referral = product.referral
    if not isinstance(referral, Referral):
        return
    yield from repeated_faults("referral.data", referral.data)
    if not referral.data:
        yield Fault("referral.data", "hands_nothing_over")
    if not 1 <= referral.answers_within_days <= ANSWER_DAYS_MAX:
        about = {"least": 1, "most": ANSWER_DAYS_MAX}
        yield Fault("referral.answers_within_days", "number_out_of_bounds", about)
    if len(product.funders) != 1 or product.fees or product.channels != (Channel.APP,):
        yield Fault("referral", "referral_otherwise")


def _consent_faults(product: Product) -> Iterator[Fault]:
    needed = {Consent.CREDIT_QUERY, Consent.AUTOMATED_DECISION}
    if product.is_referral:
        needed = {Consent.HAND_OVER}
    if len(product.funders) > 1:
        needed.add(Consent.SHARE_WITH_FUNDERS)
    if product.fees:
        needed.add(Consent.SHARE_WITH_GUARANTOR)
    if product.payee is Payee.MERCHANT:
        needed.add(Consent.SHARE_WITH_MERCHANT)
    if set(product.consents) != needed:
        yield Fault("consents", "consents_otherwise", {"needed": ", ".join(sorted(needed))})
    if set(product.consents) & set(product.consents_optional):
        yield Fault("consents_optional", "consent_needed_and_optional")
