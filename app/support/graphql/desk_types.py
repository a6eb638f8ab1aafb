"""What the service desk sees: masked borrowers, their loans and timeline, tickets."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.foundation.graphql import Connection, Info, asked_page, connection_of
from app.identity.graphql import Language
from app.identity.rules import Profile
from app.messaging.graphql.words import SmsState
from app.messaging.queries import Notification, sms_by_notification
from app.servicing import queries as servicing
from app.servicing.graphql import Loan, LoanEvent
from app.support import operations, queries
from app.support.graphql.types import TicketMessage
from app.support.graphql.words import TicketCategory, TicketStanding, TimelineKind
from app.support.queries import Happening, LoanHappening


@strawberry.type(description="A ticket as the desk's queue shows it, without what was written.")
class StaffTicket:
    """A ticket."""

    id: strawberry.ID = strawberry.field(description="The ticket's id.")
    borrower_id: strawberry.ID = strawberry.field(description="Whose ticket it is.")
    category: TicketCategory = strawberry.field(description="What it is about.")
    state: TicketStanding = strawberry.field(description="Where it stands.")
    loan_id: strawberry.ID | None = strawberry.field(description="The loan it is about, if any.")
    opened_at: datetime = strawberry.field(description="When it was opened.")
    answer_due_at: datetime | None = strawberry.field(
        description="Until when we must answer; null while it is not our turn."
    )
    is_late: bool = strawberry.field(description="Whether that moment has passed.")
    answered_at: datetime | None = strawberry.field(
        description="When we last answered; null before the first answer."
    )
    closed_at: datetime | None = strawberry.field(description="When it was closed, if it was.")
    score: int | None = strawberry.field(
        description="The borrower's rating, 1 (bad) to 5 (good); null if not rated."
    )

    @classmethod
    def of(cls, ticket: queries.Ticket, now: datetime) -> "StaffTicket":
        """Show a ticket to staff."""
        return cls(
            id=strawberry.ID(ticket.ticket_id),
            borrower_id=strawberry.ID(ticket.borrower_id),
            category=TicketCategory(ticket.category.value),
            state=TicketStanding(ticket.state.value),
            loan_id=None if ticket.loan_id is None else strawberry.ID(ticket.loan_id),
            opened_at=ticket.opened_at,
            answer_due_at=ticket.due_at,
            is_late=ticket.due_at is not None and ticket.due_at < now,
            answered_at=ticket.answered_at,
            closed_at=ticket.closed_at,
            score=ticket.score,
        )


@strawberry.type(description="A borrower among the finds of a search, masked.")
class BorrowerCard:
    """A borrower, small."""

    id: strawberry.ID = strawberry.field(description="The borrower's id.")
    name: str | None = strawberry.field(
        description="Masked: 张*; null until the profile is complete."
    )
    phone: str = strawberry.field(description="Masked: 138****5678.")
    region_code: str | None = strawberry.field(
        description="The region the borrower lives in; null until the profile is complete."
    )
    joined_at: datetime = strawberry.field(description="When they first signed in.")

    @classmethod
    def of(cls, profile: Profile) -> "BorrowerCard":
        """Show a borrower, small."""
        return cls(
            id=strawberry.ID(profile.borrower_id),
            name=profile.name,
            phone=profile.phone,
            region_code=profile.region_code,
            joined_at=profile.joined_at,
        )


@strawberry.type(description="One thing that happened around a borrower.")
class TimelineLine:
    """A line of a timeline."""

    notification_id: strawberry.Private[str | None]
    at: datetime = strawberry.field(description="When.")
    kind: TimelineKind = strawberry.field(description="What it is.")
    text: str = strawberry.field(description="What happened, in the caller's language.")
    loan_id: strawberry.ID | None = strawberry.field(description="The loan it is about, if any.")
    ticket_id: strawberry.ID | None = strawberry.field(
        description="The ticket it is about, if any."
    )

    @strawberry.field(
        description="For a notification, how far its text message has got; null if none was due."
    )
    async def sms(self, info: Info) -> SmsState | None:
        """Return the state of the text message."""
        if self.notification_id is None:
            return None
        message = await info.context.loader(sms_by_notification).load(self.notification_id)
        return None if message is None else SmsState(message.state.value)

    @classmethod
    def of(cls, info: Info, happening: Happening) -> "TimelineLine":
        """Show a happening."""
        what = happening.what
        if isinstance(what, Notification):
            return cls._of_notification(info, what)
        if isinstance(what, LoanHappening):
            return cls._of_loan(info, what)
        return cls._of_ticket(info, what)

    @classmethod
    def _of_notification(cls, info: Info, told: Notification) -> "TimelineLine":
        loan_id, ticket_id = told.link("loan_id"), told.link("ticket_id")
        return cls(
            notification_id=told.notification_id,
            at=told.created_at,
            kind=TimelineKind.NOTIFICATION,
            text=told.body(info.context.language),
            loan_id=None if loan_id is None else strawberry.ID(loan_id),
            ticket_id=None if ticket_id is None else strawberry.ID(ticket_id),
        )

    @classmethod
    def _of_loan(cls, info: Info, happened: LoanHappening) -> "TimelineLine":
        return cls(
            notification_id=None,
            at=happened.entry.recorded_at,
            kind=TimelineKind.LOAN_EVENT,
            text=LoanEvent.of(info, happened.entry).text,
            loan_id=strawberry.ID(happened.loan_id),
            ticket_id=None,
        )

    @classmethod
    def _of_ticket(cls, info: Info, ticket: queries.Ticket) -> "TimelineLine":
        category = info.context.text(f"support.category.{ticket.category.value}")
        return cls(
            notification_id=None,
            at=ticket.opened_at,
            kind=TimelineKind.TICKET,
            text=info.context.text("support.timeline.ticket", category=category),
            loan_id=None if ticket.loan_id is None else strawberry.ID(ticket.loan_id),
            ticket_id=strawberry.ID(ticket.ticket_id),
        )


@strawberry.type(description="A borrower as the desk sees them; the borrower knows of this look.")
class BorrowerView:
    """A borrower, whole and masked."""

    id: strawberry.ID = strawberry.field(description="The borrower's id.")
    name: str | None = strawberry.field(
        description="Masked: 张*; null until the profile is complete."
    )
    phone: str = strawberry.field(description="Masked: 138****5678.")
    resident_id: str | None = strawberry.field(
        description="Masked: 110***…34; null until the profile is complete."
    )
    bank_card_tail: str | None = strawberry.field(
        description="Last four digits of the card that money goes to; null if none was named."
    )
    region_code: str | None = strawberry.field(
        description="The region the borrower lives in; null until the profile is complete."
    )
    language: Language = strawberry.field(description="The language to speak with them.")
    is_profile_complete: bool = strawberry.field(description="Whether they may apply.")
    joined_at: datetime = strawberry.field(description="When they first signed in.")

    @strawberry.field(
        description="Their loans with plan and figures as they see them, newest first; at most 100."
    )
    async def loans(self, info: Info) -> list[Loan]:
        """Return the loans."""
        return [Loan.of(one) for one in await servicing.loans_of(self.id, info.context.today)]

    @strawberry.field(
        description="What happened around them, newest first: told, asked, lent and repaid."
    )
    async def timeline(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
    ) -> list[TimelineLine] | None:
        """Return the newest happenings."""
        ask = asked_page("timeline", first, None)
        happenings = await queries.timeline(self.id, most=ask.first)
        return [TimelineLine.of(info, happening) for happening in happenings]

    @strawberry.field(description="What they brought up, newest first.")
    async def tickets(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[StaffTicket] | None:
        """Return a page of tickets."""
        list_name = f"desk-tickets:{self.id}"
        ask = asked_page(list_name, first, after)
        page = await queries.tickets_of(self.id, ask)
        now = info.context.now
        return connection_of(list_name, ask, page, lambda one: StaffTicket.of(one, now))

    @classmethod
    def of(cls, profile: Profile) -> "BorrowerView":
        """Show a borrower, whole."""
        return cls(
            id=strawberry.ID(profile.borrower_id),
            name=profile.name,
            phone=profile.phone,
            resident_id=profile.resident_id,
            bank_card_tail=profile.card_tail,
            region_code=profile.region_code,
            language=Language(profile.language.value),
            is_profile_complete=profile.is_complete,
            joined_at=profile.joined_at,
        )


@strawberry.type(description="A ticket with what was written; the borrower knows of this look.")
class OpenedTicket:
    """A ticket, open on the desk."""

    ticket: StaffTicket = strawberry.field(description="The ticket.")
    borrower: BorrowerCard = strawberry.field(description="Whose it is, masked.")
    messages: list[TicketMessage] = strawberry.field(
        description="What was written, oldest first; at most 100."
    )

    @classmethod
    def of(cls, opened: operations.OpenedTicket, now: datetime) -> "OpenedTicket":
        """Show an opened ticket."""
        return cls(
            ticket=StaffTicket.of(opened.ticket, now),
            borrower=BorrowerCard.of(opened.borrower),
            messages=[TicketMessage.of(message) for message in opened.messages],
        )
