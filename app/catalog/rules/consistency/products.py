"""What is wrong with a product version."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from app.catalog.rules.consistency.parts import language_problems, repeated, weight_problems
from app.catalog.rules.offered import STANDARD_TIER
from app.catalog.rules.policy import PolicyBook
from app.catalog.rules.product import Consent, Payee, Product
from app.catalog.rules.scorecard import Tier
from app.catalog.rules.wording import LANGUAGES, Wording
from app.loanmath.schedule import Method

PROMISED = ("cooling_off_days", "person_limit_fen", "first_due_days_min")
"""Policy values every product is measured by."""


def product_problems(product: Product, book: PolicyBook) -> Iterator[str]:
    """Name what is wrong with a version, given the policy of its first day."""
    yield from _wording_problems(product.wording)
    yield from _amount_problems(product)
    yield from _price_problems(product)
    yield from _sharing_problems(product)
    yield from _consent_problems(product)
    yield from _season_problems(product)
    yield from _policy_problems(product, book)


def _policy_problems(product: Product, book: PolicyBook) -> Iterator[str]:
    for name in (product.grace_policy, product.penalty_policy, *PROMISED):
        if name not in book.values:
            yield f"needs the policy value {name}, which does not hold on its first day"
            return
    if product.cooling_off_days < book.whole("cooling_off_days"):
        yield "cooling_off_days is less than the policy promises"
    if product.amount.max_fen > book.whole("person_limit_fen"):
        yield "max_fen is above what one person may owe"


def _season_problems(product: Product) -> Iterator[str]:
    if (product.method is Method.SEASONAL) != (product.season is not None):
        yield "a season belongs to a seasonal plan, and to no other"
    if product.season is not None:
        yield from weight_problems(product.season.month_weights)


def _wording_problems(wording: Mapping[str, Wording]) -> Iterator[str]:
    if set(wording) != set(LANGUAGES):
        yield f"wording is in {sorted(wording)}, not in {sorted(LANGUAGES)}"
    for language, words in wording.items():
        if not (words.name.strip() and words.promise.strip() and words.suits.strip()):
            yield f"wording.{language} has an empty sentence"


def _amount_problems(product: Product) -> Iterator[str]:
    amount, terms = product.amount, product.terms
    if not 0 < amount.min_fen <= amount.typical_fen <= amount.max_fen:
        yield "amounts are not in order: min_fen, typical_fen, max_fen"
    if amount.step_fen < 1 or any(
        fen % amount.step_fen for fen in (amount.min_fen, amount.typical_fen, amount.max_fen)
    ):
        yield "an amount is not on the step"
    if list(terms.months) != sorted(set(terms.months)) or min(terms.months, default=0) < 1:
        yield "months are not in rising order"
    if terms.typical not in terms.months:
        yield "the typical months are not offered"


def _price_problems(product: Product) -> Iterator[str]:
    tiers = product.price.tiers
    rates = [tiers[tier] for tier in Tier if tier in tiers]
    if len(rates) != len(Tier):
        yield "a price tier is missing"
    if rates != sorted(rates) or min(rates, default=Decimal(-1)) < 0:
        yield "rates do not rise from tier A to D"
    if product.price.annual_rate != tiers.get(STANDARD_TIER):
        yield f"annual_rate is not the rate of tier {STANDARD_TIER}"


def _sharing_problems(product: Product) -> Iterator[str]:
    shares = [funder.share for funder in product.funders]
    if sum(shares) != 1 or min(shares, default=Decimal(0)) <= 0:
        yield f"the funders' shares sum to {sum(shares)}, not to 1"
    yield from repeated("funder", (funder.code for funder in product.funders))
    yield from repeated("fee", (fee.code for fee in product.fees))
    for funder in product.funders:
        yield from language_problems(f"funder {funder.code}", funder.name)
    for fee in product.fees:
        yield from language_problems(f"fee {fee.code}", fee.label)
        yield from language_problems(f"collector of {fee.code}", fee.collector)


def _consent_problems(product: Product) -> Iterator[str]:
    needed = {Consent.CREDIT_QUERY, Consent.AUTOMATED_DECISION}
    if len(product.funders) > 1:
        needed.add(Consent.SHARE_WITH_FUNDERS)
    if product.fees:
        needed.add(Consent.SHARE_WITH_GUARANTOR)
    if product.payee is Payee.MERCHANT:
        needed.add(Consent.SHARE_WITH_MERCHANT)
    if set(product.consents) != needed:
        yield f"consents should be {sorted(needed)}"
    if set(product.consents) & set(product.consents_optional):
        yield "a consent is both needed and optional"
