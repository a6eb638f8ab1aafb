"""Rescheduling by hand: what is left is agreed anew, and what was before it stays."""

from datetime import date
from decimal import Decimal

import pytest

from app.loanmath.errors import EventRefused
from app.loanmath.interest import DayCount
from app.loanmath.life import (
    Charged,
    CouponApplied,
    CouponPart,
    Deferred,
    Disbursed,
    DueKind,
    InstallmentStatus,
    LoanState,
    LoanStatus,
    RateLowered,
    Refunded,
    RepaymentReceived,
    Rescheduled,
    WrittenOff,
)
from app.loanmath.schedule import (
    EarlyFee,
    Fee,
    FeeBase,
    FeeTiming,
    Method,
    Prepayment,
    Unit,
)
from app.loanmath.waterfall import Direction, Waterfall
from tests.loanmath.lives import Life, lent, plain_terms, split

# 12,000 yuan at 12 % in twelve parts of 1,000 yuan: interest is 1 % of what is left, a month.
TWELVE = {
    "method": Method.EQUAL_PRINCIPAL,
    "principal_fen": 1_200_000,
    "annual_rate": Decimal("0.12"),
}


def loan(**changes: object) -> Life:
    return lent(plain_terms(**{**TWELVE, **changes}))


def asked(state: LoanState, since: int) -> list[tuple[date, int, int]]:
    return [(row.due_on, row.principal_fen, row.interest_fen) for row in state.rows[since:]]


def test_what_is_left_is_shared_over_new_installments_on_the_old_day() -> None:
    life = loan()
    life.paid(date(2026, 2, 15), 112_000)
    life.add(Rescheduled, date(2026, 2, 15), count=4)
    state = life.on(date(2026, 2, 15))
    assert state.status is LoanStatus.RESTRUCTURED
    assert asked(state, 1) == [
        (date(2026, 3, 15), 275_000, 11_000),
        (date(2026, 4, 15), 275_000, 8_250),
        (date(2026, 5, 15), 275_000, 5_500),
        (date(2026, 6, 15), 275_000, 2_750),
    ]
    assert state.rows[0].status is InstallmentStatus.PAID


def test_arrears_join_uncompounded_their_principal_shared_and_all_else_first() -> None:
    life = loan()
    life.paid(date(2026, 2, 15), 112_000)
    life.add(Charged, date(2026, 3, 1), code="letter", amount_fen=700)
    life.add(Charged, date(2026, 3, 1), code="court", amount_fen=900, kind=DueKind.COST)
    life.add(Rescheduled, date(2026, 4, 25), count=6)
    state = life.on(date(2026, 4, 25))
    # Penalty: 100,000 × 12 % × 1.5 ÷ 360 is 50 a day; 41 and 10 days late, 3 of each are grace.
    penalty = 50 * (38 + 7)
    # Interest: 11,000 and 10,000 in arrears; ten of April's thirty days on 900,000; twenty days to
    # 15 May on 1,100,000, of which 100,000 each were the two in arrears.
    interest = 11_000 + 10_000 + 3_000 + 7_333
    assert asked(state, 3) == [
        (date(2026, 5, 15), 183_333, interest),
        (date(2026, 6, 15), 183_333, 9_167),
        (date(2026, 7, 15), 183_333, 7_333),
        (date(2026, 8, 15), 183_333, 5_500),
        (date(2026, 9, 15), 183_333, 3_667),
        (date(2026, 10, 15), 183_335, 1_833),
    ]
    first = state.rows[3]
    assert (first.penalty_fen, first.fee_fen, first.cost_fen) == (penalty, 700, 900)
    assert [row.total_fen for row in state.rows[1:3]] == [0, 0]
    assert (state.due_now_fen, state.days_past_due) == (0, 0)
    assert state.payoff_fen == 1_100_000 + 24_000 + penalty + 700 + 900


def test_a_penalty_that_joined_stays_and_the_new_installment_bears_its_own() -> None:
    life = loan()
    life.paid(date(2026, 2, 15), 112_000)
    life.add(Rescheduled, date(2026, 4, 25), count=6)
    # 11 days late less 3 of grace, at 183,333 × 12 % × 1.5 ÷ 360 = 91.6665 a day.
    assert life.on(date(2026, 5, 26)).rows[3].penalty_fen == 50 * 45 + 733
    assert life.on(date(2026, 5, 26)).days_past_due == 11


