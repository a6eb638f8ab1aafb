"""Which arrangements a borrower can choose from when paying has become hard; nothing is changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.catalog.queries import policy_book
from app.catalog.rules.policy import PolicyBook
from app.foundation.errors import InvalidInput
from app.foundation.working_days import working_days
from app.loanmath.life import Event
from app.servicing.models import LoanRow
from app.servicing.queries.living import events_of, loan_row
from app.servicing.rules import LoanRef
from app.servicing.rules.hardship import (
    HardshipPolicy,
    Option,
    ReliefKind,
    Situation,
    Wish,
    options,
)

MONTHLY_MAX_FEN = 100_000_000
"""One million yuan; who can pay more each month is not in hardship."""

AHEAD_DAYS_MAX = 731
"""How far ahead a borrower can say that they will pay again."""

MONTHS_OF_YEAR = range(1, 13)


@dataclass(frozen=True, slots=True, kw_only=True)
class HardshipOffer:
    """
    What a borrower may choose from, and what they compare it with.

    Amounts are of the plan as it is: everything still to be paid less money held, and its last due
    date. No option may mean that there is nothing to arrange: see the loan's status.
    """

    loan: LoanRef
    on: date
    to_pay_fen: int
    ends_on: date
    days_past_due: int
    options: tuple[Option, ...]


async def hardship_offer(ref: LoanRef, wish: Wish, on: date) -> HardshipOffer:
    """
    Return the arrangements that fit what a borrower can pay, the best fit first, at most five.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
        InvalidInput: The wish says something that cannot be.
        CalendarUnpublished: A due date has come whose year's working days are not published.
    """
    _check_wish(wish, on)
    row = await loan_row(ref)
    situation = situation_of(row, await events_of(row.id), on)
    figures = situation.now.figures
    return HardshipOffer(
        loan=ref,
        on=situation.on,
        to_pay_fen=figures.balance_fen - figures.unapplied_fen,
        ends_on=figures.closes_on,
        days_past_due=situation.now.state.days_past_due,
        options=options(situation, await hardship_policy(on), wish),
    )


def situation_of(row: LoanRow, events: Sequence[Event], on: date) -> Situation:
    """
    Work a loan out as arrangements start from it.

    Raises:
        CalendarUnpublished: A due date has come whose year's working days are not published.
    """
    return Situation.of(row.signed(), events, max(on, row.as_of), working_days())


async def hardship_policy(on: date) -> HardshipPolicy:
    """Return the bounds in force on a day."""
    book = await policy_book(on)
    return HardshipPolicy(
        options_max=book.whole("hardship_options_max"),
        periods_max=_by_kind(book, "hardship_periods_max"),
        periods_at_once=_by_kind(book, "hardship_periods_at_once"),
        stretch_steps=tuple(int(step) for step in book.words("hardship_stretch_steps")),
        catch_up_steps=tuple(int(step) for step in book.words("hardship_catch_up_steps")),
        months_between=book.whole("hardship_months_between"),
        days_past_due_at_once=book.whole("hardship_days_past_due_at_once"),
        penalty_waived_at_once_fen=book.whole("hardship_penalty_waived_at_once_fen"),
        loan_months_max=book.whole("hardship_loan_months_max"),
        short_loan_months=book.whole("hardship_short_loan_months"),
    )


def _by_kind(book: PolicyBook, name: str) -> dict[ReliefKind, int]:
    table = book.table(name)
    return {kind: int(table[kind.value]) for kind in ReliefKind}


def _check_wish(wish: Wish, on: date) -> None:
    if wish.monthly_fen is not None and not 1 <= wish.monthly_fen <= MONTHLY_MAX_FEN:
        raise InvalidInput("wish.monthly", "servicing.reason.monthly", most_fen=MONTHLY_MAX_FEN)
    if wish.from_on is not None and not 0 <= (wish.from_on - on).days <= AHEAD_DAYS_MAX:
        raise InvalidInput("wish.from", "servicing.reason.from_day")
    if wish.harvest_month is not None and wish.harvest_month not in MONTHS_OF_YEAR:
        raise InvalidInput("wish.harvestMonth", "servicing.reason.harvest_month")
