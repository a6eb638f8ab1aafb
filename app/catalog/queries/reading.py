"""Reading the catalog as of a day: regions, suited products, the scorecard."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import cast

import orjson

from app.catalog import rules
from app.catalog.errors import ProductNotOffered, RegionUnknown
from app.catalog.models import ProductVersionRow, ScorecardRow
from app.catalog.queries.policies import policy_book
from app.catalog.rules import (
    Need,
    OfferedProduct,
    Product,
    RegionPack,
    Scorecard,
)
from app.foundation.caller import BorrowerCaller
from app.foundation.database import current, fetch, joined
from app.foundation.errors import NotFound
from app.identity import queries as identity
from app.identity.rules import DeviceLevel

_KEPT = "product version"
VERSIONS_CACHED = 1024
"""More than all versions a catalog holds; a version never changes, so it is read from text once."""


@dataclass(frozen=True, slots=True)
class ProductVersion:
    """A product version under its id."""

    version_id: str
    product: Product
    sha256: str


@dataclass(frozen=True, slots=True)
class Region:
    """A region with the packs that count there, province first."""

    code: str
    packs: tuple[RegionPack, ...]

    @property
    def pack(self) -> RegionPack:
        """Return the nearest pack: the county's, or the province's where the county has none."""
        return self.packs[-1]


async def regions(on: date) -> list[RegionPack]:
    """Return the packs of every region on a day, by code: each province before its counties."""
    packs = await _packs(on)
    return [packs[code] for code in sorted(packs)]


async def region(code: str, on: date) -> Region:
    """
    Return a region with its packs; a county without one of its own counts as its province.

    Raises:
        RegionUnknown: Neither the county nor its province has a pack on the day.
    """
    return _region(code, await _packs(on))


async def products_for(
    region_code: str, on: date, need: Need | None = None
) -> list[OfferedProduct]:
    """
    Return at most five suited products (the policy says how many), best first.

    Raises:
        RegionUnknown: There is no lending in this region on the day.
    """
    place = await region(region_code, on)
    book = await policy_book(on)
    offered = [
        narrowed
        for version in await _products_on(on)
        if (narrowed := _offered(version, place)) is not None
    ]
    most = book.whole("products_shown_max")
    return list(rules.ranked_choices(offered, book, need=need, most=most))


async def product_version(version_id: str) -> ProductVersion:
    """
    Return a product version, whether or not it may still be applied for.

    Raises:
        NotFound: There is no version of this id.
    """
    row = await ProductVersionRow.get_or_none(id=version_id)
    if row is None:
        raise NotFound
    return _version(row)


def known_version(version_id: str) -> ProductVersion | None:
    """Return a version that was read before by this process; None if it has to be read."""
    return cast("ProductVersion | None", current().kept.get((_KEPT, version_id)))


async def product_versions(version_ids: list[str]) -> list[ProductVersion | None]:
    """
    Return versions in the order asked; None where there is none.

    A version never changes, so that each is read once; those not read yet take one query.
    """
    kept = current().kept
    found: dict[str, object] = {
        one: kept[_KEPT, one] for one in version_ids if (_KEPT, one) in kept
    }
    missing = [one for one in version_ids if one not in found]
    if missing:
        read = {row.id: _version(row) for row in await ProductVersionRow.filter(id__in=missing)}
        found |= read
        if joined() is None:
            kept.update(((_KEPT, one), version) for one, version in read.items())
    return [cast("ProductVersion | None", found.get(one)) for one in version_ids]


async def offered_terms(version_id: str, region_code: str, on: date) -> OfferedProduct:
    """
    Return what may be applied for: a product version as it stands in a region.

    Raises:
        NotFound: There is no version of this id.
        RegionUnknown: There is no lending in this region on the day.
        ProductNotOffered: It is not offered there, or no longer, or not yet.
    """
    version = await product_version(version_id)
    place = await region(region_code, on)
    offered = _offered(version, place)
    if offered is None or not version.product.is_offered_on(on):
        raise ProductNotOffered
    return offered


async def offered_terms_of(
    asked: Sequence[tuple[str, str]], on: date
) -> list[OfferedProduct | None]:
    """
    Return product versions as each stands in a region, in the order asked; two queries.

    None where there is none of an id, or it is not offered there, or no longer, or not yet.
    """
    if not asked:
        return []
    ids = sorted({version_id for version_id, _ in asked})
    versions = dict(zip(ids, await product_versions(ids), strict=True))
    packs = await _packs(on)
    return [_standing(versions[version_id], code, packs, on) for version_id, code in asked]


def _standing(
    version: ProductVersion | None, code: str, packs: Mapping[str, RegionPack], on: date
) -> OfferedProduct | None:
    if version is None or not version.product.is_offered_on(on):
        return None
    try:
        return _offered(version, _region(code, packs))
    except RegionUnknown:
        return None


async def version_in(version_id: str, region_code: str | None, on: date) -> OfferedProduct:
    """
    Return a product version to look at, whether or not it may still be applied for.

    Where the region excludes the product, or none is named, it is shown as it is everywhere.

    Raises:
        NotFound: There is no version of this id.
        RegionUnknown: There is no lending in this region on the day.
    """
    version = await product_version(version_id)
    anywhere = Region("", ())
    place = anywhere if region_code is None else await region(region_code, on)
    offered = _offered(version, place) or _offered(version, anywhere)
    assert offered is not None, "without a region nothing is excluded"
    return offered


async def offered_product(product_code: str, region_code: str, on: date) -> OfferedProduct:
    """
    Return the version of a product that is in force, as it stands in a region.

    Raises:
        RegionUnknown: There is no lending in this region on the day.
        ProductNotOffered: It is not offered there, or no longer, or not yet.
    """
    place = await region(region_code, on)
    for version in await _products_on(on):
        if version.product.code == product_code:
            offered = _offered(version, place)
            if offered is not None:
                return offered
    raise ProductNotOffered


async def needs_code(caller: BorrowerCaller, on: date, *, amount_fen: int | None) -> bool:
    """
    Tell whether the session's key is worth too little to approve something alone.

    Without an amount it is where all money goes from now on. A key that was ended counts least.

    Raises:
        PolicyValueMissing: No limits hold on the day.
    """
    if caller.device_id is None:
        return False
    level = await identity.device_level(caller) or DeviceLevel.SOFTWARE
    book = await policy_book(on)
    if amount_fen is None:
        return not book.table("device_alone_changes_card")[level.value]
    return amount_fen > int(book.table("device_alone_fen")[level.value])


async def scorecard(on: date) -> Scorecard:
    """
    Return the scorecard in force on a day.

    Raises:
        NotFound: No scorecard holds yet.
    """
    rows = await ScorecardRow.filter(effective_from__lte=on.isoformat())
    if not rows:
        raise NotFound
    cards = [_scorecard(row.content) for row in rows]
    return max(cards, key=lambda card: (card.effective_from, card.version))


async def scorecard_version(version: int) -> Scorecard:
    """
    Return one version of the scorecard, so that a decision can be made again as it was.

    Raises:
        NotFound: There is no such version.
    """
    row = await ScorecardRow.get_or_none(version_key=str(version))
    if row is None:
        raise NotFound
    return _scorecard(row.content)


async def scorecards_by_version(versions: Iterable[int]) -> dict[int, Scorecard]:
    """
    Return versions of the scorecard by their numbers; one query for any number of them.

    Raises:
        NotFound: There is no such version.
    """
    wanted = set(versions)
    if not wanted:
        return {}
    rows = await ScorecardRow.filter(version_key__in=[str(one) for one in sorted(wanted)])
    found = {int(row.version_key): _scorecard(row.content) for row in rows}
    if found.keys() != wanted:
        raise NotFound
    return found


async def scorecard_sha256(version: int) -> str:
    """
    Return the hash of a scorecard's content as it stands, whatever was noted beside it.

    Raises:
        NotFound: There is no such version.
    """
    row = await ScorecardRow.get_or_none(version_key=str(version))
    if row is None:
        raise NotFound
    return hashlib.sha256(row.content.encode()).hexdigest()


def _region(code: str, packs: Mapping[str, RegionPack]) -> Region:
    found = [packs[key] for key in dict.fromkeys((rules.province_code(code), code)) if key in packs]
    if not found:
        raise RegionUnknown(field="regionCode")
    return Region(code, tuple(found))


async def _packs(on: date) -> dict[str, RegionPack]:
    rows = await fetch(
        "SELECT content FROM region_pack WHERE effective_from <= ?", [on.isoformat()]
    )
    packs = sorted((_pack(row["content"]) for row in rows), key=_in_time)
    return {pack.code: pack for pack in packs}


async def _products_on(on: date) -> Iterable[ProductVersion]:
    rows = await fetch(
        "SELECT id, content, sha256 FROM product_version WHERE effective_from <= ?",
        [on.isoformat()],
    )
    read = (ProductVersion(row["id"], _product(row["content"]), row["sha256"]) for row in rows)
    versions = sorted(read, key=lambda version: _in_time(version.product))
    in_force = {version.product.code: version for version in versions}
    return [version for version in in_force.values() if version.product.is_offered_on(on)]


def _in_time(content: Product | RegionPack) -> tuple[date, int]:
    return content.effective_from, content.version


def _offered(version: ProductVersion, place: Region) -> OfferedProduct | None:
    return rules.offered_terms(version.product, place.packs, version_id=version.version_id)


def _version(row: ProductVersionRow) -> ProductVersion:
    return ProductVersion(row.id, _product(row.content), row.sha256)


@lru_cache(VERSIONS_CACHED)
def _product(content: str) -> Product:
    return rules.product_from(orjson.loads(content))


@lru_cache(VERSIONS_CACHED)
def _pack(content: str) -> RegionPack:
    return rules.region_from(orjson.loads(content))


@lru_cache(VERSIONS_CACHED)
def _scorecard(content: str) -> Scorecard:
    return rules.scorecard_from(orjson.loads(content))