def test_arrears_may_stay_as_they_are() -> None:
    life = loan()
    life.add(Rescheduled, date(2026, 2, 25), count=4, includes_arrears=False)
    state = life.on(date(2026, 2, 25))
    assert (state.status, state.due_now_fen) == (LoanStatus.IN_ARREARS, 112_000 + 7 * 50)
    assert [row.principal_fen for row in state.rows] == [100_000] + [275_000] * 4
    # ten of 28 days of a month, and eighteen days over 360, on 1,100,000
    assert state.rows[1].interest_fen == round(11_000 * 10 / 28 + 1_100_000 * 12 * 18 / 36_000)


def test_after_maturity_all_that_is_owed_is_spread_out_again() -> None:
    life = loan(method=Method.INTEREST_ONLY, count=1)
    life.add(Rescheduled, date(2026, 3, 17), count=3, annual_rate=Decimal("0.06"))
    state = life.on(date(2026, 3, 17))
    # Penalty: 600 a day for 30 days less 3. Interest: the month's 12,000, then 6 % from 17 March,
    # whose 29 days to 15 April are 200 each.
    assert asked(state, 1) == [
        (date(2026, 4, 15), 0, 12_000 + 5_800),
        (date(2026, 5, 15), 0, 6_000),
        (date(2026, 6, 15), 1_200_000, 6_000),
    ]
    assert state.rows[1].penalty_fen == 600 * 27


def test_nothing_is_rescheduled_after_maturity_if_arrears_stay() -> None:
    life = loan(method=Method.INTEREST_ONLY, count=1)
    before = life.on(date(2026, 3, 17))
    life.add(Rescheduled, date(2026, 3, 17), count=3, includes_arrears=False)
    assert life.on(date(2026, 3, 17)) == before


def test_a_paid_loan_has_nothing_to_reschedule() -> None:
    life = loan()
    life.pay_off(date(2026, 1, 20))
    before = life.on(date(2026, 3, 1))
    life.add(Rescheduled, date(2026, 2, 1), count=3)
    assert life.on(date(2026, 3, 1)) == before


def test_what_was_paid_ahead_is_held_again_and_pays_the_new_dues() -> None:
    life = loan()
    ahead = life.paid(date(2026, 1, 25), 230_000, Prepayment.PAY_NEXT)
    life.add(Rescheduled, date(2026, 2, 5), count=6)
    state = life.on(date(2026, 2, 5))
    # By 5 February 21 of 31 days have come about, 8,129.03 of the month's 12,000.
    assert state.unapplied_fen == 230_000 - 8_129
    assert [(row.paid_principal_fen, row.paid_interest_fen) for row in state.rows[:2]] == [
        (0, 8_129),
        (0, 0),
    ]
    assert sum(row.principal_fen for row in state.rows) == 1_200_000
    later = life.on(date(2026, 3, 15))
    # One month and ten days over 360 of 1,200,000 at 12 % are 16,000.
    assert (later.rows[1].paid_fen, later.rows[1].total_fen) == (216_000, 216_000)
    assert later.unapplied_fen == 221_871 - 216_000
    assert {part.event_id for part in later.allocations} == {ahead.id}


def test_what_was_repaid_early_stays_repaid() -> None:
    life = loan()
    life.paid(date(2026, 1, 25), 203_871, Prepayment.REDUCE_TERM)
    life.add(Rescheduled, date(2026, 1, 25), count=4, first_due_on=date(2026, 2, 25))
    state = life.on(date(2026, 1, 25))
    kept, *new = state.rows
    assert kept.due_on == kept.payable_on == date(2026, 1, 25)
    assert kept.status is InstallmentStatus.PAID
    assert (kept.paid_principal_fen, kept.paid_interest_fen) == (200_000, 3_871)
    assert [(row.principal_fen, row.interest_fen) for row in new] == [
        (250_000, 10_000),
        (250_000, 7_500),
        (250_000, 5_000),
        (250_000, 2_500),
    ]


def test_a_loan_may_be_rescheduled_twice_and_then_deferred() -> None:
    life = loan()
    life.add(Rescheduled, date(2026, 2, 15), count=6)
    life.add(Rescheduled, date(2026, 2, 15), count=4, due_day=20)
    life.add(Deferred, date(2026, 2, 15), periods=2)
    state = life.on(date(2026, 2, 15))
    # 15 February to 20 March: a month and five days. The 12,000 in arrears fall due with it.
    assert asked(state, 1) == [
        (date(2026, 3, 20), 0, 12_000 + 14_000),
        (date(2026, 4, 20), 0, 12_000),
        (date(2026, 5, 20), 300_000, 12_000),
        (date(2026, 6, 20), 300_000, 9_000),
        (date(2026, 7, 20), 300_000, 6_000),
        (date(2026, 8, 20), 300_000, 3_000),
    ]


