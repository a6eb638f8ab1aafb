"""Events by hand: charges, coupons, fees for repaying early, giving up and taking up again."""

from datetime import date
from decimal import Decimal

import pytest

from app.loanmath.errors import EventRefused
from app.loanmath.life import (
    ChargebackReceived,
    Charged,
    CouponApplied,
    Disbursed,
    DueKind,
    LoanState,
    LoanStatus,
    RateLowered,
    Recovered,
    Reopened,
    RepaymentReversed,
    Rescheduled,
    Waived,
    WrittenOff,
)
from app.loanmath.money import Rounding
from app.loanmath.schedule import (
    EarlyFee,
    EarlyFeeOn,
    EarlyInterest,
    Fee,
    FeeTiming,
    Method,
    PenaltyStart,
    Prepayment,
)
from app.loanmath.waterfall import Direction, Waterfall
from tests.loanmath.lives import Life, lent, plain_terms, split

# 12,000 yuan at 12 % in twelve parts of 1,000 yuan: interest is 1 % of what is left, a month, and
# a late part of 1,000 yuan bears 100,000 × 12 % × 1.5 ÷ 360 = 50 fen of penalty a day.
TWELVE = {
    "method": Method.EQUAL_PRINCIPAL,
    "principal_fen": 1_200_000,
    "annual_rate": Decimal("0.12"),
}
LENT = date(2026, 1, 15)
FIRST_DUE = date(2026, 2, 15)


def loan(**changes: object) -> Life:
    return lent(plain_terms(**{**TWELVE, **changes}))


def waived(state: LoanState) -> list[int]:
    return [row.waived_fen for row in state.rows if row.waived_fen]


# Charges and costs


def test_a_charge_joins_the_installment_it_names_late_or_to_come() -> None:
    life = loan(fees=(Fee(code="service", amount_fen=100),))
    on = date(2026, 2, 20)
    for number, amount_fen in ((1, 50), (5, 30), (None, 7), (99, 3)):
        life.add(Charged, on, code="letter", amount_fen=amount_fen, installment_number=number)
    assert [row.fee_fen for row in life.on(on).rows[:5]] == [150, 110, 100, 100, 130]


@pytest.mark.parametrize("kind", [DueKind.FEE, DueKind.COST, DueKind.PENALTY])
def test_charges_on_one_installment_add_up(kind: DueKind) -> None:
    life = loan()
    for amount_fen in (50, 30):
        life.add(Charged, LENT, code="x", amount_fen=amount_fen, kind=kind)
    life.paid(LENT, 1_200_000 - 100, Prepayment.REDUCE_TERM)  # solves the installments anew
    row = life.on(LENT).rows[0]
    assert row.total_fen - row.principal_fen - row.interest_fen == 80
    assert life.on(LENT).payoff_fen == 100 + 80


def test_a_waiver_goes_on_to_the_next_installment_with_what_is_left_of_it() -> None:
    life = loan()
    life.add(Waived, date(2026, 3, 20), kind=DueKind.INTEREST, amount_fen=15_000)
    state = life.on(date(2026, 3, 20))
    assert [row.interest_fen for row in state.rows[:3]] == [0, 8_000, 10_000]
    assert waived(state) == [12_000, 3_000]


def test_a_charge_for_an_installment_that_is_paid_falls_due_with_the_next() -> None:
    life = loan()
    life.paid(FIRST_DUE, 112_000)
    life.add(Charged, date(2026, 2, 20), code="letter", amount_fen=50, installment_number=1)
    assert [row.fee_fen for row in life.on(date(2026, 2, 20)).rows[:2]] == [0, 50]


def test_costs_come_first_in_the_legal_order_then_fees_interest_penalty_principal() -> None:
    life = loan(fees=(Fee(code="service", amount_fen=100),))
    on = date(2026, 2, 25)
    life.add(Charged, on, code="court", amount_fen=700, kind=DueKind.COST, installment_number=1)
    paid = life.paid(on, 13_500)
    state = life.on(on)
    assert split(state, paid) == [
        (1, DueKind.COST, 700),
        (1, DueKind.FEE, 100),
        (1, DueKind.INTEREST, 12_000),
        (1, DueKind.PENALTY, 350),  # ten days late, three of them grace
        (1, DueKind.PRINCIPAL, 350),
    ]
    assert (state.rows[0].cost_fen, state.rows[0].paid_cost_fen) == (700, 700)
    assert state.rows[0].total_fen == 700 + 100 + 12_000 + 350 + 100_000


