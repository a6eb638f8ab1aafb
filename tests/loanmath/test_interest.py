"""Fractions of a year, convention by convention."""

from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.loanmath.interest import (
    DayCount,
    elapsed_between,
    elapsed_fraction,
    nominal_rate,
    year_fraction,
)

days = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("day_count", "start", "end", "fraction"),
    [
        (DayCount.MONTHS_12, date(2026, 1, 31), date(2026, 2, 28), Fraction(1, 12)),
        (DayCount.MONTHS_12, date(2026, 1, 15), date(2026, 3, 25), Fraction(70, 360)),
        (DayCount.EFFECTIVE, date(2026, 1, 15), date(2026, 4, 15), Fraction(1, 4)),
        (DayCount.THIRTY_360, date(2026, 1, 31), date(2026, 3, 31), Fraction(60, 360)),
        (DayCount.THIRTY_360, date(2026, 1, 29), date(2026, 3, 31), Fraction(62, 360)),
        (DayCount.THIRTY_E_360, date(2026, 1, 29), date(2026, 3, 31), Fraction(61, 360)),
        (DayCount.THIRTY_E_360, date(2026, 1, 31), date(2026, 2, 28), Fraction(28, 360)),
        (DayCount.THIRTY_US_360, date(2023, 2, 28), date(2023, 3, 31), Fraction(30, 360)),
        (DayCount.THIRTY_US_360, date(2023, 2, 28), date(2024, 2, 29), Fraction(360, 360)),
        (DayCount.THIRTY_US_360, date(2024, 2, 28), date(2024, 3, 31), Fraction(33, 360)),
        (DayCount.THIRTY_US_360, date(2026, 1, 31), date(2026, 2, 28), Fraction(28, 360)),
        (DayCount.ACT_365F, date(2024, 2, 1), date(2024, 3, 1), Fraction(29, 365)),
        (DayCount.ACT_360, date(2024, 2, 1), date(2024, 3, 1), Fraction(29, 360)),
        (DayCount.ACT_364, date(2026, 1, 1), date(2026, 1, 15), Fraction(1, 26)),
        (
            DayCount.ACT_ACT_1_JAN,
            date(2023, 12, 16),
            date(2024, 1, 16),
            Fraction(16, 365) + Fraction(15, 366),
        ),
        (
            DayCount.ACT_ACT_31_DEC,
            date(2023, 12, 16),
            date(2024, 1, 16),
            Fraction(15, 365) + Fraction(16, 366),
        ),
        (DayCount.ACT_ACT_31_DEC, date(2023, 12, 31), date(2024, 1, 1), Fraction(1, 366)),
        (DayCount.ACT_ACT_1_JAN, date(2023, 12, 31), date(2024, 1, 1), Fraction(1, 365)),
        (DayCount.ACT_ACT_1_JAN, date(2023, 1, 1), date(2025, 1, 1), Fraction(2)),
        (DayCount.ACT_ACT_29_FEB, date(2024, 2, 10), date(2024, 3, 10), Fraction(29, 366)),
        (DayCount.ACT_ACT_29_FEB, date(2024, 2, 29), date(2024, 3, 1), Fraction(1, 366)),
        (DayCount.ACT_ACT_29_FEB, date(2024, 1, 29), date(2024, 2, 29), Fraction(31, 365)),
        (DayCount.ACT_ACT_29_FEB, date(2023, 12, 1), date(2024, 3, 1), Fraction(91, 366)),
    ],
)
def test_each_convention_counts_its_way(
    day_count: DayCount, start: date, end: date, fraction: Fraction
) -> None:
    assert year_fraction(day_count, start, end) == fraction


def test_odd_days_may_count_against_another_year() -> None:
    fraction = year_fraction(DayCount.MONTHS_12, date(2026, 1, 15), date(2026, 2, 20), 365)
    assert fraction == Fraction(1, 12) + Fraction(5, 365)


@given(st.sampled_from(DayCount), days, st.integers(1, 400), st.integers(0, 400))
def test_parts_of_a_period_lie_within_it_and_grow(
    day_count: DayCount, start: date, length: int, passed: int
) -> None:
    end = start + timedelta(days=length)
    whole = year_fraction(day_count, start, end)
    day = start + timedelta(days=passed)
    part = elapsed_fraction(day_count, start, day, end, whole)
    later = elapsed_fraction(day_count, start, day + timedelta(days=1), end, whole)
    assert 0 <= part <= later <= whole
    assert part == (whole if day >= end else part)


def test_nothing_has_passed_on_the_first_day() -> None:
    start, end = date(2026, 1, 1), date(2026, 2, 1)
    assert elapsed_fraction(DayCount.ACT_360, start, start, end, Fraction(31, 360)) == 0


