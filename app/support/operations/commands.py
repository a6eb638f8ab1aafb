"""What borrowers and the desk do about tickets; free text never shows in a repr."""

from dataclasses import dataclass, field

from app.support.rules import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTicket:
    """Bring something up; the text is the borrower's own words."""

    caller_id: str
    category: Category
    text: str = field(repr=False)
    loan_id: str | None
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTicket:
    """Write down what a borrower brought up by phone or in person, in their words or ours."""

    caller_id: str
    borrower_id: str
    category: Category
    text: str = field(repr=False)
    loan_id: str | None
    idempotency_key: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTicket:
    """Answer a borrower's ticket."""

    caller_id: str
    ticket_id: str
    text: str = field(repr=False)
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseTicket:
    """End a ticket that has been answered."""

    caller_id: str
    ticket_id: str
    idempotency_key: str
