"""A document from the desk: read strictly, measured by what is published, dated ahead."""

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.catalog import operations
from app.catalog.rules import CatalogContent, Fault, Product
from app.catalog.rules.proposing import (
    CARD_MAX,
    CONTENT_MAX,
    Change,
    Value,
    VersionKind,
    changes_between,
    document_from,
    value_from,
    version_faults,
    withdrawn,
)

TODAY = date(2026, 11, 21)
TOMORROW = "2026-11-22"
FILES = operations.FIXTURES


def text_of(path: str, *edits: tuple[str, str]) -> str:
    """Take a file of the fixtures as the next version's document, with edits."""
    text = Path(FILES / path).read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


def shop(*edits: tuple[str, str]) -> str:
    dated = (("version = 2", "version = 3"), ("2026-11-20", TOMORROW))
    return text_of("products/small_shop-v2.toml", *dated, *edits)


def luochuan(*edits: tuple[str, str]) -> str:
    dated = (("version = 1", "version = 2"), ("2026-08-01", TOMORROW))
    return text_of("regions/610629-v1.toml", *dated, *edits)


def card(*edits: tuple[str, str]) -> str:
    dated = (('"version": 2', '"version": 3'), ("2026-11-20", TOMORROW))
    return text_of("policy/scorecard-v2.json", *dated, *edits)


def figure(name: str, value: str, unit: str, *, day: str = TOMORROW, source: str = "某文件") -> str:
    return (
        f'name = "{name}"\neffective_from = {day}\nvalue = {value}\nunit = "{unit}"\n'
        f'kind = "reading"\nsource = "{source}"\nmeaning.zh-Hans = "意思"\nmeaning.en = "Meaning"\n'
    )


def read(kind: VersionKind, text: str) -> Value | Fault:
    document = document_from(text, kind)
    return document if isinstance(document, Fault) else value_from(kind, document)


def faults_of(catalog: CatalogContent, kind: VersionKind, text: str) -> list[tuple[str, str, str]]:
    value = read(kind, text)
    found = [value] if isinstance(value, Fault) else version_faults(value, catalog, TODAY)
    for fault in found:
        assert fault.said("zh-Hans") != fault.said("en")
    return [(fault.subject, fault.field, fault.reason) for fault in found]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (VersionKind.PRODUCT, shop(("typical = 12", "typical = 6"))),
        (VersionKind.REGION, luochuan(("economy_tier = 3", "economy_tier = 2"))),
        (VersionKind.POLICY, figure("reading_seconds_min", "15", "seconds")),
        (VersionKind.SCORECARD, card(('"base_points": 350', '"base_points": 340'))),
        (VersionKind.POLICY, figure("lpr_one_year", '"0.0290"', "annual rate", day="2027-01-20")),
    ],
)
def test_a_version_that_is_in_order_is_let_through(
    catalog: CatalogContent, kind: VersionKind, text: str
) -> None:
    assert faults_of(catalog, kind, text) == []


P, R, V = VersionKind.PRODUCT, VersionKind.REGION, VersionKind.POLICY
C = VersionKind.SCORECARD
CARD = "scorecard 3"
NEEDED = '\n[[documents_required]]\nkind = "{kind}"\nwhy = {{ zh-Hans = "为什么", en = "{en}" }}\n'
SHOP = "product small_shop:3"
HERE = "region 610629:2"


