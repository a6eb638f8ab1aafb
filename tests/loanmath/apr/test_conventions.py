"""Annualized rates: the laws they keep and the flows that have none."""

from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.loanmath.apr import (
    NoRate,
    SeveralRates,
    UnitPeriod,
    eu_apr,
    flows_of,
    irr_effective,
    irr_nominal,
    present_value,
    rates,
    us_actuarial,
)
from app.loanmath.apr.series import Flow
from app.loanmath.apr.units import SEMIMONTH
from app.loanmath.calendar import add_months
from app.loanmath.money import round_fen
from app.loanmath.schedule import Fee, FeeTiming, Method, Unit, amortize
from tests.loanmath.lives import examples, plain_terms

TOLERANCE = Decimal("1e-10")
START = date(2026, 1, 15)

METHODS = [m for m in Method if m not in {Method.SEASONAL, Method.FLAT, Method.BULLET}]


@given(
    st.decimals("0.001", "0.36", places=4),
    st.integers(1, 36),
    st.sampled_from(METHODS),
)
@examples(60)
def test_the_rate_of_a_plan_without_fees_is_the_contract_rate(
    rate: Decimal, count: int, method: Method
) -> None:
    terms = plain_terms(
        principal_fen=10**13, annual_rate=rate, count=count, method=method, disbursed_on=START
    )
    assert abs(rates(terms).irr_nominal - rate) < TOLERANCE
    assert rates(terms).us == rates(terms).irr_nominal


@given(st.integers(1, 50_000), st.sampled_from([FeeTiming.EACH, FeeTiming.LAST]))
@examples(30)
def test_any_fee_raises_every_rate(amount_fen: int, timing: FeeTiming) -> None:
    free = rates(plain_terms())
    with_fee = rates(plain_terms(fees=(Fee(code="x", amount_fen=amount_fen, timing=timing),)))
    assert with_fee.irr_nominal > free.irr_nominal
    assert with_fee.irr_effective > free.irr_effective
    assert with_fee.eu > free.eu
    assert with_fee.us > free.us


flow_amounts = st.lists(st.integers(1000, 10**7), min_size=1, max_size=12)
gaps = st.lists(st.integers(20, 400), min_size=12, max_size=12)


@st.composite
def loans(draw: st.DrawFn) -> list[Flow]:
    """Draw one advance and payments after it, together worth more than nothing."""
    day, flows = START, list[Flow]()
    for amount, gap in zip(draw(flow_amounts), draw(gaps), strict=False):
        day += timedelta(days=gap)
        flows.append((day, -amount))
    paid = -sum(amount for _, amount in flows)
    advance = round_fen(paid * draw(st.fractions(Fraction(2, 3), Fraction(19, 20))))
    assume(advance > 0)
    return [(START, advance), *flows]


@given(loans())
@examples(60)
def test_the_flows_are_worth_nothing_at_their_rate(flows: list[Flow]) -> None:
    rate = irr_effective(flows)
    assert abs(present_value(flows, rate)) < Decimal("0.5")


@given(loans(), st.integers(2, 1000))
@examples(40)
def test_scaling_changes_no_rate(flows: list[Flow], factor: int) -> None:
    scaled = [(day, amount * factor) for day, amount in flows]
    assert irr_effective(scaled) == irr_effective(flows)
    assert eu_apr(scaled) == eu_apr(flows)
    assert us_actuarial(scaled) == us_actuarial(flows)


@given(loans())
@examples(40)
def test_the_sides_may_change_and_the_order_too(flows: list[Flow]) -> None:
    lenders = [(day, -amount) for day, amount in reversed(flows)]
    assert irr_nominal(lenders) == irr_nominal(flows)


def test_an_xirr_known_elsewhere_comes_out() -> None:
    # The example in the documentation of the XIRR function of spreadsheets: 37.3362535 %.
    flows = [
        (date(2008, 1, 1), -10_000),
        (date(2008, 3, 1), 2_750),
        (date(2008, 10, 30), 4_250),
        (date(2009, 2, 15), 3_250),
        (date(2009, 4, 1), 2_750),
    ]
    assert abs(irr_effective(flows) - Decimal("0.373362535")) < Decimal("2e-9")


def test_free_money_costs_nothing() -> None:
    flows = [(START, 100), (date(2027, 1, 15), -100)]
    assert irr_effective(flows) == irr_nominal(flows) == eu_apr(flows) == us_actuarial(flows) == 0


def test_a_loss_has_a_rate_below_nothing() -> None:
    flows = [(START, 100), (date(2027, 1, 15), -50)]
    assert irr_effective(flows) == Decimal("-0.5")


