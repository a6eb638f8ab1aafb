"""Few choices, the fitting ones first."""

from app.catalog.rules import (
    CatalogContent,
    Need,
    OfferedProduct,
    PolicyBook,
    RegionPack,
    offered_terms,
    ranked_choices,
)


def offered_in(catalog: CatalogContent, *packs: RegionPack) -> list[OfferedProduct]:
    newest = {product.code: product for product in catalog.products}
    return [
        narrowed
        for product in newest.values()
        if (narrowed := offered_terms(product, packs, version_id=product.key)) is not None
    ]


def codes(chosen: tuple[OfferedProduct, ...]) -> list[str]:
    return [product.product.code for product in chosen]


def test_for_a_stated_need_only_its_products_are_shown(
    catalog: CatalogContent, packs: dict[str, RegionPack], book: PolicyBook
) -> None:
    offered = offered_in(catalog, packs["610000"], packs["610629"])

    chosen = ranked_choices(offered, book, need=Need.FARM_INPUTS, most=5)

    assert codes(chosen) == ["orchard_inputs", "grain_inputs", "harvest_bridge"]


def test_what_is_made_for_the_county_comes_first(
    catalog: CatalogContent, packs: dict[str, RegionPack], book: PolicyBook
) -> None:
    offered = offered_in(catalog, packs["350000"], packs["350524"])

    chosen = ranked_choices(offered, book, need=Need.FARM_INPUTS, most=5)

    assert codes(chosen)[:2] == ["tea_garden", "orchard_inputs"]


def test_without_a_need_each_choice_is_for_another(
    catalog: CatalogContent, packs: dict[str, RegionPack], book: PolicyBook
) -> None:
    offered = offered_in(catalog, packs["610000"], packs["610629"])

    chosen = ranked_choices(offered, book, need=None, most=5)

    needs = [product.product.need for product in chosen]
    assert len(needs) == len(set(needs)) == 5
    assert needs[0] is Need.FARM_INPUTS


def test_never_more_than_the_most(catalog: CatalogContent, book: PolicyBook) -> None:
    assert len(ranked_choices(offered_in(catalog), book, need=Need.FARM_INPUTS, most=2)) == 2


def test_the_order_does_not_depend_on_the_order_read(
    catalog: CatalogContent, book: PolicyBook
) -> None:
    offered = offered_in(catalog)

    forwards = ranked_choices(offered, book, need=Need.GREEN, most=5)

    assert ranked_choices(reversed(offered), book, need=Need.GREEN, most=5) == forwards
