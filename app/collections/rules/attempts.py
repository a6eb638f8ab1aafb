"""What came of a contact, and what a borrower may say about it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.collections.rules.cases import CaseStep
from app.collections.rules.permits import ContactChannel, ContactPurpose

NOTE_MAX = 300
"""Characters of a note; what is long belongs into a ticket."""


class ContactOutcome(StrEnum):
    """What came of it."""

    SENT = "SENT"
    """A message or letter went out."""
    REACHED = "REACHED"
    NO_ANSWER = "NO_ANSWER"
    WRONG_PERSON = "WRONG_PERSON"
    """Somebody else answered; nothing was said about money, and the number rests."""
    REFUSED = "REFUSED"
    """They do not want to talk about it."""
    PROMISED = "PROMISED"
    ASKED_FOR_HARDSHIP = "ASKED_FOR_HARDSHIP"
    DISPUTED = "DISPUTED"
    """They say that the money is not owed, or not as much."""


EFFECTIVE = frozenset(ContactOutcome) - {ContactOutcome.SENT, ContactOutcome.NO_ANSWER}
"""Somebody answered: whatever was said, it counts towards the day."""

HEARD = frozenset(ContactOutcome) - {ContactOutcome.NO_ANSWER, ContactOutcome.WRONG_PERSON}
"""The borrower themselves heard or read what was to be said."""

WRITTEN = frozenset({ContactChannel.SMS, ContactChannel.PUSH, ContactChannel.LETTER})

STEPS = {
    ContactOutcome.PROMISED: CaseStep.PROMISE,
    ContactOutcome.ASKED_FOR_HARDSHIP: CaseStep.ASK_RELIEF,
}
"""Where a case goes on by an outcome; all others are work on it."""


def fits(channel: ContactChannel, outcome: ContactOutcome) -> bool:
    """Tell whether an outcome is one that a channel can have: what is written is sent."""
    return (channel in WRITTEN) == (outcome is ContactOutcome.SENT)


class ContestReason(StrEnum):
    """What a borrower says was wrong about a contact."""

    NOT_CONTACTED = "NOT_CONTACTED"
    OUT_OF_HOURS = "OUT_OF_HOURS"
    TOO_OFTEN = "TOO_OFTEN"
    RUDE = "RUDE"
    TOLD_OTHERS = "TOLD_OTHERS"
    WRONG_DEBT = "WRONG_DEBT"
    """The money is not owed, or not as much."""
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One contact, as staff and the borrower see it."""

    attempt_id: str
    borrower_id: str
    case_id: str
    loan_id: str
    permit_id: str
    channel: ContactChannel
    purpose: ContactPurpose
    outcome: ContactOutcome
    by_staff: str | None
    agency: str | None
    note: str | None = field(repr=False)
    began_at: datetime
    recorded_at: datetime
    contested_at: datetime | None
    contested_why: ContestReason | None
