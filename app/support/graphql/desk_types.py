"""What the service desk sees: masked borrowers, their loans and timeline, tickets."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.catalog.rules import OfferedProduct
from app.foundation.graphql import Connection, Fen, Info, asked_page, connection_of, id_or_none
from app.identity.graphql import Language
from app.identity.rules import Profile
from app.origination import queries as origination
from app.origination.graphql.types import Decision
from app.origination.graphql.words import LoanApplicationState
from app.origination.rules.documents import DocumentState
from app.servicing import queries as servicing
from app.servicing.graphql import Loan
from app.support import operations, queries
from app.support.graphql.timeline import TimelineLine
from app.support.graphql.types import TicketMessage
from app.support.graphql.words import (
    ComplaintOutcome,
    ComplaintRootCause,
    TicketCategory,
    TicketStanding,
    TicketStepKind,
    TicketSubcategory,
    TimelineKind,
)
from app.support.queries import LineKind

TIMELINE = (LineKind.NOTIFICATION, LineKind.LOAN_EVENT, LineKind.TICKET)
"""The kinds there were before the whole history could be asked for."""


@strawberry.type(description="A step of a ticket at the desk.")
class TicketStep:
    """A step."""

    kind: TicketStepKind = strawberry.field(description="What it is.")
    happened_at: datetime = strawberry.field(description="When.")
    staff_name: str | None = strawberry.field(
        description="The work name of who did it or got it; null where time did."
    )
    detail: str | None = strawberry.field(
        description="A day or a word that belongs to it, such as the extension's; null if none."
    )
    round: int = strawberry.field(description="In which round of its clock.")

    @classmethod
    def of(cls, step: queries.TicketStep) -> "TicketStep":
        """Show a step."""
        return cls(
            kind=TicketStepKind(step.what.value),
            happened_at=step.happened_at,
            staff_name=step.staff_name,
            detail=step.detail,
            round=step.round,
        )


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
    subcategory: TicketSubcategory | None = strawberry.field(
        description="What a complaint is about; null if nobody said."
    )
    about_ticket_id: strawberry.ID | None = strawberry.field(
        description="The ticket whose answer is complained about; null if none."
    )
    assignee_id: strawberry.ID | None = strawberry.field(
        description="Who handles it; null while nobody does."
    )
    assignee_name: str | None = strawberry.field(description="Their work name.")
    round: int = strawberry.field(
        description="How many times its clock was started; above 1 where it was opened again."
    )
    escalated_at: datetime | None = strawberry.field(
        description="When it became a supervisor's because time ran short; null if it has not."
    )
    outcome: ComplaintOutcome | None = strawberry.field(
        description="How a complaint ended; null before."
    )
    root_cause: ComplaintRootCause | None = strawberry.field(
        description="Why there was a complaint; null before it is closed."
    )

    @strawberry.field(
        description="How many pictures are attached; revealed as TICKET_PICTURES, for this ticket."
    )
    async def pictures(self, info: Info) -> int:
        """Count the pictures that are there to be seen."""
        found = await info.context.loader(origination.documents_by_application).load(self.id)
        return sum(one.state is DocumentState.READY for one in found)

    @strawberry.field(description="Its history at the desk, oldest first; at most 100.")
    async def steps(self, info: Info) -> list[TicketStep]:
        """Return the steps."""
        steps = await info.context.loader(queries.steps_by_ticket).load(self.id)
        return [TicketStep.of(one) for one in steps]

    @classmethod
    def of(cls, ticket: queries.Ticket, now: datetime) -> "StaffTicket":
        """Show a ticket to staff."""
        return cls(
            id=strawberry.ID(ticket.ticket_id),
            borrower_id=strawberry.ID(ticket.borrower_id),
            category=TicketCategory(ticket.category.value),
            state=TicketStanding(ticket.state.value),
            loan_id=id_or_none(ticket.loan_id),
            opened_at=ticket.opened_at,
            answer_due_at=ticket.due_at,
            is_late=ticket.due_at is not None and ticket.due_at < now,
            answered_at=ticket.answered_at,
            closed_at=ticket.closed_at,
            score=ticket.score,
            subcategory=None
            if ticket.subcategory is None
            else TicketSubcategory(ticket.subcategory.value),
            about_ticket_id=id_or_none(ticket.about_ticket_id),
            assignee_id=id_or_none(ticket.assignee_id),
            assignee_name=ticket.assignee_name,
            round=ticket.round,
            escalated_at=ticket.escalated_at,
            outcome=None if ticket.outcome is None else ComplaintOutcome(ticket.outcome.value),
            root_cause=None
            if ticket.root_cause is None
            else ComplaintRootCause(ticket.root_cause.value),
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


@strawberry.type(description="A loan application as the desk sees it: without what was stated.")
class BorrowerApplication:
    """An application."""

    offered: strawberry.Private[OfferedProduct]
    id: strawberry.ID = strawberry.field(description="The application's id.")
    state: LoanApplicationState = strawberry.field(description="Where it stands.")
    region_code: str = strawberry.field(description="Where the money is borrowed.")
    amount: Fen | None = strawberry.field(description="What was asked for; null if not said yet.")
    months: int | None = strawberry.field(description="For how many months; null if not said yet.")
    loan_id: strawberry.ID | None = strawberry.field(
        description="The loan it became; null until the money has arrived."
    )
    started_at: datetime = strawberry.field(description="When it was begun.")
    submitted_at: datetime | None = strawberry.field(
        description="When it was handed in; null before."
    )

    @strawberry.field(description="The product's name, in the caller's language.")
    def product_name(self, info: Info) -> str:
        """Name the product as the borrower reads it."""
        return self.offered.wording[info.context.language].name

    @strawberry.field(
        description="How it was decided, with reasons to explain; null before the decision."
    )
    async def decision(self, info: Info) -> Decision | None:
        """Return the decision."""
        decided = await info.context.loader(origination.decisions_by_application).load(self.id)
        return None if decided is None else Decision.of(decided, info.context.language)

    @classmethod
    def of(cls, application: origination.ApplicationView) -> "BorrowerApplication":
        """Show an application to staff."""
        loan_id, amount_fen = application.loan_id, application.amount_fen
        return cls(
            offered=application.offered,
            id=strawberry.ID(application.application_id),
            state=LoanApplicationState[application.state.name],
            region_code=application.region_code,
            amount=None if amount_fen is None else Fen(amount_fen),
            months=application.months,
            loan_id=id_or_none(loan_id),
            started_at=application.started_at,
            submitted_at=application.submitted_at,
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
        loans = await servicing.loans_of(self.id, info.context.today)
        return [Loan.of(one, info.context.language) for one in loans]

    @strawberry.field(description="Their loan applications, newest first.")
    async def applications(
        self,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[BorrowerApplication] | None:
        """Return a page of applications."""
        list_name = f"desk-applications:{self.id}"
        ask = asked_page(list_name, first, after)
        page = await origination.applications_of(self.id, ask)
        return connection_of(list_name, ask, page, BorrowerApplication.of)

    @strawberry.field(
        description="Everything around them, newest first: told, asked, lent, repaid, looked at,"
        " contacted, applied for and decided. The kinds that are wanted; left out, all."
    )
    async def history(
        self,
        info: Info,
        kinds: Annotated[
            list[TimelineKind] | None, strawberry.argument(description="Only lines of these.")
        ] = None,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[TimelineLine] | None:
        """Return a page of everything."""
        wanted = sorted({one.name for one in kinds or TimelineKind})
        list_name = f"history:{self.id}:{','.join(wanted)}"
        ask = asked_page(list_name, first, after)
        page = await queries.history_of(self.id, ask, [LineKind[one] for one in wanted])
        return connection_of(list_name, ask, page, lambda one: TimelineLine.of(info, one))

    @strawberry.field(
        description="What happened around them, newest first: told, asked, lent and repaid.",
        deprecation_reason="Until 2027-06-30: use history, which has more kinds, and pages.",
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
        page = await queries.history_of(self.id, ask, TIMELINE)
        return [TimelineLine.of(info, line) for _, line in page.items]

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
    borrower: BorrowerCard | None = strawberry.field(
        description="Whose it is, masked; null once their data was deleted at their wish."
    )
    messages: list[TicketMessage] | None = strawberry.field(
        description="What was written, oldest first; at most 100. Null until the caller steps up"
        " with a fresh code (staffStepUp, five minutes). Where the borrower's data was deleted, a"
        " sentence in place of each text says so."
    )

    @classmethod
    def of(cls, opened: operations.OpenedTicket, now: datetime, language: str) -> "OpenedTicket":
        """Show an opened ticket."""
        return cls(
            ticket=StaffTicket.of(opened.ticket, now),
            borrower=None if opened.borrower is None else BorrowerCard.of(opened.borrower),
            messages=None
            if opened.messages is None
            else [
                TicketMessage.of(message, sees_all=True, language=language)
                for message in opened.messages
            ],
        )
