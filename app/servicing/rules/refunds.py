"""Refunds in a loan's record: those that came back leave nothing of themselves behind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.loanmath.life import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundReversed(Event):
    """
    Money held did not reach the borrower, or came back: it is held as if it had never been given.

    The arithmetic never sees it. Together with the refund it undoes it is left out of the events
    that a loan is worked out from.
    """

    reverses: str
    amount_fen: int


REFUND_REVERSED = RefundReversed.__name__
"""The name under which it is recorded."""


def refund_reversal(recorded: Mapping[str, Any]) -> RefundReversed:
    """Return the reversal that was recorded."""
    return RefundReversed(
        id=recorded["id"],
        effective_on=date.fromisoformat(recorded["effective_on"]),
        recorded_at=datetime.fromisoformat(recorded["recorded_at"]),
        reverses=recorded["reverses"],
        amount_fen=recorded["amount_fen"],
    )


def standing(events: Iterable[Event]) -> list[Event]:
    """Return the events that a loan is worked out from, of all that were recorded."""
    recorded = list(events)
    undone = {event.reverses for event in recorded if isinstance(event, RefundReversed)}
    return [
        event
        for event in recorded
        if not isinstance(event, RefundReversed) and event.id not in undone
    ]