def test_the_first_day_the_step_or_every_day_may_be_agreed() -> None:
    on = date(2026, 2, 15)
    days = (date(2026, 3, 1), date(2026, 6, 30))
    first, step, all_days = loan(), loan(), loan()
    first.add(Rescheduled, on, count=2, first_due_on=date(2026, 4, 10))
    step.add(Rescheduled, on, count=2, every=3)
    all_days.add(Rescheduled, on, count=2, due_dates=days)
    assert [row.due_on for row in first.on(on).rows[1:]] == [date(2026, 4, 10), date(2026, 5, 10)]
    assert [row.due_on for row in step.on(on).rows[1:]] == [date(2026, 5, 15), date(2026, 8, 15)]
    assert [row.due_on for row in all_days.on(on).rows[1:]] == list(days)


def test_a_handed_in_installment_repays_the_rest_with_the_last() -> None:
    life = loan(method=Method.EQUAL_INSTALLMENT)
    life.add(Rescheduled, date(2026, 1, 15), count=3, installment_fen=500_000)
    assert [row.total_fen for row in life.on(date(2026, 1, 15)).rows] == [
        500_000,
        500_000,
        # 1,200,000 grows by 12,000 and falls to 712,000, by 7,120 and falls to 219,120, by 2,191
        221_311,
    ]


def test_installments_handed_in_too_high_end_the_plan_sooner() -> None:
    life = loan(method=Method.EQUAL_INSTALLMENT)
    life.add(Rescheduled, date(2026, 1, 15), count=6, installment_fen=700_000)
    assert [row.total_fen for row in life.on(date(2026, 1, 15)).rows] == [700_000, 517_120]


def test_a_season_may_be_given_anew_and_is_even_unless_it_is() -> None:
    weights = (0,) * 11 + (1,)
    terms = plain_terms(**{**TWELVE, "method": Method.SEASONAL}, season_weights=weights)
    even, given = lent(terms), lent(terms)
    even.add(Rescheduled, date(2026, 1, 15), count=3)
    given.add(Rescheduled, date(2026, 1, 15), count=3, season_weights=(0, 1, 2))
    assert [row.principal_fen for row in even.on(date(2026, 1, 15)).rows] == [400_000] * 3
    assert [row.principal_fen for row in given.on(date(2026, 1, 15)).rows] == [0, 400_000, 800_000]


def test_a_seasons_months_hold_for_the_new_dates_too() -> None:
    october = (0,) * 9 + (1, 0, 0)
    life = loan(method=Method.SEASONAL, month_weights=october)
    life.add(Rescheduled, date(2026, 1, 15), count=10)
    rows = life.on(date(2026, 1, 15)).rows
    assert [row.due_on.month for row in rows if row.principal_fen] == [10]


def test_flat_interest_is_figured_on_what_is_left_then() -> None:
    life = loan(method=Method.FLAT)
    for row in life.on(date(2026, 1, 15)).rows[:6]:
        life.paid(row.due_on, row.total_fen)
    life.add(Rescheduled, date(2026, 7, 15), count=3)
    # 600,000 are left: 6,000 a month, on all three.
    assert asked(life.on(date(2026, 7, 15)), 6) == [
        (date(2026, 8, 15), 200_000, 6_000),
        (date(2026, 9, 15), 200_000, 6_000),
        (date(2026, 10, 15), 200_000, 6_000),
    ]


def test_a_bullet_falls_due_once_after_the_new_periods() -> None:
    life = loan(method=Method.BULLET, count=6)
    life.add(Rescheduled, date(2026, 4, 15), count=2)
    # three months were lived through, two more come: the interest stays uncompounded
    assert asked(life.on(date(2026, 4, 15)), 0) == [(date(2026, 6, 15), 1_200_000, 60_000)]


