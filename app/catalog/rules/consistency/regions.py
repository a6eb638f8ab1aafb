"""What is wrong with a region pack."""

from collections.abc import Collection, Iterator, Mapping

from app.catalog.rules.consistency.parts import about, language_problems, weight_problems
from app.catalog.rules.product import Product
from app.catalog.rules.region import REGION_DIGITS, ProductOverride, RegionPack, province_code
from app.catalog.rules.wording import LANGUAGES

ECONOMY_TIERS = range(1, 5)


def region_problems(
    pack: RegionPack, products: Mapping[str, Product], region_codes: Collection[str]
) -> Iterator[str]:
    """Name what is wrong with a pack, given the products by code and all regions' codes."""
    yield from language_problems("name", pack.name)
    yield from language_problems("note", pack.note)
    if pack.economy_tier not in ECONOMY_TIERS:
        yield "economy_tier is not 1 to 4"
    yield from _code_problems(pack, region_codes)
    yield from _season_problems(pack, products)
    yield from _product_problems(pack, products)


def _code_problems(pack: RegionPack, region_codes: Collection[str]) -> Iterator[str]:
    if len(pack.code) != REGION_DIGITS or not pack.code.isdecimal():
        yield "the code is not six digits"
    if pack.parent != (None if pack.is_province else province_code(pack.code)):
        yield "the parent is not its province"
    elif pack.parent is not None and pack.parent not in region_codes:
        yield "its province has no pack"


def _season_problems(pack: RegionPack, products: Mapping[str, Product]) -> Iterator[str]:
    crops = {product.season.crop for product in products.values() if product.season}
    for crop, calendar in pack.seasons.items():
        yield from about(f"seasons.{crop}", language_problems("crop", calendar.crop))
        yield from about(f"seasons.{crop}", weight_problems(calendar.month_weights))
        if crop not in crops:
            yield f"seasons.{crop} belongs to no product"


def _product_problems(pack: RegionPack, products: Mapping[str, Product]) -> Iterator[str]:
    for code in sorted({*pack.products_excluded, *pack.products} - set(products)):
        yield f"there is no product {code}"
    for code, override in pack.products.items():
        if code in pack.products_excluded:
            yield f"products.{code} is both described and excluded"
        if code in products:
            yield from about(f"products.{code}", _override_problems(override, products[code]))
    for product in products.values():
        if not 0 <= pack.rate_reduction <= min(product.price.tiers.values()):
            yield f"rate_reduction takes more than {product.code} costs"


def _override_problems(override: ProductOverride, product: Product) -> Iterator[str]:
    amount, step_fen = product.amount, max(product.amount.step_fen, 1)
    for fen in (override.amount_min_fen, override.amount_max_fen, override.amount_typical_fen):
        if fen is not None and not (
            amount.min_fen <= fen <= amount.max_fen and fen % step_fen == 0
        ):
            yield f"{fen} fen is outside the product's amounts or off its step"
    if not set(override.months or ()) <= set(product.terms.months) or override.months == ():
        yield "months go beyond the product's"
    reduction = override.rate_reduction
    if reduction is not None and not 0 <= reduction <= min(product.price.tiers.values()):
        yield "rate_reduction raises the rate or takes more than it"
    if override.wording and set(override.wording) != set(LANGUAGES):
        yield "wording is not in both languages"
