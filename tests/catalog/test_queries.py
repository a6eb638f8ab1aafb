"""The catalog as of a day."""

import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.catalog import operations, queries
from app.catalog.errors import ProductNotOffered, RegionUnknown
from app.catalog.models import PolicyValueRow
from app.catalog.operations.publishing import Version, canonical, publish
from app.catalog.rules import Need, PolicyKind, PolicyValueMissing, Tier
from app.foundation.database import Transaction, current, transaction
from app.foundation.errors import NotFound

TODAY = date(2026, 11, 21)
FIRST_DAY = date(2026, 8, 1)
NOWHERE = "990000"
MISSING = "pr00000000000000"

pytestmark = pytest.mark.usefixtures("published")


async def id_of(code: str) -> str:
    return (await queries.offered_product(code, "320830", TODAY)).version_id


async def test_regions_are_listed_province_before_county() -> None:
    codes = [pack.code for pack in await queries.regions(TODAY)]

    assert codes == sorted(codes)
    assert codes.index("610000") < codes.index("610629")


async def test_before_the_first_day_there_is_nothing() -> None:
    before = FIRST_DAY - timedelta(days=1)

    assert await queries.regions(before) == []
    with pytest.raises(RegionUnknown):
        await queries.products_for("610629", before)
    with pytest.raises(NotFound):
        await queries.scorecard(before)


async def test_a_county_without_a_pack_counts_as_its_province() -> None:
    village = await queries.region("610102", TODAY)

    assert village.code == "610102"
    assert [pack.code for pack in village.packs] == ["610000"]
    assert village.pack.code == "610000"


async def test_a_county_has_its_provinces_pack_and_its_own() -> None:
    luochuan = await queries.region("610629", TODAY)

    assert [pack.code for pack in luochuan.packs] == ["610000", "610629"]


async def test_a_region_we_do_not_lend_in_is_refused() -> None:
    with pytest.raises(RegionUnknown) as refused:
        await queries.products_for(NOWHERE, TODAY)

    assert refused.value.field == "regionCode"


async def test_at_most_five_products_are_shown() -> None:
    for need in (None, *Need):
        assert len(await queries.products_for("430000", TODAY, need)) <= 5


async def test_a_farmer_in_apple_country_sees_the_orchard_loan_first() -> None:
    first = (await queries.products_for("610629", TODAY, Need.FARM_INPUTS))[0]

    assert first.product.code == "orchard_inputs"
    assert first.wording["zh-Hans"].suits == "洛川种苹果、要买肥料果袋、交冷库钱的果农。"
    assert first.tiers[Tier.B] == Decimal("0.0600")
    assert first.amount.max_fen == 6_000_000


async def test_a_product_can_be_had_by_code_or_by_id() -> None:
    by_code = await queries.offered_product("small_shop", "410225", TODAY)

    assert await queries.offered_terms(by_code.version_id, "410225", TODAY) == by_code
    version = await queries.product_version(by_code.version_id)
    assert version.product == by_code.product
    assert len(version.sha256) == 64


async def test_a_product_the_region_excludes_is_not_offered() -> None:
    version_id = await id_of("rice_inputs")

    with pytest.raises(ProductNotOffered):
        await queries.offered_product("rice_inputs", "610629", TODAY)
    with pytest.raises(ProductNotOffered):
        await queries.offered_terms(version_id, "610629", TODAY)
    assert (await queries.version_in(version_id, "610629", TODAY)).packs == ()


async def test_a_product_that_does_not_exist_is_not_offered() -> None:
    with pytest.raises(ProductNotOffered):
        await queries.offered_product("moon_loan", "610629", TODAY)
    with pytest.raises(NotFound):
        await queries.offered_terms(MISSING, "610629", TODAY)


async def test_terms_of_many_are_those_of_each_and_nothing_where_one_is_not_offered() -> None:
    shop, rice = await id_of("small_shop"), await id_of("rice_inputs")
    asked = [(MISSING, "610629"), (shop, "610629"), (rice, "610629"), (rice, "320830")]

    missing, here, excluded, there = await queries.offered_terms_of(asked, TODAY)

    assert (missing, excluded) == (None, None)
    assert here == await queries.offered_terms(shop, "610629", TODAY)
    assert there == await queries.offered_terms(rice, "320830", TODAY)
    assert await queries.offered_terms_of([(shop, NOWHERE)], TODAY) == [None]
    assert await queries.offered_terms_of([], TODAY) == []


