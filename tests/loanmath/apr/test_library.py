"""Rates against pyxirr, a library of another hand, on thousands of random flows and plans."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pyxirr
from hypothesis import assume, given
from hypothesis import strategies as st

from app.loanmath.apr import flows_of, irr_effective, irr_nominal
from app.loanmath.apr.series import Flow
from app.loanmath.errors import NoRate, SeveralRates, TermsRefused
from app.loanmath.schedule import Method, Terms, amortize
from tests.loanmath.lives import examples, plain_terms

START = date(2024, 1, 31)
NEAR = Fraction(1, 10**9)


def is_near(ours: Decimal, theirs: float | None) -> bool:
    assert theirs is not None
    exact = Fraction(theirs)
    return abs(Fraction(ours) - exact) <= NEAR * max(1, abs(exact))


@st.composite
def loans(draw: st.DrawFn) -> list[Flow]:
    """Draw one advance and payments on any days, together worth a little less or more."""
    days = draw(st.lists(st.integers(1, 4000), min_size=1, max_size=40, unique=True))
    paid = [(START + timedelta(days=day), -draw(st.integers(1, 10**8))) for day in days]
    total = -sum(amount for _, amount in paid)
    advance = int(total * draw(st.fractions(Fraction(1, 2), Fraction(11, 10))))
    assume(advance > 0)
    return [(START, advance), *paid]


@st.composite
def plans(draw: st.DrawFn) -> Terms:
    """Draw plain terms of any method, amount, rate and count."""
    method = draw(st.sampled_from([one for one in Method if one is not Method.SEASONAL]))
    return plain_terms(
        principal_fen=draw(st.integers(10_000, 10**9)),
        annual_rate=draw(st.decimals("0.001", "0.5", places=4)),
        count=draw(st.integers(1, 60)),
        method=method,
        disbursed_on=START + timedelta(days=draw(st.integers(0, 800))),
    )


@given(loans())
@examples(300)
def test_dated_flows_have_the_librarys_rate(flows: list[Flow]) -> None:
    try:
        ours = irr_effective(flows)
    except NoRate:
        return
    assume(Decimal("-0.9") < ours < Decimal(100))
    days, amounts = zip(*flows, strict=True)
    assert is_near(ours, pyxirr.xirr(list(days), list(map(float, amounts)), guess=float(ours)))


@given(plans())
@examples(2000)
def test_plans_have_the_librarys_rates(terms: Terms) -> None:
    try:
        flows = flows_of(terms, amortize(terms))
        effective = irr_effective(flows)
    except (NoRate, SeveralRates, TermsRefused):
        assume(False)  # noqa: FBT003 - Hypothesis' own way to draw again
        return
    days, amounts = zip(*flows, strict=True)
    assert is_near(effective, pyxirr.xirr(list(days), list(map(float, amounts))))


@given(
    st.integers(10_000, 10**9),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=120),
)
@examples(300)
def test_monthly_flows_have_the_librarys_rate(advance: int, payments: list[int]) -> None:
    assume(sum(payments) > advance // 2)
    months = [date(2020 + place // 12, place % 12 + 1, 15) for place in range(len(payments) + 1)]
    amounts = [advance, *(-payment for payment in payments)]
    theirs = pyxirr.irr(list(map(float, amounts)))
    assume(theirs is not None and -0.5 < theirs < 10)
    assert theirs is not None
    ours = irr_nominal(list(zip(months, amounts, strict=True)))
    assert is_near(ours / 12, theirs)
