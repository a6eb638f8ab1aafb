"""A ticket's life, its clock, and who at the desk may do what."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from app.foundation.caller import StaffRole
from app.support.errors import TicketAnswered, TicketClosed, TicketNotAnswered, TooManyWait
from app.support.rules.complaints import Subcategory

__all__ = [
    "ANSWER_DAYS",
    "BORROWERS_PER_HOUR_MAX",
    "MATCHES_MAX",
    "MESSAGES_MAX",
    "NEXT",
    "OPEN_TICKETS_MAX",
    "PROPOSED_MAX",
    "READERS",
    "SCORES",
    "TEXT_MAX",
    "WAITING",
    "WRITERS",
    "Author",
    "Category",
    "Step",
    "Subcategory",
    "TicketState",
    "check_may_wait",
    "check_waits",
    "due_at",
    "next_state",
]

TEXT_MAX = 5_000
"""Characters in one message of a ticket."""

MESSAGES_MAX = 100
"""Messages in one ticket; a matter that long starts afresh."""

OPEN_TICKETS_MAX = 10
"""Tickets one borrower may have waiting at once."""

MATCHES_MAX = 20
"""Borrowers one search may show."""

BORROWERS_PER_HOUR_MAX = 120
"""Different borrowers one member of staff may look at in an hour; more is browsing."""

PROPOSED_MAX = 10
"""Lists, or news, of one member of staff that may wait for a second person at once."""

SCORES = range(1, 6)


class Category(StrEnum):
    """What a ticket is about."""

    QUESTION = "QUESTION"
    COMPLAINT = "COMPLAINT"
    HARDSHIP = "HARDSHIP"
    CORRECTION = "CORRECTION"
    TECHNICAL = "TECHNICAL"


class TicketState(StrEnum):
    """Where a ticket stands."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    REOPENED = "REOPENED"
    CLOSED = "CLOSED"


class Step(StrEnum):
    """What somebody does with a ticket."""

    ANSWER = "ANSWER"
    REPLY = "REPLY"
    CLOSE = "CLOSE"
    RATE = "RATE"
    REOPEN = "REOPEN"


class Author(StrEnum):
    """Which side wrote a message."""

    BORROWER = "BORROWER"
    STAFF = "STAFF"


NEXT: Mapping[tuple[TicketState, Step], TicketState] = {
    (TicketState.OPEN, Step.ANSWER): TicketState.ANSWERED,
    (TicketState.OPEN, Step.REPLY): TicketState.OPEN,
    (TicketState.ANSWERED, Step.ANSWER): TicketState.ANSWERED,
    (TicketState.ANSWERED, Step.REPLY): TicketState.REOPENED,
    (TicketState.ANSWERED, Step.CLOSE): TicketState.CLOSED,
    (TicketState.ANSWERED, Step.RATE): TicketState.ANSWERED,
    (TicketState.REOPENED, Step.ANSWER): TicketState.ANSWERED,
    (TicketState.REOPENED, Step.REPLY): TicketState.REOPENED,
    (TicketState.CLOSED, Step.RATE): TicketState.CLOSED,
    (TicketState.CLOSED, Step.REOPEN): TicketState.REOPENED,
}
"""Every step there is; what is not here is refused and changes nothing."""

ANSWER_DAYS: Mapping[Category, int] = {
    Category.QUESTION: 3,
    Category.HARDSHIP: 3,
    Category.TECHNICAL: 3,
    Category.CORRECTION: 15,
}
"""
Days in which we promise an answer. Our own figures; a complaint's are the law's and stand in the
policy data (`complaint_days`).
"""

WAITING = (TicketState.OPEN, TicketState.REOPENED)
"""The states in which it is our turn, and the clock runs."""

READERS = frozenset({StaffRole.AGENT, StaffRole.SUPERVISOR, StaffRole.AUDITOR})
WRITERS = frozenset({StaffRole.AGENT, StaffRole.SUPERVISOR})


def next_state(state: TicketState, step: Step) -> TicketState:
    """
    Return where a step leads.

    Raises:
        TicketClosed: The ticket is over.
        TicketNotAnswered: It can be closed or rated only once it is answered.
    """
    reached = NEXT.get((state, step))
    if reached is not None:
        return reached
    raise TicketClosed if state is TicketState.CLOSED else TicketNotAnswered


def check_waits(state: TicketState) -> None:
    """
    Check that a ticket waits for us.

    Raises:
        TicketClosed: The ticket is over.
        TicketAnswered: It waits for the borrower.
    """
    if state not in WAITING:
        raise TicketClosed if state is TicketState.CLOSED else TicketAnswered


def check_may_wait(waiting: int) -> None:
    """
    Check that one person may propose another thing at the desk that a second one decides.

    Raises:
        TooManyWait: As many wait as may.
    """
    if waiting >= PROPOSED_MAX:
        raise TooManyWait(PROPOSED_MAX)


def due_at(since: datetime, days: int) -> datetime:
    """Return when an answer is due: so many calendar days after, at the same hour."""
    return since + timedelta(days=days)
