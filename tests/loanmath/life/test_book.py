"""Balances by hand: down payments, drawdowns, interest that grows, and when interest is rounded."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from app.loanmath.calendar import BusinessDays, ListedDays
from app.loanmath.errors import EventRefused
from app.loanmath.interest import DayCount
from app.loanmath.life import (
    Deferred,
    Disbursed,
    DueKind,
    InstallmentStatus,
    LoanStatus,
    RateLowered,
    Rescheduled,
)
from app.loanmath.money import Rounding, round_fen
from app.loanmath.schedule import (
    Drawdown,
    Fee,
    FeeTiming,
    InterestStep,
    Method,
    Moratorium,
    Prepayment,
    amortize,
)
from tests.loanmath.lives import Life, lent, plain_terms, split

# 12,000 yuan at 12 %: 1 % of what is left, a month.
TWELVE = {
    "method": Method.EQUAL_PRINCIPAL,
    "principal_fen": 1_200_000,
    "annual_rate": Decimal("0.12"),
}
LENT = date(2026, 1, 15)
FIRST_DUE = date(2026, 2, 15)


def loan(**changes: object) -> Life:
    return lent(plain_terms(**{**TWELVE, **changes}))


# Down payments


def test_a_down_payment_is_due_the_day_the_money_is_lent() -> None:
    life = loan(down_payment_fen=240_000)
    state = life.on(LENT)
    first = state.rows[0]
    assert (first.due_on, first.principal_fen, first.interest_fen) == (LENT, 240_000, 0)
    assert (first.status, state.due_now_fen) == (InstallmentStatus.DUE, 240_000)
    # 960,000 in twelve parts of 80,000, the first after a month's 1 %.
    assert [(row.principal_fen, row.interest_fen) for row in state.rows[1:4]] == [
        (80_000, 9_600),
        (80_000, 8_800),
        (80_000, 8_000),
    ]
    assert len(state.rows) == 13


def test_a_down_payment_paid_that_day_bears_nothing() -> None:
    life = loan(down_payment_fen=240_000)
    paid = life.paid(LENT, 240_000)
    assert split(life.on(LENT), paid) == [(1, DueKind.PRINCIPAL, 240_000)]
    assert (life.on(LENT).status, life.on(LENT).payoff_fen) == (LoanStatus.ACTIVE, 960_000)


def test_a_down_payment_unpaid_is_late_the_next_day_and_bears_penalty_after_grace() -> None:
    life = loan(down_payment_fen=240_000)
    assert life.on(date(2026, 1, 16)).days_past_due == 1
    # 240,000 × 12 % × 1.5 ÷ 360 is 120 a day; 15 days less 3 of grace.
    assert life.on(date(2026, 1, 30)).penalty_fen == 1_440
    paid = life.paid(date(2026, 1, 30), 250_000)
    assert split(life.on(date(2026, 1, 30)), paid)[:2] == [
        (1, DueKind.PENALTY, 1_440),
        (1, DueKind.PRINCIPAL, 240_000),
    ]


def test_fees_are_asked_with_the_installments_not_with_the_down_payment() -> None:
    fees = (
        Fee(code="each", amount_fen=7),
        Fee(code="spread", amount_fen=25, timing=FeeTiming.SPREAD),
    )
    rows = loan(down_payment_fen=240_000, count=3, fees=fees).on(LENT).rows
    assert [row.fee_fen for row in rows] == [0, 7 + 9, 7 + 8, 7 + 8]


def test_flat_interest_is_figured_on_what_the_down_payment_leaves() -> None:
    rows = loan(method=Method.FLAT, down_payment_fen=240_000).on(LENT).rows
    assert [row.interest_fen for row in rows[:3]] == [0, 9_600, 9_600]


def test_a_down_payment_is_seen_on_a_working_day_but_never_before_the_money() -> None:
    terms = plain_terms(
        **{**TWELVE, "down_payment_fen": 240_000}, business_days=BusinessDays.PREVIOUS
    )
    days_off = ListedDays(holidays=frozenset({LENT, date(2026, 1, 14)}))
    life = Life(terms, days_off).lent()
    first = life.on(LENT).rows[0]
    assert (first.payable_on, life.on(LENT).days_past_due) == (LENT, 0)


def test_the_money_that_goes_out_must_be_more_than_the_down_payment() -> None:
    life = Life(plain_terms(**TWELVE, down_payment_fen=240_000))
    life.add(Disbursed, LENT, amount_fen=240_000)
    with pytest.raises(EventRefused, match="amount_fen: not_above_down_payment"):
        life.on(LENT)


def test_a_down_payment_and_a_moratorium_go_together() -> None:
    life = loan(
        down_payment_fen=240_000, moratorium=Moratorium.PRINCIPAL, moratorium_periods=2, count=4
    )
    assert [(row.principal_fen, row.interest_fen) for row in life.on(LENT).rows] == [
        (240_000, 0),
        (0, 9_600),
        (0, 9_600),
        (480_000, 9_600),
        (480_000, 4_800),
    ]


# Drawdowns


def test_drawdowns_as_agreed_are_the_same_life_as_money_going_out_bit_by_bit() -> None:
    parts = (Drawdown(LENT, 600_000), Drawdown(date(2026, 4, 15), 600_000))
    agreed = loan(drawdowns=parts)
    bit_by_bit = Life(plain_terms(**TWELVE))
    for day, amount_fen in parts:
        bit_by_bit.add(Disbursed, day, amount_fen=amount_fen)
    for day in (LENT, date(2026, 3, 1), date(2026, 4, 15), date(2027, 1, 15)):
        assert agreed.on(day) == bit_by_bit.on(day)


def test_a_drawdown_in_a_period_bears_interest_for_its_days_alone() -> None:
    parts = (Drawdown(LENT, 600_000), Drawdown(date(2026, 1, 25), 600_000))
    rows = loan(drawdowns=parts).on(date(2026, 1, 25)).rows
    # 6,000 for the month on the first half, 21 of 31 days on the second.
    assert rows[0].interest_fen == 6_000 + 4_065
    assert [row.principal_fen for row in rows] == [100_000] * 12


# Interest that grows into principal

LONG_FIRST = {
    **TWELVE,
    "method": Method.EQUAL_INSTALLMENT,
    "first_due_on": date(2026, 7, 15),
    "installment_fen": 60_000,
    "count": 24,
    "negative_amortization": True,
}


def test_a_first_period_may_leave_interest_that_is_added_to_principal() -> None:
    plan = amortize(plain_terms(**LONG_FIRST))
    # Six months of 12,000; 12,000 of it more than the installment; 1 % of 1,212,000 after it.
    assert [(row.principal_fen, row.interest_fen) for row in plan[:3]] == [
        (-12_000, 72_000),
        (47_880, 12_120),
        (48_359, 11_641),
    ]
    assert {row.total_fen for row in plan[:-1]} == {60_000}
    assert sum(row.principal_fen for row in plan) == 1_200_000


def test_only_what_the_installment_asks_is_due_and_the_rest_is_owed_as_principal() -> None:
    life = lent(plain_terms(**LONG_FIRST))
    before, due = life.on(date(2026, 7, 14)), life.on(date(2026, 7, 15))
    assert (before.principal_fen, due.principal_fen) == (1_200_000, 1_212_000)
    assert (due.due_now_fen, due.payoff_fen) == (60_000, 1_272_000)
    paid = life.paid(date(2026, 7, 15), 60_000)
    state = life.on(date(2026, 7, 15))
    assert split(state, paid) == [(1, DueKind.INTEREST, 60_000)]
    assert state.rows[0].status is InstallmentStatus.PAID
    assert (state.rows[0].interest_fen, state.rows[0].paid_interest_fen) == (72_000, 60_000)


HANDED_IN = {
    **TWELVE,
    "method": Method.EQUAL_INSTALLMENT,
    "installment_fen": 10_000,
    "negative_amortization": True,
}


def test_an_installment_below_the_interest_lets_principal_grow_each_month() -> None:
    plan = amortize(plain_terms(**HANDED_IN))
    # 12,000 - 10,000, then 1 % of ever 1 % more: 2,000, 2,020, 2,040 (of 12,040.20), 2,061 ...
    assert [row.principal_fen for row in plan[:4]] == [-2_000, -2_020, -2_040, -2_061]
    assert plan[-1].principal_fen == 1_200_000 - sum(row.principal_fen for row in plan[:-1])


def test_interest_paid_ahead_does_not_grow() -> None:
    life = lent(plain_terms(**HANDED_IN))
    life.paid(date(2026, 1, 20), 5_000, Prepayment.PAY_NEXT)
    due = life.on(FIRST_DUE)
    assert (due.due_now_fen, due.principal_fen) == (5_000, 1_202_000)
    assert due.rows[0].paid_interest_fen == 5_000


def test_a_whole_installment_paid_ahead_leaves_the_rest_to_grow() -> None:
    life = lent(plain_terms(**HANDED_IN))
    paid = life.paid(date(2026, 1, 20), 10_000)
    assert split(life.on(FIRST_DUE), paid) == [(1, DueKind.INTEREST, 10_000)]
    assert (life.on(FIRST_DUE).principal_fen, life.on(FIRST_DUE).due_now_fen) == (1_202_000, 0)


def test_what_is_paid_ahead_of_the_installment_itself_repays_principal() -> None:
    life = lent(plain_terms(**HANDED_IN))
    paid = life.paid(LENT, 11_000)
    # The installment asks 10,000 of 12,000 interest; 1,000 more repay principal, which saves 10 of
    # interest, and those go the same way.
    assert split(life.on(LENT), paid)[:2] == [
        (1, DueKind.INTEREST, 10_000),
        (1, DueKind.PRINCIPAL, 1_000),
    ]
    assert life.on(FIRST_DUE).due_now_fen == 0


def test_a_prepayment_may_end_the_growing() -> None:
    life = lent(plain_terms(**HANDED_IN))
    life.paid(LENT, 300_000, Prepayment.REDUCE_TERM)
    rows = life.on(LENT).rows
    assert [row.principal_fen - row.extra_principal_fen for row in rows[:3]] == [
        1_000,
        1_010,
        1_020,
    ]
    # Eleven parts, each 1 % larger: 1,000 × (1.01^11 - 1) ÷ 0.01 is 11,568.
    assert rows[-1].principal_fen == 900_000 - 11_568


def test_a_payoff_before_the_due_date_pays_interest_as_interest() -> None:
    life = lent(plain_terms(**HANDED_IN))
    on = date(2026, 2, 14)
    quoted = life.payoff_on(on)
    assert (quoted.principal_fen, quoted.interest_fen) == (1_200_000, 11_613)  # 30 of 31 days
    life.pay_off(on)
    assert life.on(FIRST_DUE).status is LoanStatus.CLOSED_PAID


def test_a_lower_rate_or_a_new_plan_ends_the_growing_too() -> None:
    lower, anew = lent(plain_terms(**HANDED_IN)), lent(plain_terms(**HANDED_IN))
    lower.add(RateLowered, LENT, annual_rate=Decimal("0.06"))
    anew.add(Rescheduled, LENT, count=12)
    assert min(row.principal_fen for row in lower.on(LENT).rows) >= 0
    assert min(row.principal_fen for row in anew.on(LENT).rows) >= 0


def test_a_deferral_of_a_growing_loan_asks_interest_alone() -> None:
    life = lent(plain_terms(**HANDED_IN, count=3))
    life.add(Deferred, LENT, periods=1)
    rows = life.on(LENT).rows
    assert (rows[0].principal_fen, rows[0].interest_fen) == (0, 12_000)
    assert sum(row.principal_fen for row in rows) == 1_200_000


# When interest is rounded

# 10,000.10 yuan at 10 %: 8,333.4167 fen a month; ten of 31 days are 2,688.1989.
ODD = {
    "principal_fen": 1_000_010,
    "annual_rate": Decimal("0.1"),
    "method": Method.INTEREST_ONLY,
    "count": 4,
}


def interest_of(step: InterestStep, **changes: object) -> list[int]:
    """Prepay 1,000 yuan on 25 January, lower the rate on 30 January, and say the interest."""
    life = lent(plain_terms(**ODD, interest_step=step, **changes))
    life.paid(date(2026, 1, 25), 100_000, Prepayment.REDUCE_INSTALLMENT)
    life.add(RateLowered, date(2026, 1, 30), annual_rate=Decimal("0.09"))
    return [row.interest_fen for row in life.on(date(2026, 1, 30)).rows]


def test_each_step_rounds_when_it_says() -> None:
    # Principal repaid: 100,000 less 2,688 of interest. On the 902,698 left: five days at 10 %,
    # 1,213.3038, sixteen at 9 %, 3,494.3148; and months of 6,770.235 after that.
    left = 1_000_010 - (100_000 - 2_688)
    month = Fraction(left) * Fraction(9, 100) / 12
    parts = [
        Fraction(1_000_010, 120) * 10 / 31,
        Fraction(left, 120) * 5 / 31,
        month * 16 / 31,
    ]
    assert [float(round(part, 4)) for part in parts] == [2688.1989, 1213.3038, 3494.3148]
    # Once: 7,395.8175. By segment: 2,688 + 1,213 + 3,494. Settled on the 25th: 2,688 + 4,707.6186.
    assert interest_of(InterestStep.PER_PERIOD)[0] == 7_396
    assert interest_of(InterestStep.PER_SEGMENT)[0] == 7_395
    assert interest_of(InterestStep.AT_SETTLEMENT)[0] == 2_688 + 4_708
    assert interest_of(InterestStep.AT_SETTLEMENT, interest_rounding=Rounding.FLOOR)[0] == 7_395
    # Carried: each row shows what the running sum rounds to, 7,395.82, 14,166.05, 20,936.29 ...
    sums = [round_fen(sum(parts) + month * place) for place in range(4)]
    carried = [sums[0], *(after - before for before, after in pairwise(sums))]
    assert interest_of(InterestStep.CARRIED) == carried == [7_396, 6_770, 6_770, 6_771]
    # Unrounded: each row shows its own, 6,770.235.
    assert interest_of(InterestStep.UNROUNDED) == [7_396, 6_770, 6_770, 6_770]


@pytest.mark.parametrize("method", [Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL])
def test_an_unrounded_plan_is_the_exact_one_shown_in_whole_fen(method: Method) -> None:
    terms = plain_terms(
        method=method,
        principal_fen=1_234_567,
        annual_rate=Decimal("0.0999"),
        interest_step=InterestStep.UNROUNDED,
    )
    rate, exact = Fraction("0.0999") / 12, Fraction(1_234_567)
    level = exact * rate / (1 - (1 + rate) ** -12)
    balance, shown = exact, list[tuple[int, int]]()
    for _ in range(12):
        interest = balance * rate
        principal = level - interest if method is Method.EQUAL_INSTALLMENT else exact / 12
        repaid = round_fen(balance) - round_fen(balance - principal)
        shown.append((repaid, round_fen(interest)))
        balance -= principal
    assert balance == 0
    rows = amortize(terms)
    assert [(row.principal_fen, row.interest_fen) for row in rows] == shown


def test_an_unrounded_plan_shows_a_spreadsheets_running_balance() -> None:
    """A sheet with full precision, its cells formatted to two decimals, as people check plans."""
    terms = plain_terms(interest_step=InterestStep.UNROUNDED)
    # PMT(1.2 %, 12, -10000) is 899.7543; after a month 9,220.2457 are left, after two 8,431.1343.
    balances = [1_000_000]
    for row in amortize(terms):
        balances.append(balances[-1] - row.principal_fen)
    rate = Decimal("0.012")
    level = Decimal(10_000) * rate / (1 - (1 + rate) ** -12)
    sheet, balance = [Decimal("10000.00")], Decimal(10_000)
    for _ in range(12):
        balance = balance * (1 + rate) - level
        sheet.append(balance)
    rounded = [int((one * 100).to_integral_value(rounding="ROUND_HALF_UP")) for one in sheet]
    assert balances == [abs(one) for one in rounded]
    assert balances[:3] == [1_000_000, 922_025, 843_113]


def test_an_exact_loan_that_puts_principal_off_goes_on_putting_it_off() -> None:
    life = loan(
        interest_step=InterestStep.UNROUNDED, moratorium=Moratorium.PRINCIPAL, moratorium_periods=2
    )
    life.paid(LENT, 200_000, Prepayment.REDUCE_INSTALLMENT)
    rows = life.on(LENT).rows
    assert [row.principal_fen - row.extra_principal_fen for row in rows] == [0, 0] + [100_000] * 10


def test_interest_that_is_settled_starts_anew_at_the_next_installment() -> None:
    steps = (InterestStep.AT_SETTLEMENT, InterestStep.PER_PERIOD)
    terms = [plain_terms(**ODD, interest_step=step, day_count=DayCount.ACT_365F) for step in steps]
    assert amortize(terms[0]) == amortize(terms[1])
