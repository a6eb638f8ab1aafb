"""Publishing: once, whole, and never changed afterwards."""

import asyncio
import shutil
from pathlib import Path

import pytest

from app.catalog import operations, queries
from app.catalog.errors import CatalogInconsistent, CatalogVersionChanged
from app.catalog.operations import CatalogLoaded
from app.foundation.database import Database, fetch

NOTHING = CatalogLoaded(products=0, regions=0, policy_values=0, scorecards=0)
SHOP = "products/small_shop-v1.toml"
TABLES = ("product_version", "region_pack", "policy_value", "scorecard")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the fixtures to where a test may change them."""
    for name in ("products", "regions", "policy"):
        shutil.copytree(operations.FIXTURES / name, tmp_path / "fixtures" / name)
    return tmp_path / "fixtures"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


async def everything() -> list[list[dict[str, object]]]:
    return [await fetch(f"SELECT * FROM {table} ORDER BY id") for table in TABLES]


@pytest.mark.usefixtures("published")
async def test_loading_the_same_again_changes_nothing() -> None:
    before = await everything()

    assert await operations.load_catalog() == NOTHING
    assert await everything() == before


async def test_everything_in_the_folder_is_published(database: Database) -> None:
    files = operations.read_catalog(operations.FIXTURES)

    loaded = await operations.load_catalog()

    assert loaded == CatalogLoaded(
        products=len(files.products),
        regions=len(files.regions),
        policy_values=len(files.policy_values),
        scorecards=len(files.scorecards),
    )
    assert database.clock.now() is not None


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("file", "old", "new", "table", "key"),
    [
        (SHOP, "typical = 12", "typical = 18", "product_version", "small_shop:1"),
        ("regions/610629-v1.toml", "tier = 3", "tier = 2", "region_pack", "610629:1"),
        ("policy/lateness.toml", "value = 3", "value = 5", "policy_value", "grace_days@2021-01-01"),
        ("policy/scorecard-v1.json", '"base_points": 350', '"base_points": 340', "scorecard", "1"),
    ],
)
async def test_other_content_under_a_published_version_is_refused(  # noqa: PLR0917 - a table of cases
    folder: Path, file: str, old: str, new: str, table: str, key: str
) -> None:
    before = await everything()
    edit(folder / file, old, new)

    with pytest.raises(CatalogVersionChanged) as refused:
        await operations.load_catalog(folder)

    assert (refused.value.kind, refused.value.key) == (table, key)
    assert await everything() == before


@pytest.mark.usefixtures("published")
async def test_a_comment_or_a_new_line_changes_nothing(folder: Path) -> None:
    file = folder / SHOP
    file.write_text("# Reviewed.\n\n" + file.read_text(encoding="utf-8"), encoding="utf-8")

    assert await operations.load_catalog(folder) == NOTHING


@pytest.mark.usefixtures("published")
async def test_a_new_version_stands_beside_the_old(folder: Path) -> None:
    old, new = folder / SHOP, folder / "products/small_shop-v3.toml"
    shutil.copy(old, new)
    edit(new, "version = 1", "version = 3")
    edit(new, "effective_from = 2026-08-01", "effective_from = 2027-01-01")

    assert (await operations.load_catalog(folder)).products == 1

    rows = await fetch("SELECT version_key FROM product_version WHERE code = ?", ["small_shop"])
    keys = sorted(row["version_key"] for row in rows)
    assert keys == ["small_shop:1", "small_shop:2", "small_shop:3"]


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        (SHOP, 'share = "0.8"', 'share = "0.7"', "shares sum to 0.9"),
        (SHOP, "cooling_off_days", "cooling_days", "small_shop-v1.toml"),
        (SHOP, 'D = "0.1020"', 'D = "0.1300"', "above the cap of 12.0000%"),
        (SHOP, "version = 1", "version = ", "small_shop-v1.toml"),
        ("policy/scorecard-v1.json", '"version": 1', '"version": ', "scorecard-v1.json"),
        ("regions/610629-v1.toml", "economy_tier = 3", "economy_tier = 3.5", "610629-v1.toml"),
        ("policy/lateness.toml", "value = 3", "value = 3.5", "lateness.toml"),
    ],
)
@pytest.mark.usefixtures("database")
async def test_a_faulty_folder_is_refused_whole(
    folder: Path, file: str, old: str, new: str, problem: str
) -> None:
    edit(folder / file, old, new)

    with pytest.raises(CatalogInconsistent) as refused:
        await operations.load_catalog(folder)

    assert problem in refused.value.problems
    assert await everything() == [[], [], [], []]


async def test_a_decision_can_be_made_again_with_its_scorecard(published: Database) -> None:
    today = published.clock.now().date()

    assert await queries.scorecard_version(2) == await queries.scorecard(today)


@pytest.mark.usefixtures("database")
async def test_two_processes_starting_at_once_publish_one_catalog() -> None:
    await asyncio.gather(operations.load_catalog(), operations.load_catalog())

    files = operations.read_catalog(operations.FIXTURES)
    assert [len(rows) for rows in await everything()] == [
        len(files.products),
        len(files.regions),
        len(files.policy_values),
        len(files.scorecards),
    ]
    assert await operations.load_catalog() == NOTHING
