"""Short ways to write a loan's life down by hand."""

import os
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TypeVar

from hypothesis import settings

from app.loanmath.calendar import WorkingDays
from app.loanmath.life import (
    Disbursed,
    DueKind,
    Event,
    LoanState,
    RepaymentReceived,
    fold,
)
from app.loanmath.life.fold import UNDOING
from app.loanmath.payoff import Payoff, payoff
from app.loanmath.schedule import Drawdown, Method, Prepayment, Terms

LENT_ON = date(2026, 1, 31)

EXAMPLES = int(os.environ.get("QINGMIAO_EXAMPLES", "0"))
"""How many random loans each law is tried on; 0 leaves the number each law names."""

SomeEvent = TypeVar("SomeEvent", bound=Event)


def examples(number: int) -> settings:
    """Try a law on so many random cases, or on as many as the environment asks for."""
    return settings(max_examples=EXAMPLES or number, deadline=None)


def plain_terms(**changes: object) -> Terms:
    """Write plain terms: 10,000 yuan over 12 months at 14.4 %; say only what matters."""
    fields: dict[str, object] = {
        "principal_fen": 1_000_000,
        "annual_rate": Decimal("0.144"),
        "method": Method.EQUAL_INSTALLMENT,
        "disbursed_on": date(2026, 1, 15),
        "count": 12,
        **changes,
    }
    return Terms(**fields)  # pyright: ignore[reportArgumentType]


class Life:
    """Writes events one after the other, each recorded after the one before."""

    def __init__(self, terms: Terms, working: WorkingDays | None = None) -> None:
        self.terms = terms
        self.working = working
        self.events: list[Event] = []
        self._places = count(1)

    def __repr__(self) -> str:
        said = [
            f"{field.name}={value!r}"
            for field in fields(self.terms)
            if (value := getattr(self.terms, field.name)) != field.default
        ]
        events = "\n  ".join(map(repr, sorted(self.events, key=lambda one: one.effective_on)))
        return f"{', '.join(said)}\n  {events}\n  {self.working!r}"

    def add(self, kind: Callable[..., SomeEvent], on: date, /, **fields: object) -> SomeEvent:
        """Write an event that takes effect on a day."""
        place = next(self._places)
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=place)
        event = kind(id=f"e{place}", effective_on=on, recorded_at=at, **fields)
        self.events.append(event)
        return event

    def lent(self) -> "Life":
        """Write the disbursements the terms say."""
        terms = self.terms
        agreed = terms.drawdowns or (Drawdown(terms.disbursed_on, terms.principal_fen),)
        for drawdown in agreed:
            self.add(Disbursed, drawdown.on, amount_fen=drawdown.amount_fen)
        return self

    def paid(
        self, on: date, amount_fen: int, prepayment: Prepayment | None = None
    ) -> RepaymentReceived:
        """Write a repayment."""
        return self.add(RepaymentReceived, on, amount_fen=amount_fen, prepayment=prepayment)

    def on(self, day: date) -> LoanState:
        """Fold it to a day."""
        return fold(self.terms, self.events, day, self.working)

    def payoff_on(self, day: date) -> Payoff:
        """Quote what closes it on a day."""
        return payoff(self.terms, self.events, day, self.working)

    def until(self, day: date) -> "Life":
        """Forget what takes effect later; what undoes a repayment has no day."""
        known = {event.id for event in self.events if event.effective_on <= day}
        self.events = [
            event
            for event in self.events
            if (event.reverses in known if isinstance(event, UNDOING) else event.id in known)
        ]
        return self

    def pay_dues(self, day: date) -> int:
        """Write a repayment of all that is due on a day, if anything is; return how much it is."""
        due_fen = self.on(day).due_now_fen
        if due_fen:
            self.paid(day, due_fen)
        return due_fen

    def pay_off(self, day: date) -> int:
        """Write a repayment of all that closes it on a day; return how much it is."""
        amount_fen = self.payoff_on(day).amount_fen
        self.paid(day, amount_fen)
        return amount_fen


def lent(terms: Terms | None = None) -> Life:
    """Begin the life of a loan by its disbursement."""
    return Life(terms or plain_terms()).lent()


def split(state: LoanState, event: Event) -> list[tuple[int, DueKind, int]]:
    """Say where a repayment went: installment, kind of due, amount."""
    return [
        (part.installment_number, part.kind, part.amount_fen)
        for part in state.allocations
        if part.event_id == event.id
    ]
