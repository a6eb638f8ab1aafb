"""What the service desk can read and do; every look is on the borrower's record."""

from typing import Annotated

import strawberry

from app.foundation.errors import NotFound, Refusal
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
from app.privacy.graphql import LookReason
from app.privacy.rules import Reason
from app.support import operations, queries
from app.support.graphql.campaigns import StaffNewsMutation, StaffNewsQuery
from app.support.graphql.complaints import StaffComplaintMutation, StaffComplaintQuery
from app.support.graphql.desk_types import BorrowerCard, BorrowerView, OpenedTicket, StaffTicket
from app.support.graphql.exporting import StaffExportMutation, StaffExportQuery
from app.support.graphql.filtering import TicketFilter
from app.support.graphql.wording import checked_words, subcategory_of
from app.support.graphql.words import (
    ComplaintOutcome,
    ComplaintRootCause,
    TicketCategory,
    TicketStanding,
    TicketSubcategory,
)
from app.support.rules import READERS, Category
from app.support.rules.complaints import Outcome, RootCause

REASON_DESCRIPTION = "Why you look; the borrower reads it."


@strawberry.type(description="The service desk's queries.")
class StaffSupportQuery(StaffComplaintQuery, StaffNewsQuery, StaffExportQuery):
    """Finding, opening, and the queue."""

    @strawberry.field(
        description="Find borrowers by a whole phone number, by its last four digits, or by those"
        " with a surname; at most 20, newest first. Each borrower shown is told that they were."
    )
    async def find_borrowers(
        self,
        info: Info,
        phone: Annotated[
            str | None, strawberry.argument(description="The whole number, however written.")
        ] = None,
        last_four: Annotated[
            str | None, strawberry.argument(description="The last four digits instead.")
        ] = None,
        reason: Annotated[
            LookReason, strawberry.argument(description=REASON_DESCRIPTION)
        ] = LookReason.BORROWER_ASKED,
        surname: Annotated[
            str | None,
            strawberry.argument(
                description="The surname, such as 张 or 欧阳, together with the last four digits;"
                " alone it is refused."
            ),
        ] = None,
    ) -> list[BorrowerCard] | None:
        """Find borrowers."""
        profiles = await operations.find_borrowers(
            info.context.staff,
            phone=phone,
            last_four=last_four,
            surname=surname,
            reason=Reason(reason.value),
        )
        return [BorrowerCard.of(profile) for profile in profiles]

    @strawberry.field(
        description="One borrower, whole and masked; null when there is none of this id. The"
        " borrower gets a notification, and sees who looked and why."
    )
    async def borrower_view(
        self,
        info: Info,
        borrower_id: Annotated[strawberry.ID, strawberry.argument(description="The borrower.")],
        reason: Annotated[LookReason, strawberry.argument(description=REASON_DESCRIPTION)],
        ticket_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="The ticket you look for, if any; one of theirs."),
        ] = None,
    ) -> BorrowerView | None:
        """Open a borrower."""
        staff = info.context.staff
        if ticket_id is not None:
            ticket_id = strawberry.ID(checked_id(ticket_id, "tk", field="ticketId"))
        try:
            profile = await operations.open_borrower(
                staff,
                checked_id(borrower_id, "br", field="borrowerId"),
                reason=Reason(reason.value),
                ticket_id=ticket_id,
            )
        except NotFound:
            return None
        return BorrowerView.of(profile)

    @strawberry.field(
        description="Tickets by deadline, the most urgent first; without what was written."
    )
    async def tickets(
        self,
        info: Info,
        state: Annotated[
            TicketStanding | None,
            strawberry.argument(description="Only these; left out, all that wait for us."),
        ] = None,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
        of: Annotated[
            TicketFilter | None, strawberry.argument(description="Only those; left out, all.")
        ] = None,
    ) -> Connection[StaffTicket] | None:
        """Return a page of the queue."""
        staff = await operations.staff_at_desk(info.context.staff, READERS)
        wanted = (of or TicketFilter()).as_ask(state, staff.staff_id)
        list_name = f"queue:{wanted.name}"
        ask = asked_page(list_name, first, after)
        now = info.context.now
        page = await queries.queue(wanted, ask, now)
        return connection_of(list_name, ask, page, lambda one: StaffTicket.of(one, now))

    @strawberry.field(
        description="One ticket with what was written; null when there is none. The borrower sees"
        " who read it."
    )
    async def ticket(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The ticket.")],
    ) -> OpenedTicket | None:
        """Open a ticket."""
        try:
            opened = await operations.open_ticket_at_desk(
                info.context.staff, checked_id(id, "tk", field="id")
            )
        except NotFound:
            return None
        return OpenedTicket.of(opened, info.context.now, info.context.language)


