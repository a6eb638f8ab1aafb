"""What is wrong with a catalog, in words; nothing, if it may be published."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.catalog.rules.consistency.parts import about, language_problems, repeated
from app.catalog.rules.consistency.products import product_problems
from app.catalog.rules.consistency.regions import region_problems
from app.catalog.rules.consistency.scorecards import scorecard_problems
from app.catalog.rules.cost import loan_terms, whole_cost
from app.catalog.rules.offered import offered_terms
from app.catalog.rules.policy import PolicyBook, PolicyValue
from app.catalog.rules.product import Product
from app.catalog.rules.region import RegionPack
from app.catalog.rules.scorecard import Scorecard


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogContent:
    """Everything that is published together."""

    products: tuple[Product, ...]
    regions: tuple[RegionPack, ...]
    policy_values: tuple[PolicyValue, ...]
    scorecards: tuple[Scorecard, ...]


def catalog_problems(catalog: CatalogContent) -> list[str]:
    """Return everything that contradicts itself or is missing, each naming where."""
    problems = list(repeated("product", (product.key for product in catalog.products)))
    problems += repeated("region", (pack.key for pack in catalog.regions))
    problems += repeated("policy", (value.key for value in catalog.policy_values))
    problems += repeated("scorecard", (str(card.version) for card in catalog.scorecards))
    for value in catalog.policy_values:
        problems += about(f"policy {value.key}", _policy_problems(value))
    for product in catalog.products:
        book = PolicyBook.on_day(product.effective_from, catalog.policy_values)
        problems += about(f"product {product.key}", product_problems(product, book))
    newest = sorted(catalog.products, key=lambda product: product.version)
    products = {product.code: product for product in newest}
    region_codes = {pack.code for pack in catalog.regions}
    for pack in catalog.regions:
        problems += about(f"region {pack.key}", region_problems(pack, products, region_codes))
    for card in catalog.scorecards:
        book = PolicyBook.on_day(card.effective_from, catalog.policy_values)
        problems += about(f"scorecard {card.version}", scorecard_problems(card, book))
    return problems


def cost_problems(product: Product, book: PolicyBook) -> list[str]:
    """Return the terms under which a product would cost more than the cap of the day."""
    offered = offered_terms(product, (), version_id="")
    assert offered is not None, "without a region nothing is excluded"
    dearest, problems = max(product.price.tiers.values()), list[str]()
    for months in product.terms.months:
        for amount_fen in (product.amount.min_fen, product.amount.max_fen):
            terms = loan_terms(
                offered,
                book,
                amount_fen=amount_fen,
                months=months,
                annual_rate=dearest,
                disbursed_on=book.on,
            )
            cost = whole_cost(terms).annual_cost_effective
            if cost > book.cost_cap:
                problems.append(
                    f"product {product.key}: {amount_fen} fen for {months} months costs"
                    f" {cost:.4%} a year, above the cap of {book.cost_cap:.4%}"
                )
    return problems


def _policy_problems(value: PolicyValue) -> Iterator[str]:
    yield from language_problems("meaning", value.meaning)
    if not value.source.strip():
        yield "names no source"
