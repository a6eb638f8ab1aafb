"""The arithmetic's own speed: plans, long lives, and loans made again from their records."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import TypedDict

import orjson

from app.commands.benches.measuring import Work
from app.loanmath.life import Disbursed, Event, RepaymentReceived, RepaymentReversed, fold
from app.loanmath.record import event_as_json, event_from_json, terms_as_json, terms_from_json
from app.loanmath.schedule import Method, Prepayment, Terms, amortize
from app.servicing.rules import OWN_BOOK, Funder, LoanRef, Signed, project

LOANS_GOAL = 100_000
"""The portfolio that the goal of 1,000 loans a second is about."""

CHUNK = 1_000
"""How many loans are written down at a time, so that any number needs the same memory."""

_LENT_ON = date(2026, 1, 15)
_METHODS = (Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL, Method.EQUAL_INSTALLMENT, Method.FLAT)
_FUNDERS = (Funder(code=OWN_BOOK, share=Decimal(1)),)

Record = tuple[bytes, tuple[bytes, ...], date]
"""A loan as it is kept: its terms, its events, and the day up to which it was worked out."""


class _Stamp(TypedDict):
    id: str
    effective_on: date
    recorded_at: datetime


def works(loans: int) -> list[Work]:
    """Return what is measured; the rebuild takes so many loans at a time."""
    long = terms_of(36)
    end = _LENT_ON + timedelta(days=1_080)
    records = [record_of(number) for number in range(loans)]
    return [
        Work(
            name="plan_36",
            what="a plan of 36 rows",
            do=partial(amortize, long),
            most_ms=1.0,
        ),
        Work(name="plan_360", what="a plan of 360 rows", do=partial(amortize, terms_of(360))),
        Work(
            name="life_late",
            what="a life of 100 repayments, late and in part",
            do=partial(fold, long, _often(8_000), end),
            most_ms=5.0,
        ),
        Work(
            name="life_ahead",
            what="a life of 100 repayments, each ahead of plan",
            do=partial(fold, long, _often(14_000), end),
            most_ms=5.0,
        ),
        Work(
            name="life_prepaid",
            what="a life of 100 repayments that each lower the installments",
            do=partial(fold, long, _often(14_000, Prepayment.REDUCE_INSTALLMENT), end),
            most_ms=5.0,
        ),
        Work(
            name="rebuild",
            what="a loan of 12 to 24 rows and 10 events, from its record",
            do=partial(rebuild, records),
            most_ms=1.0,
            units=len(records),
        ),
    ]


def rebuild(records: list[Record]) -> None:
    """Make the figures and installments of loans again from what is kept of them."""
    for terms, events, on in records:
        signed = Signed(
            ref=LoanRef(borrower_id="br00000bench0000", loan_id="ln00000bench0000"),
            terms=terms_from_json(orjson.loads(terms)),
            funders=_FUNDERS,
        )
        happened = [event_from_json(orjson.loads(event)) for event in events]
        projection = project(signed, happened, on, None)
        assert projection.figures.as_columns(), "every loan has figures"


def record_of(number: int) -> Record:
    """
    Write down an ordinary loan, the same for the same number.

    It has 12 to 24 rows and 10 events: repayments on the day, early, late or in part, one of them
    undone. Half of the loans are looked at on a day after the last event, the others later still.
    """
    terms = terms_of(
        12 + number % 13,
        principal_fen=300_000 + number * 7_919 % 4_700_000,
        method=_METHODS[number % len(_METHODS)],
    )
    events = [_lent(terms)]
    for line in amortize(terms)[:8]:
        shift = (0, 0, -2, 0, 5, 0, 1, 12)[(number + line.number) % 8]
        amount_fen = line.total_fen if (number + line.number) % 9 else line.total_fen // 2 + 1
        events.append(_repaid(len(events), line.due_on + timedelta(days=shift), amount_fen))
    undone = events[1 + number % 8]
    stamp = _stamp(len(events), undone.effective_on + timedelta(days=4))
    events.append(RepaymentReversed(**stamp, reverses=undone.id))
    on = max(event.effective_on for event in events) + timedelta(days=number % 2 * 40)
    return (
        orjson.dumps(terms_as_json(terms)),
        tuple(orjson.dumps(event_as_json(event)) for event in events),
        on,
    )


def terms_of(
    count: int, *, principal_fen: int = 1_000_000, method: Method = Method.EQUAL_INSTALLMENT
) -> Terms:
    """Return plain terms at 14.4 % a year."""
    return Terms(
        principal_fen=principal_fen,
        annual_rate=Decimal("0.144"),
        method=method,
        disbursed_on=_LENT_ON,
        count=count,
    )


def _often(amount_fen: int, prepayment: Prepayment | None = None) -> list[Event]:
    """Lend, then pay a hundred times, every nine days."""
    return [
        _lent(terms_of(36)),
        *(
            _repaid(number, _LENT_ON + timedelta(days=number * 9 - 5), amount_fen, prepayment)
            for number in range(1, 101)
        ),
    ]


def _lent(terms: Terms) -> Event:
    return Disbursed(**_stamp(0, terms.disbursed_on), amount_fen=terms.principal_fen)


def _repaid(
    number: int, day: date, amount_fen: int, prepayment: Prepayment | None = None
) -> RepaymentReceived:
    return RepaymentReceived(**_stamp(number, day), amount_fen=amount_fen, prepayment=prepayment)


def _stamp(number: int, day: date) -> _Stamp:
    return {
        "id": f"ev{number:014d}",
        "effective_on": day,
        "recorded_at": datetime.combine(day, time(8, 0), UTC) + timedelta(seconds=number),
    }
