"""Publishing a catalog: every version once, unchanged ever after."""

import hashlib
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

import msgspec
import orjson
from tortoise.models import Model

from app.catalog import rules
from app.catalog.errors import CatalogInconsistent, CatalogVersionChanged
from app.catalog.models import (
    PolicyValueRow,
    ProductVersionRow,
    RegionPackRow,
    ScorecardRow,
)
from app.catalog.rules import (
    CatalogContent,
    Fault,
    PolicyBook,
    PolicyValue,
    Product,
    RegionPack,
    Scorecard,
)
from app.foundation.database import Transaction, transaction
from app.foundation.log import logger
from app.foundation.revision import CATALOG, revise

log = logger(__name__)

FIXTURES = Path(__file__).parents[3] / "fixtures"
"""Where a checkout keeps its catalog."""

Value = TypeVar("Value", Product, RegionPack, PolicyValue, Scorecard)
Read = list[tuple[Value, str]]
"""Values with the canonical JSON they were read from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogLoaded:
    """How many versions were new; all zero when the same catalog is loaded again."""

    products: int
    regions: int
    policy_values: int
    scorecards: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogFolder:
    """What stands in a folder of catalog files."""

    products: Read[Product]
    regions: Read[RegionPack]
    policy_values: Read[PolicyValue]
    scorecards: Read[Scorecard]

    @property
    def content(self) -> CatalogContent:
        """Return the values, without the text they were read from."""
        return CatalogContent(
            products=tuple(value for value, _ in self.products),
            regions=tuple(value for value, _ in self.regions),
            policy_values=tuple(value for value, _ in self.policy_values),
            scorecards=tuple(value for value, _ in self.scorecards),
        )


async def load_catalog(folder: Path = FIXTURES) -> CatalogLoaded:
    """
    Publish the products, regions, policy values and scorecards of a folder.

    Versions published before stay as they are; loading the same again changes nothing.

    Raises:
        CatalogInconsistent: Something is unreadable, contradicts itself or costs too much.
        CatalogVersionChanged: A published version came with other content.
    """
    return await publish_catalog(read_catalog(folder))


async def publish_catalog(files: CatalogFolder) -> CatalogLoaded:
    """
    Publish what was read of a folder, as `load_catalog` does.

    Raises:
        CatalogInconsistent: Something contradicts itself or costs too much.
        CatalogVersionChanged: A published version came with other content.
    """
    faults = rules.catalog_faults(files.content)
    if faults:
        raise CatalogInconsistent([str(fault) for fault in faults])
    async with transaction() as tx:
        loaded = await _publish_all(tx, files)
    log.info("catalog_loaded", **asdict(loaded))
    return loaded


def read_catalog(folder: Path) -> CatalogFolder:
    """
    Read a folder with `products`, `regions` and `policy`, whose files a person can check by eye.

    Raises:
        CatalogInconsistent: A file is unreadable or misspells a field; each such file is named.
    """
    problems: list[str] = []
    products = _read(_files(folder, "products/*.toml"), rules.product_from, problems)
    regions = _read(_files(folder, "regions/*.toml"), rules.region_from, problems)
    values = _read(_policy_values(folder), rules.policy_value_from, problems)
    cards = _read(_files(folder, "policy/scorecard-*.json"), rules.scorecard_from, problems)
    if problems:
        raise CatalogInconsistent(problems)
    return CatalogFolder(products=products, regions=regions, policy_values=values, scorecards=cards)


def _files(folder: Path, pattern: str) -> Iterator[tuple[str, object]]:
    """Give each file's name and content."""
    for path in sorted(folder.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        try:
            content = tomllib.loads(text) if path.suffix == ".toml" else orjson.loads(text)
        except ValueError as unreadable:
            raise CatalogInconsistent([f"{path.name}: {unreadable}"]) from unreadable
        yield path.name, content


def _policy_values(folder: Path) -> Iterator[tuple[str, object]]:
    for name, content in _files(folder, "policy/*.toml"):
        for value in cast("dict[str, list[object]]", content).get("values", []):
            yield name, value


def _read(
    contents: Iterable[tuple[str, object]],
    value_from: Callable[[object], Value],
    problems: list[str],
) -> Read[Value]:
    values: Read[Value] = []
    for name, content in contents:
        try:
            value = value_from(content)
        except msgspec.ValidationError as misspelled:
            problems.append(f"{name}: {misspelled}")
        else:
            values.append((value, canonical(content)))
    return values


def canonical(content: object) -> str:
    """Return a version's document in the one form that is kept and hashed."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()


class Version(NamedTuple):
    """One version on its way into a table of dated content."""

    key: str
    code: str
    effective_from: date
    content: str

    @property
    def sha256(self) -> str:
        """Return the hash by which the content is known again."""
        return hashlib.sha256(self.content.encode()).hexdigest()


async def publish(
    tx: Transaction, row_type: type[Model], prefix: str, versions: Sequence[Version]
) -> set[str]:
    """
    Write the versions that are not there yet and return their keys.

    `row_type` has the columns of dated content: id, version_key, code, effective_from, content,
    sha256, published_at.

    Raises:
        CatalogVersionChanged: A version published before has other content.
    """
    known = await _hashes(row_type)
    missing = [version for version in versions if version.key not in known]
    rows = [
        row_type(
            id=tx.new_id(prefix),
            version_key=version.key,
            code=version.code,
            effective_from=version.effective_from.isoformat(),
            content=version.content,
            sha256=version.sha256,
            published_at=tx.now,
        )
        for version in missing
    ]
    await row_type.bulk_create(rows, ignore_conflicts=True)
    if rows:
        await revise(tx, CATALOG)
    # Another process may have published the same keys in between: what stands there now counts.
    published = await _hashes(row_type)
    for version in versions:
        if published[version.key] != version.sha256:
            raise CatalogVersionChanged(row_type.describe()["table"], version.key)
    return {version.key for version in missing}


async def _hashes(row_type: type[Model]) -> dict[str, str]:
    rows = await row_type.all().values_list("version_key", "sha256")
    return {str(key): str(sha256) for key, sha256 in rows}


async def _publish_all(tx: Transaction, files: CatalogFolder) -> CatalogLoaded:
    values = [
        Version(one.key, one.name, one.effective_from, text) for one, text in files.policy_values
    ]
    packs = [Version(one.key, one.code, one.effective_from, text) for one, text in files.regions]
    cards = [Version(one.key, one.key, one.effective_from, text) for one, text in files.scorecards]
    products = [
        Version(one.key, one.code, one.effective_from, text) for one, text in files.products
    ]
    new_products = await publish(tx, ProductVersionRow, "pr", products)
    _check_cost(files.content, new_products)
    return CatalogLoaded(
        products=len(new_products),
        regions=len(await publish(tx, RegionPackRow, "rg", packs)),
        policy_values=len(await publish(tx, PolicyValueRow, "pv", values)),
        scorecards=len(await publish(tx, ScorecardRow, "sd", cards)),
    )


def _check_cost(catalog: CatalogContent, keys: Collection[str]) -> None:
    """Refuse a new product version that could cost more than the cap on its first day."""
    faults: list[Fault] = []
    for product in catalog.products:
        if product.key in keys:
            book = PolicyBook.on_day(product.effective_from, catalog.policy_values)
            faults += rules.cost_faults(product, book)
    if faults:
        raise CatalogInconsistent([str(fault) for fault in faults])
