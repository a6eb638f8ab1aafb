"""What the service desk holds on a borrower."""

from app.foundation.holding import Held, Holding, held_by
from app.support.models import (
    TicketExtensionRow,
    TicketMessageRow,
    TicketRow,
    TicketVisitRow,
)

HOLDINGS = (
    Holding(
        section="tickets",
        model=TicketRow,
        columns=(
            "id",
            "category",
            "subcategory",
            "state",
            "loan_id",
            "opened_at",
            "answered_at",
            "assignee_name",
            "outcome",
            "score",
        ),
    ),
    Holding(
        section="ticket_messages",
        model=TicketMessageRow,
        within=("ticket_id", "tickets"),
        columns=("ticket_id", "number", "author", "staff_name", "text", "written_at"),
    ),
    Holding(
        section="ticket_extensions",
        model=TicketExtensionRow,
        within=("ticket_id", "tickets"),
        columns=("ticket_id", "kind", "days", "reason", "state", "asked_at"),
    ),
    Holding(
        section="ticket_visits",
        model=TicketVisitRow,
        columns=("ticket_id", "state", "staff_name", "due_at"),
    ),
)
"""Each table, with what of it is handed out."""


async def held_of(borrower_id: str) -> Held:
    """Return everything of a borrower that lives here."""
    return await held_by(borrower_id, HOLDINGS)
