"""Promises to pay: kept or broken by what came in, and nothing else; breaking one costs nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.foundation.errors import InvalidInput
from app.loanmath.life import ChargebackReceived, Event, RepaymentReceived, RepaymentReversed


class PromiseState(StrEnum):
    """Where a promise stands."""

    OPEN = "OPEN"
    KEPT = "KEPT"
    BROKEN = "BROKEN"
    CHANGED = "CHANGED"
    """Another day or amount took its place, or nothing is past due any more by other ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """What the borrower said they would pay by a day."""

    amount_fen: int
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """So much by a day."""

    promise_id: str
    case_id: str
    loan_id: str
    borrower_id: str
    amount_fen: int
    due_on: date
    made_at: datetime
    state: PromiseState


def check_promise(said: Promised, *, today: date, days_max: int, at: str = "input") -> None:
    """
    Check what is said of a promise by itself, however its loan stands; `at` is where it was said.

    Raises:
        InvalidInput: It is of nothing, or not within the days to come.
    """
    if said.amount_fen < 1:
        raise InvalidInput(f"{at}.amount", "collections.reason.amount_least")
    latest = today + timedelta(days=days_max)
    if not today <= said.due_on <= latest:
        raise InvalidInput(f"{at}.dueOn", "collections.reason.due_on", latest=latest)


def check_is_late(*, amount_fen: int, overdue_fen: int, at: str = "input") -> None:
    """
    Check that no more is promised than is late.

    Raises:
        InvalidInput: It is more.
    """
    if amount_fen > overdue_fen:
        raise InvalidInput(f"{at}.amount", "collections.reason.amount", most_fen=overdue_fen)


def settled(promise: Promise, received_fen: int, today: date) -> PromiseState:
    """
    Return how a promise stands on a business day, by what was received for it so far.

    It is broken only once its whole day is over.
    """
    if promise.state is not PromiseState.OPEN:
        return promise.state
    if received_fen >= promise.amount_fen:
        return PromiseState.KEPT
    return PromiseState.BROKEN if today > promise.due_on else PromiseState.OPEN


def received_fen(promise: Promise, events: Iterable[Event]) -> int:
    """Return what was repaid after the promise and by its day, less what was taken back."""
    received: dict[str, int] = {}
    for event in events:
        match event:
            case RepaymentReceived() if (
                event.effective_on <= promise.due_on and event.recorded_at > promise.made_at
            ):
                received[event.id] = event.amount_fen
            case RepaymentReversed() | ChargebackReceived():
                _ = received.pop(event.reverses, None)
            case _:
                pass
    return sum(received.values())
