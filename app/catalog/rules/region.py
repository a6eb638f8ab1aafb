"""A region pack: how a province or county narrows what is offered there."""

from datetime import date
from decimal import Decimal

import msgspec

from app.catalog.rules.documents import RequiredDocument
from app.catalog.rules.product import Channel
from app.catalog.rules.wording import ByLanguage, Content, PartialWording

MONTHS_IN_YEAR = 12
PROVINCE_DIGITS = 2
REGION_DIGITS = 6


class SeasonCalendar(Content, frozen=True, kw_only=True):
    """How the year's income from a crop falls on the months there, January first."""

    month_weights: tuple[int, ...]
    crop: ByLanguage


class ProductOverride(Content, frozen=True, kw_only=True):
    """What one product is like in a region; what is left out stays as it is."""

    amount_min_fen: int | None = None
    amount_max_fen: int | None = None
    amount_typical_fen: int | None = None
    months: tuple[int, ...] | None = None
    months_typical: int | None = None
    rate_reduction: Decimal | None = None
    channels: tuple[Channel, ...] | None = None
    """Where it can be applied for there: some of the product's own channels."""
    wording: dict[str, PartialWording] = msgspec.field(default_factory=dict[str, PartialWording])
    documents_required: tuple[RequiredDocument, ...] = ()
    """Pictures that are needed there besides those the product needs everywhere."""


class RegionPack(Content, frozen=True, kw_only=True):
    """One version of a province's or county's pack."""

    code: str
    version: int
    effective_from: date
    economy_tier: int
    """1 strongest to 4 weakest."""
    name: ByLanguage
    note: ByLanguage
    """One sentence to the borrower on how lending goes there."""
    parent: str | None = None
    rate_reduction: Decimal = Decimal(0)
    """Taken off the yearly rate of every product."""
    products_excluded: tuple[str, ...] = ()
    seasons: dict[str, SeasonCalendar] = msgspec.field(default_factory=dict[str, SeasonCalendar])
    products: dict[str, ProductOverride] = msgspec.field(default_factory=dict[str, ProductOverride])

    @property
    def key(self) -> str:
        """Return what tells this version from every other."""
        return f"{self.code}:{self.version}"

    @property
    def is_province(self) -> bool:
        """Whether the pack is a province's, not a county's."""
        return self.code == province_code(self.code)


def province_code(code: str) -> str:
    """Return the code of the province a county belongs to (GB/T 2260); a province's own is kept."""
    return code[:PROVINCE_DIGITS] + "0" * (REGION_DIGITS - PROVINCE_DIGITS)


def region_from(content: object) -> RegionPack:
    """
    Read a region pack.

    Raises:
        msgspec.ValidationError: Something is missing, misspelled or of the wrong kind.
    """
    return msgspec.convert(content, RegionPack)
