"""Snapshots of personas, made without any database."""

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.catalog import operations as catalog
from app.catalog.rules import (
    CatalogContent,
    OfferedProduct,
    PolicyBook,
    Scorecard,
    offered_terms,
    province_code,
)
from app.identity.rules.people import birth_date_of
from app.origination.rules.snapshot import Snapshot, mitigations_of, policy_used

TODAY = date(2026, 11, 21)
PERSONAS = catalog.FIXTURES / "personas"


def _stands_alone(path: Path) -> bool:
    """Tell whether a persona wishes for something and nobody else has a part in the answer."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return "wish" in told and "part" not in told


PERSONA_CODES = sorted(path.stem for path in PERSONAS.glob("*.toml") if _stands_alone(path))

SnapshotOf = Callable[..., Snapshot]
Offer = Callable[[str, str], OfferedProduct]


@pytest.fixture(scope="session")
def content() -> CatalogContent:
    return catalog.read_catalog(catalog.FIXTURES).content


@pytest.fixture(scope="session")
def card(content: CatalogContent) -> Scorecard:
    return max(content.scorecards, key=lambda card: card.version)


@pytest.fixture(scope="session")
def book(content: CatalogContent) -> PolicyBook:
    return PolicyBook.on_day(TODAY, content.policy_values)


@pytest.fixture(scope="session")
def offer(content: CatalogContent) -> Offer:
    """Give a product as it stands in a region."""
    products = {product.code: product for product in content.products}
    packs = {pack.code: pack for pack in content.regions}

    def offered(product_code: str, region_code: str) -> OfferedProduct:
        codes = dict.fromkeys((province_code(region_code), region_code))
        found = offered_terms(
            products[product_code], [packs[code] for code in codes], version_id="pr00000000000001"
        )
        assert found is not None
        return found

    return offered


@pytest.fixture(scope="session")
def snapshot_of(
    content: CatalogContent, card: Scorecard, book: PolicyBook, offer: Offer
) -> SnapshotOf:
    """Make the snapshot of a persona's wish; a test may change anything in it."""
    tiers = {pack.code: pack.economy_tier for pack in content.regions}

    def snapshot(persona: str = "orchard_farmer", **changes: object) -> Snapshot:
        told = tomllib.loads((PERSONAS / f"{persona}.toml").read_text(encoding="utf-8"))
        region = told["identity"]["region_code"]
        offered = offer(told["wish"]["product"], region)
        bureau = told.get("bureau", {})
        other = told.get("alternative", {})
        made = Snapshot(
            decided_on=TODAY,
            model_version=card.version,
            offered=offered,
            policy=policy_used(book, offered, card),
            amount_fen=told["wish"]["amount_fen"],
            months=told["wish"]["months"],
            monthly_income_fen=told["income"]["monthly_fen"],
            stated_debt_fen=told["income"]["debt_service_fen"],
            own_debt_fen=0,
            exposure_fen=0,
            born_on=birth_date_of(told["identity"]["resident_id"]),
            is_student=told["identity"]["is_student"],
            phone_tenure_months=told["contact"]["phone_tenure_months"],
            region_economy_tier=tiers[region],
            fraud_signals=0,
            has_bureau_file=bool(bureau),
            bureau_late_count=bureau.get("late_count", 0),
            bureau_active_loans=bureau.get("active_loans", 0),
            bureau_debt_fen=bureau.get("debt_service_fen", 0),
            bureau_late_now_days=bureau.get("late_now_days", 0),
            mobile_payment_turnover_fen=other.get("mobile_payment_turnover_fen"),
            cooperative_years=other.get("cooperative_years"),
            income_months=tuple(told["income"].get("months", ())),
            verified_income_fen=other.get("verified_income_fen"),
            farm_years=other.get("farm_years"),
            farm_area_mu=other.get("farm_area_mu"),
            merchant_months=other.get("merchant_months"),
            merchant_turnover_fen=other.get("merchant_turnover_fen"),
            phone_months=other.get("phone_months"),
            mitigations=mitigations_of(offered),
        )
        return msgspec.structs.replace(made, **changes)

    return snapshot


@pytest.fixture(scope="session")
def expected() -> dict[str, dict[str, Any]]:
    """Give what must come of each persona, as their file says."""
    return {
        code: tomllib.loads((PERSONAS / f"{code}.toml").read_text(encoding="utf-8"))["expected"]
        for code in PERSONA_CODES
    }
