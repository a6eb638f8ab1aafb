"""What closes a loan today."""

from datetime import date

from app.loanmath.payoff import payoff
from app.loanmath.schedule import Prepayment
from tests.loanmath.lives import lent, plain_terms


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