@pytest.mark.parametrize(
    "flows",
    [
        [],
        [(START, 0)],
        [(START, 100)],
        [(START, 100), (date(2027, 1, 15), 100)],
        [(START, 100), (START, -200)],
        [(START, 1), (date(2026, 1, 16), -(10**9))],
        [(START, 100), (date(2027, 1, 15), -250), (date(2028, 1, 15), 200)],
    ],
)
def test_flows_without_a_rate_say_so(flows: list[Flow]) -> None:
    with pytest.raises(NoRate):
        irr_effective(flows)


def test_flows_with_two_rates_say_so() -> None:
    ten_and_twenty_percent = [
        (date(2021, 1, 1), -100_000),
        (date(2022, 1, 1), 230_000),
        (date(2023, 1, 1), -132_000),
    ]
    with pytest.raises(SeveralRates):
        irr_effective(ten_and_twenty_percent)


def test_a_rate_that_is_twice_a_root_is_not_told_from_two() -> None:
    touching = [(date(2021, 1, 1), -100), (date(2022, 1, 1), 220), (date(2023, 1, 1), -121)]
    with pytest.raises(SeveralRates):
        irr_effective(touching)


def test_several_drawdowns_have_one_rate() -> None:
    flows = [
        (START, 500_000),
        (date(2026, 3, 15), -100_000),
        (date(2026, 4, 15), 500_000),
        (date(2027, 1, 15), -1_000_000),
    ]
    rate = irr_effective(flows)
    assert abs(present_value(flows, rate)) < Decimal("0.5")


def test_dates_off_the_month_take_the_month_of_the_year() -> None:
    flows = [(START, 100_000), (date(2026, 2, 20), -101_200)]
    yearly = irr_effective(flows)
    monthly = irr_nominal(flows) / 12
    with localcontext() as context:
        context.prec = 40
        assert abs((1 + monthly) ** 12 - 1 - yearly) < TOLERANCE


def test_month_ends_are_whole_months() -> None:
    start = date(2026, 1, 31)
    flows = [(start, 100_000)] + [(add_months(start, place, 31), -9_000) for place in range(1, 13)]
    assert us_actuarial(flows) == irr_nominal(flows)


def test_weeks_are_parts_of_fifty_two_for_the_european_rate() -> None:
    flows = [(START, 100_000)] + [(START + timedelta(weeks=n), -26_000) for n in range(1, 5)]
    weekly = us_actuarial(flows) / 52
    with localcontext() as context:
        context.prec = 40
        assert abs((1 + weekly) ** 52 - 1 - eu_apr(flows)) < TOLERANCE


def test_odd_days_count_over_the_year_that_ends_with_them() -> None:
    # From 20 February to 1 March 2024 less one month: days over the leap year behind them.
    flows = [(date(2024, 1, 20), 100_000), (date(2024, 4, 1), -102_000)]
    years = Fraction(2, 12) + Fraction(12, 365)
    with localcontext() as context:
        context.prec = 40
        exponent = Decimal(years.denominator) / years.numerator
        assert abs(Decimal("1.02") ** exponent - 1 - eu_apr(flows)) < TOLERANCE


@pytest.mark.parametrize(
    ("days", "unit"),
    [
        ([0, 31, 59, 90], UnitPeriod(1, Unit.MONTH)),
        ([0, 7, 14, 21], UnitPeriod(1, Unit.WEEK)),
        ([0, 5, 10, 15], UnitPeriod(5, Unit.DAY)),
        ([0, 10, 41, 48], SEMIMONTH),
        ([0, 10, 27], UnitPeriod(2, Unit.WEEK)),
        ([0, 31], UnitPeriod(1, Unit.MONTH)),
        ([0, 800], UnitPeriod(12, Unit.MONTH)),
        ([0, 17, 31, 48, 59], SEMIMONTH),
    ],
)
def test_the_unit_period_is_found_from_the_flows(days: list[int], unit: UnitPeriod) -> None:
    start = date(2026, 1, 1)
    flows = [(start + timedelta(days=day), -30_000) for day in days]
    flows[0] = (start, 25_000 * (len(days) - 1))
    assert us_actuarial(flows) == us_actuarial(flows, unit)


def test_years_count_their_rest_by_months_or_days() -> None:
    yearly = UnitPeriod(12, Unit.MONTH)
    by_months = us_actuarial([(date(2026, 1, 1), 100), (date(2027, 7, 1), -110)], yearly)
    by_days = us_actuarial([(date(2026, 1, 1), 100), (date(2027, 7, 3), -110)], yearly)
    assert by_days < by_months


def test_flows_of_terms_are_what_the_borrower_sees() -> None:
    terms = plain_terms(count=2, fees=(Fee(code="x", amount_fen=5),))
    plan = amortize(terms)
    assert flows_of(terms, plan) == [
        (START, 1_000_000),
        (date(2026, 2, 15), -plan[0].total_fen),
        (date(2026, 3, 15), -plan[1].total_fen),
    ]
