"""The solver: one root exactly, or saying there is none, or several."""

from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.loanmath.apr import NoRate, SeveralRates, UnitTime, irr_effective
from app.loanmath.apr.equation import CONTEXT, Equation, Term
from app.loanmath.apr.solver import solve
from app.loanmath.apr.timed import TimedFlow, compound_rate, simple_odd_rate, yearly_rate
from tests.loanmath.lives import examples

YEARLY, MONTHLY = Fraction(1), Fraction(12)
CLOSE = Decimal("1e-10")


def periodic(*amounts: int) -> list[TimedFlow]:
    return [(UnitTime(place), amount) for place, amount in enumerate(amounts)]


def polynomial(*growths: str) -> list[TimedFlow]:
    """Make flows worth nothing exactly where the growth of a period is one of these."""
    amounts = [Fraction(1)]
    for growth in growths:
        raised = [*amounts, Fraction(0)]
        shifted = [Fraction(0), *(amount * Fraction(growth) for amount in amounts)]
        amounts = [one - other for one, other in zip(raised, shifted, strict=True)]
    return periodic(*(int(amount * 10**12) for amount in amounts))


@given(st.lists(st.integers(-16, 80), min_size=2, max_size=4, unique=True))
@examples(30)
def test_all_rates_are_found_where_there_are_several(twentieths: list[int]) -> None:
    expected = sorted(Decimal(part) / 20 for part in twentieths)
    with pytest.raises(SeveralRates) as several:
        yearly_rate(polynomial(*(str(1 + rate) for rate in expected)), YEARLY)
    assert len(several.value.rates) == len(expected)
    for found, rate in zip(several.value.rates, expected, strict=True):
        assert abs(found - rate) < CLOSE


@given(st.integers(-80, 400), st.integers(1, 60))
@examples(40)
def test_one_rate_among_many_changes_of_sign_is_found(percent: int, bump: int) -> None:
    """A quadratic without real roots adds changes of sign but no rate."""
    rate = Decimal(percent) / 100
    with localcontext(CONTEXT):
        growth = int((1 + rate) * 100)
    quadratic = (10_000, -20_000, 10_000 + bump * 100)
    amounts = [0] * 4
    for place, amount in enumerate(quadratic):
        amounts[place] += amount * 100
        amounts[place + 1] -= amount * growth
    assert abs(yearly_rate(periodic(*amounts), YEARLY) - rate) < CLOSE


def test_a_rate_of_nothing_is_found_among_many_changes_of_sign() -> None:
    assert compound_rate(periodic(*([1000, -1000] * 200)), MONTHLY) == 0


def test_touching_rates_are_not_told_apart() -> None:
    with pytest.raises(SeveralRates):
        yearly_rate(periodic(-100, 220, -121), YEARLY)
    with pytest.raises(SeveralRates) as several:
        yearly_rate(polynomial("1.1", "1.1", "2"), YEARLY)
    assert several.value.rates == (Decimal("0.1"), Decimal(1))


def test_no_rate_where_flows_are_never_worth_nothing() -> None:
    for amounts in [(100,), (100, 100), (100, -250, 200), (0, 0)]:
        with pytest.raises(NoRate):
            yearly_rate(periodic(*amounts), YEARLY)


def test_rates_far_from_the_usual_are_found() -> None:
    assert compound_rate(periodic(1, -1000), MONTHLY) == 12 * 999
    assert yearly_rate(periodic(1, -(10**47)), YEARLY) == 10**47 - 1
    assert yearly_rate(periodic(10**11, -1), YEARLY) == Decimal("-0.99999999999")
    with pytest.raises(NoRate):
        yearly_rate(periodic(1, -(10**48)), YEARLY)


