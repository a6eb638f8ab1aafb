"""The personas: synthetic, valid, and scored as their files say."""

import tomllib
from datetime import date
from typing import Any

import phonenumbers
import pytest
from stdnum import luhn
from stdnum.cn import ric

from app.catalog import operations
from app.catalog.rules import (
    CatalogContent,
    HardRule,
    Outcome,
    PolicyBook,
    Product,
    RegionPack,
    Scorecard,
    loan_terms,
    offered_terms,
    province_code,
    whole_cost,
)

TODAY = date(2026, 11, 21)
BASIS_POINTS = 10_000
Persona = dict[str, Any]
PERSONAS: dict[str, Persona] = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted((operations.FIXTURES / "personas").glob("*.toml"))
}
NAMES = sorted(PERSONAS)
ALONE = [name for name in NAMES if "part" not in PERSONAS[name]]
"""Those whose outcome is the scorecard's alone: no helper, guarantor or colleague has a part."""


@pytest.fixture(params=NAMES)
def persona(request: pytest.FixtureRequest) -> Persona:
    return PERSONAS[str(request.param)]


def age_on(day: date, persona: Persona) -> int:
    born = ric.get_birth_date(persona["identity"]["resident_id"])
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def test_nobody_shares_anything_but_a_number_given_anew_and_the_rings_card() -> None:
    assert len(PERSONAS) == 26
    shared = {"resident_id": 0, "phone": 1, "bank_card": 4}
    for table, name in (
        ("contact", "phone"),
        ("identity", "resident_id"),
        ("identity", "bank_card"),
    ):
        different = {one[table][name] for one in PERSONAS.values()}
        assert len(different) == len(PERSONAS) - shared[name]


def test_a_persona_is_valid_and_plainly_synthetic(persona: Persona) -> None:
    phone = persona["contact"]["phone"]
    number = phonenumbers.parse(phone, "CN")

    assert phonenumbers.is_valid_number(number)
    assert phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    assert phone.startswith("19900000")
    assert ric.is_valid(persona["identity"]["resident_id"])
    assert luhn.is_valid(persona["identity"]["bank_card"])
    assert persona["identity"]["bank_card"].startswith("6200000000000")
    assert persona["language"] in {"zh-Hans", "en"}
    for told in (persona["story"], *([persona["wish"]["purpose"]] if "wish" in persona else [])):
        assert set(told) == {"zh-Hans", "en"}


def test_a_persona_wishes_for_what_is_offered_at_home(
    persona: Persona, products: dict[str, Product], packs: dict[str, RegionPack]
) -> None:
    if "wish" not in persona:
        assert persona["expected"]["ending"] == "GUARANTEES"
        return
    wish, code = persona["wish"], persona["identity"]["region_code"]
    here = [packs[province_code(code)], packs[code]]

    offered = offered_terms(products[wish["product"]], here, version_id="v")

    assert offered is not None
    offered.check_wish(wish["amount_fen"], wish["months"])


def features_of(
    persona: Persona, product: Product, packs: dict[str, RegionPack], book: PolicyBook
) -> dict[str, int | None]:
    """Look at a persona as a decision would; the loan is reckoned at the usual rate."""
    code, wish = persona["identity"]["region_code"], persona["wish"]
    offered = offered_terms(product, [packs[province_code(code)], packs[code]], version_id="v")
    assert offered is not None
    terms = loan_terms(
        offered,
        book,
        amount_fen=wish["amount_fen"],
        months=wish["months"],
        annual_rate=offered.annual_rate,
        disbursed_on=TODAY,
    )
    cost = whole_cost(terms)
    income_fen = persona["income"]["monthly_fen"]
    bureau, alternative = persona.get("bureau", {}), persona.get("alternative", {})
    before_fen = max(persona["income"]["debt_service_fen"], bureau.get("debt_service_fen", 0))
    return {
        "monthly_income_fen": income_fen,
        "debt_service_bp": (before_fen + cost.monthly_payment_fen) * BASIS_POINTS // income_fen,
        "debt_service_before_bp": before_fen * BASIS_POINTS // income_fen,
        "age": age_on(TODAY, persona),
        "age_at_end": age_on(cost.installments[-1].due_on, persona),
        "phone_tenure_months": persona["contact"]["phone_tenure_months"],
        "region_economy_tier": packs[code].economy_tier,
        "bureau_late_count": bureau.get("late_count"),
        "bureau_active_loans": bureau.get("active_loans"),
        "late_now_days": bureau.get("late_now_days", 0),
        "mobile_payment_turnover_fen": alternative.get("mobile_payment_turnover_fen"),
        "cooperative_years": alternative.get("cooperative_years"),
        "is_student": int(persona["identity"]["is_student"]),
        "is_consumption_need": int(product.need.is_consumption),
        "exposure_fen": 0,
        "fraud_signals": 0,
    }


def speaks(rule: HardRule, features: dict[str, int | None], book: PolicyBook) -> bool:
    for condition in rule.when:
        figure = (
            condition.value if condition.value is not None else book.whole(condition.policy or "")
        )
        if not condition.operator.holds(features[condition.feature] or 0, figure):
            return False
    return True


def reasons_of(card: Scorecard, features: dict[str, int | None]) -> list[str]:
    """Name what cost the most points, most first."""
    places = [(feature, feature.place(features[feature.name])) for feature in card.features]
    lost = [
        (feature.points_max - place.points, place.reason)
        for feature, place in places
        if place.reason is not None
    ]
    ranked = sorted(lost, key=lambda one: -one[0])
    return list(dict.fromkeys(reason for _, reason in ranked))[: card.reasons_max]


@pytest.mark.parametrize("persona", ALONE, indirect=True)
def test_a_persona_comes_out_as_the_file_says(
    persona: Persona,
    catalog: CatalogContent,
    products: dict[str, Product],
    packs: dict[str, RegionPack],
    book: PolicyBook,
) -> None:
    card, expected = catalog.scorecards[0], persona["expected"]
    product = products[persona["wish"]["product"]]
    features = features_of(persona, product, packs, book)

    ruled = [rule for rule in card.hard_rules if speaks(rule, features, book)]
    score = card.base_points + sum(
        feature.place(features[feature.name]).points for feature in card.features
    )

    if ruled:
        assert ruled[0].outcome is Outcome.DECLINE
        assert expected["outcome"] in {"DECLINE", "REFUSED"}
        assert ruled[0].reason in expected["reasons"]
        return
    assert card.outcome_of(score) == expected["outcome"], score
    assert reasons_of(card, features) == expected["reasons"], score
    if "tier" in expected:
        assert card.tier_of(score).tier == expected["tier"], score
        limit = card.tier_of(score)
        income_fen = persona["income"]["monthly_fen"]
        most_fen = min(limit.limit_fen, limit.income_multiple * income_fen)
        assert persona["wish"]["amount_fen"] <= most_fen