@strawberry.input(description="What a borrower brought up by phone or in person.")
class LogTicketInput:
    """A ticket written down for a borrower."""

    borrower_id: strawberry.ID = strawberry.field(description="Who brought it up.")
    category: TicketCategory = strawberry.field(description="What it is about.")
    text: str = strawberry.field(
        description="What they said; the borrower reads it. At most 5,000 characters."
    )
    loan_id: strawberry.ID | None = strawberry.field(
        description="The loan it is about, one of theirs; leave out if none.", default=None
    )
    subcategory: TicketSubcategory | None = strawberry.field(
        description="What a complaint is about; leave out if unsure.", default=None
    )
    about_ticket_id: strawberry.ID | None = strawberry.field(
        description="The ticket of theirs whose answer is complained about.", default=None
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def as_command(self, staff_id: str) -> operations.LogTicket:
        """
        Return the command.

        Raises:
            InvalidInput: The text is empty or too long, or an id is of another type.
        """
        loan_id = self.loan_id
        if loan_id is not None:
            loan_id = checked_id(loan_id, "ln", field="input.loanId")
        about_id = self.about_ticket_id
        if about_id is not None:
            about_id = checked_id(about_id, "tk", field="input.aboutTicketId")
        return operations.LogTicket(
            caller_id=staff_id,
            borrower_id=checked_id(self.borrower_id, "br", field="input.borrowerId"),
            category=Category(self.category.value),
            text=checked_words(self.text, field="input.text"),
            loan_id=loan_id,
            idempotency_key=self.idempotency_key,
            subcategory=subcategory_of(self.subcategory),
            about_ticket_id=about_id,
        )


@strawberry.type(description="It is written down, the clock runs, and the borrower is told.")
class LogTicketSuccess:
    """The new ticket."""

    ticket: StaffTicket = strawberry.field(description="The ticket.")


LogTicketResult = Annotated[
    LogTicketSuccess | PlainProblem,
    strawberry.union("LogTicketResult", description="What became of `logTicket`."),
]


@strawberry.input(description="An answer to a borrower.")
class AnswerTicketInput:
    """An answer."""

    ticket_id: strawberry.ID = strawberry.field(description="The ticket; not a closed one.")
    text: str = strawberry.field(
        description="Plain words the borrower understands, with what to do next; at most 5,000"
        " characters."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def as_command(self, staff_id: str) -> operations.AnswerTicket:
        """
        Return the command.

        Raises:
            InvalidInput: The text is empty or too long, or the id is not a ticket's.
        """
        return operations.AnswerTicket(
            caller_id=staff_id,
            ticket_id=checked_id(self.ticket_id, "tk", field="input.ticketId"),
            text=checked_words(self.text, field="input.text"),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The answer is given and the borrower is told.")
class AnswerTicketSuccess:
    """The answered ticket."""

    ticket: StaffTicket = strawberry.field(description="The ticket.")


AnswerTicketResult = Annotated[
    AnswerTicketSuccess | PlainProblem,
    strawberry.union("AnswerTicketResult", description="What became of `answerTicket`."),
]


@strawberry.input(description="Which ticket is over.")
class CloseTicketInput:
    """The end of a ticket."""

    ticket_id: strawberry.ID = strawberry.field(description="The ticket; an answered one.")
    subcategory: TicketSubcategory | None = strawberry.field(
        description="What a complaint was about; needed where nobody said before.", default=None
    )
    outcome: ComplaintOutcome | None = strawberry.field(
        description="How a complaint ended; needed for one.", default=None
    )
    root_cause: ComplaintRootCause | None = strawberry.field(
        description="Why there was a complaint; needed for one.", default=None
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def as_command(self, staff_id: str) -> operations.CloseTicket:
        """
        Return the command.

        Raises:
            InvalidInput: The id is not a ticket's.
        """
        outcome, cause = self.outcome, self.root_cause
        return operations.CloseTicket(
            caller_id=staff_id,
            ticket_id=checked_id(self.ticket_id, "tk", field="input.ticketId"),
            idempotency_key=self.idempotency_key,
            subcategory=subcategory_of(self.subcategory),
            outcome=None if outcome is None else Outcome(outcome.value),
            root_cause=None if cause is None else RootCause(cause.value),
        )


@strawberry.type(description="The ticket is closed; the borrower may still rate it.")
class CloseTicketSuccess:
    """The closed ticket."""

    ticket: StaffTicket = strawberry.field(description="The ticket.")


CloseTicketResult = Annotated[
    CloseTicketSuccess | PlainProblem,
    strawberry.union("CloseTicketResult", description="What became of `closeTicket`."),
]


@strawberry.type(description="The service desk's mutations; for agents and supervisors.")
class StaffSupportMutation(StaffComplaintMutation, StaffNewsMutation, StaffExportMutation):
    """Answering and closing."""

    @strawberry.mutation(
        description="Write down what a borrower brought up by phone or in person; they are told."
    )
    async def log_ticket(
        self,
        info: Info,
        input: Annotated[LogTicketInput, strawberry.argument(description="What it is.")],
    ) -> LogTicketResult:
        """Write down."""
        try:
            staff = info.context.staff
            ticket = await operations.log_ticket(staff, input.as_command(staff.staff_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return LogTicketSuccess(ticket=StaffTicket.of(ticket, info.context.now))

    @strawberry.mutation(description="Answer a ticket; the borrower gets a notification.")
    async def answer_ticket(
        self,
        info: Info,
        input: Annotated[AnswerTicketInput, strawberry.argument(description="The answer.")],
    ) -> AnswerTicketResult:
        """Answer."""
        try:
            staff = info.context.staff
            ticket = await operations.answer_ticket(staff, input.as_command(staff.staff_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return AnswerTicketSuccess(ticket=StaffTicket.of(ticket, info.context.now))

    @strawberry.mutation(description="Close a ticket that has been answered.")
    async def close_ticket(
        self,
        info: Info,
        input: Annotated[CloseTicketInput, strawberry.argument(description="Which one.")],
    ) -> CloseTicketResult:
        """Close."""
        try:
            staff = info.context.staff
            ticket = await operations.close_ticket(staff, input.as_command(staff.staff_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return CloseTicketSuccess(ticket=StaffTicket.of(ticket, info.context.now))
