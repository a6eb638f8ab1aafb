"""A borrower's timeline as the desk reads it."""

from datetime import datetime

import strawberry

from app.foundation.graphql import Info
from app.messaging.graphql.types import MessageDelivery
from app.messaging.graphql.words import SmsState, sms_state_of
from app.messaging.queries import (
    Notification,
    deliveries_by_notification,
    sms_by_notification,
)
from app.servicing.graphql import LoanEvent
from app.support import queries
from app.support.graphql.words import TimelineKind
from app.support.queries import Happening, LoanHappening


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
        return None if message is None else sms_state_of(message.state)

    @strawberry.field(
        description="For a notification, how it went out beside the inbox; empty for all else."
    )
    async def deliveries(self, info: Info) -> list[MessageDelivery]:
        """Return what was sent over what channel, with what result."""
        if self.notification_id is None:
            return []
        loader = info.context.loader(deliveries_by_notification)
        return [MessageDelivery.of(one) for one in await loader.load(self.notification_id)]

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
