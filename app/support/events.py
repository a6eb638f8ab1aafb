"""Facts of the service desk."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAnswered(Fact):
    """A member of staff answered a borrower's ticket."""

    ticket_id: str
    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintNearsDeadline(Fact):
    """A complaint must be answered within a few working days."""

    ticket_id: str
    due_on: str
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintEscalated(Fact):
    """A complaint's time ran short: a supervisor has it now."""

    ticket_id: str
    due_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintPassedDeadline(Fact):
    """A complaint was not answered by its deadline."""

    ticket_id: str
    due_on: str
