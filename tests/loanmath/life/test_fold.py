"""Lives written by hand: what each kind of event does, and what is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.loanmath.calendar import BusinessDays
from app.loanmath.errors import CalendarMissing, EventRefused, TermsRefused, YearUnpublished
from app.loanmath.interest import DayCount
from app.loanmath.life import (
    Allocation,
    Bucket,
    ChargebackReceived,
    Charged,
    Deferred,
    Disbursed,
    DueKind,
    Event,
    InstallmentStatus,
    LoanState,
    LoanStatus,
    RateLowered,
    Refunded,
    RepaymentReversed,
    Waived,
    WrittenOff,
    bucket_of,
    fold,
)
from app.loanmath.payoff import payoff
from app.loanmath.schedule import (
    EarlyInterest,
    Fee,
    FeeBase,
    FeeTiming,
    FirstInstallment,
    InterestStep,
    Method,
    Moratorium,
    PenaltyStart,
    Prepayment,
    Residual,
    Unit,
)
from app.loanmath.waterfall import Direction, Waterfall
from tests.loanmath.lives import Life, lent, plain_terms

LEVEL = 89_975
DISBURSED = date(2026, 1, 15)
FIRST_DUE = date(2026, 2, 15)
SECOND_DUE = date(2026, 3, 15)


def on(life: Life, day: date) -> LoanState:
    return fold(life.terms, life.events, day)


def split(state: LoanState, event: Event) -> list[tuple[int, DueKind, int]]:
    return [
        (part.installment_number, part.kind, part.amount_fen)
        for part in state.allocations
        if part.event_id == event.id
    ]


def test_a_loan_whose_money_is_not_out_is_nothing_yet() -> None:
    assert fold(plain_terms(), (), DISBURSED) == LoanState(
        on=DISBURSED,
        rows=(),
        disbursed_fen=0,
        principal_fen=0,
        accrued_interest_fen=0,
        due_now_fen=0,
        overdue_fen=0,
        penalty_fen=0,
        unapplied_fen=0,
        days_past_due=0,
        bucket=Bucket.CURRENT,
        status=LoanStatus.NOT_DISBURSED,
        early_fee_fen=0,
        next_event_on=None,
        allocations=(),
        payoff_fen=0,
    )


def test_nothing_is_owed_before_money_goes_out() -> None:
    state = fold(plain_terms(), (), date(2026, 3, 1))
    assert (state.status, state.rows, state.payoff_fen) == (LoanStatus.NOT_DISBURSED, (), 0)
    assert on(lent(), date(2026, 1, 14)).status is LoanStatus.NOT_DISBURSED


def test_a_fresh_loan_shows_its_plan() -> None:
    state = on(lent(), date(2026, 1, 15))
    assert state.status is LoanStatus.ACTIVE
    assert state.principal_fen == state.payoff_fen == 1_000_000
    assert {row.status for row in state.rows} == {InstallmentStatus.NOT_YET_DUE}
    assert state.next_event_on == date(2026, 2, 12)


def test_interest_accrues_by_the_day() -> None:
    assert on(lent(), date(2026, 1, 25)).accrued_interest_fen == 3_871  # 10 of 31 days
    assert on(lent(), date(2026, 1, 25)).payoff_fen == 1_003_871


def test_an_installment_paid_on_its_day_is_paid() -> None:
    life = lent()
    paid = life.paid(FIRST_DUE, LEVEL)
    state = on(life, FIRST_DUE)
    assert split(state, paid) == [(1, DueKind.INTEREST, 12_000), (1, DueKind.PRINCIPAL, 77_975)]
    assert state.rows[0].status is InstallmentStatus.PAID
    assert (state.due_now_fen, state.days_past_due, state.bucket) == (0, 0, Bucket.CURRENT)


def test_an_installment_unpaid_on_its_day_is_due_and_the_next_day_overdue() -> None:
    due, late = on(lent(), FIRST_DUE), on(lent(), date(2026, 2, 16))
    assert (due.rows[0].status, due.due_now_fen, due.overdue_fen) == (
        InstallmentStatus.DUE,
        LEVEL,
        0,
    )
    assert (late.rows[0].status, late.overdue_fen) == (InstallmentStatus.OVERDUE, LEVEL)
    assert (late.status, late.days_past_due, late.bucket) == (
        LoanStatus.IN_ARREARS,
        1,
        Bucket.DAYS_1_7,
    )


def test_penalty_counts_after_grace_at_the_contract_rate_times_the_factor() -> None:
    assert on(lent(), date(2026, 2, 18)).penalty_fen == 0  # the third and last day of grace
    # 77,975 fen of principal × 14.4 % × 1.5 ÷ 360 is 46.785 fen a day.
    assert on(lent(), date(2026, 2, 19)).penalty_fen == 47
    assert on(lent(), date(2026, 2, 25)).penalty_fen == 327


def test_penalty_may_count_back_from_the_due_date() -> None:
    life = lent(plain_terms(penalty_start=PenaltyStart.DUE_DATE))
    assert on(life, date(2026, 2, 18)).penalty_fen == 0
    assert on(life, date(2026, 2, 19)).penalty_fen == 187
    assert on(life, date(2026, 2, 25)).penalty_fen == 468


def test_what_is_paid_within_grace_bears_no_penalty_later() -> None:
    life = lent(plain_terms(penalty_start=PenaltyStart.DUE_DATE))
    life.paid(date(2026, 2, 17), LEVEL - 10_000)
    assert on(life, date(2026, 2, 25)).penalty_fen == 60  # 10,000 fen for ten days


def test_penalty_may_be_capped() -> None:
    life = lent(plain_terms(penalty_cap=Decimal("0.01")))
    assert on(life, date(2026, 12, 31)).rows[0].penalty_fen == 780


def test_overdue_principal_may_keep_bearing_contract_interest() -> None:
    life = lent(plain_terms(overdue_bears_interest=True, penalty_factor=Decimal("0.5")))
    row = on(life, date(2026, 2, 25)).rows[0]
    assert row.interest_fen == 12_000 + 312
    assert row.penalty_fen == 109


@pytest.mark.parametrize(
    ("day_count", "odd_day_year", "days"),
    [
        (DayCount.ACT_365F, 360, 365),
        (DayCount.ACT_ACT_1_JAN, 360, 365),
        (DayCount.ACT_360, 365, 360),
        (DayCount.ACT_364, 360, 364),
        (DayCount.THIRTY_360, 365, 360),
        (DayCount.THIRTY_US_360, 365, 360),
        (DayCount.THIRTY_E_360, 365, 360),
        (DayCount.MONTHS_12, 365, 365),
        (DayCount.EFFECTIVE, 360, 360),
    ],
)
def test_overdue_principal_bears_it_over_the_day_counts_own_year(
    day_count: DayCount, odd_day_year: int, days: int
) -> None:
    terms = plain_terms(
        method=Method.EQUAL_PRINCIPAL,
        principal_fen=12_000_000,
        day_count=day_count,
        odd_day_year=odd_day_year,
        overdue_bears_interest=True,
    )
    due, late = (on(lent(terms), day).rows[0] for day in (FIRST_DUE, date(2026, 2, 25)))
    # 1,000,000 of principal, ten days late, at 14.4 %; the penalty stays over 360.
    assert late.interest_fen - due.interest_fen == round(1_440_000 / days)
    assert late.penalty_fen == 4_200


def test_how_often_lateness_is_looked_at_does_not_matter() -> None:
    life, watched = lent(), lent()
    for day in range(16, 28):
        watched.add(Waived, date(2026, 2, day), kind=DueKind.FEE, amount_fen=1)
    assert on(life, date(2026, 3, 1)).rows == on(watched, date(2026, 3, 1)).rows


def test_a_late_payment_goes_oldest_first_by_the_legal_order() -> None:
    life = lent()
    paid = life.paid(date(2026, 3, 20), 150_000)
    assert split(on(life, date(2026, 3, 20)), paid) == [
        (1, DueKind.INTEREST, 12_000),
        (1, DueKind.PENALTY, 1_404),
        (1, DueKind.PRINCIPAL, 77_975),
        (2, DueKind.INTEREST, 11_064),
        (2, DueKind.PENALTY, 95),
        (2, DueKind.PRINCIPAL, 47_462),
    ]


def test_the_order_is_the_terms_own() -> None:
    order = Waterfall.of_kinds(
        DueKind.PRINCIPAL,
        DueKind.INTEREST,
        DueKind.FEE,
        DueKind.PENALTY,
        direction=Direction.HORIZONTAL,
    )
    life = lent(plain_terms(waterfall=order))
    paid = life.paid(date(2026, 3, 16), 160_000)
    assert split(on(life, date(2026, 3, 16)), paid) == [
        (1, DueKind.PRINCIPAL, 77_975),
        (2, DueKind.PRINCIPAL, 78_911),
        (1, DueKind.INTEREST, 3_114),
    ]


def test_two_payments_in_a_day_are_taken_in_the_order_recorded() -> None:
    life = lent()
    first = life.paid(FIRST_DUE, 50_000)
    second = life.paid(FIRST_DUE, LEVEL - 50_000)
    state = on(life, FIRST_DUE)
    assert split(state, first)[0] == (1, DueKind.INTEREST, 12_000)
    assert split(state, second) == [(1, DueKind.PRINCIPAL, 39_975)]


def test_an_undirected_payment_ahead_of_its_day_pays_the_next_installment() -> None:
    life = lent()
    paid = life.paid(date(2026, 2, 10), LEVEL)
    state = on(life, date(2026, 2, 10))
    assert split(state, paid) == [(1, DueKind.INTEREST, 12_000), (1, DueKind.PRINCIPAL, 77_975)]
    assert state.rows[0].status is InstallmentStatus.PAID
    assert state.rows[1].total_fen == LEVEL
    assert on(life, date(2026, 2, 20)).status is LoanStatus.ACTIVE


def test_what_it_brings_beyond_that_lowers_the_installments() -> None:
    life = lent()
    life.paid(date(2026, 2, 10), LEVEL + 100_000)
    state = on(life, date(2026, 2, 10))
    # interest paid ahead on 100,000 for the five days left, 1,200 × 5/31 = 194, comes back
    assert state.rows[0].extra_principal_fen == 100_194
    assert len(state.rows) == 12
    assert state.rows[1].total_fen < LEVEL
    assert state.principal_fen == 1_000_000 - 77_975 - 100_194
    assert state.unapplied_fen == 0


def test_a_directed_prepayment_pays_accrued_interest_then_principal() -> None:
    life = lent()
    paid = life.paid(date(2026, 1, 25), 203_871, Prepayment.REDUCE_INSTALLMENT)
    state = on(life, date(2026, 1, 25))
    assert split(state, paid) == [(1, DueKind.INTEREST, 3_871), (1, DueKind.PRINCIPAL, 200_000)]
    # the rest of the period bears interest on 800,000: 9,600 × 21/31
    assert state.rows[0].interest_fen == 10_374
    assert state.accrued_interest_fen == 0
    assert {row.total_fen for row in state.rows[1:-1]} == {state.rows[0].total_fen - 200_000}


def test_a_prepayment_smaller_than_accrued_interest_is_all_interest() -> None:
    life = lent()
    paid = life.paid(date(2026, 1, 25), 1_000, Prepayment.REDUCE_TERM)
    state = on(life, date(2026, 1, 25))
    assert split(state, paid) == [(1, DueKind.INTEREST, 1_000)]
    assert state.accrued_interest_fen == 2_871
    assert state.rows[0].total_fen == LEVEL


def test_a_payment_on_the_day_of_disbursement_bears_no_interest() -> None:
    life = lent()
    paid = life.paid(date(2026, 1, 15), 1_000_000)
    state = on(life, date(2026, 1, 15))
    assert split(state, paid) == [(1, DueKind.PRINCIPAL, 1_000_000)]
    assert (state.status, len(state.rows)) == (LoanStatus.CLOSED_PAID, 1)


def test_a_prepayment_on_a_due_date_comes_after_the_installment() -> None:
    life = lent()
    paid = life.paid(FIRST_DUE, LEVEL + 100_000, Prepayment.REDUCE_TERM)
    assert split(on(life, FIRST_DUE), paid)[2:] == [(2, DueKind.PRINCIPAL, 100_000)]


def test_parking_at_the_end_keeps_each_principal_and_drops_the_last() -> None:
    life = lent()
    life.paid(date(2026, 1, 15), 100_000, Prepayment.PARK_AT_END)
    rows = on(life, date(2026, 1, 15)).rows
    assert [row.principal_fen - row.extra_principal_fen for row in rows[:3]] == [
        77_975,
        78_911,
        79_858,
    ]
    assert len(rows) == 11
    assert rows[0].interest_fen == 10_800


def test_paying_the_next_ones_ahead_saves_no_interest() -> None:
    life = lent()
    life.paid(date(2026, 1, 20), 2 * LEVEL, Prepayment.PAY_NEXT)
    rows = on(life, date(2026, 1, 20)).rows
    assert [row.status for row in rows[:3]] == [
        InstallmentStatus.PAID,
        InstallmentStatus.PAID,
        InstallmentStatus.NOT_YET_DUE,
    ]
    assert {row.total_fen for row in rows[:-1]} == {LEVEL}


def test_money_may_be_held_until_it_is_due() -> None:
    life = lent(plain_terms(prepayment=Prepayment.HOLD))
    paid = life.paid(date(2026, 1, 20), LEVEL + 500)
    before, after = on(life, date(2026, 2, 14)), on(life, FIRST_DUE)
    assert (before.unapplied_fen, before.allocations) == (LEVEL + 500, ())
    assert before.payoff_fen == 1_000_000 + 11_613 - LEVEL - 500
    assert after.unapplied_fen == 500
    assert after.allocations == (
        Allocation(paid.id, 1, DueKind.INTEREST, 12_000),
        Allocation(paid.id, 1, DueKind.PRINCIPAL, 77_975),
    )


def test_money_held_and_a_new_payment_together_close_the_loan() -> None:
    life = lent(plain_terms(prepayment=Prepayment.HOLD))
    life.paid(date(2026, 1, 20), 50_000)
    life.paid(date(2026, 1, 25), payoff(life.terms, life.events, date(2026, 1, 25)).amount_fen)
    assert on(life, date(2026, 1, 25)).status is LoanStatus.CLOSED_PAID


def test_overpaid_money_is_held_and_can_be_given_back() -> None:
    life = lent()
    life.paid(date(2026, 1, 15), 1_000_400)
    assert on(life, date(2026, 1, 16)).status is LoanStatus.OVERPAID
    life.add(Refunded, date(2026, 1, 20), amount_fen=300)
    assert on(life, date(2026, 1, 20)).unapplied_fen == 100
    life.add(Refunded, date(2026, 1, 21), amount_fen=100)
    assert on(life, date(2026, 1, 21)).status is LoanStatus.CLOSED_PAID


def test_an_early_settlement_may_pay_the_whole_periods_interest() -> None:
    life = lent(plain_terms(early_interest=EarlyInterest.WHOLE_PERIOD))
    assert on(life, date(2026, 1, 15)).payoff_fen == 1_000_000
    assert on(life, date(2026, 1, 16)).payoff_fen == 1_012_000
    life.paid(date(2026, 1, 16), 112_000, Prepayment.REDUCE_TERM)
    state = on(life, date(2026, 1, 16))
    assert state.rows[0].interest_fen == 12_000
    assert state.principal_fen == 900_000


def test_an_early_payoff_saves_the_interest_and_fees_to_come() -> None:
    fees = (
        Fee(code="each", amount_fen=100),
        Fee(code="up", amount_fen=1_200, timing=FeeTiming.SPREAD, owed_in_full=True),
        Fee(code="guarantee", base=FeeBase.BALANCE, rate=Decimal("0.12")),
    )
    life = lent(plain_terms(fees=fees))
    quoted = payoff(life.terms, life.events, date(2026, 1, 25))
    assert (quoted.interest_fen, quoted.fee_fen) == (3_871, 1_200 + 3_226)
    life.paid(date(2026, 1, 25), quoted.amount_fen)
    state = on(life, date(2026, 1, 25))
    assert state.status is LoanStatus.CLOSED_PAID
    assert state.rows[0].paid_fee_fen == 4_426


def test_fees_owed_in_full_outlive_a_shortened_term() -> None:
    fee = Fee(code="up", amount_fen=1_200, timing=FeeTiming.SPREAD, owed_in_full=True)
    life = lent(plain_terms(fees=(fee,)))
    life.paid(date(2026, 1, 15), 500_000, Prepayment.REDUCE_TERM)
    rows = on(life, date(2026, 1, 15)).rows
    assert len(rows) < 12
    assert sum(row.fee_fen for row in rows) == 1_200


def test_flat_interest_shrinks_with_the_installment_or_the_term() -> None:
    for mode in (Prepayment.REDUCE_INSTALLMENT, Prepayment.REDUCE_TERM):
        life = lent(plain_terms(method=Method.FLAT))
        life.paid(date(2026, 1, 15), 500_000, mode)
        rows = on(life, date(2026, 1, 15)).rows
        is_shorter = mode is Prepayment.REDUCE_TERM
        assert len(rows) == (7 if is_shorter else 12)
        assert rows[1].interest_fen == (12_000 if is_shorter else 6_000)


def test_a_bullet_takes_part_of_its_principal_early() -> None:
    life = lent(plain_terms(method=Method.BULLET, count=6))
    paid = life.paid(date(2026, 2, 15), 100_000)
    state = on(life, date(2026, 2, 15))
    assert split(state, paid) == [(1, DueKind.INTEREST, 12_000), (1, DueKind.PRINCIPAL, 88_000)]
    assert len(state.rows) == 1


def test_a_revolving_line_can_be_drawn_again_after_it_is_cleared() -> None:
    terms = plain_terms(method=Method.REVOLVING, day_count=DayCount.ACT_365F)
    life = Life(terms)
    life.add(Disbursed, date(2026, 1, 15), amount_fen=400_000)
    life.paid(date(2026, 1, 25), 401_578)
    cleared = on(life, date(2026, 1, 25))
    assert (cleared.status, cleared.payoff_fen) == (LoanStatus.CLOSED_PAID, 0)
    life.add(Disbursed, date(2026, 2, 1), amount_fen=900_000)
    drawn = on(life, date(2026, 2, 11))
    assert (drawn.status, drawn.principal_fen) == (LoanStatus.ACTIVE, 900_000)
    assert drawn.accrued_interest_fen == 3_551  # ten days at 14.4 % over 365
    assert drawn.rows[-1].principal_fen == 900_000
    life.add(Disbursed, date(2026, 2, 12), amount_fen=1_000_001)
    with pytest.raises(EventRefused, match="above_agreed_principal"):
        on(life, date(2026, 2, 12))


def test_several_drawdowns_are_solved_into_the_rows_to_come() -> None:
    life = Life(plain_terms(method=Method.FLAT))
    life.add(Disbursed, date(2026, 1, 15), amount_fen=600_000)
    life.add(Disbursed, FIRST_DUE, amount_fen=400_000)
    rows = on(life, FIRST_DUE).rows
    assert sum(row.principal_fen for row in rows) == 1_000_000
    assert (rows[0].principal_fen, rows[0].interest_fen) == (50_000, 7_200)
    assert rows[1].interest_fen == 12_000


def test_money_that_went_out_on_another_day_starts_the_loan_that_day() -> None:
    life = Life(plain_terms())
    life.add(Disbursed, date(2026, 1, 20), amount_fen=1_000_000)
    assert on(life, date(2026, 1, 20)).rows[0].due_on == date(2026, 2, 20)


def test_a_repayment_reversed_or_charged_back_never_was() -> None:
    for undoing in (RepaymentReversed, ChargebackReceived):
        life, untouched = lent(), lent()
        paid = life.paid(FIRST_DUE, LEVEL)
        life.add(undoing, date(2026, 3, 1), reverses=paid.id)
        assert on(life, date(2026, 3, 10)) == on(untouched, date(2026, 3, 10))


def test_a_backdated_repayment_takes_its_penalty_away() -> None:
    life = lent()
    assert on(life, date(2026, 3, 1)).penalty_fen > 0
    life.paid(FIRST_DUE, LEVEL)
    assert on(life, date(2026, 3, 1)).penalty_fen == 0


def test_a_charge_falls_due_with_the_next_installment() -> None:
    life = lent()
    life.add(Charged, date(2026, 1, 20), code="letter", amount_fen=700)
    assert on(life, FIRST_DUE).due_now_fen == LEVEL + 700


def test_a_charge_after_maturity_is_a_row_of_its_own() -> None:
    life = lent(plain_terms(count=1, method=Method.INTEREST_ONLY))
    life.paid(FIRST_DUE, 1_012_000)
    life.add(Charged, date(2026, 3, 1), code="letter", amount_fen=700)
    state = on(life, date(2026, 3, 1))
    assert (state.due_now_fen, state.rows[1].number, state.rows[1].due_on) == (
        700,
        2,
        date(2026, 3, 1),
    )
    assert on(life, date(2026, 3, 9)).days_past_due == 8


def test_a_waiver_may_name_an_installment() -> None:
    life = lent()
    life.add(
        Waived, date(2026, 3, 25), kind=DueKind.PENALTY, amount_fen=10_000, installment_number=2
    )
    rows = on(life, date(2026, 3, 25)).rows
    assert rows[0].penalty_fen > 0
    assert (rows[1].penalty_fen, rows[1].waived_fen) == (0, 331)


def test_a_lower_rate_counts_from_its_day() -> None:
    life = lent()
    life.add(RateLowered, date(2026, 1, 25), annual_rate=Decimal("0.072"))
    state = on(life, FIRST_DUE)
    assert state.rows[0].interest_fen == 7_935  # 10 days at 14.4 %, 21 at 7.2 %, of 31
    assert len(state.rows) == 12
    assert state.rows[1].total_fen < LEVEL


def test_the_rate_there_is_already_changes_nothing() -> None:
    life, untouched = lent(), lent()
    for one in (life, untouched):
        one.paid(DISBURSED, 300_000, Prepayment.REDUCE_TERM)
    life.add(RateLowered, DISBURSED, annual_rate=Decimal("0.144"))
    assert on(life, DISBURSED).rows == on(untouched, DISBURSED).rows


def test_a_lower_rate_lowers_the_penalty_too_but_not_what_it_was() -> None:
    life = lent()
    life.add(RateLowered, date(2026, 2, 25), annual_rate=Decimal("0.072"))
    assert on(life, date(2026, 2, 25)).penalty_fen == 327
    assert on(life, date(2026, 3, 7)).penalty_fen == 561  # 7 days at 46.785, 10 at half of it


def test_each_segment_may_be_rounded_by_itself() -> None:
    by_segment = plain_terms(principal_fen=100_010, interest_step=InterestStep.PER_SEGMENT)
    life = lent(by_segment)
    life.add(RateLowered, date(2026, 1, 25), annual_rate=Decimal("0.1"))
    # 387.14 fen and 564.57 fen, each rounded
    assert on(life, FIRST_DUE).rows[0].interest_fen == 387 + 565


@pytest.mark.parametrize("moratorium", [Moratorium.PRINCIPAL, Moratorium.PRINCIPAL_AND_INTEREST])
def test_a_deferral_puts_the_rows_to_come_off(moratorium: Moratorium) -> None:
    life = lent()
    life.paid(FIRST_DUE, LEVEL)
    life.add(Deferred, date(2026, 3, 1), periods=2, moratorium=moratorium)
    state = on(life, date(2026, 3, 1))
    assert state.status is LoanStatus.RESTRUCTURED
    assert len(state.rows) == 14
    asked = [row.interest_fen for row in state.rows[1:4]]
    if moratorium is Moratorium.PRINCIPAL:
        assert asked[:2] == [11_064, 11_064]
    else:
        assert asked == [0, 0, 33_193]
    assert [row.principal_fen for row in state.rows[1:3]] == [0, 0]
    assert state.rows[-1].due_on == date(2027, 3, 15)
    assert sum(row.principal_fen for row in state.rows) == 1_000_000


def test_a_deferral_moves_a_bullets_maturity() -> None:
    life = lent(plain_terms(method=Method.BULLET, count=6))
    life.add(Deferred, date(2026, 3, 1), periods=3)
    (row,) = on(life, date(2026, 3, 1)).rows
    assert (row.due_on, row.interest_fen) == (date(2026, 10, 15), 108_000)


def test_a_bullets_new_maturity_is_the_day_it_is_late_from() -> None:
    life = lent(plain_terms(method=Method.BULLET, count=1))
    life.add(Deferred, date(2026, 2, 1), periods=1)
    state = on(life, date(2026, 3, 25))
    (row,) = state.rows
    assert (row.due_on, row.payable_on) == (date(2026, 3, 15), date(2026, 3, 15))
    # 1,000,000 × 14.4 % × 1.5 ÷ 360 is 600 a day; ten days late, three of them grace.
    assert (state.days_past_due, row.penalty_fen) == (10, 4_200)


def test_a_bullets_new_maturity_is_seen_on_a_working_day_too() -> None:
    terms = plain_terms(method=Method.BULLET, count=1, business_days=BusinessDays.NEXT)
    life = lent(terms)
    life.add(Deferred, date(2026, 2, 1), periods=1)
    (row,) = fold(terms, life.events, date(2026, 3, 16), Weekdays()).rows
    assert (row.due_on, row.payable_on) == (date(2026, 3, 15), date(2026, 3, 16))


def test_five_years_of_months_may_be_put_off_and_no_more() -> None:
    longest, longer = lent(), lent()
    longest.add(Deferred, date(2026, 1, 20), periods=60)
    longer.add(Deferred, date(2026, 1, 20), periods=61)
    assert len(on(longest, date(2026, 1, 20)).rows) == 72
    with pytest.raises(EventRefused, match="periods: out_of_range"):
        on(longer, date(2026, 1, 20))


def test_a_deferral_asks_no_fee_in_the_rows_it_puts_in() -> None:
    life = lent(plain_terms(fees=(Fee(code="each", amount_fen=100),)))
    life.add(Deferred, date(2026, 1, 20), periods=1)
    assert [row.fee_fen for row in on(life, date(2026, 1, 20)).rows] == [0] + [100] * 12


def test_a_deferral_of_seasonal_rows_keeps_their_weights() -> None:
    weights = (0,) * 10 + (1, 1)
    life = lent(plain_terms(method=Method.SEASONAL, season_weights=weights))
    life.add(Deferred, date(2026, 1, 20), periods=1)
    principal = [row.principal_fen for row in on(life, date(2026, 1, 20)).rows]
    assert principal == [0] * 11 + [500_000, 500_000]


def test_interest_that_waits_may_be_paid_before_it_is_due() -> None:
    terms = plain_terms(moratorium=Moratorium.PRINCIPAL_AND_INTEREST, moratorium_periods=2)
    life = lent(terms)
    life.paid(FIRST_DUE, 10_000, Prepayment.REDUCE_INSTALLMENT)
    rows = on(life, FIRST_DUE).rows
    assert [row.interest_fen for row in rows[:3]] == [0, 10_000, 26_000]


def test_a_loan_written_off_grows_no_more_but_stays_owed() -> None:
    life = lent()
    life.add(WrittenOff, date(2026, 3, 1))
    state = on(life, date(2026, 3, 1))
    later = on(life, date(2026, 3, 10))
    assert state.status is later.status is LoanStatus.WRITTEN_OFF
    assert state.payoff_fen == later.payoff_fen
    life.paid(date(2026, 3, 10), later.payoff_fen)
    assert on(life, date(2026, 3, 10)).status is LoanStatus.CLOSED_PAID


def test_what_was_paid_ahead_for_days_that_never_come_goes_back() -> None:
    life = lent(plain_terms(annual_rate=Decimal("0.12")))
    early = life.paid(DISBURSED, 50_000)
    assert paid_for(on(life, DISBURSED), early.id, DueKind.INTEREST) > 0

    principal_fen = life.terms.principal_fen
    assert payoff(life.terms, life.events, DISBURSED).amount_fen == principal_fen - 50_000
    life.paid(DISBURSED, principal_fen - 50_000)
    closed = on(life, DISBURSED)
    assert closed.status is LoanStatus.CLOSED_PAID
    assert paid_for(closed, early.id, DueKind.INTEREST) == 0
    assert sum(one.amount_fen for one in closed.allocations) == principal_fen


def test_principal_paid_ahead_stays_where_it_was_paid_when_the_loan_ends_early() -> None:
    life = lent()
    life.paid(DISBURSED, 2 * LEVEL, Prepayment.PAY_NEXT)
    life.paid(DISBURSED, payoff(life.terms, life.events, DISBURSED).amount_fen)
    closed = on(life, DISBURSED)
    life.add(WrittenOff, date(2026, 1, 20))
    written_off = on(life, date(2026, 1, 20))
    assert written_off.status is LoanStatus.CLOSED_PAID
    assert [(row.number, row.paid_principal_fen) for row in written_off.rows] == [
        (1, 1_000_000 - 78_911),
        (2, 78_911),
    ]
    assert written_off.allocations == closed.allocations


def test_fees_paid_ahead_go_back_too_unless_they_are_owed_in_full() -> None:
    terms = plain_terms(fees=(Fee(code="service", amount_fen=500),))
    life = lent(terms)
    life.paid(DISBURSED, 1_000)
    kept = replace(terms, fees=(Fee(code="service", amount_fen=500, owed_in_full=True),))
    principal_fen = terms.principal_fen
    assert payoff(terms, life.events, DISBURSED).amount_fen == principal_fen - 1_000
    in_full = payoff(kept, life.events, DISBURSED)
    assert in_full.amount_fen == principal_fen + 500 * terms.count - 1_000


def paid_for(state: LoanState, event_id: str, kind: DueKind) -> int:
    return sum(
        one.amount_fen for one in state.allocations if (one.event_id, one.kind) == (event_id, kind)
    )


def test_a_repayment_charged_back_after_its_refund_leaves_the_refund_owed() -> None:
    life = lent()
    paid = life.paid(date(2026, 1, 15), 1_000_400)
    life.add(Refunded, date(2026, 1, 20), amount_fen=400)
    life.add(ChargebackReceived, date(2026, 1, 25), reverses=paid.id)
    state = on(life, date(2026, 1, 20))
    assert (state.disbursed_fen, state.principal_fen) == (1_000_400, 1_000_400)
    assert sum(row.principal_fen for row in state.rows) == 1_000_400


def test_what_is_lent_after_the_last_row_is_due_at_once() -> None:
    life = lent(plain_terms(count=1, method=Method.INTEREST_ONLY))
    life.paid(FIRST_DUE, 1_012_000)
    life.add(Refunded, date(2026, 3, 1), amount_fen=500)
    state = on(life, date(2026, 3, 1))
    assert (state.due_now_fen, state.rows[1].principal_fen, state.rows[1].due_on) == (
        500,
        500,
        date(2026, 3, 1),
    )


def test_events_with_nothing_left_to_do_do_nothing() -> None:
    life = lent()
    life.paid(date(2026, 1, 15), 1_000_000)
    before = on(life, date(2027, 2, 2))
    life.add(Deferred, date(2026, 1, 20), periods=1)
    life.add(Deferred, date(2027, 2, 1), periods=1)
    life.add(RateLowered, date(2026, 1, 20), annual_rate=Decimal("0.144"))
    life.add(Waived, date(2027, 2, 1), kind=DueKind.FEE, amount_fen=1, installment_number=7)
    assert on(life, date(2027, 2, 2)) == before


def test_a_second_write_off_changes_nothing() -> None:
    once, twice = lent(), lent()
    for life in (once, twice, twice):
        life.add(WrittenOff, date(2026, 3, 1))
    assert on(once, date(2026, 5, 1)) == on(twice, date(2026, 5, 1))


class Weekdays:
    """Working days of 2026 alone: all weekdays."""

    def is_working(self, day: date) -> bool:
        if day.year != 2026:
            raise YearUnpublished(day.year)
        return day.weekday() < 5


def test_a_due_date_on_a_sunday_may_be_paid_on_monday() -> None:
    terms = plain_terms(business_days=BusinessDays.NEXT)
    life = lent(terms)
    monday = fold(terms, life.events, date(2026, 2, 16), Weekdays())
    row = monday.rows[0]
    assert (row.due_on, row.payable_on) == (FIRST_DUE, date(2026, 2, 16))
    assert (row.status, monday.days_past_due) == (InstallmentStatus.DUE, 0)
    tuesday = fold(terms, life.events, date(2026, 2, 17), Weekdays())
    assert tuesday.days_past_due == 1


def test_a_due_date_seen_earlier_is_due_earlier_at_the_same_interest() -> None:
    terms = plain_terms(business_days=BusinessDays.PREVIOUS)
    life = lent(terms)
    state = fold(terms, life.events, date(2026, 2, 13), Weekdays())
    assert (state.due_now_fen, state.accrued_interest_fen) == (LEVEL, 0)
    assert fold(terms, life.events, date(2026, 2, 14), Weekdays()).days_past_due == 1


def test_an_unpublished_year_is_left_open_until_it_comes() -> None:
    terms = plain_terms(business_days=BusinessDays.NEXT)
    life = lent(terms)
    assert fold(terms, life.events, FIRST_DUE, Weekdays()).rows[-1].payable_on is None
    with pytest.raises(YearUnpublished, match="2027"):
        fold(terms, life.events, date(2027, 1, 15), Weekdays())
    with pytest.raises(CalendarMissing):
        fold(terms, life.events, FIRST_DUE)


Writing = Callable[[Life], object]

REFUSED: dict[str, tuple[str, str, Writing]] = {
    "a repayment before disbursement": (
        "effective_on",
        "before_disbursement",
        lambda life: life.paid(date(2026, 1, 1), 5),
    ),
    "a repayment of nothing": (
        "amount_fen",
        "not_positive",
        lambda life: life.paid(FIRST_DUE, 0),
    ),
    "more lent than agreed": (
        "amount_fen",
        "above_agreed_principal",
        lambda life: life.add(Disbursed, FIRST_DUE, amount_fen=1),
    ),
    "a refund of nothing": (
        "amount_fen",
        "not_positive",
        lambda life: life.add(Refunded, FIRST_DUE, amount_fen=0),
    ),
    "a charge without a code": (
        "code",
        "empty",
        lambda life: life.add(Charged, FIRST_DUE, code=" ", amount_fen=1),
    ),
    "a waiver of nothing": (
        "amount_fen",
        "not_positive",
        lambda life: life.add(Waived, FIRST_DUE, kind=DueKind.FEE, amount_fen=0),
    ),
    "a waiver of principal": (
        "kind",
        "principal_is_not_waived",
        lambda life: life.add(Waived, FIRST_DUE, kind=DueKind.PRINCIPAL, amount_fen=1),
    ),
    "a waiver of an impossible installment": (
        "installment_number",
        "out_of_range",
        lambda life: life.add(
            Waived, FIRST_DUE, kind=DueKind.FEE, amount_fen=1, installment_number=0
        ),
    ),
    "an impossible rate": (
        "annual_rate",
        "out_of_range",
        lambda life: life.add(RateLowered, FIRST_DUE, annual_rate=Decimal(-1)),
    ),
    "a deferral of no periods": (
        "periods",
        "out_of_range",
        lambda life: life.add(Deferred, FIRST_DUE, periods=0),
    ),
    "a deferral of nothing": (
        "moratorium",
        "defers_nothing",
        lambda life: life.add(Deferred, FIRST_DUE, periods=1, moratorium=Moratorium.NONE),
    ),
    "a reversal of nothing known": (
        "reverses",
        "unknown_repayment",
        lambda life: life.add(RepaymentReversed, FIRST_DUE, reverses="e1"),
    ),
    "a second reversal": (
        "reverses",
        "already_reversed",
        lambda life: [
            life.paid(FIRST_DUE, 5),
            life.add(RepaymentReversed, FIRST_DUE, reverses="e2"),
            life.add(ChargebackReceived, FIRST_DUE, reverses="e2"),
        ],
    ),
    "an event recorded twice": (
        "id",
        "repeated",
        lambda life: life.events.append(life.events[0]),
    ),
    "an event of no known kind": (
        "event",
        "unknown",
        lambda life: life.add(Event, FIRST_DUE),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_impossible_event_is_refused_by_name(name: str) -> None:
    field, reason, write = REFUSED[name]
    life = lent()
    write(life)
    with pytest.raises(EventRefused) as refused:
        on(life, date(2027, 6, 1))
    assert (refused.value.field, refused.value.reason) == (field, reason)
    assert refused.value.event_id in {event.id for event in life.events}


def test_a_first_disbursement_must_fit_the_terms() -> None:
    above = Life(plain_terms())
    above.add(Disbursed, date(2026, 1, 15), amount_fen=1_000_001)
    late = Life(plain_terms(first_due_on=FIRST_DUE))
    late.add(Disbursed, FIRST_DUE, amount_fen=1_000_000)
    for life, reason in ((above, "above_agreed_principal"), (late, "not_after_disbursement")):
        with pytest.raises(EventRefused, match=reason):
            on(life, FIRST_DUE)


def test_terms_that_make_no_plan_are_refused_before_money_goes_out() -> None:
    with pytest.raises(EventRefused, match="installment_below_interest"):
        on(lent(plain_terms(installment_fen=1)), FIRST_DUE)
    with pytest.raises(TermsRefused):
        plain_terms(count=0)


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (0, Bucket.CURRENT),
        (1, Bucket.DAYS_1_7),
        (7, Bucket.DAYS_1_7),
        (8, Bucket.DAYS_8_30),
        (30, Bucket.DAYS_8_30),
        (31, Bucket.DAYS_31_60),
        (61, Bucket.DAYS_61_90),
        (90, Bucket.DAYS_61_90),
        (91, Bucket.DAYS_OVER_90),
    ],
)
def test_days_past_due_have_their_bucket(days: int, bucket: Bucket) -> None:
    assert bucket_of(days) is bucket


def test_a_row_knows_what_is_left_of_it() -> None:
    life = lent()
    life.paid(FIRST_DUE, 50_000)
    row = on(life, FIRST_DUE).rows[0]
    assert (row.total_fen, row.paid_fen, row.left_fen) == (LEVEL, 50_000, 39_975)


def test_a_first_period_that_counts_as_a_shorter_one_can_be_prepaid() -> None:
    terms = plain_terms(
        method=Method.REVOLVING,
        unit=Unit.DAY,
        every=3,
        count=2,
        first_due_on=date(2026, 2, 10),
        day_count=DayCount.ACT_ACT_31_DEC,
        first_installment=FirstInstallment.WHOLE_PERIOD,
    )
    life = lent(terms)
    life.paid(date(2026, 1, 22), 500_000, Prepayment.REDUCE_INSTALLMENT)
    # Three days of 1,000,000 at 14.4 % over 365 are the whole period's; 7 of 26 days are gone.
    accrued = round(Decimal(1_000_000) * 3 * Decimal("0.144") / 365 * 7 / 26)
    assert on(life, date(2026, 1, 22)).rows[0].paid_interest_fen == accrued == 319
    assert on(life, date(2026, 1, 22)).principal_fen == 500_319


def test_interest_that_waited_and_was_paid_ahead_is_no_longer_accruing() -> None:
    terms = plain_terms(
        moratorium=Moratorium.PRINCIPAL_AND_INTEREST,
        moratorium_periods=2,
        count=3,
        waterfall=Waterfall.of_kinds(DueKind.PRINCIPAL, DueKind.INTEREST),
    )
    life = lent(terms)
    day = date(2026, 2, 1)
    life.paid(day, 1_000_000, Prepayment.PAY_NEXT)
    # Paying ahead as planned saves no interest: three months of it are asked with the third.
    assert (on(life, day).principal_fen, on(life, day).payoff_fen) == (0, 36_000)
    assert on(life, day).accrued_interest_fen == 6_581  # 17 of 31 days
    life.pay_off(day)
    closed = on(life, day)
    assert (closed.status, closed.accrued_interest_fen) == (LoanStatus.CLOSED_PAID, 0)


def test_a_shorter_term_lets_no_interest_grow_to_make_the_last_row_level() -> None:
    own, made_level = lent(), lent(plain_terms(residual=Residual.LAST_INTEREST))
    for life in (own, made_level):
        life.paid(DISBURSED, 150_000, Prepayment.REDUCE_TERM)
    # Nine rows and a bit are left: the tenth repays what is left with its own interest.
    assert on(made_level, DISBURSED).rows == on(own, DISBURSED).rows
    assert on(own, DISBURSED).rows[-1].total_fen < LEVEL // 2


def test_interest_given_back_passes_over_what_was_given_back_before() -> None:
    terms = plain_terms(method=Method.INTEREST_ONLY, annual_rate=Decimal("0.12"), count=3)
    life = Life(terms)
    life.add(Disbursed, DISBURSED, amount_fen=600_000)
    first = life.paid(DISBURSED, 4_000)  # of a month's 6,000
    second = life.paid(DISBURSED, 2_000)
    life.paid(DISBURSED, 200_000, Prepayment.REDUCE_INSTALLMENT)  # leaves a month's 3,980
    assert paid_for(on(life, DISBURSED), second.id, DueKind.INTEREST) == 0
    before = paid_for(on(life, DISBURSED), first.id, DueKind.INTEREST)
    life.add(Disbursed, date(2026, 1, 16), amount_fen=400_000)
    third = life.paid(date(2026, 1, 16), 1_000)
    life.paid(date(2026, 1, 16), 700_000, Prepayment.REDUCE_INSTALLMENT)
    state = on(life, date(2026, 1, 16))
    assert paid_for(state, third.id, DueKind.INTEREST) == 0
    assert paid_for(state, second.id, DueKind.INTEREST) == 0
    assert 0 < paid_for(state, first.id, DueKind.INTEREST) < before


LONG_FIRST = {"first_due_on": date(2026, 3, 1), "due_day": 1, "day_count": DayCount.ACT_365F}


@pytest.mark.parametrize("first", [FirstInstallment.ODD_DAYS_ADDED, FirstInstallment.KEPT])
@pytest.mark.parametrize("mode", [Prepayment.REDUCE_TERM, Prepayment.REDUCE_INSTALLMENT])
def test_a_payment_in_a_longer_first_period_leaves_the_level_of_regular_ones(
    first: FirstInstallment, mode: Prepayment
) -> None:
    life = lent(plain_terms(**LONG_FIRST, first_installment=first))
    planned = on(life, DISBURSED)
    life.paid(date(2026, 2, 1), 100, mode)  # all of it interest: 17 days have borne 6,707
    after = on(life, date(2026, 2, 1))
    assert [row.total_fen for row in after.rows] == [row.total_fen for row in planned.rows]
    life.paid(date(2026, 2, 1), 500_000, mode)
    rows = on(life, date(2026, 2, 1)).rows
    beside = rows[0].total_fen - rows[0].extra_principal_fen - rows[1].total_fen
    if mode is Prepayment.REDUCE_TERM:
        assert rows[1].total_fen == planned.rows[1].total_fen
    # A regular period, a February of 28 days, would bear this on what is left.
    left_fen = 1_000_000 - rows[0].extra_principal_fen
    regular_fen = round(left_fen * Decimal("0.144") * 28 / 365)
    is_added = first is FirstInstallment.ODD_DAYS_ADDED
    assert beside == (rows[0].interest_fen - regular_fen if is_added else 0)


@pytest.mark.parametrize("first", [FirstInstallment.ODD_DAYS_ADDED, FirstInstallment.KEPT])
@pytest.mark.parametrize("down_fen", [0, 100_000])
def test_half_repaid_at_once_leaves_the_plan_of_half_the_sum(
    first: FirstInstallment, down_fen: int
) -> None:
    whole = plain_terms(**LONG_FIRST, first_installment=first, down_payment_fen=down_fen)
    half = replace(whole, principal_fen=whole.principal_fen - 450_000)
    life = lent(whole)
    life.paid(DISBURSED, down_fen + 450_000, Prepayment.REDUCE_INSTALLMENT)
    planned, rows = on(lent(half), DISBURSED).rows, on(life, DISBURSED).rows
    assert [row.total_fen - row.extra_principal_fen for row in rows] == [
        row.total_fen for row in planned
    ]


def test_a_line_paid_off_has_no_row_that_is_yet_to_come() -> None:
    life = lent(plain_terms(method=Method.REVOLVING, prepayment=Prepayment.REDUCE_TERM))
    life.pay_off(date(2026, 2, 10))
    state = life.on(date(2026, 2, 10))
    assert (state.status, state.next_event_on) == (LoanStatus.CLOSED_PAID, None)
    assert {row.status for row in state.rows} == {InstallmentStatus.PAID}
    assert [row.status for row in life.on(date(2027, 2, 10)).rows] == [
        row.status for row in state.rows
    ]
