"""Figures that other systems and their manuals publish, and what conventions they need."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from app.loanmath.errors import EventRefused, YearUnpublished
from app.loanmath.interest import DayCount, nominal_rate
from app.loanmath.life import Charged, DueKind, RateLowered, Refunded, RefundReversed, fold
from app.loanmath.quote import Quote, quote_of
from app.loanmath.schedule import Method
from tests.loanmath.lives import Life, lent, plain_terms

PLAIN: dict[str, Any] = {
    "principal": "10000",
    "rate": "12",
    "installments": 6,
    "method": "EQUAL_INSTALLMENT",
    "disbursed_on": "2026-01-01",
}


def quoted(**changes: object) -> Quote:
    return quote_of({**PLAIN, **changes})


def test_a_spreadsheets_interest_is_the_exact_one_rounded() -> None:
    """numpy-financial, example of `ipmt`: 2,500 at 8.24 % over 12 months, printed to the cent."""
    shown = quoted(principal="2500", rate="8.24", installments=12, interest_step="UNROUNDED")
    interest = [row.interest_fen for row in shown.rows]
    assert interest == [1717, 1579, 1440, 1301, 1160, 1018, 876, 732, 588, 442, 296, 149]
    assert [row.balance_fen for row in shown.rows][:3] == [229_942, 209_746, 189_411]


def test_an_effective_rate_compounds_over_several_months() -> None:
    """A quarter at 12 % effective bears 1.12^(3/12) - 1 = 2.87373 %; a year bears 12 %."""
    quarterly = quoted(installments=4, every=3, day_count="EFFECTIVE")
    assert quarterly.rows[0].interest_fen == 28_737
    assert quarterly.rates is not None
    assert abs(quarterly.rates.eu - Decimal("0.12")) < Decimal("0.00001")
    yearly = quoted(installments=12, method="BULLET", day_count="EFFECTIVE")
    assert yearly.interest_fen == 120_000


def test_an_effective_rate_that_is_lowered_compounds_anew() -> None:
    """From the second quarter on, 6 % effective: 1.06^(3/12) - 1 = 1.46738 %."""
    life = lent(
        plain_terms(
            annual_rate=Decimal("0.12"),
            method=Method.INTEREST_ONLY,
            day_count=DayCount.EFFECTIVE,
            every=3,
            count=4,
        )
    )
    life.add(RateLowered, date(2026, 4, 15), annual_rate=Decimal("0.06"))
    rows = fold(life.terms, life.events, date(2026, 4, 15)).rows
    monthly = nominal_rate(Decimal("0.06"), DayCount.EFFECTIVE) / 12
    assert [row.interest_fen for row in rows] == [28_737, 14_674, 14_674, 14_674]
    assert round(1_000_000 * ((1 + monthly) ** 3 - 1), 2) == Fraction(1_467_385, 100)


def test_an_installment_handed_in_outlives_later_drawdowns() -> None:
    """Apache Fineract, C2634: 1,725 a month on 5,000, 3,000 and 2,000; the last row settles."""
    shown = quoted(
        disbursed_on="2022-11-01",
        installment="1725",
        drawdowns=[
            {"on": "2022-11-01", "amount": "5000"},
            {"on": "2023-01-01", "amount": "3000"},
            {"on": "2023-03-01", "amount": "2000"},
        ],
    )
    assert [row.total_fen for row in shown.rows] == [172_500] * 5 + [158_239]


def test_smoothing_tries_the_levels_beside_the_rounded_one() -> None:
    """At no rate 459.01 over 24 is 19.125: 19 leaves a last row of 22.01, 20 one of nothing."""
    shown = quoted(
        principal="459.01",
        rate="0",
        installments=24,
        residual="SMOOTHED",
        installment_rounding="CEILING",
        installment_unit_fen=100,
    )
    assert [row.total_fen for row in shown.rows] == [1_900] * 23 + [2_201]


@pytest.mark.parametrize(
    ("rounding", "parts"),
    [
        ("HALF_UP", [25_100, 25_100, 25_100, 24_900]),
        ("DOWN", [25_000, 25_000, 25_000, 25_200]),
        ("CEILING", [25_100, 25_100, 25_100, 24_900]),
    ],
)
def test_equal_parts_of_principal_are_rounded_as_the_terms_say(
    rounding: str, parts: list[int]
) -> None:
    shown = quoted(
        principal="1002",
        installments=4,
        method="EQUAL_PRINCIPAL",
        installment_rounding=rounding,
        installment_unit_fen=100,
    )
    assert [row.principal_fen for row in shown.rows] == parts


def test_odd_days_may_count_as_parts_of_their_own_month() -> None:
    """Apache Fineract, LoanScheduleGeneratorTest: 17 of 31 days at 9.99 % on 192.22 are 0.88."""
    shown = quoted(
        principal="192.22",
        rate="9.99",
        method="INTEREST_ONLY",
        disbursed_on="2024-01-15",
        first_due_on="2024-02-01",
        due_day=1,
        odd_day_year=372,
    )
    assert shown.rows[0].interest_fen == 88


def test_a_penalty_may_be_a_fixed_amount() -> None:
    life = lent(plain_terms(penalty_factor=Decimal(0)))
    on = date(2026, 2, 20)
    life.add(Charged, on, code="LATE", amount_fen=1_000, kind=DueKind.PENALTY, installment_number=1)
    paid = life.paid(on, 90_975)
    state = fold(life.terms, life.events, on)
    assert [(part.kind, part.amount_fen) for part in state.allocations] == [
        (DueKind.INTEREST, 12_000),
        (DueKind.PENALTY, 1_000),
        (DueKind.PRINCIPAL, 77_975),
    ]
    assert (state.rows[0].penalty_fen, state.rows[0].left_fen) == (1_000, 0)
    assert {part.event_id for part in state.allocations} == {paid.id}


def refunding() -> tuple[Life, date]:
    life = lent(plain_terms(count=1, method=Method.INTEREST_ONLY))
    on = date(2026, 2, 15)
    life.paid(on, 1_012_000 + 500)
    return life, on


def test_a_refund_that_came_back_is_held_as_if_it_had_never_been_given() -> None:
    life, on = refunding()
    held = fold(life.terms, life.events, on)
    refunded = life.add(Refunded, on, amount_fen=500)
    assert fold(life.terms, life.events, on).unapplied_fen == 0
    life.add(RefundReversed, date(2026, 2, 20), reverses=refunded.id)
    assert fold(life.terms, life.events, on) == held
    life.add(Refunded, date(2026, 2, 21), amount_fen=500)
    assert fold(life.terms, life.events, date(2026, 2, 21)).unapplied_fen == 0


@pytest.mark.parametrize("amount_fen", [1_012_501, 10**9])
def test_more_than_ever_came_in_is_not_given_back(amount_fen: int) -> None:
    life, on = refunding()
    before = fold(life.terms, life.events, on)
    refunded = life.add(Refunded, on, amount_fen=amount_fen)
    with pytest.raises(EventRefused, match="above_all_received") as refused:
        fold(life.terms, life.events, on)
    assert refused.value.event_id == refunded.id
    assert fold(life.terms, life.events[:-1], on) == before


def test_only_a_refund_can_come_back() -> None:
    life, on = refunding()
    life.add(RefundReversed, on, reverses=life.events[1].id)
    with pytest.raises(EventRefused, match="unknown_refund"):
        fold(life.terms, life.events, on)


def test_a_plan_into_an_unpublished_year_says_which() -> None:
    class Published:
        def is_working(self, day: date) -> bool:
            if day.year > 2026:
                raise YearUnpublished(day.year)
            return day.isoweekday() < 6

    with pytest.raises(YearUnpublished, match="2027"):
        quote_of({**PLAIN, "installments": 12, "business_days": "NEXT"}, Published())
