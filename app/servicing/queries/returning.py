"""Giving a loan back within the days its agreement grants: until when, and for how much."""

from dataclasses import dataclass
from datetime import date

from app.foundation.working_days import working_days
from app.loanmath.life.fold import free_of_charge
from app.loanmath.payoff import payoff
from app.servicing.queries.living import events_of, loan_row
from app.servicing.rules import CLOSED, LoanRef


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOffer:
    """
    What giving a loan back takes: principal alone, whatever the days have cost by then.

    What was repaid before counts as principal in full. `saves_fen` is what paying the loan off in
    the usual way would cost more that day.
    """

    until: date
    amount_fen: int
    saves_fen: int


async def return_offer(ref: LoanRef, on: date) -> ReturnOffer | None:
    """
    Return what gives a loan back on a day; None if its agreement grants that no more, or never did.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    row = await loan_row(ref)
    until = row.returnable_until
    if until is None or on > until or row.status in CLOSED:
        return None
    terms, events = row.signed().terms, await events_of(row.id)
    free = payoff(free_of_charge(terms), events, on, working_days())
    usual = payoff(terms, events, on, working_days())
    if free.amount_fen <= 0:
        return None
    saves_fen = usual.amount_fen - free.amount_fen
    return ReturnOffer(until=until, amount_fen=free.amount_fen, saves_fen=saves_fen)