def test_a_far_rate_beside_a_usual_one_does_not_count() -> None:
    """A fee just before the money comes has a rate of its own, at which nobody lends."""
    flows = [(UnitTime(0), -50), (UnitTime(1), 10_000), (UnitTime(13), -11_000)]
    rate = yearly_rate(flows, MONTHLY)
    assert Decimal("0.10") < rate < Decimal("0.12")
    far = [(UnitTime(0), -50), (UnitTime(1), 10_000), (UnitTime(2), -1)]
    assert yearly_rate(far, MONTHLY) > 10**20


def test_odd_parts_bear_simple_interest_only_by_the_american_rule() -> None:
    flows: list[TimedFlow] = [(UnitTime(0), 1000), (UnitTime(1, Fraction(1, 2)), -1155)]
    assert simple_odd_rate(flows, YEARLY) == Decimal("0.1")
    with localcontext(CONTEXT):
        compounded = (Decimal("1.155") ** (Decimal(2) / 3)) - 1
    assert abs(yearly_rate(flows, YEARLY) - compounded) < CLOSE


def test_several_rates_with_odd_parts_are_found_too() -> None:
    # 500 x² (x + 1) = 3605 x - 2695 has the roots 1.1 and 1.4, and one below nothing.
    flows: list[TimedFlow] = [
        (UnitTime(0), -1000),
        (UnitTime(1, Fraction(1, 2)), 3605),
        (UnitTime(2, Fraction(1, 2)), -2695),
    ]
    with pytest.raises(SeveralRates) as several:
        simple_odd_rate(flows, YEARLY)
    assert several.value.rates == (Decimal("0.1"), Decimal("0.4"))


def test_touching_rates_with_odd_parts_are_not_told_apart_either() -> None:
    # 500 x² (x + 1) - 3360 x + 2448 touches nothing at 1.2.
    flows: list[TimedFlow] = [
        (UnitTime(0), -1000),
        (UnitTime(1, Fraction(1, 2)), 3360),
        (UnitTime(2, Fraction(1, 2)), -2448),
    ]
    with pytest.raises(SeveralRates):
        simple_odd_rate(flows, YEARLY)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 29)), min_size=1, max_size=12),
    st.lists(st.integers(-10_000, 10_000), min_size=12, max_size=12),
)
@examples(200)
def test_flows_are_worth_nothing_at_their_american_rate(
    times: list[tuple[int, int]], amounts: list[int]
) -> None:
    flows: list[TimedFlow] = [(UnitTime(0), 30_000)]
    flows += [
        (UnitTime(whole, Fraction(odd, 30)), amount)
        for (whole, odd), amount in zip(times, amounts, strict=False)
    ]
    try:
        rate = simple_odd_rate(flows, MONTHLY)
    except (NoRate, SeveralRates):
        return
    assume(Decimal("-0.3") < rate < Decimal(24))
    with localcontext(CONTEXT):
        i = rate / 12
        worth = sum(
            amount / ((1 + i * time.part.numerator / time.part.denominator) * (1 + i) ** time.whole)
            for time, amount in flows
        )
    assert abs(worth) < Decimal("0.5")


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=10), st.integers(-3000, 3000))
@examples(60)
def test_moving_all_dates_changes_no_dated_rate(amounts: list[int], days: int) -> None:
    start = date(2026, 1, 15)
    flows = [(start + timedelta(days=91 * n), amount) for n, amount in enumerate(amounts)]
    moved = [(day + timedelta(days=days), amount) for day, amount in flows]
    try:
        rate = irr_effective(flows)
    except (NoRate, SeveralRates) as none:
        with pytest.raises(type(none)):
            irr_effective(moved)
        return
    assert irr_effective(moved) == rate


def test_work_is_bounded_where_rates_cannot_be_told() -> None:
    """Odd parts leave only the slower bounds: in doubt, several rates are said."""
    terms = [Term((-1) ** n * 1000, n, Decimal("0.5")) for n in range(1500)]
    with pytest.raises(SeveralRates):
        solve(Equation(terms, Decimal(12)))
