"""Complaints at the desk: taken, given, extended by two, visited after closing, counted."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from app.foundation.errors import InvalidInput, Refusal
from app.foundation.graphql import (
    KEY_PER_CLICK,
    Connection,
    Info,
    PlainProblem,
    asked_page,
    checked_id,
    connection_of,
    problem_of,
)
from app.support import operations, queries
from app.support.graphql.desk_types import StaffTicket
from app.support.graphql.figures import ComplaintFigures
from app.support.graphql.wording import checked_words
from app.support.graphql.words import ExtensionKind, ExtensionStanding, VisitOutcome
from app.support.rules import READERS
from app.support.rules.complaints import SPECIAL_CHECKERS, Extension, VisitState, is_span

FIGURES_DAYS_MAX = 366


@strawberry.type(description="More time for a complaint.")
class TicketExtension:
    """An extension."""

    id: strawberry.ID = strawberry.field(description="The extension's id.")
    ticket_id: strawberry.ID = strawberry.field(description="The complaint.")
    kind: ExtensionKind = strawberry.field(description="Why it takes longer.")
    days: int = strawberry.field(description="How many days more.")
    state: ExtensionStanding = strawberry.field(description="Where it stands.")
    asked_by: str = strawberry.field(description="The work name of who asked.")
    asked_at: datetime = strawberry.field(description="When.")
    decided_at: datetime | None = strawberry.field(
        description="When a second person decided; null if none has, or none is needed."
    )

    @classmethod
    def of(cls, extension: queries.TicketExtension) -> "TicketExtension":
        """Show an extension."""
        return cls(
            id=strawberry.ID(extension.extension_id),
            ticket_id=strawberry.ID(extension.ticket_id),
            kind=ExtensionKind(extension.kind.value),
            days=extension.days,
            state=ExtensionStanding(extension.state.value),
            asked_by=extension.asked_name,
            asked_at=extension.asked_at,
            decided_at=extension.decided_at,
        )


@strawberry.type(description="A borrower to be asked whether their complaint is really settled.")
class TicketVisit:
    """A visit."""

    id: strawberry.ID = strawberry.field(description="The visit's id.")
    ticket_id: strawberry.ID = strawberry.field(description="The closed complaint.")
    borrower_id: strawberry.ID = strawberry.field(description="Whom to ask.")
    attempt: int = strawberry.field(description="1 at first; 3 is the last.")
    due_at: datetime = strawberry.field(description="Since when it is due.")

    @classmethod
    def of(cls, visit: queries.TicketVisit) -> "TicketVisit":
        """Show a visit."""
        return cls(
            id=strawberry.ID(visit.visit_id),
            ticket_id=strawberry.ID(visit.ticket_id),
            borrower_id=strawberry.ID(visit.borrower_id),
            attempt=visit.attempt,
            due_at=visit.due_at,
        )


@strawberry.type(description="Queries about complaints.")
class StaffComplaintQuery:
    """What waits, and how it went."""

    @strawberry.field(description="Extensions that wait for a director, oldest first; at most 100.")
    async def extensions_asked(self, info: Info) -> list[TicketExtension] | None:
        """Return what waits."""
        await operations.staff_at_desk(info.context.staff, READERS | SPECIAL_CHECKERS)
        return [TicketExtension.of(one) for one in await queries.extensions_asked()]

    @strawberry.field(
        description="Closed complaints whose borrowers are to be asked, oldest first."
    )
    async def visits_due(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[TicketVisit] | None:
        """Return a page of visits."""
        await operations.staff_at_desk(info.context.staff, READERS)
        ask = asked_page("visits", first, after)
        page = await queries.visits_due(info.context.now, ask)
        return connection_of("visits", ask, page, TicketVisit.of)

    @strawberry.field(description="How complaints of some days went; nobody is named.")
    async def complaint_figures(
        self,
        info: Info,
        since: Annotated[date, strawberry.argument(description="The first day they opened on.")],
        until: Annotated[
            date, strawberry.argument(description="The last; at most 366 days in all.")
        ],
    ) -> ComplaintFigures | None:
        """Count."""
        await operations.staff_at_desk(info.context.staff, READERS | SPECIAL_CHECKERS)
        if not is_span(since, until, days_max=FIGURES_DAYS_MAX):
            raise InvalidInput("until", "support.reason.days", most=FIGURES_DAYS_MAX)
        return ComplaintFigures.of(await queries.complaint_figures(since, until))


@strawberry.input(description="Which ticket to take.")
class TakeTicketInput:
    """A ticket."""

    ticket_id: strawberry.ID = strawberry.field(description="The ticket; one that waits.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="It is the caller's now.")
class TakeTicketSuccess:
    """The ticket."""

    ticket: StaffTicket = strawberry.field(description="The ticket.")


TakeTicketResult = Annotated[
    TakeTicketSuccess | PlainProblem,
    strawberry.union("TakeTicketResult", description="What became of `takeTicket`."),
]


@strawberry.input(description="Which ticket to give to whom.")
class AssignTicketInput:
    """A ticket and a person."""

    ticket_id: strawberry.ID = strawberry.field(description="The ticket; one that waits.")
    staff_id: strawberry.ID = strawberry.field(description="Who is to handle it.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="It is theirs now.")
class AssignTicketSuccess:
    """The ticket."""

    ticket: StaffTicket = strawberry.field(description="The ticket.")


AssignTicketResult = Annotated[
    AssignTicketSuccess | PlainProblem,
    strawberry.union("AssignTicketResult", description="What became of `assignTicket`."),
]


@strawberry.input(description="Why a complaint takes longer.")
class ExtendTicketInput:
    """An extension."""

    ticket_id: strawberry.ID = strawberry.field(description="The complaint; one that waits.")
    kind: ExtensionKind = strawberry.field(description="Which; COMPLEX comes first.")
    reason: str = strawberry.field(
        description="Why, in plain words; the borrower reads it in the ticket. At most 5,000"
        " characters."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="It counts, or waits for a director; `state` says which.")
class ExtendTicketSuccess:
    """The extension."""

    extension: TicketExtension = strawberry.field(description="The extension.")


ExtendTicketResult = Annotated[
    ExtendTicketSuccess | PlainProblem,
    strawberry.union("ExtendTicketResult", description="What became of `extendTicket`."),
]


@strawberry.input(description="Whether an extension is granted.")
class DecideExtensionInput:
    """An answer."""

    extension_id: strawberry.ID = strawberry.field(description="The extension; one that waits.")
    is_granted: bool = strawberry.field(description="True to grant, false to refuse.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="It is decided; granted, the borrower was told.")
class DecideExtensionSuccess:
    """The extension."""

    extension: TicketExtension = strawberry.field(description="The extension.")


DecideExtensionResult = Annotated[
    DecideExtensionSuccess | PlainProblem,
    strawberry.union("DecideExtensionResult", description="What became of `decideExtension`."),
]


@strawberry.input(description="What came of asking a borrower whether a complaint is settled.")
class RecordVisitInput:
    """A visit."""

    visit_id: strawberry.ID = strawberry.field(description="The visit; one that is due.")
    outcome: VisitOutcome = strawberry.field(description="What they answered.")
    text: str | None = strawberry.field(
        description="What they said; it stands in the ticket. At most 5,000 characters.",
        default=None,
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="It is written down.")
class RecordVisitSuccess:
    """The ticket."""

    ticket: StaffTicket = strawberry.field(description="The complaint, open again if need be.")


RecordVisitResult = Annotated[
    RecordVisitSuccess | PlainProblem,
    strawberry.union("RecordVisitResult", description="What became of `recordVisit`."),
]


@strawberry.type(description="Mutations about who handles what, and how long it may take.")
class StaffComplaintMutation:
    """Taking, giving, extending, visiting."""

    @strawberry.mutation(
        description="Take a ticket that waits and nobody has. A complaint goes to nobody who had a"
        " hand in what it may be about."
    )
    async def take_ticket(
        self,
        info: Info,
        input: Annotated[TakeTicketInput, strawberry.argument(description="Which one.")],
    ) -> TakeTicketResult:
        """Take."""
        try:
            staff = info.context.staff
            command = operations.TakeTicket(
                caller_id=staff.staff_id,
                ticket_id=checked_id(input.ticket_id, "tk", field="input.ticketId"),
                idempotency_key=input.idempotency_key,
            )
            ticket = await operations.take_ticket(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return TakeTicketSuccess(ticket=StaffTicket.of(ticket, info.context.now))

    @strawberry.mutation(
        description="Give a ticket that waits to an agent or supervisor; for supervisors."
    )
    async def assign_ticket(
        self,
        info: Info,
        input: Annotated[AssignTicketInput, strawberry.argument(description="Which, to whom.")],
    ) -> AssignTicketResult:
        """Give."""
        try:
            staff = info.context.staff
            command = operations.AssignTicket(
                caller_id=staff.staff_id,
                ticket_id=checked_id(input.ticket_id, "tk", field="input.ticketId"),
                staff_id=checked_id(input.staff_id, "st", field="input.staffId"),
                idempotency_key=input.idempotency_key,
            )
            ticket = await operations.assign_ticket(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return AssignTicketSuccess(ticket=StaffTicket.of(ticket, info.context.now))

    @strawberry.mutation(
        description="Take more time for a complaint, each kind once in a round. COMPLEX counts at"
        " once; SPECIAL when a director grants it. The borrower is told why and until when."
    )
    async def extend_ticket(
        self,
        info: Info,
        input: Annotated[ExtendTicketInput, strawberry.argument(description="Why.")],
    ) -> ExtendTicketResult:
        """Extend."""
        try:
            staff = info.context.staff
            command = operations.ExtendTicket(
                caller_id=staff.staff_id,
                ticket_id=checked_id(input.ticket_id, "tk", field="input.ticketId"),
                kind=Extension(input.kind.value),
                reason=checked_words(input.reason, field="input.reason"),
                idempotency_key=input.idempotency_key,
            )
            extension = await operations.extend_ticket(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ExtendTicketSuccess(extension=TicketExtension.of(extension))

    @strawberry.mutation(
        description="Grant or refuse the longest extension that a colleague asked for, after"
        " `staffStepUp`; for directors."
    )
    async def decide_extension(
        self,
        info: Info,
        input: Annotated[DecideExtensionInput, strawberry.argument(description="The answer.")],
    ) -> DecideExtensionResult:
        """Decide."""
        try:
            staff = info.context.staff
            command = operations.DecideExtension(
                caller_id=staff.staff_id,
                extension_id=checked_id(input.extension_id, "te", field="input.extensionId"),
                is_granted=input.is_granted,
                idempotency_key=input.idempotency_key,
            )
            extension = await operations.decide_extension(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return DecideExtensionSuccess(extension=TicketExtension.of(extension))

    @strawberry.mutation(
        description="Write down what came of a visit that is due; by somebody who did not handle"
        " the complaint. Whoever is not content has it open again, for somebody else."
    )
    async def record_visit(
        self,
        info: Info,
        input: Annotated[RecordVisitInput, strawberry.argument(description="What came of it.")],
    ) -> RecordVisitResult:
        """Write down."""
        try:
            staff = info.context.staff
            text = input.text
            command = operations.RecordVisit(
                caller_id=staff.staff_id,
                visit_id=checked_id(input.visit_id, "tv", field="input.visitId"),
                state=VisitState(input.outcome.value),
                text=None if text is None else checked_words(text, field="input.text"),
                idempotency_key=input.idempotency_key,
            )
            ticket = await operations.record_visit(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return RecordVisitSuccess(ticket=StaffTicket.of(ticket, info.context.now))
