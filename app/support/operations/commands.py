"""What borrowers and the desk do about tickets; free text never shows in a repr."""

from dataclasses import dataclass, field

from app.support.rules import Category
from app.support.rules.complaints import (
    Extension,
    Outcome,
    RootCause,
    Subcategory,
    VisitState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTicket:
    """Bring something up; the text is the borrower's own words."""

    caller_id: str
    category: Category
    text: str = field(repr=False)
    loan_id: str | None
    idempotency_key: str
    subcategory: Subcategory | None = None
    about_ticket_id: str | None = None
    """The ticket whose answer is complained about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTicket:
    """Write down what a borrower brought up by phone or in person, in their words or ours."""

    caller_id: str
    borrower_id: str
    category: Category
    text: str = field(repr=False)
    loan_id: str | None
    idempotency_key: str
    subcategory: Subcategory | None = None
    about_ticket_id: str | None = None
    """The ticket whose answer is complained about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToTicket:
    """Write more in one's own ticket."""

    caller_id: str
    ticket_id: str
    text: str = field(repr=False)
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTicket:
    """Say how well a ticket was answered: 1 is bad, 5 is good; the last word counts."""

    caller_id: str
    ticket_id: str
    score: int
    idempotency_key: str
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTicket:
    """Answer a borrower's ticket."""

    caller_id: str
    ticket_id: str
    text: str = field(repr=False)
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseTicket:
    """End a ticket that has been answered; a complaint with what it was about and why."""

    caller_id: str
    ticket_id: str
    idempotency_key: str
    subcategory: Subcategory | None = None
    outcome: Outcome | None = None
    root_cause: RootCause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeTicket:
    """Take a ticket that waits."""

    caller_id: str
    ticket_id: str
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignTicket:
    """Give a ticket that waits to a member of staff."""

    caller_id: str
    ticket_id: str
    staff_id: str
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendTicket:
    """Take more time for a complaint; the borrower reads why."""

    caller_id: str
    ticket_id: str
    kind: Extension
    reason: str = field(repr=False)
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideExtension:
    """Grant or refuse the longest extension that somebody else asked for."""

    caller_id: str
    extension_id: str
    is_granted: bool
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVisit:
    """Say what a borrower answered when asked whether their complaint is really settled."""

    caller_id: str
    visit_id: str
    state: VisitState
    text: str | None = field(repr=False)
    """What they said, which they read in their ticket; none where nothing is to be added."""
    idempotency_key: str
