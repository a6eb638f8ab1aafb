"""A region narrows a product and never widens it."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog import operations
from app.catalog.errors import AmountNotOffered, MonthsNotOffered
from app.catalog.rules import (
    Channel,
    OfferedProduct,
    Product,
    ProductOverride,
    RegionPack,
    Tier,
    offered_as_json,
    offered_from_json,
    offered_terms,
)
from app.catalog.rules.documents import DocumentKind, RequiredDocument

FILES = operations.read_catalog(operations.FIXTURES).content
SHOP = next(product for product in FILES.products if product.code == "small_shop")
STEP_FEN = SHOP.amount.step_fen


def pack_with(override: ProductOverride, code: str = "320830") -> RegionPack:
    return RegionPack(
        code=code,
        version=1,
        effective_from=SHOP.effective_from,
        economy_tier=1,
        name={"zh-Hans": "县", "en": "County"},
        note={"zh-Hans": "话", "en": "Note"},
        products={SHOP.code: override},
    )


def narrowed(*packs: RegionPack, product: Product = SHOP) -> OfferedProduct:
    offered = offered_terms(product, packs, version_id="pr00000000000001")
    assert offered is not None
    return offered


steps = st.none() | st.integers(1, 4000).map(lambda count: count * STEP_FEN)
overrides = st.builds(
    ProductOverride,
    amount_min_fen=steps,
    amount_max_fen=steps,
    amount_typical_fen=steps,
    months=st.none() | st.lists(st.sampled_from([3, 6, 12, 18, 24, 36])).map(tuple),
    months_typical=st.none() | st.integers(1, 60),
    rate_reduction=st.none() | st.decimals(0, Decimal("0.2"), places=4),
)


@given(st.lists(overrides, max_size=3))
def test_packs_only_ever_narrow(narrowing: list[ProductOverride]) -> None:
    offered = offered_terms(SHOP, [pack_with(one) for one in narrowing], version_id="v")

    if offered is None:
        return
    amount = offered.amount
    assert SHOP.amount.min_fen <= amount.min_fen <= amount.typical_fen <= amount.max_fen
    assert amount.max_fen <= SHOP.amount.max_fen
    assert set(offered.terms.months) <= set(SHOP.terms.months)
    assert offered.terms.typical in offered.terms.months
    assert all(0 <= rate <= SHOP.price.tiers[tier] for tier, rate in offered.tiers.items())


def test_without_a_region_a_product_is_as_published() -> None:
    offered = narrowed()

    assert offered.amount == SHOP.amount
    assert offered.terms == SHOP.terms
    assert offered.tiers == SHOP.price.tiers
    assert offered.wording == SHOP.wording
    assert not offered.is_local


def test_the_larger_reduction_of_province_and_county_counts() -> None:
    province = pack_with(ProductOverride(rate_reduction=Decimal("0.0100")), "320000")
    county = pack_with(ProductOverride(rate_reduction=Decimal("0.0060")))

    offered = narrowed(province, county)

    assert offered.tiers[Tier.B] == SHOP.price.tiers[Tier.B] - Decimal("0.0100")
    assert offered.packs == ("320000:1", "320830:1")
    assert (offered.annual_rate_min, offered.annual_rate_max) == (
        offered.tiers[Tier.A],
        offered.tiers[Tier.D],
    )


def test_a_rate_never_falls_below_zero() -> None:
    offered = narrowed(pack_with(ProductOverride(rate_reduction=Decimal("0.5"))))

    assert set(offered.tiers.values()) == {Decimal(0)}


def test_channels_only_ever_get_fewer(products: dict[str, Product]) -> None:
    shop = products["guaranteed_stock"]
    province = pack_with(ProductOverride(channels=(Channel.APP, Channel.MERCHANT)), "320000")
    county = pack_with(ProductOverride(channels=(Channel.APP, Channel.AGENT)))
    packs = [
        msgspec.structs.replace(pack, products={shop.code: pack.products[SHOP.code]})
        for pack in (province, county)
    ]

    assert narrowed(product=shop).channels == shop.channels
    for count, left in ((1, (Channel.APP, Channel.MERCHANT)), (2, (Channel.APP,))):
        kept = tuple(channel for channel in shop.channels if channel in left)
        assert narrowed(*packs[:count], product=shop).channels == kept


def test_a_region_needs_pictures_besides_and_says_why_once() -> None:
    def needing(kind: DocumentKind, why: str) -> RequiredDocument:
        return RequiredDocument(kind=kind, why={"zh-Hans": why, "en": why})

    bill, proof = DocumentKind.PURCHASE_LIST, DocumentKind.INCOME_PROOF
    own = msgspec.structs.replace(SHOP, documents_required=(needing(bill, "product"),))
    there = (needing(bill, "province"), needing(proof, "province"))
    province = pack_with(ProductOverride(documents_required=there), "320000")
    county = pack_with(ProductOverride(documents_required=(needing(proof, "county"),)))

    assert narrowed().documents_required == ()
    assert narrowed().documents_there is msgspec.UNSET
    needed = narrowed(province, county, product=own).documents_required
    assert [(one.kind, one.why["en"]) for one in needed] == [(bill, "product"), (proof, "province")]


def test_an_excluded_product_is_not_offered() -> None:
    pack = msgspec.structs.replace(pack_with(ProductOverride()), products_excluded=(SHOP.code,))

    assert offered_terms(SHOP, [pack], version_id="v") is None


@pytest.mark.parametrize(
    "override",
    [
        ProductOverride(months=(7,)),
        ProductOverride(amount_max_fen=SHOP.amount.min_fen - STEP_FEN),
    ],
)
def test_a_product_of_which_nothing_is_left_is_not_offered(override: ProductOverride) -> None:
    assert offered_terms(SHOP, [pack_with(override)], version_id="v") is None


def test_the_county_speaks_before_the_province(products: dict[str, Product]) -> None:
    packs = {pack.code: pack for pack in FILES.regions}

    offered = narrowed(packs["370000"], packs["370783"], product=products["orchard_inputs"])

    assert offered.wording["en"].name == "Greenhouse loan"
    assert offered.crop == {"zh-Hans": "大棚果菜", "en": "greenhouse crops"}
    assert offered.is_local


def test_the_county_without_a_calendar_of_its_own_follows_the_province(
    products: dict[str, Product],
) -> None:
    packs = {pack.code: pack for pack in FILES.regions}

    offered = narrowed(packs["440000"], packs["441621"], product=products["rice_inputs"])

    assert offered.month_weights == packs["440000"].seasons["rice"].month_weights


def test_an_offered_product_survives_being_kept_as_json(products: dict[str, Product]) -> None:
    packs = {pack.code: pack for pack in FILES.regions}
    offered = narrowed(packs["610000"], packs["610629"], product=products["orchard_inputs"])

    assert offered_from_json(offered_as_json(offered)) == offered


def test_a_wish_within_bounds_passes() -> None:
    narrowed().check_wish(SHOP.amount.typical_fen, SHOP.terms.typical)


@pytest.mark.parametrize(
    "amount_fen",
    [0, -STEP_FEN, SHOP.amount.min_fen - STEP_FEN, SHOP.amount.max_fen + STEP_FEN, STEP_FEN + 1],
)
def test_an_amount_out_of_bounds_or_off_the_step_is_refused(amount_fen: int) -> None:
    with pytest.raises(AmountNotOffered) as refused:
        narrowed().check_wish(amount_fen, SHOP.terms.typical)

    assert refused.value.details()["min_fen"] == SHOP.amount.min_fen
    assert refused.value.field == "input.amountFen"


def test_months_that_are_not_offered_are_refused() -> None:
    with pytest.raises(MonthsNotOffered) as refused:
        narrowed().check_wish(SHOP.amount.typical_fen, 7)

    assert refused.value.details()["months"] == "6, 12, 18, 24"
