"""A borrower's timeline as the desk reads it."""

from dataclasses import dataclass
from datetime import datetime

import strawberry

from app.collections.graphql.types import words_of
from app.collections.rules import Attempt
from app.foundation.graphql import Info, id_or_none
from app.messaging.graphql.types import MessageDelivery
from app.messaging.graphql.words import SmsState, sms_state_of
from app.messaging.queries import (
    Notification,
    deliveries_by_notification,
    sms_by_notification,
)
from app.origination.queries import ApplicationView, DecisionView
from app.payments.rules import RepaymentView
from app.privacy.graphql.looks import DataLook
from app.privacy.queries.looks import LookSeen
from app.servicing.graphql import LoanEvent
from app.support import queries
from app.support.graphql.words import TimelineKind
from app.support.queries.history import Line, LoanHappening, What


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
    application_id: strawberry.ID | None = strawberry.field(
        description="The loan application it is about, if any."
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
    def of(cls, info: Info, line: Line) -> "TimelineLine":
        """Show what happened."""
        shown = _shown(info, line.what)
        return cls(
            notification_id=shown.notification_id,
            at=line.at,
            kind=shown.kind,
            text=shown.text,
            loan_id=id_or_none(shown.loan_id),
            ticket_id=id_or_none(shown.ticket_id),
            application_id=id_or_none(shown.application_id),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A happening in words, with what it is about."""

    kind: TimelineKind
    text: str
    notification_id: str | None = None
    loan_id: str | None = None
    ticket_id: str | None = None
    application_id: str | None = None


def _shown(info: Info, what: What) -> _Shown:
    match what:
        case Notification():
            return _Shown(
                kind=TimelineKind.NOTIFICATION,
                text=what.body(info.context.language),
                notification_id=what.notification_id,
                loan_id=what.link("loan_id"),
                ticket_id=what.link("ticket_id"),
                application_id=what.link("application_id"),
            )
        case LoanHappening():
            return _Shown(
                kind=TimelineKind.LOAN_EVENT,
                text=LoanEvent.of(info, what.entry).text,
                loan_id=what.loan_id,
            )
        case queries.Ticket():
            return _ticket(info, what)
        case _:
            return _shown_beside(info, what)


def _ticket(info: Info, ticket: queries.Ticket) -> _Shown:
    category = info.context.text(f"support.category.{ticket.category.value}")
    return _Shown(
        kind=TimelineKind.TICKET,
        text=info.context.text("support.timeline.ticket", category=category),
        loan_id=ticket.loan_id,
        ticket_id=ticket.ticket_id,
    )


def _shown_beside(
    info: Info, what: RepaymentView | LookSeen | Attempt | ApplicationView | DecisionView
) -> _Shown:
    """Show what only the whole history has."""
    language = info.context.language
    match what:
        case RepaymentView():
            state = info.context.text(f"support.repayment.{what.status.value}")
            return _Shown(
                kind=TimelineKind.REPAYMENT,
                text=info.context.text(
                    "support.timeline.repayment", amount_fen=what.amount_fen, state=state
                ),
                loan_id=what.loan.loan_id,
            )
        case LookSeen():
            return _Shown(
                kind=TimelineKind.LOOK,
                text=DataLook.of(what, language).sentence,
                ticket_id=what.ticket_id,
            )
        case Attempt():
            return _Shown(
                kind=TimelineKind.CONTACT,
                text=words_of(what, what.agency, language),
                loan_id=what.loan_id,
            )
        case ApplicationView():
            name = what.offered.wording[language].name
            return _Shown(
                kind=TimelineKind.APPLICATION,
                text=info.context.text("support.timeline.application", product=name),
                loan_id=what.loan_id,
                application_id=what.application_id,
            )
        case DecisionView():
            outcome = info.context.text(f"support.decision.{what.outcome.value}")
            return _Shown(
                kind=TimelineKind.DECISION,
                text=info.context.text("support.timeline.decision", outcome=outcome),
                application_id=what.application_id,
            )
