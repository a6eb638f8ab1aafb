"""What a phone can read and do about its tickets."""

from collections.abc import Mapping
from typing import Annotated

import strawberry

from app.foundation.errors import NotFound, Refusal
from app.foundation.graphql import (
    KEY_PER_TAP,
    Connection,
    Info,
    NodeResolver,
    PlainProblem,
    asked_page,
    checked_id,
    connection_of,
    problem_of,
)
from app.support import operations, queries
from app.support.graphql.asking import AskingMutation
from app.support.graphql.attaching import AttachingMutation
from app.support.graphql.types import Ticket
from app.support.graphql.wording import checked_words, subcategory_of
from app.support.graphql.words import TicketCategory, TicketSubcategory
from app.support.rules import Category

TEXT_DESCRIPTION = "At most 5,000 characters, kept and shown exactly as sent; emoji welcome."


@strawberry.type(description="Support's queries.")
class SupportQuery:
    """A borrower's tickets."""

    @strawberry.field(description="The caller's tickets, newest first.")
    async def my_tickets(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[Ticket] | None:
        """Return a page of tickets."""
        borrower_id = info.context.borrower_id
        list_name = f"tickets:{borrower_id}"
        ask = asked_page(list_name, first, after)
        page = await queries.tickets_of(borrower_id, ask)
        return connection_of(list_name, ask, page, Ticket.of)

    @strawberry.field(description="One of the caller's tickets; null when missing or another's.")
    async def ticket(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The ticket.")],
    ) -> Ticket | None:
        """Return a ticket."""
        return await _ticket(info, id)


@strawberry.input(description="What the borrower brings up.")
class OpenTicketInput:
    """A new ticket."""

    category: TicketCategory = strawberry.field(description="What it is about.")
    text: str = strawberry.field(description=f"In the borrower's own words. {TEXT_DESCRIPTION}")
    loan_id: strawberry.ID | None = strawberry.field(
        description="The loan it is about, one of the caller's; leave out if none.", default=None
    )
    subcategory: TicketSubcategory | None = strawberry.field(
        description="What a complaint is about; leave out if unsure.", default=None
    )
    about_ticket_id: strawberry.ID | None = strawberry.field(
        description="The ticket of the caller's whose answer is complained about; whoever answered"
        " that one does not handle this one.",
        default=None,
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)

    def as_command(self, borrower_id: str) -> operations.OpenTicket:
        """
        Return the command.

        Raises:
            InvalidInput: The text is empty or too long, or the id is not a loan's.
        """
        loan_id = self.loan_id
        if loan_id is not None:
            loan_id = checked_id(loan_id, "ln", field="input.loanId")
        about_id = self.about_ticket_id
        if about_id is not None:
            about_id = checked_id(about_id, "tk", field="input.aboutTicketId")
        return operations.OpenTicket(
            caller_id=borrower_id,
            category=Category(self.category.value),
            text=checked_words(self.text, field="input.text"),
            loan_id=loan_id,
            idempotency_key=self.idempotency_key,
            subcategory=subcategory_of(self.subcategory),
            about_ticket_id=about_id,
        )


@strawberry.type(description="The ticket is open; its answerDueAt says when we answer.")
class OpenTicketSuccess:
    """The new ticket."""

    ticket: Ticket = strawberry.field(description="The ticket.")


OpenTicketResult = Annotated[
    OpenTicketSuccess | PlainProblem,
    strawberry.union("OpenTicketResult", description="What became of `openTicket`."),
]


@strawberry.input(description="More words in one of the caller's tickets.")
class ReplyToTicketInput:
    """A reply."""

    ticket_id: strawberry.ID = strawberry.field(description="The ticket; not a closed one.")
    text: str = strawberry.field(description=f"In the borrower's own words. {TEXT_DESCRIPTION}")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)

    def as_command(self, borrower_id: str) -> operations.ReplyToTicket:
        """
        Return the command.

        Raises:
            InvalidInput: The text is empty or too long, or the id is not a ticket's.
        """
        return operations.ReplyToTicket(
            caller_id=borrower_id,
            ticket_id=checked_id(self.ticket_id, "tk", field="input.ticketId"),
            text=checked_words(self.text, field="input.text"),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The reply is in the ticket, which waits for our answer.")
class ReplyToTicketSuccess:
    """The ticket with the reply."""

    ticket: Ticket = strawberry.field(description="The ticket.")


ReplyToTicketResult = Annotated[
    ReplyToTicketSuccess | PlainProblem,
    strawberry.union("ReplyToTicketResult", description="What became of `replyToTicket`."),
]


@strawberry.input(description="How well a ticket was answered.")
class RateTicketInput:
    """A rating; the last one counts."""

    ticket_id: strawberry.ID = strawberry.field(description="The ticket; an answered one.")
    score: int = strawberry.field(description="1 (bad) to 5 (good).")
    text: str | None = strawberry.field(
        description=f"Why, if the borrower likes to say; it stands in the ticket."
        f" {TEXT_DESCRIPTION}",
        default=None,
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)

    def as_command(self, borrower_id: str) -> operations.RateTicket:
        """
        Return the command.

        Raises:
            InvalidInput: The id is not a ticket's, or the text is empty or too long.
        """
        text = self.text
        return operations.RateTicket(
            caller_id=borrower_id,
            ticket_id=checked_id(self.ticket_id, "tk", field="input.ticketId"),
            score=self.score,
            idempotency_key=self.idempotency_key,
            text=None if text is None else checked_words(text, field="input.text"),
        )


@strawberry.type(description="The rating is kept.")
class RateTicketSuccess:
    """The rated ticket."""

    ticket: Ticket = strawberry.field(description="The ticket.")


RateTicketResult = Annotated[
    RateTicketSuccess | PlainProblem,
    strawberry.union("RateTicketResult", description="What became of `rateTicket`."),
]


@strawberry.type(description="Support's mutations.")
class SupportMutation(AskingMutation, AttachingMutation):
    """What a borrower can do about a ticket."""

    @strawberry.mutation(
        description="Bring something up: a question, a complaint, trouble with repaying."
    )
    async def open_ticket(
        self,
        info: Info,
        input: Annotated[OpenTicketInput, strawberry.argument(description="What it is.")],
    ) -> OpenTicketResult:
        """Open a ticket."""
        try:
            command = input.as_command(info.context.contact.borrower_id)
            return OpenTicketSuccess(ticket=Ticket.of(await operations.open_ticket(command)))
        except Refusal as refusal:
            return problem_of(info, refusal)

    @strawberry.mutation(description="Write more in a ticket; an answered one is reopened.")
    async def reply_to_ticket(
        self,
        info: Info,
        input: Annotated[ReplyToTicketInput, strawberry.argument(description="The words.")],
    ) -> ReplyToTicketResult:
        """Reply."""
        try:
            command = input.as_command(info.context.borrower_id)
            return ReplyToTicketSuccess(ticket=Ticket.of(await operations.reply_to_ticket(command)))
        except Refusal as refusal:
            return problem_of(info, refusal)

    @strawberry.mutation(description="Say how well a ticket was answered.")
    async def rate_ticket(
        self,
        info: Info,
        input: Annotated[RateTicketInput, strawberry.argument(description="The score.")],
    ) -> RateTicketResult:
        """Rate."""
        try:
            command = input.as_command(info.context.borrower_id)
            return RateTicketSuccess(ticket=Ticket.of(await operations.rate_ticket(command)))
        except Refusal as refusal:
            return problem_of(info, refusal)


async def _ticket(info: Info, ticket_id: str) -> Ticket | None:
    try:
        return Ticket.of(await queries.ticket(info.context.borrower_id, ticket_id))
    except NotFound:
        return None


NODES: Mapping[str, NodeResolver] = {"tk": _ticket}
"""How a ticket is found again by its id."""