def test_a_cost_may_have_another_place_in_the_order() -> None:
    order = Waterfall.of_kinds(DueKind.COST, direction=Direction.HORIZONTAL)
    life = loan(waterfall=order)
    life.add(Charged, FIRST_DUE, code="court", amount_fen=700, kind=DueKind.COST)
    paid = life.paid(FIRST_DUE, 112_000 + 700)
    assert split(life.on(FIRST_DUE), paid)[:2] == [
        (1, DueKind.INTEREST, 12_000),
        (1, DueKind.PRINCIPAL, 100_000),
    ]


def test_a_cost_before_its_due_is_in_the_payoff_and_may_be_given_up() -> None:
    life = loan()
    life.add(Charged, LENT, code="court", amount_fen=700, kind=DueKind.COST)
    assert life.payoff_on(LENT).cost_fen == 700
    life.add(Waived, FIRST_DUE, kind=DueKind.COST, amount_fen=200)
    assert life.payoff_on(FIRST_DUE).cost_fen == 500
    assert waived(life.on(FIRST_DUE)) == [200]
    life.pay_off(FIRST_DUE)
    assert life.on(FIRST_DUE).status is LoanStatus.CLOSED_PAID


def test_a_cost_of_an_installment_that_falls_away_moves_to_the_last_one_kept() -> None:
    life = loan()
    life.add(Charged, LENT, code="court", amount_fen=700, kind=DueKind.COST, installment_number=12)
    life.add(Charged, LENT, code="letter", amount_fen=30, installment_number=11)
    life.paid(LENT, 600_000, Prepayment.REDUCE_TERM)
    rows = life.on(LENT).rows
    assert len(rows) == 6
    assert (rows[-1].cost_fen, rows[-1].fee_fen) == (700, 30)


def test_a_cost_of_a_later_installment_stays_owed_when_the_loan_ends_early() -> None:
    life = loan()
    life.add(Charged, LENT, code="court", amount_fen=700, kind=DueKind.COST, installment_number=7)
    assert life.pay_off(LENT) == 1_200_700
    (row,) = life.on(LENT).rows
    assert (row.paid_cost_fen, row.paid_principal_fen) == (700, 1_200_000)


def test_a_cost_after_the_last_installment_is_due_at_once_and_takes_money_held() -> None:
    life = loan(method=Method.INTEREST_ONLY, count=1)
    paid = life.paid(FIRST_DUE, 1_212_400)
    life.add(Charged, date(2026, 3, 1), code="court", amount_fen=700, kind=DueKind.COST)
    state = life.on(date(2026, 3, 1))
    assert split(state, paid)[-1] == (2, DueKind.COST, 400)
    assert (state.due_now_fen, state.unapplied_fen) == (300, 0)


@pytest.mark.parametrize(
    ("field", "reason", "fields"),
    [
        ("kind", "not_charged", {"code": "x", "amount_fen": 1, "kind": DueKind.INTEREST}),
        (
            "installment_number",
            "out_of_range",
            {"code": "x", "amount_fen": 1, "installment_number": 0},
        ),
        ("amount_fen", "not_positive", {"code": "x", "amount_fen": -1}),
    ],
)
def test_what_cannot_be_charged_is_refused_by_name(
    field: str, reason: str, fields: dict[str, object]
) -> None:
    life = loan()
    life.add(Charged, FIRST_DUE, **fields)
    with pytest.raises(EventRefused) as refused:
        life.on(FIRST_DUE)
    found = refused.value
    assert (found.event_id, found.field, found.reason) == ("e2", field, reason)


# Coupons


def test_a_coupon_takes_interest_off_the_installments_to_come_the_next_first() -> None:
    life = loan()
    life.add(CouponApplied, date(2026, 1, 20), code="spring", amount_fen=15_000)
    state = life.on(date(2026, 1, 25))
    assert [row.interest_fen for row in state.rows[:3]] == [0, 8_000, 10_000]
    assert waived(state) == [12_000, 3_000]
    assert [row.principal_fen for row in state.rows] == [100_000] * 12
    assert life.on(FIRST_DUE).due_now_fen == 100_000


