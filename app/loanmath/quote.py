"""A plan with its totals and annualized rates as plain values, from options a person types."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.loanmath.agreed import agreed_plan, lent_of
from app.loanmath.apr.of_terms import AnnualRates, DailyReadings, daily_readings, rates_of
from app.loanmath.calendar import WorkingDays
from app.loanmath.document import daily_rate_of, events_of, terms_of, working_days_of
from app.loanmath.errors import NoRate, SeveralRates
from app.loanmath.life.events import Event
from app.loanmath.life.fold import fold
from app.loanmath.life.line import published_day
from app.loanmath.life.state import LoanState
from app.loanmath.record import Json, state_as_json, terms_as_json, value_as_json
from app.loanmath.schedule.plan import Installment
from app.loanmath.schedule.terms import Terms


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """
    One line of a quote.

    Attributes:
        number: Its place, from 1.
        due_on: The nominal due date.
        payable_on: The due date seen through the working days.
        principal_fen: The principal in it.
        interest_fen: The interest in it.
        fee_fen: The fees in it.
        total_fen: All three.
        balance_fen: The principal lent by then and left after it.
    """

    number: int
    due_on: date
    payable_on: date
    principal_fen: int
    interest_fen: int
    fee_fen: int
    total_fen: int
    balance_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """
    What a loan costs, whole.

    Attributes:
        terms: The terms it is for.
        rows: The plan.
        interest_fen: All interest.
        fee_fen: All fees.
        total_fen: Everything the borrower pays.
        rates: The four annualized rates; None where the flows have no rate, or several.
        daily: The year of the daily rate under its three readings, where one was given.
    """

    terms: Terms
    rows: tuple[QuoteRow, ...]
    interest_fen: int
    fee_fen: int
    total_fen: int
    rates: AnnualRates | None
    daily: DailyReadings | None = None

    def as_json(self) -> dict[str, Json]:
        """Return the quote for a machine: whole fen, decimal strings, ISO dates."""
        return {
            "terms": terms_as_json(self.terms),
            "rows": [value_as_json(row) for row in self.rows],
            "totals": {
                "principal_fen": self.terms.principal_fen,
                "interest_fen": self.interest_fen,
                "fee_fen": self.fee_fen,
                "total_fen": self.total_fen,
            },
            "annual_rates": value_as_json(self.rates) if self.rates else None,
            "daily_readings": value_as_json(self.daily) if self.daily else None,
        }


def quote(
    terms: Terms, daily_rate: Decimal | None = None, working: WorkingDays | None = None
) -> Quote:
    """
    Return the plan of the terms, its totals and its annualized rates.

    Args:
        terms: What is to be signed.
        daily_rate: The daily rate they were made from, if that is to be read as a year's.
        working: The working days, where the terms move due dates off the others.

    Raises:
        TermsRefused: The terms make no plan.
        CalendarMissing: The terms need working days and none were handed in.
        YearUnpublished: A due date lies in a year whose working days are not published.
    """
    plan = agreed_plan(terms)
    flows = [(drawdown.on, drawdown.amount_fen) for drawdown in lent_of(terms)]
    flows += [(row.due_on, -row.total_fen) for row in plan if row.total_fen]
    try:
        annual = rates_of(flows)
    except (NoRate, SeveralRates):
        annual = None
    return Quote(
        terms=terms,
        rows=tuple(_rows(terms, plan, working)),
        interest_fen=sum(row.interest_fen for row in plan),
        fee_fen=sum(row.fee_fen for row in plan),
        total_fen=sum(row.total_fen for row in plan),
        rates=annual,
        daily=None if daily_rate is None else daily_readings(daily_rate),
    )


def _rows(
    terms: Terms, plan: Sequence[Installment], working: WorkingDays | None
) -> Iterator[QuoteRow]:
    repaid_fen = 0
    for row in plan:
        repaid_fen += row.principal_fen
        lent_fen = sum(one.amount_fen for one in lent_of(terms) if one.on <= row.due_on)
        yield QuoteRow(
            number=row.number,
            due_on=row.due_on,
            payable_on=published_day(terms, row.due_on, working),
            principal_fen=row.principal_fen,
            interest_fen=row.interest_fen,
            fee_fen=row.fee_fen,
            total_fen=row.total_fen,
            balance_fen=lent_fen - repaid_fen,
        )


def quote_of(document: Mapping[str, object], working: WorkingDays | None = None) -> Quote:
    """
    Return the quote for terms as a person writes them; see `app.loanmath.document`.

    Working days that the document lists come before those handed in.

    Raises:
        TermsRefused: A field is unknown, missing or wrong, or the terms make no plan.
        YearUnpublished: A due date lies in a year whose working days are not published.
    """
    terms, daily_rate = terms_of(document), daily_rate_of(document)
    return quote(terms, daily_rate, working_days_of(document) or working)


def replay(
    document: Mapping[str, object],
    events: Sequence[object],
    on: date,
    working: WorkingDays | None = None,
) -> LoanState:
    """
    Follow a life written by hand to a date; see `app.loanmath.document`.

    Where the document does not say when the money goes out, the first event does.

    Raises:
        TermsRefused: A term is wrong.
        EventRefused: An event is wrong, or cannot happen to this loan.
    """
    terms, read, on = life_of(document, events, on)
    return fold(terms, read, on, working_days_of(document) or working)


def life_of(
    document: Mapping[str, object], events: Sequence[object], on: date
) -> tuple[Terms, list[Event], date]:
    """Read a life written by hand: its terms, what happened, and the date; see `replay`."""
    read = events_of(events)
    first = min((event.effective_on for event in read), default=on)
    return terms_of({"disbursed_on": first.isoformat(), **document}), read, on


def replay_as_json(state: LoanState) -> dict[str, Json]:
    """Return a replayed state for a machine."""
    return state_as_json(state)
