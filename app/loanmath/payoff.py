"""What closes a loan today."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.loanmath.calendar import WorkingDays
from app.loanmath.life.events import Event
from app.loanmath.life.fold import book_on
from app.loanmath.schedule.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Payoff:
    """
    The sum that closes a loan on a day.

    The five parts are what is owed; `amount_fen` is what to pay: their sum less the money held and
    less `unearned_fen`, which was paid ahead for days that closing now leaves out.
    """

    amount_fen: int
    principal_fen: int
    interest_fen: int
    fee_fen: int
    cost_fen: int
    penalty_fen: int
    unearned_fen: int


def payoff(
    terms: Terms, events: Iterable[Event], on: date, working: WorkingDays | None = None
) -> Payoff:
    """
    Return what, paid on this day after everything else that day, leaves exactly nothing owed.

    Raises:
        EventRefused: The events make no life of this loan.
    """
    owed = book_on(terms, events, on, working).owed_to_close(on)
    return Payoff(
        amount_fen=owed.to_pay_fen,
        principal_fen=owed.principal_fen,
        interest_fen=owed.interest_fen,
        fee_fen=owed.fee_fen,
        cost_fen=owed.cost_fen,
        penalty_fen=owed.penalty_fen,
        unearned_fen=owed.unearned_fen,
    )