def test_a_coupon_takes_interest_that_is_due_first_and_penalty_not_at_all() -> None:
    life = loan()
    life.add(CouponApplied, date(2026, 3, 20), code="spring", amount_fen=30_000)
    state = life.on(date(2026, 3, 20))
    assert [row.interest_fen for row in state.rows[:4]] == [0, 0, 3_000, 9_000]
    assert waived(state) == [12_000, 11_000, 7_000]
    # 33 days less 3 of grace, and 5 less 3, at 50 a day.
    assert (state.penalty_fen, state.due_now_fen) == (1_600, 201_600)


def test_interest_paid_ahead_is_not_taken_off_again() -> None:
    life = loan()
    life.paid(date(2026, 1, 20), 112_000)
    life.add(CouponApplied, date(2026, 1, 20), code="spring", amount_fen=15_000)
    state = life.on(date(2026, 1, 20))
    assert [row.interest_fen for row in state.rows[:3]] == [12_000, 0, 6_000]
    assert state.rows[0].paid_interest_fen == 12_000


def test_a_payoff_uses_the_coupon_for_what_has_accrued_and_the_rest_lapses() -> None:
    life = loan()
    life.add(CouponApplied, date(2026, 1, 20), code="spring", amount_fen=2_000)
    quoted = life.payoff_on(date(2026, 1, 25))
    assert (quoted.interest_fen, quoted.amount_fen) == (3_871 - 2_000, 1_201_871)
    life.add(CouponApplied, date(2026, 1, 21), code="again", amount_fen=20_000)
    assert life.pay_off(date(2026, 1, 25)) == 1_200_000
    closed = life.on(date(2026, 1, 25))
    assert (closed.status, closed.unapplied_fen) == (LoanStatus.CLOSED_PAID, 0)
    assert waived(closed) == [3_871]


def test_a_coupon_takes_what_has_accrued_off_as_the_terms_round_it() -> None:
    life = loan(interest_rounding=Rounding.FLOOR)  # 12,000 × 10/31 is 3,870.97
    life.add(CouponApplied, date(2026, 1, 20), code="spring", amount_fen=22_000)
    life.pay_off(date(2026, 1, 25))
    assert waived(life.on(date(2026, 1, 25))) == [3_870]


def test_a_payoff_after_a_coupon_that_left_some_interest_pays_that() -> None:
    life = loan()
    life.add(CouponApplied, LENT, code="spring", amount_fen=15_000)
    # 12,000 of it went to the first installment, 3,000 are left for the 5,500 of 14 of 28 days.
    life.paid(FIRST_DUE, 100_000)
    assert life.payoff_on(date(2026, 3, 1)).interest_fen == 5_500 - 3_000
    life.pay_off(date(2026, 3, 1))
    row = life.on(date(2026, 3, 1)).rows[1]
    assert (row.interest_fen, row.paid_interest_fen, row.waived_fen) == (2_500, 2_500, 3_000)


def test_a_coupon_goes_with_the_loan_through_a_rescheduling() -> None:
    life = loan()
    life.add(CouponApplied, date(2026, 1, 20), code="spring", amount_fen=15_000)
    life.add(Rescheduled, date(2026, 2, 5), count=6)
    rows = life.on(date(2026, 2, 5)).rows
    # 21 of 31 days of 12,000, then a month and ten days over 360 of it: 8,129 + 16,000.
    assert (rows[0].interest_fen, rows[0].waived_fen) == (24_129 - 15_000, 15_000)
    assert rows[1].waived_fen == 0


def test_a_coupon_follows_the_interest_of_a_smaller_balance() -> None:
    life = loan()
    life.add(CouponApplied, LENT, code="spring", amount_fen=15_000)
    life.paid(LENT, 600_000, Prepayment.REDUCE_INSTALLMENT)
    # 6,000, 5,500 and 5,000 a month are left: the coupon reaches the third.
    assert waived(life.on(LENT)) == [6_000, 5_500, 3_500]


def test_a_coupon_larger_than_all_interest_takes_all_and_no_principal() -> None:
    life = loan()
    life.add(CouponApplied, LENT, code="spring", amount_fen=10**6)
    state = life.on(LENT)
    assert sum(row.total_fen for row in state.rows) == 1_200_000
    assert sum(row.waived_fen for row in state.rows) == 78_000  # 1 % of 12,000 to 1,000 yuan
    for row in state.rows:
        life.pay_dues(row.due_on)
    assert life.on(date(2027, 1, 15)).status is LoanStatus.CLOSED_PAID


def test_a_coupon_on_a_loan_that_is_paid_does_nothing() -> None:
    life = loan()
    life.pay_off(LENT)
    before = life.on(FIRST_DUE)
    life.add(CouponApplied, date(2026, 1, 20), code="spring", amount_fen=500)
    assert life.on(FIRST_DUE) == before