@pytest.mark.parametrize(
    ("kind", "text", "fault"),
    [
        (P, "code = ", ("", "", "unreadable")),
        (P, "x" * (CONTENT_MAX + 1), ("", "", "too_long")),
        (P, "x = " + "[" * 9_000, ("", "", "unreadable")),
        (P, f"x = {2**70}", ("", "", "unreadable")),
        (P, shop(('need = "MICRO_BUSINESS"\n', "")), ("", "need", "missing")),
        (P, shop(("typical_fen", "usual_fen")), ("", "amount.usual_fen", "unknown")),
        (P, shop(("cooling_off_days = 3", 'cooling_off_days = "x"')),
         ("", "cooling_off_days", "unreadable")),
        (P, shop(("version = 3", "version = 5")), ("", "version", "version_not_next")),
        (P, shop((TOMORROW, "2026-11-21")), ("", "effective_from", "day_too_early")),
        (P, shop(("typical = 12", "typical = 7")), (SHOP, "terms.typical",
         "typical_months_not_offered")),
        (P, shop(('share = "0.8"', 'share = "0.81"')), (SHOP, "funders", "shares_not_one")),
        (P, shop(('D = "0.1020"', 'D = "0.1300"')), (SHOP, "price", "above_the_cap")),
        (P, shop(("months = [6, 12, 18, 24]", f"months = {list(range(1, 30))}")),
         (SHOP, "terms.months", "months_too_many")),
        (P, shop(('code = "small_shop"', 'code = "Small-Shop"'), ("version = 3", "version = 1")),
         ("product Small-Shop:1", "code", "code_of_no_product")),
        (R, luochuan(("version = 2", "version = 1")), ("", "version", "version_not_next")),
        (R, luochuan(("amount_max_fen = 6_000_000", "amount_max_fen = 9_000_000")),
         (HERE, "products.orchard_inputs.amount_max_fen", "beyond_products_amounts")),
        (R, luochuan(('rate_reduction = "0.0060"', 'rate_reduction = "-0.0060"')),
         (HERE, "products.orchard_inputs.rate_reduction", "rate_out_of_bounds")),
        (R, luochuan(("[products.home_repair]", '[products.home_repair]\nchannels = ["MERCHANT"]')),
         (HERE, "products.home_repair.channels", "beyond_products_channels")),
        (V, figure("moon_phase", "3", "days"), ("", "name", "policy_unknown")),
        (V, figure("reading_seconds_min", '"ten"', "seconds"),
         (f"policy reading_seconds_min@{TOMORROW}", "value", "policy_other_form")),
        (V, figure("reading_seconds_min", "15", "minutes"), ("", "unit", "policy_other_unit")),
        (V, figure("reading_seconds_min", "-1", "seconds"),
         (f"policy reading_seconds_min@{TOMORROW}", "value", "policy_below_zero")),
        (V, figure("reading_seconds_min", "15", "seconds", source=" "),
         (f"policy reading_seconds_min@{TOMORROW}", "source", "no_source")),
        (V, figure("interest_subsidy", '{ annual_rate = "0.02" }', "annual rate, fen, share"),
         (f"policy interest_subsidy@{TOMORROW}", "value", "policy_other_form")),
        (V, figure("special_areas", '["610629 2026-13-01 2026-12-09"]',
                   "county, first day, last day"),
         (f"policy special_areas@{TOMORROW}", "value", "policy_other_form")),
        (V, figure("penalty_factor_standard", '"1.6"', "times the contract rate"),
         (f"policy penalty_factor_standard@{TOMORROW}", "value", "penalty_out_of_bounds")),
        (V, figure("due_soon_days", "5", "days"),
         (f"policy due_soon_days@{TOMORROW}", "value", "policy_not_done")),
        (V, figure("allocation_order", '["PRINCIPAL", "INTEREST", "COST", "FEE", "PENALTY"]',
                   "due kinds, first paid first"),
         (f"policy allocation_order@{TOMORROW}", "value", "policy_not_done")),
        (V, figure("interest_subsidy", "1", "annual rate, fen, share", day="2027-01-01"),
         ("", "effective_from", "stands_already")),
        (P, shop() + NEEDED.format(kind="MEDICAL_BILL", en="why"),
         (SHOP, "documents_required[0].kind", "document_not_asked")),
        (P, shop() + NEEDED.format(kind="TRADE_RECORDS", en=""),
         (SHOP, "documents_required[0].why", "not_in_both_languages")),
        (P, shop() + NEEDED.format(kind="RESIDENT_ID", en="why"),
         ("", "documents_required[0].kind", "unreadable")),
        (C, "base_points = 350", ("", "", "unreadable")),
        (C, "[" * 20_000, ("", "", "unreadable")),
        (C, "x" * (CARD_MAX + 1), ("", "", "too_long")),
        (C, card(('"version": 3', '"version": 4')), ("", "version", "version_not_next")),
        (C, card((TOMORROW, "2026-11-19")), ("", "effective_from", "day_before_newest")),
        (C, card(('"points": 80,', '"points": -80,')),
         ("", "features[0].bins[4].points", "unreadable")),
        (C, card(('"below": 80000', '"below": 160000')),
         (CARD, "features[0].bins", "bins_uncovered")),
        (C, card(('"policy": "age_min"', '"policy": "age_least"')),
         (CARD, "hard_rules[0].when[0].policy", "figure_missing")),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_document_names_its_field(
    catalog: CatalogContent, kind: VersionKind, text: str, fault: tuple[str, str, str]
) -> None:
    assert fault in faults_of(catalog, kind, text)


def test_a_product_that_leaves_a_county_nothing_names_the_county(catalog: CatalogContent) -> None:
    text = text_of(
        "products/orchard_inputs-v2.toml",
        ("version = 2", "version = 3"),
        ("2026-11-20", TOMORROW),
        ("max_fen = 8_000_000", "max_fen = 5_000_000"),
    )

    found = faults_of(catalog, VersionKind.PRODUCT, text)

    field = "products.orchard_inputs.amount_max_fen"
    assert ("region 610629:1", field, "beyond_products_amounts") in found
    assert all(subject.startswith("region ") for subject, _, _ in found)


def test_the_end_of_a_product_may_begin_today_and_nothing_else_may(
    catalog: CatalogContent, products: dict[str, Product]
) -> None:
    newest = products["small_shop"]
    end = replace(newest, version=3, effective_from=TODAY, is_withdrawn=True)

    assert version_faults(end, catalog, TODAY) == []
    assert not end.is_offered_on(TODAY)
    (late,) = version_faults(replace(end, is_withdrawn=False), catalog, TODAY)
    assert (late.field, late.data) == ("effective_from", {"earliest": TOMORROW})
    kept = {"code": "small_shop", "version": 2, "effective_until": "2027-01-01"}
    assert withdrawn(kept, TODAY) == {
        "code": "small_shop",
        "version": 3,
        "effective_from": "2026-11-21",
        "is_withdrawn": True,
    }


def test_every_difference_is_named_with_its_place() -> None:
    before = {"amount": {"min_fen": 1, "max_fen": 5}, "months": [6], "gone": True}
    after = {"amount": {"min_fen": 1, "max_fen": 7}, "months": [6, 12], "new": "词"}

    assert list(changes_between(before, after)) == [
        Change("amount.max_fen", "5", "7"),
        Change("months", "[6]", "[6,12]"),
        Change("gone", "true", None),
        Change("new", None, '"词"'),
    ]
    bins = {"bins": [{"below": 5, "points": 1}, {"below": None, "points": 9}]}
    other = {"bins": [{"below": 5, "points": 1}, {"below": None, "points": 8}]}
    assert list(changes_between(bins, other)) == [Change("bins[1].points", "9", "8")]
    assert [one.field for one in changes_between(bins, {"bins": bins["bins"][1:]})] == ["bins"]
