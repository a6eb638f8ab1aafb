"""What a phone sees of its tickets."""

from datetime import datetime

import strawberry

from app.foundation.graphql import Info, Node, id_or_none
from app.foundation.text import text
from app.origination import queries as origination
from app.origination.graphql.pictures import ApplicationDocument
from app.support import queries
from app.support.graphql.words import (
    ComplaintOutcome,
    RouteKind,
    TicketAuthor,
    TicketCategory,
    TicketStanding,
    TicketSubcategory,
)


@strawberry.type(description="One message in a ticket.")
class TicketMessage:
    """A message."""

    id: strawberry.ID = strawberry.field(description="Opaque; unique among all messages.")
    author: TicketAuthor = strawberry.field(description="Which side wrote it.")
    staff_name: str | None = strawberry.field(
        description="The work name of the member of staff; null for the borrower's own words."
    )
    text: str | None = strawberry.field(
        description="What was written; plain text, line breaks included. Null to a borrower whose"
        " session is bound to a device where a Proof header is missing."
    )
    written_at: datetime = strawberry.field(description="When.")

    @classmethod
    def of(
        cls, message: queries.TicketMessage, *, sees_all: bool, language: str
    ) -> "TicketMessage":
        """Show a message; of somebody forgotten, that what was written is deleted."""
        words = message.text
        if words is None:
            words = text("foundation.refusal.DATA_DELETED", language)
        return cls(
            id=strawberry.ID(message.message_id),
            author=TicketAuthor(message.author.value),
            staff_name=message.staff_name,
            text=words if sees_all else None,
            written_at=message.written_at,
        )


@strawberry.type(description="Where else a borrower can turn who is not content with us.")
class ComplaintRoute:
    """A route."""

    kind: RouteKind = strawberry.field(description="Which one; choose the icon by this.")
    name: str = strawberry.field(description="Whose line it is, in the caller's language.")
    phone: str = strawberry.field(description="The number to call.")
    how: str = strawberry.field(description="What to say there, in the caller's language.")

    @classmethod
    def of(cls, info: Info, route: queries.Route) -> "ComplaintRoute":
        """Show a route."""
        return cls(
            kind=RouteKind(route.code.upper()),
            name=info.context.text(f"support.elsewhere.{route.code}"),
            phone=route.phone,
            how=info.context.text(f"support.elsewhere.{route.code}_how", phone=route.phone),
        )


@strawberry.type(description="Something the borrower has brought up with us.")
class Ticket(Node):
    """A ticket of the caller's."""

    category: TicketCategory = strawberry.field(description="What it is about.")
    state: TicketStanding = strawberry.field(description="Where it stands.")
    loan_id: strawberry.ID | None = strawberry.field(description="The loan it is about, if any.")
    opened_at: datetime = strawberry.field(description="When it was opened.")
    answer_due_at: datetime | None = strawberry.field(
        description="Until when we answer; null while it is not our turn."
    )
    answered_at: datetime | None = strawberry.field(
        description="When we last answered; null before the first answer."
    )
    closed_at: datetime | None = strawberry.field(description="When it was closed, if it was.")
    score: int | None = strawberry.field(
        description="The borrower's rating, 1 (bad) to 5 (good); null if not rated."
    )
    subcategory: TicketSubcategory | None = strawberry.field(
        description="What a complaint is about; null if nobody said."
    )
    assignee_name: str | None = strawberry.field(
        description="The work name of who handles it; null while nobody does."
    )
    escalated_at: datetime | None = strawberry.field(
        description="When a supervisor got it because its time ran short; null if not."
    )
    outcome: ComplaintOutcome | None = strawberry.field(
        description="How a complaint ended; null before it is closed."
    )

    @strawberry.field(
        description="Where else to turn with a complaint; empty for what is none. At most 5."
    )
    async def elsewhere(self, info: Info) -> list[ComplaintRoute]:
        """Return the routes of today."""
        if self.category is not TicketCategory.COMPLAINT:
            return []
        return [ComplaintRoute.of(info, one) for one in await queries.routes(info.context.today)]

    @strawberry.field(description="Pictures the borrower attached, oldest first; at most 40.")
    async def pictures(self, info: Info) -> list[ApplicationDocument]:
        """Return the pictures, without what they show."""
        found = await info.context.loader(origination.documents_by_application).load(self.id)
        return [ApplicationDocument.of(one, info.context.language) for one in found]

    @strawberry.field(description="What was written, oldest first; at most 100.")
    async def messages(self, info: Info) -> list[TicketMessage]:
        """Return the messages."""
        messages = await info.context.loader(queries.messages_by_ticket).load(self.id)
        sees_all, language = info.context.sees_all, info.context.language
        return [
            TicketMessage.of(message, sees_all=sees_all, language=language) for message in messages
        ]

    @classmethod
    def of(cls, ticket: queries.Ticket) -> "Ticket":
        """Show a ticket to its borrower."""
        return cls(
            id=strawberry.ID(ticket.ticket_id),
            category=TicketCategory(ticket.category.value),
            state=TicketStanding(ticket.state.value),
            loan_id=id_or_none(ticket.loan_id),
            opened_at=ticket.opened_at,
            answer_due_at=ticket.due_at,
            answered_at=ticket.answered_at,
            closed_at=ticket.closed_at,
            score=ticket.score,
            subcategory=None
            if ticket.subcategory is None
            else TicketSubcategory(ticket.subcategory.value),
            assignee_name=ticket.assignee_name,
            escalated_at=ticket.escalated_at,
            outcome=None if ticket.outcome is None else ComplaintOutcome(ticket.outcome.value),
        )
