"""The catalog that ships: complete, consistent, lawful, in both languages."""

from decimal import Decimal
from pathlib import Path

import pytest
from stdnum import numdb

from app.catalog.rules import (
    CatalogContent,
    Need,
    Payee,
    PolicyBook,
    Product,
    RegionPack,
    catalog_faults,
    cost_faults,
    offered_terms,
    ranked_choices,
    typical_cost,
)
from app.catalog.rules.consistency.policies import DONE
from app.catalog.rules.policy import CARRIED_UNTIL
from app.loanmath.schedule import Method

PRODUCTS_MIN = 12
REGIONS_MIN = 8


def test_the_catalog_contradicts_itself_nowhere(catalog: CatalogContent) -> None:
    assert catalog_faults(catalog) == []


def test_no_product_can_cost_more_than_the_cap(catalog: CatalogContent, book: PolicyBook) -> None:
    problems = [problem for product in catalog.products for problem in cost_faults(product, book)]

    assert problems == []


def test_every_need_has_a_product(catalog: CatalogContent) -> None:
    assert {product.need for product in catalog.products} == set(Need)
    assert len(catalog.products) >= PRODUCTS_MIN


def test_the_methods_borrowers_meet_are_all_there_and_flat_interest_is_not(
    catalog: CatalogContent,
) -> None:
    methods = {product.method for product in catalog.products}

    assert methods == set(Method) - {Method.FLAT}


def test_both_payees_and_joint_lending_are_there(catalog: CatalogContent) -> None:
    assert {product.payee for product in catalog.products} == set(Payee)
    assert {len(product.funders) for product in catalog.products} == {1, 2, 3}


def test_every_region_is_a_real_one_under_its_own_name(packs: dict[str, RegionPack]) -> None:
    counties = [code for code in packs if not packs[code].is_province]
    for code, pack in packs.items():
        places = numdb.get("cn/loc").info(code)
        known = {name: place for _, found in places for name, place in found.items()}
        assert known["county"].endswith(pack.name["zh-Hans"]), code

    assert len(counties) >= REGIONS_MIN


def test_every_region_has_choices_for_most_needs(
    catalog: CatalogContent, packs: dict[str, RegionPack], book: PolicyBook
) -> None:
    for pack in packs.values():
        here = [packs[code] for code in (pack.parent, pack.code) if code]
        offered = [
            narrowed
            for product in catalog.products
            if (narrowed := offered_terms(product, here, version_id=product.key)) is not None
        ]
        needs = {product.product.need for product in offered}
        assert len(needs) >= len(Need) - 1, pack.code
        assert len(ranked_choices(offered, book, need=None, most=5)) == 5


def test_counties_differ_in_amount_price_terms_and_words(
    products: dict[str, Product], packs: dict[str, RegionPack]
) -> None:
    orchard = products["orchard_inputs"]
    luochuan = offered_terms(orchard, [packs["610000"], packs["610629"]], version_id="v")
    shouguang = offered_terms(orchard, [packs["370000"], packs["370783"]], version_id="v")
    huidong = offered_terms(orchard, [packs["510000"], packs["513426"]], version_id="v")
    assert luochuan is not None
    assert shouguang is not None
    assert huidong is not None

    assert len({luochuan.amount.max_fen, shouguang.amount.max_fen, huidong.amount.max_fen}) == 3
    assert shouguang.annual_rate > luochuan.annual_rate
    assert shouguang.wording["zh-Hans"].name != luochuan.wording["zh-Hans"].name
    assert luochuan.month_weights != shouguang.month_weights
    narrowed = offered_terms(
        products["home_repair"], [packs["610000"], packs["610629"]], version_id="v"
    )
    assert narrowed is not None
    assert narrowed.terms.months == (12, 24)


def test_the_guarantors_fee_is_inside_the_cost(
    products: dict[str, Product], book: PolicyBook
) -> None:
    offered = offered_terms(products["guaranteed_stock"], (), version_id="v")
    assert offered is not None

    cost = typical_cost(offered, book)

    assert cost.total_fees_fen > 0
    assert cost.annual_cost > offered.annual_rate
    assert cost.annual_cost_effective <= book.cost_cap


FAMILIES = ("consent_", "penalty_factor_", "reward_coupon_", "velocity_")
"""Names that code, a product or a campaign puts together."""


def test_no_figure_is_published_that_nothing_reads(book: PolicyBook) -> None:
    house = Path(__file__).parents[2]
    readers = [*(house / "app").rglob("*.py"), *(house / "fixtures" / "policy").glob("*.json")]
    read = "".join(one.read_text(encoding="utf-8") for one in readers)
    names = {name.removesuffix(CARRIED_UNTIL) for name in book.values}
    unread = {name for name in names if f'"{name}"' not in read and not name.startswith(FAMILIES)}
    assert unread == set()


def test_what_code_does_by_itself_is_published_as_it_does_it(book: PolicyBook) -> None:
    assert DONE.keys() <= book.values.keys()
    assert all(book.values[name].value in done for name, done in DONE.items())


@pytest.mark.parametrize("name", ["penalty_factor_standard", "penalty_factor_care"])
def test_no_penalty_is_above_the_lawful_factor(book: PolicyBook, name: str) -> None:
    assert Decimal(1) < book.rate(name) <= book.rate("penalty_factor_max")
