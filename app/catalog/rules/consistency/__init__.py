"""What is wrong with a catalog, in words; nothing, if it may be published."""

from dataclasses import dataclass

from app.catalog.rules.consistency.faults import Fault, about, repeated_faults, unreadable
from app.catalog.rules.consistency.policies import lawful_faults, policy_faults
from app.catalog.rules.consistency.products import product_faults
from app.catalog.rules.consistency.regions import region_faults
from app.catalog.rules.consistency.scorecards import scorecard_faults
from app.catalog.rules.cost import loan_terms, whole_cost
from app.catalog.rules.offered import offered_terms
from app.catalog.rules.policy import PolicyBook, PolicyValue
from app.catalog.rules.product import Product
from app.catalog.rules.region import RegionPack
from app.catalog.rules.scorecard import Scorecard

__all__ = ["CatalogContent", "Fault", "catalog_faults", "cost_faults", "unreadable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogContent:
    """Everything that is published together."""

    products: tuple[Product, ...]
    regions: tuple[RegionPack, ...]
    policy_values: tuple[PolicyValue, ...]
    scorecards: tuple[Scorecard, ...]


def catalog_faults(catalog: CatalogContent) -> list[Fault]:
    """Return everything that contradicts itself or is missing, each naming version and field."""
    faults = _repeated(catalog)
    before: dict[str, PolicyValue] = {}
    for value in sorted(catalog.policy_values, key=lambda value: value.effective_from):
        book = PolicyBook.on_day(value.effective_from, catalog.policy_values)
        found = [*policy_faults(value, before.get(value.name)), *lawful_faults(value, book)]
        faults += about(f"policy {value.key}", found)
        before[value.name] = value
    for product in catalog.products:
        book = PolicyBook.on_day(product.effective_from, catalog.policy_values)
        faults += about(f"product {product.key}", product_faults(product, book))
    newest = sorted(catalog.products, key=lambda product: product.version)
    products = {product.code: product for product in newest}
    region_codes = {pack.code for pack in catalog.regions}
    for pack in catalog.regions:
        faults += about(f"region {pack.key}", region_faults(pack, products, region_codes))
    for card in catalog.scorecards:
        book = PolicyBook.on_day(card.effective_from, catalog.policy_values)
        faults += about(f"scorecard {card.version}", scorecard_faults(card, book))
    return faults


def cost_faults(product: Product, book: PolicyBook) -> list[Fault]:
    """Return the terms under which a product would cost more than the cap of the day."""
    offered = offered_terms(product, (), version_id="")
    assert offered is not None, "without a region nothing is excluded"
    dearest, faults = max(product.price.tiers.values()), list[Fault]()
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
                about_it = {
                    "amount_fen": amount_fen,
                    "months": months,
                    "cost": f"{cost:.4%}",
                    "cap": f"{book.cost_cap:.4%}",
                }
                faults.append(Fault("price", "above_the_cap", about_it))
    return about(f"product {product.key}", faults)


def _repeated(catalog: CatalogContent) -> list[Fault]:
    kinds = {
        "product": [product.key for product in catalog.products],
        "region": [pack.key for pack in catalog.regions],
        "policy": [value.key for value in catalog.policy_values],
        "scorecard": [str(card.version) for card in catalog.scorecards],
    }
    return [
        fault
        for kind, keys in kinds.items()
        for repeated in repeated_faults("", keys)
        for fault in about(f"{kind} {repeated.data['key']}", [repeated])
    ]
