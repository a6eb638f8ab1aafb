"""What closes a loan today."""

from datetime import date
from decimal import Decimal

from app.loanmath.life import DueKind, LoanStatus
from app.loanmath.payoff import payoff
from app.loanmath.schedule import Fee, FeeTiming, Method, Prepayment
from app.loanmath.waterfall import Direction, Waterfall
from tests.loanmath.lives import lent, plain_terms, split


def test_a_payoff_names_its_parts() -> None:
    life = lent()
    quoted = payoff(life.terms, life.events, date(2026, 3, 1))
    assert quoted.principal_fen == 1_000_000
    assert quoted.interest_fen == 12_000 + 5_532  # the first row's, and 14 of 28 days
    assert quoted.penalty_fen == 515
    assert quoted.fee_fen == 0
    assert quoted.amount_fen == 1_018_047


def test_money_held_is_taken_off_the_payoff() -> None:
    life = lent(plain_terms(prepayment=Prepayment.HOLD))
    life.paid(date(2026, 1, 15), 300_000)
    assert payoff(life.terms, life.events, date(2026, 1, 15)).amount_fen == 700_000


def test_a_closed_loan_needs_nothing() -> None:
    life = lent()
    life.paid(date(2026, 1, 15), 1_000_000)
    assert payoff(life.terms, life.events, date(2026, 8, 15)).amount_fen == 0


def test_what_goes_back_may_be_needed_for_dues() -> None:
    # Fees come first of all: 400 yuan were paid of the last installment's, which an end at once
    # does not ask. Of 2,100 yuan two thousand are overdue by then.
    terms = plain_terms(
        method=Method.SEASONAL,
        season_weights=(10, 10, 1),
        principal_fen=210_000,
        annual_rate=Decimal(0),
        count=3,
        fees=(Fee(code="service", timing=FeeTiming.LAST, amount_fen=50_000),),
        waterfall=Waterfall.of_kinds(DueKind.PRINCIPAL, direction=Direction.HORIZONTAL),
    )
    life, day = lent(terms), date(2026, 3, 20)
    ahead = life.paid(date(2026, 1, 15), 40_000, Prepayment.PAY_NEXT)
    assert split(life.on(day), ahead) == [(3, DueKind.FEE, 40_000)]
    assert life.on(day).due_now_fen == 200_000
    assert life.pay_off(day) == 210_000 - 40_000
    closed = life.on(day)
    assert (closed.status, closed.unapplied_fen) == (LoanStatus.CLOSED_PAID, 0)
    assert sum(row.paid_fee_fen for row in closed.rows) == 0


def test_a_payment_short_of_that_pays_dues_alone() -> None:
    terms = plain_terms(
        method=Method.SEASONAL,
        season_weights=(10, 10, 1),
        principal_fen=210_000,
        annual_rate=Decimal(0),
        count=3,
        fees=(Fee(code="service", timing=FeeTiming.LAST, amount_fen=50_000),),
        waterfall=Waterfall.of_kinds(DueKind.PRINCIPAL, direction=Direction.HORIZONTAL),
    )
    life, day = lent(terms), date(2026, 3, 20)
    life.paid(date(2026, 1, 15), 40_000, Prepayment.PAY_NEXT)
    life.paid(day, 169_999)
    assert (life.on(day).due_now_fen, life.on(day).payoff_fen) == (30_001, 1)
