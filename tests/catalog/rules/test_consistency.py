"""Whatever is wrong with a catalog is named, and nothing else."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from app.catalog import operations
from app.catalog.rules import (
    CatalogContent,
    Consent,
    Outcome,
    PartialWording,
    Payee,
    PolicyBook,
    Product,
    ProductOverride,
    RegionPack,
    Scorecard,
    Season,
    Tier,
    catalog_faults,
    cost_faults,
)

FILES = operations.read_catalog(operations.FIXTURES).content
SHOP = next(product for product in FILES.products if product.code == "small_shop")
ORCHARD = next(product for product in FILES.products if product.code == "orchard_inputs")
GUARANTEED = next(product for product in FILES.products if product.code == "guaranteed_stock")
LUOCHUAN = next(pack for pack in FILES.regions if pack.code == "610629")
CARD, FULL_CARD = FILES.scorecards
INCOME = CARD.features[0]


def problems_with(
    *,
    product: Product | None = None,
    pack: RegionPack | None = None,
    card: Scorecard | None = None,
    **changes: Any,  # noqa: ANN401 - whatever the content holds
) -> list[str]:
    """Swap one piece of the fixtures and look again."""
    content: dict[str, Any] = {
        "products": tuple(
            product if product and product.code == one.code else one for one in FILES.products
        ),
        "regions": tuple(pack if pack and pack.code == one.code else one for one in FILES.regions),
        "policy_values": FILES.policy_values,
        "scorecards": (card or CARD,),
    }
    return [str(fault) for fault in catalog_faults(CatalogContent(**{**content, **changes}))]


def wording_without_english(product: Product) -> Product:
    return replace(product, wording={"zh-Hans": product.wording["zh-Hans"]})


def with_amount(**changes: int) -> Product:
    return replace(SHOP, amount=replace(SHOP.amount, **changes))


def with_rates(**rates: str) -> Product:
    tiers = SHOP.price.tiers | {Tier[name]: Decimal(rate) for name, rate in rates.items()}
    return replace(SHOP, price=replace(SHOP.price, tiers=tiers))


@pytest.mark.parametrize(
    ("product", "problem"),
    [
        (wording_without_english(SHOP), "wording: is not in both languages"),
        (
            replace(SHOP, wording={**SHOP.wording, "en": replace(SHOP.wording["en"], suits=" ")}),
            "wording.en: has an empty sentence",
        ),
        (with_amount(min_fen=0), "amounts are not in order"),
        (with_amount(typical_fen=SHOP.amount.max_fen + 50_000), "amounts are not in order"),
        (with_amount(step_fen=70_000), "an amount is not on the step"),
        (with_amount(step_fen=0), "an amount is not on the step"),
        (replace(SHOP, terms=replace(SHOP.terms, months=(12, 6))), "months are not in rising"),
        (replace(SHOP, terms=replace(SHOP.terms, months=())), "months are not in rising"),
        (replace(SHOP, terms=replace(SHOP.terms, typical=7)), "the typical months are not"),
        (with_rates(A="0.0900"), "rates do not rise"),
        (with_rates(B="0.0800"), "annual_rate is not the rate of tier B"),
        (
            replace(SHOP, price=replace(SHOP.price, tiers={Tier.B: SHOP.price.annual_rate})),
            "a price tier is missing",
        ),
        (replace(SHOP, funders=SHOP.funders[:1]), "shares sum to"),
        (replace(SHOP, funders=()), "shares sum to 0"),
        (
            replace(
                SHOP, funders=tuple(replace(SHOP.funders[0], share=Decimal("0.5")) for _ in "ab")
            ),
            "funders: qingmiao stands there twice",
        ),
        (
            replace(
                SHOP, funders=tuple(replace(one, name={"en": "A bank"}) for one in SHOP.funders)
            ),
            "funders[1].name: is not in both languages",
        ),
        (
            replace(GUARANTEED, fees=(replace(GUARANTEED.fees[0], label={}),)),
            "fees[0].label: is not in both languages",
        ),
        (replace(SHOP, consents=(Consent.CREDIT_QUERY,)), "consents should be"),
        (replace(SHOP, payee=Payee.MERCHANT), "consents should be"),
        (replace(GUARANTEED, consents=SHOP.consents), "consents should be"),
        (
            replace(SHOP, consents_optional=(Consent.CREDIT_QUERY,)),
            "a consent is both needed and optional",
        ),
        (replace(SHOP, season=ORCHARD.season), "a season belongs to a seasonal plan"),
        (replace(ORCHARD, season=None), "a season belongs to a seasonal plan"),
        (
            replace(ORCHARD, season=Season(crop="orchard", month_weights=(1,))),
            "a season has twelve weights",
        ),
        (replace(SHOP, grace_policy="patience"), "needs the policy value patience"),
        (replace(SHOP, cooling_off_days=0), "cooling_off_days: is less"),
        (with_amount(max_fen=30_000_000), "above what one person may owe"),
    ],
)
def test_a_products_fault_is_named(product: Product, problem: str) -> None:
    problems = problems_with(product=product)

    assert problems
    assert any(problem in found for found in problems), problems
    assert all(found.startswith((f"product {product.key}: ", "region ")) for found in problems)


def with_override(**changes: Any) -> RegionPack:  # noqa: ANN401 - whatever the override holds
    override = replace(ProductOverride(), **changes)
    return replace(LUOCHUAN, products={"small_shop": override})


@pytest.mark.parametrize(
    ("pack", "problem"),
    [
        (replace(LUOCHUAN, name={"zh-Hans": "洛川县", "en": ""}), "name: is not in both"),
        (replace(LUOCHUAN, note={}), "note: is not in both"),
        (replace(LUOCHUAN, economy_tier=5), "economy_tier: is not 1 to 4"),
        (replace(LUOCHUAN, parent=None), "the parent is not its province"),
        (replace(LUOCHUAN, parent="410000"), "the parent is not its province"),
        (replace(LUOCHUAN, rate_reduction=Decimal("0.5")), "rate_reduction: takes more than"),
        (replace(LUOCHUAN, products_excluded=("moon_loan",)), "there is no product moon_loan"),
        (
            replace(LUOCHUAN, products_excluded=("orchard_inputs",)),
            "products.orchard_inputs: is both described and excluded",
        ),
        (
            with_override(amount_max_fen=1),
            "products.small_shop.amount_max_fen: is outside the product's amounts",
        ),
        (with_override(months=(7,)), "months go beyond"),
        (with_override(months=()), "months go beyond"),
        (with_override(rate_reduction=Decimal("-0.01")), "rate_reduction: a rate is from 0 to 1"),
        (with_override(wording={"en": PartialWording(name="Shop")}), "wording: is not in both"),
        (replace(LUOCHUAN, products={"moon_loan": ProductOverride()}), "there is no product"),
        (
            replace(LUOCHUAN, seasons={"moonfruit": LUOCHUAN.seasons["orchard"]}),
            "seasons.moonfruit: belongs to no product",
        ),
        (
            replace(
                LUOCHUAN,
                seasons={"orchard": replace(LUOCHUAN.seasons["orchard"], month_weights=(0,) * 12)},
            ),
            "a season has twelve weights",
        ),
        (
            replace(LUOCHUAN, seasons={"orchard": replace(LUOCHUAN.seasons["orchard"], crop={})}),
            "crop: is not in both languages",
        ),
    ],
)
def test_a_regions_fault_is_named(pack: RegionPack, problem: str) -> None:
    problems = problems_with(pack=pack)

    assert any(problem in found for found in problems), problems
    assert all(found.startswith(f"region {pack.key}: ") for found in problems)


def test_a_county_needs_its_province_and_a_code_of_six_digits() -> None:
    lonely = replace(LUOCHUAN, code="61062A")

    problems = problems_with(regions=(lonely,))

    assert problems == [
        "region 61062A:1: code: the code is not six digits",
        "region 61062A:1: parent: its province has no pack",
    ]


def with_feature(**changes: Any) -> Scorecard:  # noqa: ANN401 - whatever a feature holds
    return replace(CARD, features=(replace(INCOME, **changes), *CARD.features[1:]))


def with_condition(**changes: Any) -> Scorecard:  # noqa: ANN401 - whatever a condition holds
    rule = CARD.hard_rules[0]
    changed = replace(rule, when=(replace(rule.when[0], **changes),))
    return replace(CARD, hard_rules=(changed,))


def with_rule(**changes: Any) -> Scorecard:  # noqa: ANN401 - whatever a rule holds
    return replace(CARD, hard_rules=(replace(CARD.hard_rules[0], **changes),))


def with_step(place: int, **changes: Any) -> Scorecard:  # noqa: ANN401 - whatever a step holds
    steps = list(CARD.tiers)
    steps[place] = replace(steps[place], **changes)
    return replace(CARD, tiers=tuple(steps))


@pytest.mark.parametrize(
    ("card", "problem"),
    [
        (replace(CARD, about={}), "about: is not in both languages"),
        (with_feature(name="age"), "features: age stands there twice"),
        (with_feature(bins=INCOME.bins[:-1]), "do not cover every value once"),
        (with_feature(bins=INCOME.bins[::-1]), "do not cover every value once"),
        (with_feature(bins=(INCOME.bins[1], *INCOME.bins)), "do not cover every value once"),
        (with_feature(bins=()), "do not cover every value once"),
        (with_condition(feature="shoe_size"), "there is no feature shoe_size"),
        (with_condition(policy="shoe_size_max"), "there is no policy value shoe_size_max"),
        (with_condition(policy=None), "compares with a figure or with a policy value"),
        (with_condition(value=3), "compares with a figure or with a policy value"),
        (replace(CARD, outcomes=CARD.outcomes[:-1]), "outcomes do not fall to a score of 0"),
        (replace(CARD, tiers=CARD.tiers[::-1]), "tiers do not fall to a score of 0"),
        (replace(CARD, version=0), "versions are counted from 1"),
        (replace(CARD, features=()), "features: scores nothing"),
        (replace(CARD, base_points=-1), "base_points: is not from 0"),
        (replace(CARD, reasons_max=5), "reasons_max: is not from 1 to 4"),
        (with_feature(missing=replace(INCOME.missing, points=10**9)), "missing.points: is not"),
        (with_condition(policy="cost_cap_annual_rate"), "is no whole number to compare with"),
        (with_rule(when=()), "UNDER_AGE has no conditions"),
        (with_rule(outcome=Outcome.APPROVE), "UNDER_AGE approves"),
        (
            replace(CARD, outcomes=(replace(CARD.outcomes[0], score_from=0),) * 2),
            "they approve, refer, decline",
        ),
        (with_step(0, tier=Tier.D), "they go from A to D"),
        (with_step(3, limit_fen=-1), "tiers[3]: a limit is below zero"),
        (with_step(2, income_multiple=99), "tier C has a lower score and a higher limit"),
        (
            replace(FULL_CARD, mitigations=(replace(FULL_CARD.mitigations[0], limit_bp=9_999),)),
            "mitigations[0].limit_bp: is not from 10000",
        ),
        (
            replace(
                CARD,
                reasons={code: one for code, one in CARD.reasons.items() if code != "UNDER_AGE"},
            ),
            "there are no words for the reason UNDER_AGE",
        ),
        (
            replace(
                CARD,
                reasons=CARD.reasons
                | {"UNDER_AGE": replace(CARD.reasons["UNDER_AGE"], what_would_change_it={})},
            ),
            "reasons.UNDER_AGE.what_would_change_it: is not in both languages",
        ),
    ],
)
def test_a_scorecards_fault_is_named(card: Scorecard, problem: str) -> None:
    problems = problems_with(card=card)

    assert any(problem in found for found in problems), problems
    assert all(found.startswith(f"scorecard {card.version}: ") for found in problems)


def test_a_policy_values_fault_is_named() -> None:
    values = FILES.policy_values
    nameless = replace(values[0], source=" ", meaning={"en": "A cap."})

    problems = problems_with(policy_values=(nameless, *values[1:]))

    assert problems == [
        f"policy {nameless.key}: meaning: is not in both languages",
        f"policy {nameless.key}: source: names no source",
    ]


@pytest.mark.parametrize(
    ("kind", "twice"),
    [
        ("product", lambda: {"products": (*FILES.products, SHOP)}),
        ("region", lambda: {"regions": (*FILES.regions, LUOCHUAN)}),
        ("policy", lambda: {"policy_values": (*FILES.policy_values, FILES.policy_values[0])}),
        ("scorecard", lambda: {"scorecards": (CARD, CARD)}),
    ],
)
def test_a_version_that_stands_there_twice_is_named(
    kind: str, twice: Callable[[], dict[str, Any]]
) -> None:
    (problem,) = problems_with(**twice())

    assert problem.startswith(f"{kind} ")
    assert problem.endswith(" stands there twice")


def test_a_product_dearer_than_the_cap_is_named(book: PolicyBook) -> None:
    dear = with_rates(D="0.1200")

    problems = cost_faults(dear, book)

    assert len(problems) == 2 * len(SHOP.terms.months)
    assert str(problems[0]).startswith(
        f"product {SHOP.key}: price: ¥{SHOP.amount.min_fen // 100:,}.00 for 6 months"
    )
    assert cost_faults(SHOP, book) == []


def test_a_lower_prime_rate_lowers_the_cap() -> None:
    book = PolicyBook.on_day(date(2026, 11, 21), FILES.policy_values)
    low = replace(book.value("lpr_one_year"), value="0.0200")

    assert cost_faults(SHOP, PolicyBook(book.on, {**book.values, "lpr_one_year": low}))
