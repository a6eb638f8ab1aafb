"""What each convention says of one set of flows, by dates and by unit-periods."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest

from app.loanmath.apr.answers import Answer, CashFlows, Convention, WithoutRate, answer
from app.loanmath.flows import flows_from_json

TOLERANCE = Decimal("1e-10")
DATED = [
    {"advance": "6000", "on": "2026-01-15"},
    {"payment": "149.31", "on": "2026-02-15", "times": 48, "every": "1 month"},
]
TIMED = [{"advance": "6000", "at": 0}, {"payment": "149.31", "at": 1, "times": 48}]


def flows_of(flows: object, **fields: object) -> CashFlows:
    return flows_from_json({"flows": flows, **fields})[0]


def all_of(flows: object, **fields: object) -> Mapping[Convention, Answer]:
    read = flows_of(flows, **fields)
    return {one: answer(read, one) for one in Convention}


def test_whole_months_by_date_or_by_number_have_the_same_rates() -> None:
    dated, timed = all_of(DATED), all_of(TIMED, unit_period="month")
    for one in (Convention.IRR, Convention.EU, Convention.US_ACTUARIAL):
        assert dated[one].rate == timed[one].rate is not None
        assert dated[one].per_period == timed[one].per_period
        assert dated[one].unit == timed[one].unit == "month"
    assert dated[Convention.US_ACTUARIAL].is_found
    assert dated[Convention.EU].is_found
    assert not timed[Convention.US_ACTUARIAL].is_found
    assert timed[Convention.XIRR].without is WithoutRate.NEEDS_DATES
    assert dated[Convention.XIRR].per_period is None


def test_a_nominal_rate_is_its_periods_times_those_of_a_year() -> None:
    found = all_of(TIMED, unit_period="month")[Convention.IRR]
    assert found.rate is not None
    assert found.per_period is not None
    assert found.per_year == 12
    assert abs(found.per_period * 12 - found.rate) < TOLERANCE


def test_a_number_in_a_year_is_enough_for_a_rate() -> None:
    found = all_of(TIMED, periods_per_year="365/30")
    by_month = all_of(TIMED, periods_per_year=12)
    nominal, monthly = found[Convention.IRR], by_month[Convention.IRR]
    assert nominal.unit is None
    assert nominal.per_year == Fraction(73, 6)
    assert nominal.per_period == monthly.per_period
    assert found[Convention.EU].unit is None
    assert found[Convention.EU].rate != by_month[Convention.EU].rate
    assert found[Convention.XIRR].without is WithoutRate.NEEDS_DATES


def test_days_as_unit_periods_are_the_days_of_xirr() -> None:
    dated = [{"advance": 100, "on": "2026-01-01"}, {"payment": 110, "on": "2026-11-27"}]
    timed = [{"advance": 100, "at": 0}, {"payment": 110, "at": 330}]
    by_days = all_of(timed, unit_period="day")
    assert by_days[Convention.XIRR].rate == all_of(dated)[Convention.XIRR].rate
    assert by_days[Convention.XIRR].rate == by_days[Convention.EU].rate
    by_15 = [{"advance": 100, "at": 0}, {"payment": 110, "at": 22}]
    assert all_of(by_15, unit_period="15 days")[Convention.XIRR].rate == (
        by_days[Convention.XIRR].rate
    )


def test_a_unit_period_told_takes_the_place_of_the_one_found() -> None:
    weekly = [
        {"advance": 1000, "on": "2026-01-15"},
        {"payment": 26, "on": "2026-01-22", "times": 40, "every": "week"},
    ]
    found, told = all_of(weekly), all_of(weekly, unit_period="2 weeks")
    assert found[Convention.US_ACTUARIAL].unit == "week"
    assert told[Convention.US_ACTUARIAL].unit == "2 weeks"
    assert told[Convention.US_ACTUARIAL].rate != found[Convention.US_ACTUARIAL].rate
    assert not told[Convention.US_ACTUARIAL].is_found
    assert found[Convention.IRR].unit == "month"
    assert all_of(weekly, unit_period="week")[Convention.IRR].per_year == 52
    weeks = all_of(weekly, unit_period="week")
    assert weeks[Convention.IRR].rate == weeks[Convention.US_ACTUARIAL].rate


@pytest.mark.parametrize(
    ("unit", "interval"),
    [("day", "day"), ("2 weeks", "week"), ("quarter", "month"), ("year", "year")],
)
def test_the_european_interval_can_be_told(unit: str, interval: str) -> None:
    odd = [{"advance": 1000, "on": "2026-01-15"}, {"payment": 1100, "on": "2027-03-20"}]
    found = all_of(odd, unit_period=unit)[Convention.EU]
    assert (found.unit, found.is_found) == (interval, False)
    years = {
        "day": Fraction(429, 365),
        "week": Fraction(61, 52) + Fraction(2, 365),
        "month": Fraction(14, 12) + Fraction(5, 365),
        "year": 1 + Fraction(64, 365),
    }[interval]
    assert found.rate is not None
    with localcontext() as context:
        context.prec = 40
        exponent = Decimal(years.denominator) / years.numerator
        assert abs(found.rate - (Decimal("1.1") ** exponent - 1)) < TOLERANCE


def test_whole_weeks_and_days_are_counted_as_such_by_irr() -> None:
    loan = [{"advance": 1000, "on": "2026-01-01"}, {"payment": 1010, "on": "2026-01-15"}]
    assert all_of(loan, unit_period="2 weeks")[Convention.IRR].per_period == Decimal("0.01")
    days = all_of(loan, unit_period="14 days")[Convention.IRR]
    assert days.per_period == Decimal("0.01")
    odd = [{"advance": 1000, "on": "2026-01-01"}, {"payment": 1010, "on": "2026-01-16"}]
    yearly = all_of(odd)[Convention.XIRR].rate
    weekly = all_of(odd, unit_period="week")[Convention.IRR].per_period
    assert yearly is not None
    assert weekly is not None
    with localcontext() as context:
        context.prec = 40
        assert abs((1 + weekly) ** 52 - 1 - yearly) < Decimal("1e-8")


def test_a_start_before_the_flows_counts_where_odd_days_do() -> None:
    flows = [
        {"advance": 1000, "on": "2026-01-15"},
        {"payment": 100, "on": "2026-02-05", "times": 12, "every": "month"},
    ]
    plain, moved = all_of(flows), all_of(flows, starts_on="2026-01-10")
    assert plain[Convention.XIRR].rate == moved[Convention.XIRR].rate
    assert plain[Convention.US_ACTUARIAL].rate != moved[Convention.US_ACTUARIAL].rate


def test_having_no_rate_is_an_answer() -> None:
    for found in all_of([100, -10], unit_period="month", convention="irr").values():
        assert found.rate is not None or found.without is WithoutRate.NEEDS_DATES
    assert answer(flows_of([100, 10], unit_period="month"), Convention.IRR) == Answer(
        without=WithoutRate.NO_RATE
    )


def test_several_rates_are_all_told() -> None:
    found = answer(flows_of([-1000, 2300, -1320], unit_period="year"), Convention.EU)
    assert found.without is WithoutRate.SEVERAL_RATES
    assert found.several == (Decimal("0.1"), Decimal("0.2"))
    assert found.rate is None