def test_days_share_a_months_interest_evenly() -> None:
    start, end = date(2026, 2, 1), date(2026, 3, 1)
    part = elapsed_fraction(DayCount.MONTHS_12, start, date(2026, 2, 15), end, Fraction(1, 12))
    assert part == Fraction(1, 24)


@pytest.mark.parametrize(
    ("start", "day", "end", "months"),
    [
        (date(2026, 1, 15), date(2026, 2, 15), date(2026, 7, 15), Fraction(1)),
        (date(2026, 1, 15), date(2026, 4, 15), date(2026, 7, 15), Fraction(3)),
        (date(2026, 1, 15), date(2026, 6, 30), date(2026, 7, 15), 5 + Fraction(15, 30)),
        (date(2026, 1, 15), date(2026, 1, 16), date(2026, 7, 15), Fraction(1, 31)),
        (date(2025, 11, 30), date(2026, 1, 30), date(2026, 2, 28), Fraction(2)),
        (date(2025, 11, 30), date(2026, 2, 13), date(2026, 2, 28), 2 + Fraction(14, 29)),
        (date(2026, 2, 28), date(2026, 3, 31), date(2026, 5, 31), Fraction(1)),
        (date(2026, 2, 28), date(2026, 3, 30), date(2026, 5, 31), Fraction(30, 31)),
    ],
)
def test_a_period_of_several_months_passes_month_by_month(
    start: date, day: date, end: date, months: Fraction
) -> None:
    whole = Fraction((end.year - start.year) * 12 + end.month - start.month, 12)
    assert elapsed_fraction(DayCount.MONTHS_12, start, day, end, whole) == months / 12
    since = elapsed_between(DayCount.MONTHS_12, start, end, whole, start, day)
    rest = elapsed_between(DayCount.MONTHS_12, start, end, whole, day, end)
    assert (since, rest) == (months / 12, whole - months / 12)


def test_a_period_of_months_and_odd_days_is_shared_by_all_its_days() -> None:
    start, end = date(2026, 1, 15), date(2026, 3, 20)
    whole = year_fraction(DayCount.MONTHS_12, start, end)
    part = elapsed_fraction(DayCount.MONTHS_12, start, date(2026, 2, 16), end, whole)
    assert part == whole * 32 / 64
    a_month = Fraction(1, 12)
    assert elapsed_fraction(DayCount.MONTHS_12, start, date(2026, 2, 16), end, a_month) == (
        a_month * 32 / 64
    )


def test_a_period_taken_for_months_it_does_not_last_is_shared_by_all_its_days() -> None:
    start, end, whole = date(2026, 4, 15), date(2026, 7, 20), Fraction(3, 12)
    part = elapsed_fraction(DayCount.MONTHS_12, start, date(2026, 4, 17), end, whole)
    assert part == whole * 2 / 96


@pytest.mark.parametrize("day_count", [DayCount.ACT_ACT_1_JAN, DayCount.ACT_ACT_31_DEC])
def test_a_period_that_counts_as_another_passes_no_more_than_that(day_count: DayCount) -> None:
    start, end = date(2026, 1, 15), date(2026, 3, 1)
    whole = Fraction(3, 365)
    part = elapsed_fraction(day_count, start, date(2026, 1, 30), end, whole)
    assert part == whole * 15 / 45


def test_a_thirty_day_month_passes_by_its_own_days() -> None:
    start, end = date(2026, 1, 1), date(2026, 2, 1)
    whole = year_fraction(DayCount.THIRTY_E_360, start, end)
    day_31 = elapsed_fraction(DayCount.THIRTY_E_360, start, date(2026, 1, 31), end, whole)
    assert day_31 == Fraction(29, 360)


def test_a_period_of_no_thirty_day_days_passes_nothing() -> None:
    start, end = date(2026, 1, 30), date(2026, 2, 1)
    whole = Fraction(0)
    assert elapsed_fraction(DayCount.THIRTY_E_360, start, date(2026, 1, 31), end, whole) == 0


def test_the_effective_monthly_rate_compounds_to_the_year() -> None:
    monthly = nominal_rate(Decimal("0.1268250301319698"), DayCount.EFFECTIVE) / 12
    assert abs(monthly - Fraction(1, 100)) < Fraction(1, 10**15)
    assert nominal_rate(Decimal(0), DayCount.EFFECTIVE) == 0
    assert nominal_rate(Decimal("0.12"), DayCount.ACT_360) == Fraction(3, 25)


def test_the_effective_rate_ignores_the_decimal_context() -> None:
    exact = nominal_rate(Decimal("0.1"), DayCount.EFFECTIVE)
    with localcontext() as context:
        context.prec = 3
        assert nominal_rate(Decimal("0.1"), DayCount.EFFECTIVE) == exact
