"""Time between days: back from the later one, months equal, series by the day they mean."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from app.loanmath.apr import Interval, UnitPeriod, UnitTime, eu_apr, us_actuarial
from app.loanmath.apr.commonest import common_period
from app.loanmath.apr.counting import american_times, european_interval, european_years
from app.loanmath.apr.series import Flow
from app.loanmath.apr.units import DAY, MONTH, SEMIMONTH, YEAR
from app.loanmath.calendar import add_months
from app.loanmath.schedule import Unit

START = date(2026, 1, 15)
WEEK = UnitPeriod(1, Unit.WEEK)


def paying(*days: date, start: date = START) -> list[Flow]:
    return [(start, 1000 * len(days)), *((day, -1001) for day in days)]


def monthly(first: date, count: int, day: int | None = None, step: int = 1) -> list[date]:
    return [add_months(first, place * step, day or first.day) for place in range(count)]


def weekly(first: date, count: int) -> list[date]:
    return [first + timedelta(weeks=place) for place in range(count)]


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        (DAY, "day"),
        (UnitPeriod(15, Unit.DAY), "15 days"),
        (WEEK, "week"),
        (UnitPeriod(2, Unit.WEEK), "2 weeks"),
        (SEMIMONTH, "semimonth"),
        (MONTH, "month"),
        (UnitPeriod(2, Unit.MONTH), "2 months"),
        (UnitPeriod(3, Unit.MONTH), "quarter"),
        (YEAR, "year"),
    ],
)
def test_a_unit_period_has_a_name(unit: UnitPeriod, name: str) -> None:
    assert unit.name == name


@pytest.mark.parametrize(
    ("start", "day", "interval", "years"),
    [
        # Directive 2011/90/EU: whole periods counted back, then days over the year behind them.
        (date(2024, 2, 28), date(2024, 3, 31), Interval.MONTH, Fraction(1, 12) + Fraction(1, 366)),
        (date(2024, 12, 31), date(2025, 2, 28), Interval.MONTH, Fraction(2, 12)),
        (date(2024, 2, 29), date(2024, 3, 31), Interval.MONTH, Fraction(1, 12)),
        (date(2024, 1, 31), date(2025, 2, 28), Interval.MONTH, Fraction(13, 12)),
        (date(2024, 2, 27), date(2025, 2, 28), Interval.YEAR, 1 + Fraction(1, 365)),
        (date(2024, 2, 28), date(2025, 2, 27), Interval.YEAR, Fraction(365, 366)),
        (date(2024, 2, 29), date(2025, 2, 28), Interval.YEAR, Fraction(1)),
        (date(2024, 2, 29), date(2025, 3, 31), Interval.YEAR, 1 + Fraction(31, 366)),
        (date(2023, 2, 28), date(2024, 2, 29), Interval.YEAR, Fraction(1)),
        (date(2012, 1, 12), date(2012, 1, 26), Interval.WEEK, Fraction(2, 52)),
        (date(2012, 1, 12), date(2013, 1, 10), Interval.WEEK, Fraction(1)),
        (date(1994, 1, 1), date(1995, 7, 1), Interval.DAY, Fraction(546, 365)),
        (START, START, Interval.MONTH, Fraction(0)),
    ],
)
def test_a_european_interval_is_whole_periods_and_days(
    start: date, day: date, interval: Interval, years: Fraction
) -> None:
    assert european_years(start, day, interval) == years


@pytest.mark.parametrize(
    ("days", "interval"),
    [
        (monthly(date(2026, 2, 15), 3), Interval.MONTH),
        (weekly(START + timedelta(weeks=1), 3), Interval.WEEK),
        (monthly(date(2026, 2, 20), 3), Interval.MONTH),
        (weekly(START + timedelta(days=10), 3), Interval.WEEK),
        (monthly(date(2026, 2, 20), 4, step=12), Interval.YEAR),
        ([START + timedelta(days=40)], Interval.MONTH),
        ([START + timedelta(days=3000)], Interval.MONTH),
    ],
)
def test_european_intervals_follow_the_rhythm_of_the_payments(
    days: list[date], interval: Interval
) -> None:
    assert european_interval(START, paying(*days)) is interval
    assert eu_apr(paying(*days)) == eu_apr(paying(*days), interval)


@pytest.mark.parametrize(
    ("flows", "unit"),
    [
        # (b)(4)(i): what occurs most often; (A) the smaller of equals; (B) the average of all.
        (paying(*monthly(date(2026, 2, 15), 3)), MONTH),
        (paying(date(2026, 1, 22), date(2026, 1, 29), *monthly(date(2026, 2, 28), 2)), WEEK),
        (paying(date(2026, 1, 18), date(2026, 2, 20)), SEMIMONTH),
        (paying(START + timedelta(days=5), START + timedelta(days=17)), UnitPeriod(1, Unit.WEEK)),
        # (b)(3)(iv): last days of months are months apart.
        (paying(*monthly(date(2026, 2, 28), 12, 31), start=date(2026, 1, 31)), MONTH),
        (paying(*monthly(date(2026, 2, 28), 12, 30)), MONTH),
        # Periods are between advances, or between payments, not between the two.
        (
            [(START, 1000), (date(2026, 3, 10), 1000), (date(2026, 5, 28), 1000)]
            + [(day, -160) for day in monthly(date(2026, 6, 1), 24)],
            MONTH,
        ),
        # A payment on the day of an advance is a payment still.
        (
            [(START, 1000), (date(2026, 2, 15), 500), (date(2026, 2, 15), -100)]
            + [(day, -160) for day in monthly(date(2026, 3, 15), 2)]
            + [(date(2026, 8, 3), -1700), (date(2027, 1, 1), -1)],
            MONTH,
        ),
        # (b)(5)(vi), (vii): a single advance and payment have their term, at most a year.
        (paying(date(2026, 7, 15)), UnitPeriod(6, Unit.MONTH)),
        (paying(START + timedelta(days=14)), UnitPeriod(14, Unit.DAY)),
        (paying(date(2028, 3, 1)), YEAR),
        ([(START, 1000), (START, -50), (date(2026, 2, 15), -960)], MONTH),
        # Common periods above a year are a year.
        (paying(*monthly(date(2028, 1, 15), 3, step=24)), YEAR),
        # Twice a month, on the same two days.
        (
            paying(date(2026, 2, 1), date(2026, 2, 16), date(2026, 3, 1), date(2026, 3, 16)),
            SEMIMONTH,
        ),
        (
            paying(
                *(date(2026, 1, 31), date(2026, 2, 15), date(2026, 2, 28), date(2026, 3, 15)),
                *(date(2026, 3, 31), date(2026, 4, 15), date(2026, 4, 30)),
            ),
            SEMIMONTH,
        ),
    ],
)
def test_the_unit_period_is_the_common_one(flows: list[Flow], unit: UnitPeriod) -> None:
    assert common_period(START if flows[0][0] == START else flows[0][0], flows) == unit
    assert us_actuarial(flows) == us_actuarial(flows, unit)


def times(start: date, days: list[date], unit: UnitPeriod) -> list[UnitTime]:
    flows = [(day, -1) for day in days]
    return [time for time, _ in american_times(start, flows, unit)]


def test_last_days_of_months_are_whole_months_apart_whatever_the_odd_days() -> None:
    days = monthly(date(2026, 2, 28), 4, 31)
    assert times(START, days, MONTH) == [UnitTime(n, Fraction(16, 30)) for n in range(1, 5)]
    at_the_end = times(date(2026, 1, 31), monthly(date(2026, 2, 28), 3, 31), MONTH)
    assert at_the_end == [UnitTime(n) for n in range(1, 4)]


def test_short_months_at_the_end_of_a_series_from_a_last_day_mean_last_days() -> None:
    days = [date(2026, 2, 28), date(2026, 4, 30), date(2026, 6, 30)]
    two_months = UnitPeriod(2, Unit.MONTH)
    assert times(date(2025, 12, 31), days, two_months) == [UnitTime(n) for n in range(1, 4)]


def test_the_29th_and_30th_take_the_last_of_february() -> None:
    days = monthly(date(2026, 1, 30), 4, 30)
    assert times(START, days, MONTH) == [UnitTime(n, Fraction(15, 30)) for n in range(4)]


def test_the_30th_is_not_a_month_from_the_31st() -> None:
    found = times(date(2026, 1, 31), monthly(date(2026, 2, 28), 2, 30), MONTH)
    assert found == [UnitTime(0, Fraction(28, 30)), UnitTime(1, Fraction(28, 30))]


def test_a_month_short_of_one_is_days_of_thirty() -> None:
    late = monthly(date(2026, 2, 14), 2)
    assert times(START, late, MONTH) == [UnitTime(1), UnitTime(2)]
    assert times(START, monthly(date(2026, 2, 13), 2), MONTH) == [
        UnitTime(0, Fraction(29, 30)),
        UnitTime(1, Fraction(29, 30)),
    ]


def test_each_half_of_a_month_counts_from_its_own_day() -> None:
    days = [date(2026, 1, 31), date(2026, 2, 15), date(2026, 2, 28), date(2026, 3, 15)]
    found = times(date(2026, 1, 10), [*days, date(2026, 3, 31)], SEMIMONTH)
    assert found == [
        UnitTime(1, Fraction(6, 15)),
        UnitTime(2, Fraction(5, 15)),
        UnitTime(3, Fraction(6, 15)),
        UnitTime(4, Fraction(5, 15)),
        UnitTime(5, Fraction(6, 15)),
    ]


def test_years_leave_months_or_days() -> None:
    by_months = times(date(2026, 1, 1), [date(2027, 7, 1)], YEAR)
    by_days = times(date(2026, 1, 1), [date(2027, 7, 3)], YEAR)
    assert by_months == [UnitTime(1, Fraction(6, 12))]
    assert by_days == [UnitTime(1, Fraction(183, 365))]


def test_days_and_weeks_are_counted_as_they_are() -> None:
    days = [START + timedelta(days=17)]
    assert times(START, days, DAY) == [UnitTime(17)]
    assert times(START, days, UnitPeriod(2, Unit.WEEK)) == [UnitTime(1, Fraction(3, 14))]


def test_a_start_before_the_first_flow_moves_the_odd_days() -> None:
    flows = paying(*monthly(date(2026, 2, 5), 12))
    earlier = START - timedelta(days=10)
    assert us_actuarial(flows, starts_on=earlier) != us_actuarial(flows)
    assert us_actuarial(flows, starts_on=START + timedelta(days=10)) == us_actuarial(flows)
    assert abs(eu_apr(flows, starts_on=earlier) - eu_apr(flows)) < Decimal("0.0001")