def test_a_lower_rate_may_be_agreed_and_a_higher_one_is_not() -> None:
    lower, higher = loan(), loan()
    lower.add(Rescheduled, date(2026, 1, 15), count=1, annual_rate=Decimal("0.06"))
    higher.add(Rescheduled, date(2026, 1, 15), count=1, annual_rate=Decimal("0.18"))
    assert lower.on(date(2026, 1, 15)).rows[0].interest_fen == 6_000
    assert higher.on(date(2026, 1, 15)).rows[0].interest_fen == 12_000


def test_weeks_go_on_from_the_day_it_is_agreed() -> None:
    life = loan(unit=Unit.WEEK, day_count=DayCount.ACT_364, count=10)
    life.add(Rescheduled, date(2026, 1, 20), count=2)
    assert [row.due_on for row in life.on(date(2026, 1, 20)).rows] == [
        date(2026, 1, 27),
        date(2026, 2, 3),
    ]


def test_fees_go_on_each_and_what_is_owed_in_full_is_shared_anew() -> None:
    fees = (
        Fee(code="each", amount_fen=100),
        Fee(code="spread", amount_fen=1_200, timing=FeeTiming.SPREAD, owed_in_full=True),
        Fee(code="guarantee", base=FeeBase.BALANCE, rate=Decimal("0.012")),
    )
    life = loan(fees=fees)
    life.add(Rescheduled, date(2026, 1, 15), count=4)
    # Beside the 100 each: 1,200 over four; 1.2 % a year of 1,200,000, 900,000, 600,000, 300,000.
    assert [row.fee_fen for row in life.on(date(2026, 1, 15)).rows] == [
        100 + 300 + 1_200,
        100 + 300 + 900,
        100 + 300 + 600,
        100 + 300 + 300,
    ]


def test_a_fee_on_the_balance_is_owed_up_to_the_day() -> None:
    fee = Fee(code="guarantee", base=FeeBase.BALANCE, rate=Decimal("0.012"))
    life = loan(fees=(fee,))
    life.add(Rescheduled, date(2026, 1, 25), count=1, first_due_on=date(2026, 2, 25))
    # 1,200 a month: ten of 31 days before, 387.1, and the new period's.
    assert life.on(date(2026, 1, 25)).rows[0].fee_fen == 387 + 1_200


def test_the_early_fee_counts_the_periods_of_the_new_terms() -> None:
    life = loan(early_fee=EarlyFee(amount_fen=5_000, periods=1))
    life.paid(date(2026, 2, 15), 112_000)
    assert life.payoff_on(date(2026, 2, 15)).fee_fen == 0
    life.add(Rescheduled, date(2026, 2, 15), count=2)
    assert life.payoff_on(date(2026, 2, 15)).fee_fen == 5_000
    assert life.payoff_on(date(2026, 3, 15)).fee_fen == 0


def test_a_rate_lowered_after_it_holds_for_the_new_installments() -> None:
    life = loan()
    life.add(Rescheduled, date(2026, 1, 15), count=2)
    life.add(RateLowered, date(2026, 1, 15), annual_rate=Decimal("0.06"))
    assert [row.interest_fen for row in life.on(date(2026, 1, 15)).rows] == [6_000, 3_000]


def test_money_held_is_still_the_borrowers_to_take_back() -> None:
    life = loan()
    life.paid(date(2026, 1, 25), 112_000)
    life.add(Rescheduled, date(2026, 1, 25), count=3)
    held_fen = life.on(date(2026, 1, 25)).unapplied_fen
    life.add(Refunded, date(2026, 1, 26), amount_fen=held_fen)
    state = life.on(date(2026, 1, 26))
    assert (state.unapplied_fen, state.disbursed_fen) == (0, 1_200_000)


@pytest.mark.parametrize(
    ("field", "reason", "fields"),
    [
        ("count", "out_of_range", {"count": 0}),
        ("annual_rate", "out_of_range", {"count": 3, "annual_rate": Decimal(-1)}),
        (
            "first_due_on",
            "not_after_disbursement",
            {"count": 3, "first_due_on": date(2026, 2, 15)},
        ),
        ("due_dates", "not_as_many_as_count", {"count": 3, "due_dates": (date(2026, 3, 1),)}),
        ("installment_fen", "needs_equal_installment", {"count": 3, "installment_fen": 5}),
        ("season_weights", "needs_seasonal", {"count": 1, "season_weights": (1,)}),
        ("due_day", "out_of_range", {"count": 3, "due_day": 32}),
    ],
)
def test_what_cannot_be_agreed_is_refused_by_name(
    field: str, reason: str, fields: dict[str, object]
) -> None:
    life = loan()
    life.add(Rescheduled, date(2026, 2, 15), **fields)
    with pytest.raises(EventRefused) as refused:
        life.on(date(2026, 3, 1))
    found = refused.value
    assert (found.event_id, found.field, found.reason) == ("e2", field, reason)


