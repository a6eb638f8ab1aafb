"""What may be applied for in a region: a product version narrowed by the region's packs."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

import msgspec

from app.catalog.errors import AmountNotOffered, MonthsNotOffered
from app.catalog.rules.documents import RequiredDocument
from app.catalog.rules.product import Amounts, Channel, MonthsOffered, Product
from app.catalog.rules.region import ProductOverride, RegionPack
from app.catalog.rules.scorecard import Tier
from app.catalog.rules.wording import ByLanguage, Content, Wording

STANDARD_TIER = Tier.B
"""The price tier whose rate is shown before anybody has been scored."""


class OfferedProduct(Content, frozen=True, kw_only=True):
    """A product version as it stands in one region; an application keeps it unchanged."""

    version_id: str
    """The product version's id."""
    product: Product
    packs: tuple[str, ...]
    """The versions of the region packs that narrowed it, province first."""
    amount: Amounts
    terms: MonthsOffered
    tiers: dict[Tier, Decimal]
    """The yearly contract rate by price tier, after the region's reduction."""
    wording: dict[str, Wording]
    month_weights: tuple[int, ...] = ()
    """How the crop's income falls on the months there; empty unless the plan follows a season."""
    crop: ByLanguage | None = None
    is_local: bool = False
    """Whether the region says something of its own about this product."""
    channels_there: tuple[Channel, ...] | msgspec.UnsetType = msgspec.UNSET
    """The channels the region leaves of the product's; unset where it says nothing of them."""

    documents_there: tuple[RequiredDocument, ...] | msgspec.UnsetType = msgspec.UNSET
    """Pictures the region needs besides the product's; unset where it needs none."""

    @property
    def documents_required(self) -> tuple[RequiredDocument, ...]:
        """Return the pictures without which an application cannot be handed in there."""
        own, there = self.product.documents_required, self.documents_there
        return (*(own or ()), *(there or ()))

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Return where it can be applied for there."""
        there = self.channels_there
        return self.product.channels if isinstance(there, msgspec.UnsetType) else there

    @property
    def annual_rate(self) -> Decimal:
        """Return the yearly rate that most borrowers pay there."""
        return self.tiers[STANDARD_TIER]

    @property
    def annual_rate_min(self) -> Decimal:
        """Return the lowest yearly rate."""
        return min(self.tiers.values())

    @property
    def annual_rate_max(self) -> Decimal:
        """Return the highest yearly rate."""
        return max(self.tiers.values())

    def check_wish(self, amount_fen: int, months: int) -> None:
        """
        Check that an amount and a number of months may be applied for.

        Raises:
            AmountNotOffered: The amount is out of bounds or not on a step.
            MonthsNotOffered: It is not offered for so many months.
        """
        if not self.amount.allow(amount_fen):
            raise AmountNotOffered(
                min_fen=self.amount.min_fen,
                max_fen=self.amount.max_fen,
                step_fen=self.amount.step_fen,
                field="input.amountFen",
            )
        if months not in self.terms.months:
            raise MonthsNotOffered(months=self.terms.months, field="input.months")


def offered_terms(
    product: Product, packs: Sequence[RegionPack], *, version_id: str
) -> OfferedProduct | None:
    """
    Narrow a product version by region packs, province first.

    Bounds only ever get tighter, channels fewer and rates lower; words and season calendars of the
    county stand before the province's, and those before the product's own.

    Returns:
        What may be applied for; None where a pack excludes the product or leaves nothing of it.
    """
    if any(product.code in pack.products_excluded for pack in packs):
        return None
    overrides = [pack.products[product.code] for pack in packs if product.code in pack.products]
    amount, terms = _amounts(product, overrides), _months(product, overrides)
    channels = _channels(product, overrides)
    if amount.min_fen > amount.max_fen or not terms.months or channels == ():
        return None
    reduction = max(
        [
            Decimal(0),
            *(pack.rate_reduction for pack in packs),
            *(override.rate_reduction or Decimal(0) for override in overrides),
        ]
    )
    weights, crop = _season(product, packs)
    return OfferedProduct(
        version_id=version_id,
        product=product,
        packs=tuple(pack.key for pack in packs),
        amount=amount,
        terms=terms,
        tiers={
            tier: max(rate - reduction, Decimal(0)) for tier, rate in product.price.tiers.items()
        },
        wording=_wording(product, overrides),
        month_weights=weights,
        crop=crop,
        is_local=bool(overrides) or crop is not None,
        channels_there=channels,
        documents_there=_documents(product, overrides),
    )


def offered_as_json(offered: OfferedProduct) -> dict[str, Any]:
    """Return an offered product as JSON values, to be kept with an application."""
    return cast("dict[str, Any]", msgspec.to_builtins(offered))


def offered_from_json(content: object) -> OfferedProduct:
    """
    Read back what `offered_as_json` gave.

    Raises:
        msgspec.ValidationError: It is not an offered product.
    """
    return msgspec.convert(content, OfferedProduct)


def _amounts(product: Product, overrides: Sequence[ProductOverride]) -> Amounts:
    own = product.amount
    typical_fen = own.typical_fen
    for override in overrides:
        typical_fen = override.amount_typical_fen or typical_fen
    min_fen = max([own.min_fen, *(override.amount_min_fen or 0 for override in overrides)])
    max_fen = min(
        [own.max_fen, *(override.amount_max_fen or own.max_fen for override in overrides)]
    )
    return Amounts(
        min_fen=min_fen,
        max_fen=max_fen,
        step_fen=own.step_fen,
        typical_fen=max(min_fen, min(typical_fen, max_fen)),
    )


def _months(product: Product, overrides: Sequence[ProductOverride]) -> MonthsOffered:
    months, typical = product.terms.months, product.terms.typical
    for override in overrides:
        if override.months is not None:
            months = tuple(count for count in months if count in override.months)
        typical = override.months_typical or typical
    if months and typical not in months:
        typical = min(months, key=lambda count: (abs(count - typical), count))
    return MonthsOffered(months=months, typical=typical)


def _channels(
    product: Product, overrides: Sequence[ProductOverride]
) -> tuple[Channel, ...] | msgspec.UnsetType:
    said = [set(override.channels) for override in overrides if override.channels is not None]
    if not said:
        return msgspec.UNSET
    return tuple(channel for channel in product.channels if all(channel in one for one in said))


def _documents(
    product: Product, overrides: Sequence[ProductOverride]
) -> tuple[RequiredDocument, ...] | msgspec.UnsetType:
    """Return what packs need besides, each kind once; the province says why before the county."""
    known = {one.kind for one in product.documents_required or ()}
    found: dict[str, RequiredDocument] = {}
    for override in overrides:
        for one in override.documents_required:
            if one.kind not in known:
                _ = found.setdefault(one.kind, one)
    return tuple(found.values()) or msgspec.UNSET


def _wording(product: Product, overrides: Sequence[ProductOverride]) -> dict[str, Wording]:
    wording = dict(product.wording)
    for override in overrides:
        for language, words in override.wording.items():
            wording[language] = words.over(wording[language])
    return wording


def _season(
    product: Product, packs: Sequence[RegionPack]
) -> tuple[tuple[int, ...], ByLanguage | None]:
    if product.season is None:
        return (), None
    weights: tuple[int, ...] = product.season.month_weights
    crop: ByLanguage | None = None
    for pack in packs:
        calendar = pack.seasons.get(product.season.crop)
        if calendar is not None:
            weights, crop = calendar.month_weights, calendar.crop
    return weights, crop
