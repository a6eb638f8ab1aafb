"""What is wrong with a region pack."""

from collections.abc import Collection, Iterator, Mapping

from app.catalog.rules.consistency.faults import (
    Fault,
    language_faults,
    rate_faults,
    repeated_faults,
    under,
    weight_faults,
)
from app.catalog.rules.product import Channel, Product
from app.catalog.rules.region import REGION_DIGITS, ProductOverride, RegionPack, province_code
from app.catalog.rules.wording import LANGUAGES

ECONOMY_TIERS = range(1, 5)


def region_faults(
    pack: RegionPack, products: Mapping[str, Product], region_codes: Collection[str]
) -> Iterator[Fault]:
    """Name what is wrong with a pack, given the products by code and all regions' codes."""
    yield from language_faults("name", pack.name)
    yield from language_faults("note", pack.note)
    if pack.version < 1:
        yield Fault("version", "version_not_counted")
    if pack.economy_tier not in ECONOMY_TIERS:
        yield Fault("economy_tier", "economy_tier_unknown")
    yield from _code_faults(pack, region_codes)
    yield from _season_faults(pack, products)
    yield from _product_faults(pack, products)


def _code_faults(pack: RegionPack, region_codes: Collection[str]) -> Iterator[Fault]:
    if len(pack.code) != REGION_DIGITS or not (pack.code.isascii() and pack.code.isdecimal()):
        yield Fault("code", "code_not_six_digits")
    if pack.parent != (None if pack.is_province else province_code(pack.code)):
        yield Fault("parent", "parent_not_its_province")
    elif pack.parent is not None and pack.parent not in region_codes:
        yield Fault("parent", "province_has_no_pack")


def _season_faults(pack: RegionPack, products: Mapping[str, Product]) -> Iterator[Fault]:
    crops = {product.season.crop for product in products.values() if product.season}
    for crop, calendar in pack.seasons.items():
        yield from language_faults(f"seasons.{crop}.crop", calendar.crop)
        yield from weight_faults(f"seasons.{crop}.month_weights", calendar.month_weights)
        if crop not in crops:
            yield Fault(f"seasons.{crop}", "crop_of_no_product")


def _product_faults(pack: RegionPack, products: Mapping[str, Product]) -> Iterator[Fault]:
    for code in sorted(set(pack.products_excluded) - set(products)):
        yield Fault("products_excluded", "no_such_product", {"code": code})
    for code, override in pack.products.items():
        if code in pack.products_excluded:
            yield Fault(f"products.{code}", "described_and_excluded")
        if code in products:
            yield from under(f"products.{code}", _override_faults(override, products[code]))
        else:
            yield Fault(f"products.{code}", "no_such_product", {"code": code})
    yield from rate_faults("rate_reduction", pack.rate_reduction)
    for product in products.values():
        if pack.rate_reduction > min(product.price.tiers.values()):
            yield Fault("rate_reduction", "reduction_above_rate", {"code": product.code})


def _override_faults(override: ProductOverride, product: Product) -> Iterator[Fault]:
    amount, step_fen = product.amount, max(product.amount.step_fen, 1)
    for name in ("amount_min_fen", "amount_max_fen", "amount_typical_fen"):
        fen = getattr(override, name)
        if fen is not None and not (
            amount.min_fen <= fen <= amount.max_fen and fen % step_fen == 0
        ):
            yield Fault(name, "beyond_products_amounts")
    if not set(override.months or ()) <= set(product.terms.months) or override.months == ():
        yield Fault("months", "beyond_products_months")
    channels = override.channels
    if channels is not None and not set(channels) <= set(product.channels):
        yield Fault("channels", "beyond_products_channels")
    if channels is not None and Channel.APP not in channels:
        yield Fault("channels", "own_phone_always")
    reduction = override.rate_reduction
    if reduction is not None:
        faults = list(rate_faults("rate_reduction", reduction))
        yield from faults
        if not faults and reduction > min(product.price.tiers.values()):
            yield Fault("rate_reduction", "reduction_above_rate", {"code": product.code})
    required = override.documents_required
    yield from repeated_faults("documents_required", (one.kind for one in required))
    for number, one in enumerate(required):
        yield from language_faults(f"documents_required[{number}].why", one.why)
    if override.wording and set(override.wording) != set(LANGUAGES):
        yield Fault("wording", "not_in_both_languages")