@pytest.mark.parametrize(
    ("field", "reason", "fields"),
    [
        ("amount_fen", "not_positive", {"code": "x", "amount_fen": 0}),
        ("code", "empty", {"code": " ", "amount_fen": 5}),
    ],
)
def test_a_coupon_of_nothing_or_without_a_code_is_refused(
    field: str, reason: str, fields: dict[str, object]
) -> None:
    life = loan()
    life.add(CouponApplied, LENT, **fields)
    with pytest.raises(EventRefused) as refused:
        life.on(LENT)
    found = refused.value
    assert (found.event_id, found.field, found.reason) == ("e2", field, reason)


# Fees for repaying early


def test_repaying_principal_early_may_cost_a_part_of_it_and_an_amount() -> None:
    life = loan(early_fee=EarlyFee(rate=Decimal("0.01"), amount_fen=500))
    paid = life.paid(date(2026, 1, 25), 100_000, Prepayment.REDUCE_TERM)
    state = life.on(date(2026, 1, 25))
    # 100,000 less 3,871 of interest and 500 is 95,629, which holds principal and 1 % of it:
    # 94,682 and 947.
    assert split(state, paid) == [
        (1, DueKind.INTEREST, 3_871),
        (1, DueKind.FEE, 1_447),
        (1, DueKind.PRINCIPAL, 94_682),
    ]
    assert (state.early_fee_fen, state.principal_fen) == (1_447, 1_105_318)
    assert state.unapplied_fen == 0


def test_a_payoff_asks_the_early_fee_on_what_was_not_due() -> None:
    life = loan(early_fee=EarlyFee(rate=Decimal("0.01"), amount_fen=500))
    on_due_day = life.payoff_on(FIRST_DUE)
    assert (on_due_day.principal_fen, on_due_day.fee_fen) == (1_200_000, 11_000 + 500)
    life.pay_off(FIRST_DUE)
    closed = life.on(FIRST_DUE)
    assert (closed.status, closed.early_fee_fen) == (LoanStatus.CLOSED_PAID, 11_500)


def test_paying_what_is_due_or_the_next_installment_costs_no_early_fee() -> None:
    life = loan(early_fee=EarlyFee(rate=Decimal("0.01"), amount_fen=500))
    life.paid(date(2026, 2, 10), 112_000)
    life.paid(date(2026, 3, 10), 222_000, Prepayment.PAY_NEXT)
    assert life.on(date(2026, 3, 10)).early_fee_fen == 0


def test_an_early_fee_may_be_asked_of_a_payoff_alone() -> None:
    life = loan(early_fee=EarlyFee(rate=Decimal("0.01"), on=EarlyFeeOn.PAYOFF))
    life.paid(LENT, 200_000, Prepayment.REDUCE_TERM)
    assert (life.on(LENT).early_fee_fen, life.on(LENT).principal_fen) == (0, 1_000_000)
    assert life.pay_off(LENT) == 1_010_000
    assert life.on(LENT).early_fee_fen == 10_000


def test_money_that_nearly_closes_a_loan_leaves_one_fen_rather_than_cost_the_payoffs_fee() -> None:
    life = loan(early_fee=EarlyFee(amount_fen=9_000, on=EarlyFeeOn.PAYOFF))
    life.paid(LENT, 1_205_000, Prepayment.REDUCE_TERM)
    state = life.on(LENT)
    # 4,000 short of the payoff, one fen stays lent; what is over is held.
    assert (state.principal_fen, state.unapplied_fen) == (1, 5_001)
    assert state.payoff_fen == 1_209_000 - 1_205_000


@pytest.mark.parametrize(
    ("on", "fee_fen"),
    [(LENT, 500), (date(2026, 3, 14), 500), (date(2026, 3, 15), 0), (date(2026, 5, 1), 0)],
)
def test_an_early_fee_may_be_asked_in_the_first_periods_alone(on: date, fee_fen: int) -> None:
    life = loan(early_fee=EarlyFee(amount_fen=500, periods=2))
    assert life.payoff_on(on).fee_fen == fee_fen


