"""Dated policy: the value that holds on a day, and the days on which values change."""

from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest

from app.catalog.rules import CatalogContent, PolicyBook, PolicyKind, PolicyValueMissing

ONE_DAY = timedelta(days=1)


def on(catalog: CatalogContent, day: date) -> PolicyBook:
    return PolicyBook.on_day(day, catalog.policy_values)


def test_the_cost_certificate_is_required_from_1_august_2026(catalog: CatalogContent) -> None:
    first = date(2026, 8, 1)

    assert not on(catalog, first - ONE_DAY).flag("cost_certificate_required")
    assert on(catalog, first).flag("cost_certificate_required")


def test_the_interest_subsidy_ends_with_2026(catalog: CatalogContent) -> None:
    last = date(2026, 12, 31)

    assert on(catalog, last).table("interest_subsidy")["annual_rate"] == "0.01"
    assert on(catalog, last + ONE_DAY).table("interest_subsidy")["annual_rate"] == "0"


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(2024, 7, 21), "0.0345"),
        (date(2024, 7, 22), "0.0335"),
        (date(2024, 10, 21), "0.0310"),
        (date(2025, 5, 20), "0.0300"),
    ],
)
def test_the_prime_rate_changes_on_the_day_it_was_published(
    catalog: CatalogContent, day: date, rate: str
) -> None:
    assert on(catalog, day).rate("lpr_one_year") == Decimal(rate)


def test_the_cost_cap_is_the_lower_of_both(catalog: CatalogContent) -> None:
    today = on(catalog, date(2026, 11, 21))
    dear = msgspec.structs.replace(today.value("lpr_one_year"), value="0.08")
    dear_money = PolicyBook(today.on, {**today.values, "lpr_one_year": dear})

    assert today.cost_cap == Decimal("0.12")
    assert dear_money.cost_cap == Decimal("0.24")


def test_a_value_says_where_it_is_from(catalog: CatalogContent) -> None:
    limit = on(catalog, date(2026, 11, 21)).value("person_limit_fen")

    assert limit.kind is PolicyKind.QUOTATION
    assert "消费金融公司管理办法" in limit.source
    assert limit.key == "person_limit_fen@2024-04-18"


def test_a_value_that_does_not_hold_yet_is_missing(catalog: CatalogContent) -> None:
    with pytest.raises(PolicyValueMissing, match="no policy value person_limit_fen holds on"):
        on(catalog, date(2020, 1, 1)).whole("person_limit_fen")


def test_a_prime_rate_nobody_has_checked_is_missing_and_never_guessed(
    catalog: CatalogContent,
) -> None:
    until = date(2027, 11, 20)
    checked = msgspec.structs.replace(
        on(catalog, until).value("lpr_one_year_carried_until"),
        effective_from=until,
        value="2028-01-20",
    )

    assert on(catalog, until).cost_cap == Decimal("0.12")
    with pytest.raises(PolicyValueMissing, match="no policy value lpr_one_year holds on"):
        _ = on(catalog, until + ONE_DAY).cost_cap
    later = PolicyBook.on_day(until + ONE_DAY, [*catalog.policy_values, checked])
    assert later.rate("lpr_one_year") == Decimal("0.0300")
