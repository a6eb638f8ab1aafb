"""Facts of the service desk."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAnswered(Fact):
    """A member of staff answered a borrower's ticket."""

    ticket_id: str
    borrower_id: str