def test_all_principal_may_be_repaid_while_fees_stay_owed() -> None:
    fee = Fee(code="up", amount_fen=1_200, timing=FeeTiming.LAST, owed_in_full=True)
    life = loan(early_fee=EarlyFee(amount_fen=500), fees=(fee,))
    life.paid(LENT, 1_200_600, Prepayment.REDUCE_TERM)
    state = life.on(LENT)
    # 1,200,000 and the fee for repaying early; what is over pays the fee when it falls due.
    assert (state.principal_fen, state.early_fee_fen, state.unapplied_fen) == (0, 500, 100)
    assert state.payoff_fen == 1_100
    assert life.on(FIRST_DUE).due_now_fen == 1_100


def test_a_down_payment_is_no_period_of_the_early_fee() -> None:
    life = loan(early_fee=EarlyFee(amount_fen=500, periods=1), down_payment_fen=100_000)
    assert life.payoff_on(date(2026, 2, 14)).fee_fen == 500
    assert life.payoff_on(FIRST_DUE).fee_fen == 0


def test_money_too_little_for_the_fee_is_held_until_it_is_enough() -> None:
    life = loan(early_fee=EarlyFee(amount_fen=5_000))
    life.paid(LENT, 4_000, Prepayment.REDUCE_TERM)
    assert (life.on(LENT).unapplied_fen, life.on(LENT).early_fee_fen) == (4_000, 0)
    # Another payment comes: each is too little by itself, and what is held waits for dues.
    life.paid(LENT, 6_000, Prepayment.REDUCE_TERM)
    assert (life.on(LENT).unapplied_fen, life.on(LENT).principal_fen) == (4_000, 1_199_000)


def test_the_early_fee_goes_beside_a_whole_periods_interest() -> None:
    life = loan(early_fee=EarlyFee(amount_fen=500), early_interest=EarlyInterest.WHOLE_PERIOD)
    assert life.payoff_on(date(2026, 1, 20)).amount_fen == 1_200_000 + 12_000 + 500


def test_a_loan_given_up_costs_nothing_to_repay_early() -> None:
    life = loan(early_fee=EarlyFee(amount_fen=500))
    life.add(WrittenOff, date(2026, 1, 20))
    assert life.payoff_on(date(2026, 1, 20)).fee_fen == 0


# Giving up, recovery, taking up again


def test_nothing_accrues_from_the_day_a_loan_is_given_up() -> None:
    life = loan()
    life.add(WrittenOff, date(2026, 3, 25))
    state = life.on(date(2026, 5, 15))
    # Ten of 31 days on 1,000,000; then nothing. Penalty of 35 and of 7 days stays as it was.
    assert [row.interest_fen for row in state.rows[:5]] == [12_000, 11_000, 3_226, 0, 0]
    assert [row.penalty_fen for row in state.rows[:4]] == [1_750, 350, 0, 0]
    assert state.status is LoanStatus.WRITTEN_OFF
    assert (state.principal_fen, state.payoff_fen) == (1_200_000, 1_228_326)


def test_a_level_loan_that_is_given_up_asks_the_principal_it_did() -> None:
    life = lent()
    planned = [row.principal_fen for row in life.on(LENT).rows]
    life.add(WrittenOff, LENT)
    assert [row.principal_fen for row in life.on(LENT).rows] == planned
    life.add(Reopened, LENT)
    state = life.on(LENT)
    assert [row.principal_fen for row in state.rows] == planned
    assert {row.total_fen for row in state.rows[:-1]} == {89_975}


def test_what_is_recovered_goes_where_a_repayment_would() -> None:
    life = loan()
    life.add(WrittenOff, date(2026, 3, 25))
    money = life.add(Recovered, date(2026, 5, 20), amount_fen=150_000)
    state = life.on(date(2026, 5, 20))
    assert split(state, money) == [
        (1, DueKind.INTEREST, 12_000),
        (1, DueKind.PENALTY, 1_750),
        (1, DueKind.PRINCIPAL, 100_000),
        (2, DueKind.INTEREST, 11_000),
        (2, DueKind.PENALTY, 350),
        (2, DueKind.PRINCIPAL, 24_900),
    ]
    assert (state.status, state.payoff_fen) == (LoanStatus.WRITTEN_OFF, 1_078_326)


@pytest.mark.parametrize("undoing", [RepaymentReversed, ChargebackReceived])
def test_a_recovery_may_turn_out_never_to_have_been(undoing: type) -> None:
    life, untouched = loan(), loan()
    for one in (life, untouched):
        one.add(WrittenOff, date(2026, 3, 25))
    money = life.add(Recovered, date(2026, 5, 20), amount_fen=150_000)
    life.add(undoing, date(2026, 5, 25), reverses=money.id)
    assert life.on(date(2026, 5, 25)) == untouched.on(date(2026, 5, 25))