async def test_versions_are_answered_in_the_order_asked() -> None:
    shop, orchard = await id_of("small_shop"), await id_of("small_line")

    found = await queries.product_versions([orchard, MISSING, shop, orchard])

    codes = [version.product.code if version else None for version in found]
    assert codes == ["small_line", None, "small_shop", "small_line"]


async def test_a_later_version_takes_over_on_its_day(tmp_path: Path) -> None:
    shutil.copytree(operations.FIXTURES / "products", tmp_path / "products")
    shutil.copytree(operations.FIXTURES / "regions", tmp_path / "regions")
    shutil.copytree(operations.FIXTURES / "policy", tmp_path / "policy")
    first = tmp_path / "products" / "small_shop-v1.toml"
    text = first.read_text(encoding="utf-8").replace("version = 1", "version = 3")
    second = text.replace("effective_from = 2026-08-01", "effective_from = 2027-01-01")
    ending = second.replace("need =", "effective_until = 2027-06-30\nneed =")
    (tmp_path / "products" / "small_shop-v3.toml").write_text(ending, encoding="utf-8")
    await operations.load_catalog(tmp_path)

    async def version_on(day: date) -> int:
        return (await queries.offered_product("small_shop", "320830", day)).product.version

    assert await version_on(date(2026, 12, 31)) == 2
    assert await version_on(date(2027, 1, 1)) == 3
    assert await version_on(date(2027, 6, 30)) == 3
    with pytest.raises(ProductNotOffered):
        await version_on(date(2027, 7, 1))
    version_id = (
        await queries.offered_product("small_shop", "320830", date(2027, 1, 1))
    ).version_id
    with pytest.raises(ProductNotOffered):
        await queries.offered_terms(version_id, "320830", date(2026, 12, 31))


async def test_policy_is_answered_with_its_source() -> None:
    value = await queries.policy("cost_certificate_required", TODAY)

    assert value.value is True
    assert value.kind is PolicyKind.QUOTATION
    assert value.effective_from == FIRST_DAY


async def test_a_policy_value_nobody_set_is_a_fault() -> None:
    with pytest.raises(PolicyValueMissing):
        await queries.policy("moon_phase", TODAY)


async def test_the_scorecard_of_the_day_is_found() -> None:
    assert (await queries.scorecard(TODAY)).version == 2
    with pytest.raises(NotFound):
        await queries.scorecard_version(99)
    both = await queries.scorecards_by_version([1, 2, 2])
    assert both == {one: await queries.scorecard_version(one) for one in (1, 2)}
    assert await queries.scorecards_by_version([]) == {}
    with pytest.raises(NotFound):
        await queries.scorecards_by_version([2, 99])


async def put_in_force(tx: Transaction, days: int) -> None:
    """Publish a value of today's, as another process might."""
    value = {
        "name": "complaint_visit_days",
        "effective_from": TODAY.isoformat(),
        "value": days,
        "unit": "day",
        "kind": "reading",
        "source": "a test",
        "meaning": {"zh-Hans": "回访", "en": "visits"},
    }
    version = Version(
        f"complaint_visit_days@{TODAY}", "complaint_visit_days", TODAY, canonical(value)
    )
    await publish(tx, PolicyValueRow, "pv", [version])


async def visit_days() -> int:
    return (await queries.policy_book(TODAY)).whole("complaint_visit_days")


class UndoneError(Exception):
    pass


async def test_a_value_is_in_force_once_its_publishing_has_committed_whoever_published() -> None:
    before = await visit_days()
    assert await queries.policy_book(TODAY) is await queries.policy_book(TODAY), "read once"
    kept = dict(current().kept)
    with pytest.raises(UndoneError):
        async with transaction() as tx:
            await put_in_force(tx, before + 1)
            assert await visit_days() == before + 1
            raise UndoneError
    assert await visit_days() == before
    async with transaction() as tx:
        await put_in_force(tx, before + 2)
    current().kept.clear()
    current().kept.update(kept)  # as in a process that has read before and heard nothing since
    async with transaction():
        assert await visit_days() == before + 2
    assert await visit_days() == before + 2
    day_before = await queries.policy_book(TODAY - timedelta(days=1))
    assert day_before.whole("complaint_visit_days") == before
