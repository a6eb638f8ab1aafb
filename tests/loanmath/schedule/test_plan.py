"""Installment plans: every method, every convention, and the edges."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given

from app.loanmath.errors import TermsRefused
from app.loanmath.interest import DayCount
from app.loanmath.money import Rounding
from app.loanmath.schedule import (
    Fee,
    FeeBase,
    FeeTiming,
    FirstInstallment,
    Installment,
    InterestStep,
    Method,
    Moratorium,
    Residual,
    Terms,
    amortize,
)
from tests.loanmath.drawn import any_terms
from tests.loanmath.lives import examples, plain_terms


def totals(plan: tuple[Installment, ...]) -> list[int]:
    return [row.total_fen for row in plan]


@given(any_terms())
@examples(300)
def test_a_plan_repays_the_whole_principal_in_whole_fen(terms: Terms) -> None:
    plan = plan_or_skip(terms)
    assert sum(row.principal_fen for row in plan) == terms.principal_fen
    least = [min(row.interest_fen, row.fee_fen, row.total_fen) for row in plan]
    assert min(least) >= 0
    assert terms.negative_amortization or min(row.principal_fen for row in plan) >= 0
    assert all(row.total_fen == row.principal_fen + row.interest_fen + row.fee_fen for row in plan)
    assert [row.number for row in plan] == list(range(1, len(plan) + 1))
    paying = 1 if terms.method is Method.BULLET else terms.count
    assert len(plan) == paying + (terms.down_payment_fen > 0)


@given(any_terms())
@examples(100)
def test_no_interest_is_asked_at_a_rate_of_zero(terms: Terms) -> None:
    free = replace(terms, annual_rate=Decimal(0))
    assert all(row.interest_fen == 0 for row in plan_or_skip(free))


def plan_or_skip(terms: Terms) -> tuple[Installment, ...]:
    try:
        return amortize(terms)
    except TermsRefused as refused:
        assume(refused.reason != "installment_below_interest")
        raise


def test_equal_installments_are_equal_but_for_the_last() -> None:
    plan = amortize(plain_terms())
    assert set(totals(plan)[:-1]) == {89_975}
    assert plan[-1] == Installment(12, date(2027, 1, 15), 88_913, 1_067)


def test_equal_principal_falls_by_the_same_interest() -> None:
    plan = amortize(plain_terms(method=Method.EQUAL_PRINCIPAL))
    assert [row.principal_fen for row in plan] == [83_333] * 11 + [83_337]
    assert [row.interest_fen for row in plan[:3]] == [12_000, 11_000, 10_000]


def test_flat_interest_stays_on_the_first_principal() -> None:
    plan = amortize(plain_terms(method=Method.FLAT))
    assert {row.interest_fen for row in plan} == {12_000}


def test_a_season_decides_when_principal_comes_back() -> None:
    weights = (0,) * 8 + (1, 2, 1, 0)
    plan = amortize(plain_terms(method=Method.SEASONAL, season_weights=weights))
    assert [row.principal_fen for row in plan] == [0] * 8 + [250_000, 500_000, 250_000, 0]
    assert [row.interest_fen for row in plan[8:]] == [12_000, 9_000, 3_000, 0]


def test_a_season_may_be_told_by_calendar_month() -> None:
    october = (0,) * 9 + (1, 0, 0)
    plan = amortize(plain_terms(method=Method.SEASONAL, month_weights=october))
    assert [row.principal_fen for row in plan if row.due_on.month == 10] == [1_000_000]


def test_a_season_without_weight_in_the_plan_ends_on_its_last_row() -> None:
    october = (0,) * 9 + (1, 0, 0)
    plan = amortize(plain_terms(method=Method.SEASONAL, month_weights=october, count=6))
    assert [row.principal_fen for row in plan] == [0] * 5 + [1_000_000]


def test_an_exact_season_without_weight_in_the_plan_ends_on_its_last_row_too() -> None:
    october = (0,) * 9 + (1, 0, 0)
    terms = plain_terms(
        method=Method.SEASONAL,
        month_weights=october,
        count=6,
        interest_step=InterestStep.UNROUNDED,
    )
    assert [row.principal_fen for row in amortize(terms)] == [0] * 5 + [1_000_000]


def test_one_fen_can_be_lent_over_a_year() -> None:
    for method in (Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL, Method.FLAT):
        plan = amortize(plain_terms(principal_fen=1, method=method))
        assert totals(plan) == [0] * 11 + [1]


def test_few_fen_over_many_installments_never_ask_too_much() -> None:
    plan = amortize(plain_terms(principal_fen=50, count=99, method=Method.EQUAL_PRINCIPAL))
    assert [row.principal_fen for row in plan] == [0] * 98 + [50]


def test_an_only_installment_of_equal_principal_is_all_of_it() -> None:
    (row,) = amortize(plain_terms(count=1, method=Method.EQUAL_PRINCIPAL))
    assert (row.principal_fen, row.interest_fen) == (1_000_000, 12_000)


def test_the_level_may_be_rounded_to_whole_yuan() -> None:
    up = plain_terms(installment_unit_fen=100, installment_rounding=Rounding.UP)
    assert totals(amortize(up))[0] == 90_000


def test_a_level_handed_in_is_kept_and_the_last_row_settles() -> None:
    plan = amortize(plain_terms(installment_fen=95_000))
    assert totals(plan)[:11] == [95_000] * 11
    assert totals(plan)[11] < 95_000


def test_a_level_that_pays_off_early_leaves_empty_rows() -> None:
    plan = amortize(plain_terms(installment_fen=600_000))
    assert totals(plan) == [600_000, 416_944 + 0, *([0] * 10)]


@pytest.mark.parametrize("method", list(FirstInstallment))
def test_a_level_below_the_interest_is_refused(method: FirstInstallment) -> None:
    terms = plain_terms(installment_fen=11_000, first_installment=method)
    with pytest.raises(TermsRefused) as refused:
        amortize(terms)
    assert (refused.value.field, refused.value.reason) == (
        "installment_fen",
        "installment_below_interest",
    )


def test_a_first_period_whose_interest_exceeds_the_installment_is_refused() -> None:
    terms = plain_terms(first_due_on=date(2028, 1, 15), count=360)
    with pytest.raises(TermsRefused) as refused:
        amortize(terms)
    assert refused.value.field == "first_due_on"


LONG_FIRST = {"first_due_on": date(2026, 3, 1), "due_day": 1, "day_count": DayCount.ACT_365F}


def test_a_long_first_period_may_be_solved_into_the_level() -> None:
    plan = amortize(plain_terms(**LONG_FIRST))
    regular = amortize(plain_terms(day_count=DayCount.ACT_365F))
    assert len(set(totals(plan)[:-1])) == 1
    assert plan[0].interest_fen == 17_753  # 45 days at 14.4 %
    assert plan[0].total_fen > regular[0].total_fen


def test_odd_days_may_be_added_to_the_first_installment() -> None:
    plan = amortize(plain_terms(**LONG_FIRST, first_installment=FirstInstallment.ODD_DAYS_ADDED))
    level = plan[1].total_fen
    odd_interest = 17_753 - 11_047  # a February of 28 days would have borne the second
    assert plan[0].total_fen == level + odd_interest
    assert len(set(totals(plan)[1:-1])) == 1


def test_the_level_may_be_kept_and_pay_a_longer_first_period() -> None:
    plan = amortize(plain_terms(**LONG_FIRST, first_installment=FirstInstallment.KEPT))
    added = amortize(plain_terms(**LONG_FIRST, first_installment=FirstInstallment.ODD_DAYS_ADDED))
    assert plan[0].total_fen == plan[1].total_fen == added[1].total_fen
    assert plan[-1].total_fen > added[-1].total_fen


def test_a_first_period_may_bear_a_regular_ones_interest() -> None:
    whole = plain_terms(
        first_due_on=date(2026, 3, 1), first_installment=FirstInstallment.WHOLE_PERIOD
    )
    assert totals(amortize(whole)) == totals(amortize(plain_terms()))


def test_the_last_row_may_be_made_level_by_its_interest() -> None:
    plan = amortize(plain_terms(residual=Residual.LAST_INTEREST))
    assert set(totals(plan)) == {89_975}
    assert plan[-1].interest_fen == 1_062


def test_a_level_too_small_for_the_last_principal_keeps_its_interest() -> None:
    terms = plain_terms(
        principal_fen=100_000,
        installment_unit_fen=10_000,
        installment_rounding=Rounding.DOWN,
        residual=Residual.LAST_INTEREST,
    )
    assert totals(amortize(terms)) == [1_200] * 11 + [101_200]


def test_thirty_years_of_rounding_are_made_up_for_by_the_last_interest() -> None:
    million = {
        "principal_fen": 100_000_000,
        "annual_rate": Decimal("0.049"),
        "count": 360,
    }
    plain, level = (
        amortize(plain_terms(**million, residual=residual))
        for residual in (Residual.LAST_PRINCIPAL, Residual.LAST_INTEREST)
    )
    assert plain[-1].total_fen == 530_519
    assert {row.total_fen for row in level} == {530_727}
    assert [row.principal_fen for row in level] == [row.principal_fen for row in plain]


def test_the_last_interest_makes_up_for_rounding_alone() -> None:
    # Six of 1,000 yuan more than needed each month leave little for the last: no interest grows.
    terms = plain_terms(installment_fen=97_000, residual=Residual.LAST_INTEREST)
    last = amortize(terms)[-1]
    assert last == amortize(plain_terms(installment_fen=97_000))[-1]
    assert last.total_fen < 10_000


def test_a_row_with_nothing_left_bears_no_interest_even_to_be_level() -> None:
    terms = plain_terms(principal_fen=17, residual=Residual.LAST_INTEREST)
    assert totals(amortize(terms))[-1] == 0


def test_smoothing_brings_the_last_row_closest_to_the_level() -> None:
    for principal_fen in (100_003, 333_333, 1_234_567):
        smooth = totals(
            amortize(plain_terms(principal_fen=principal_fen, residual=Residual.SMOOTHED))
        )
        plain = totals(amortize(plain_terms(principal_fen=principal_fen)))
        assert abs(smooth[-1] - smooth[0]) <= abs(plain[-1] - plain[0])
        assert abs(smooth[-1] - smooth[0]) <= 12


def test_what_rounding_takes_may_be_carried_into_the_next_row() -> None:
    terms = plain_terms(
        principal_fen=100_000,
        annual_rate=Decimal("0.01"),
        method=Method.INTEREST_ONLY,
        interest_step=InterestStep.CARRIED,
    )
    interest = [row.interest_fen for row in amortize(terms)]
    assert interest == [83, 84, 83] * 4
    assert sum(interest) == 1_000


def test_rounding_up_never_asks_for_negative_interest_later() -> None:
    terms = plain_terms(
        principal_fen=2,
        method=Method.EQUAL_PRINCIPAL,
        interest_step=InterestStep.CARRIED,
        interest_rounding=Rounding.UP,
    )
    assert [row.interest_fen for row in amortize(terms)] == [1] + [0] * 11


def test_a_moratorium_on_principal_asks_interest_first() -> None:
    terms = plain_terms(moratorium=Moratorium.PRINCIPAL, moratorium_periods=3)
    plan = amortize(terms)
    assert totals(plan)[:3] == [12_000] * 3
    shorter = amortize(plain_terms(count=9))
    assert totals(plan)[3:] == totals(shorter)


def test_a_moratorium_on_everything_lets_interest_wait_uncompounded() -> None:
    terms = plain_terms(moratorium=Moratorium.PRINCIPAL_AND_INTEREST, moratorium_periods=2)
    plan = amortize(terms)
    assert totals(plan)[:2] == [0, 0]
    assert plan[2].interest_fen == 36_000
    assert len(set(totals(plan)[2:-1])) == 1


@pytest.mark.parametrize("moratorium", [Moratorium.PRINCIPAL, Moratorium.PRINCIPAL_AND_INTEREST])
def test_a_moratorium_leaves_equal_principal_to_the_rows_after_it(moratorium: Moratorium) -> None:
    plan = amortize(
        plain_terms(method=Method.EQUAL_PRINCIPAL, moratorium=moratorium, moratorium_periods=2)
    )
    assert [row.principal_fen for row in plan] == [0, 0] + [100_000] * 10
    assert sum(row.interest_fen for row in plan) == 12_000 * 2 + sum(range(1200, 12001, 1200))


def test_a_year_end_inside_a_period_has_two_years_lengths() -> None:
    terms = plain_terms(
        disbursed_on=date(2023, 12, 16),
        count=1,
        method=Method.INTEREST_ONLY,
        day_count=DayCount.ACT_ACT_1_JAN,
    )
    exact = 1_000_000 * Fraction("0.144") * (Fraction(16, 365) + Fraction(15, 366))
    assert amortize(terms)[0].interest_fen == round(exact)


def fees_of(*fees: Fee, **changes: object) -> list[int]:
    return [row.fee_fen for row in amortize(plain_terms(fees=fees, count=3, **changes))]


def test_fees_fall_due_when_their_timing_says() -> None:
    assert fees_of(Fee(code="x", amount_fen=7)) == [7, 7, 7]
    assert fees_of(Fee(code="x", amount_fen=10, timing=FeeTiming.SPREAD)) == [4, 3, 3]
    assert fees_of(Fee(code="x", amount_fen=7, timing=FeeTiming.FIRST)) == [7, 0, 0]
    assert fees_of(Fee(code="x", amount_fen=7, timing=FeeTiming.LAST)) == [0, 0, 7]


def test_fees_may_be_a_part_of_principal_or_of_the_balance() -> None:
    on_principal = Fee(
        code="x", base=FeeBase.PRINCIPAL, rate=Decimal("0.01"), timing=FeeTiming.SPREAD
    )
    on_balance = Fee(code="y", base=FeeBase.BALANCE, rate=Decimal("0.012"))
    assert fees_of(on_principal) == [3_334, 3_333, 3_333]
    assert fees_of(on_balance, method=Method.INTEREST_ONLY) == [1_000, 1_000, 1_000]
    assert fees_of(on_principal, on_balance, annual_rate=Decimal(0)) == [
        3_334 + 1_000,
        3_333 + 667,
        3_333 + 333,
    ]