def test_a_recovery_of_everything_closes_the_loan() -> None:
    life = loan()
    life.add(WrittenOff, date(2026, 3, 25))
    life.add(Recovered, date(2026, 5, 20), amount_fen=1_228_326)
    assert life.on(date(2026, 5, 20)).status is LoanStatus.CLOSED_PAID
    life.add(Recovered, date(2026, 5, 21), amount_fen=5)
    assert life.on(date(2026, 5, 21)).status is LoanStatus.OVERPAID


def test_money_on_a_loan_that_was_never_given_up_is_a_repayment_too() -> None:
    recovered, repaid = loan(), loan()
    recovered.add(Recovered, FIRST_DUE, amount_fen=112_000)
    repaid.paid(FIRST_DUE, 112_000)
    assert recovered.on(FIRST_DUE) == repaid.on(FIRST_DUE)


def test_a_loan_taken_up_again_accrues_from_that_day_and_nothing_for_between() -> None:
    life = loan()
    life.add(WrittenOff, date(2026, 3, 25))
    life.add(Recovered, date(2026, 5, 20), amount_fen=150_000)
    life.add(Reopened, date(2026, 6, 1))
    state = life.on(date(2026, 6, 11))
    assert state.status is LoanStatus.IN_ARREARS
    # 14 of 31 days on 800,000 are 3,613; afterwards as planned.
    assert [row.interest_fen for row in state.rows[2:6]] == [3_226, 0, 3_613, 7_000]
    # Ten days at 50 for each late part; of the second 75,100 are left, at 37.55 a day.
    assert [row.penalty_fen for row in state.rows[1:4]] == [350 + 376, 500, 500]
    assert state.accrued_interest_fen == 2_581  # 8,000 × 10/31


@pytest.mark.parametrize(("start", "penalty_fen"), [("AFTER_GRACE", 50), ("DUE_DATE", 150)])
def test_days_given_up_are_no_days_late(start: str, penalty_fen: int) -> None:
    life = loan(penalty_start=PenaltyStart(start))
    life.add(WrittenOff, date(2026, 2, 17))
    life.add(Reopened, date(2026, 2, 27))
    assert life.on(date(2026, 2, 27)).penalty_fen == 0
    # Grace is over by then: the day since counts, and back from the due date the two before.
    assert life.on(date(2026, 2, 28)).penalty_fen == penalty_fen


def test_a_loan_that_was_not_given_up_is_not_taken_up_again() -> None:
    life = loan()
    before = life.on(FIRST_DUE)
    life.add(Reopened, date(2026, 2, 1))
    assert life.on(FIRST_DUE) == before


def test_a_loan_may_be_given_up_taken_up_and_given_up_again() -> None:
    life = loan()
    for kind, day in ((WrittenOff, 20), (Reopened, 25), (WrittenOff, 30)):
        life.add(kind, date(2026, 1, day))
    state = life.on(FIRST_DUE)
    assert state.status is LoanStatus.WRITTEN_OFF
    assert state.rows[0].interest_fen == 3_871  # five and five of 31 days of 12,000


@pytest.mark.parametrize("kind", [RateLowered, Rescheduled])
def test_a_rate_lowered_while_a_loan_was_given_up_holds_when_it_is_taken_up(kind: type) -> None:
    life = loan()
    life.add(WrittenOff, LENT)
    count = {"count": 12} if kind is Rescheduled else {}
    life.add(kind, LENT, annual_rate=Decimal("0.06"), **count)
    life.add(Reopened, LENT)
    assert life.on(LENT).rows[0].interest_fen == 6_000


def test_a_rescheduling_while_a_loan_is_given_up_leaves_the_rate_it_had() -> None:
    life = loan()
    life.add(WrittenOff, LENT)
    life.add(Rescheduled, LENT, count=12)
    life.add(Reopened, LENT)
    assert life.on(LENT).rows[0].interest_fen == 12_000


def test_a_line_drawn_again_after_it_was_given_up_bears_nothing() -> None:
    life = Life(plain_terms(**{**TWELVE, "method": Method.REVOLVING}))
    life.add(Disbursed, LENT, amount_fen=500_000)
    life.add(WrittenOff, LENT)
    life.add(Disbursed, date(2026, 1, 20), amount_fen=500_000)
    assert life.on(FIRST_DUE).payoff_fen == 1_000_000