def test_a_loan_given_up_bears_nothing_on_its_new_installments() -> None:
    life = loan()
    life.add(WrittenOff, date(2026, 2, 15))
    life.add(Rescheduled, date(2026, 2, 15), count=2)
    state = life.on(date(2026, 3, 1))
    assert [row.interest_fen for row in state.rows] == [0, 12_000, 0]
    assert state.status is LoanStatus.WRITTEN_OFF


def test_what_was_paid_in_an_installment_that_goes_is_kept_or_held_again() -> None:
    life = loan()
    life.add(
        Charged,
        date(2026, 1, 20),
        code="court",
        amount_fen=700,
        kind=DueKind.COST,
        installment_number=2,
    )
    life.paid(date(2026, 1, 20), 112_000 + 111_700, Prepayment.PAY_NEXT)
    assert life.on(date(2026, 1, 20)).rows[1].paid_cost_fen == 700
    life.add(Rescheduled, date(2026, 2, 5), count=6)
    state = life.on(date(2026, 2, 5))
    assert (state.rows[1].cost_fen, state.rows[1].paid_cost_fen) == (700, 0)
    assert state.unapplied_fen == 223_700 - 8_129  # 21 of 31 days of interest have come about


def test_a_line_that_was_cleared_and_drawn_again_keeps_what_was_repaid() -> None:
    terms = plain_terms(method=Method.REVOLVING, annual_rate=Decimal(0), count=4)
    life = Life(terms)
    life.add(Disbursed, date(2026, 1, 15), amount_fen=600_000)
    life.paid(date(2026, 1, 20), 400_000, Prepayment.PAY_NEXT)
    life.pay_off(date(2026, 1, 25))
    life.add(Disbursed, date(2026, 2, 1), amount_fen=500_000)
    life.add(Rescheduled, date(2026, 2, 5), count=2)
    state = life.on(date(2026, 2, 5))
    assert [(row.principal_fen, row.paid_principal_fen) for row in state.rows] == [
        (600_000, 600_000),
        (0, 0),
        (500_000, 0),
    ]
    assert (state.principal_fen, state.unapplied_fen) == (500_000, 0)


def test_what_is_held_again_pays_what_stays_in_arrears() -> None:
    # All interest comes before any principal, so some is paid ahead while principal is overdue.
    order = Waterfall.of_kinds(DueKind.INTEREST, DueKind.PRINCIPAL, direction=Direction.HORIZONTAL)
    life = loan(waterfall=order)
    ahead = life.paid(date(2026, 1, 15), 42_000, Prepayment.PAY_NEXT)
    assert [row.paid_interest_fen for row in life.on(date(2026, 1, 15)).rows[:5]] == [
        12_000,
        11_000,
        10_000,
        9_000,
        0,
    ]
    assert life.on(date(2026, 2, 15)).due_now_fen == 100_000
    life.add(Rescheduled, date(2026, 2, 15), count=6, includes_arrears=False)
    state = life.on(date(2026, 2, 15))
    assert (state.unapplied_fen, state.due_now_fen) == (0, 70_000)
    assert split(state, ahead)[-1] == (1, DueKind.PRINCIPAL, 30_000)


def test_what_others_pay_ends_with_a_maturity_that_is_put_off_before_it_was_worth_a_fen() -> None:
    """A day in, the state's part of a few fen of interest is worth nothing, and so it stays."""
    part = CouponPart(number=1, amount_fen=2, of_fen=4, due_on=date(2026, 4, 15))
    life = lent(plain_terms(method=Method.BULLET, principal_fen=100, count=3))
    life.add(
        CouponApplied, date(2026, 1, 15), code="SUBSIDY", amount_fen=2, payer="state", parts=(part,)
    )
    assert [one.amount_fen for one in life.on(date(2026, 1, 16)).reductions] == [2]
    life.add(Deferred, date(2026, 1, 16), periods=3)
    later = life.on(date(2026, 1, 16))
    assert later.reductions == ()
    life.add(RepaymentReceived, date(2026, 2, 1), amount_fen=100)
    assert life.on(date(2026, 12, 31)).reductions == ()
