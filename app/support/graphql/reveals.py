"""Values in clear on the staff graph: revealed, asked for, and approved by a second person."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import (
    Connection,
    Info,
    PlainProblem,
    asked_page,
    checked_id,
    connection_of,
    id_or_none,
    problem_of,
)
from app.privacy.graphql import LookReason
from app.privacy.operations.reveals import DecideReveal
from app.privacy.queries import reveals as queries
from app.privacy.rules import Reason
from app.privacy.rules import reveals as rules
from app.privacy.rules.reveals import APPROVERS, Field
from app.support import operations

KEY = "1 to 64 characters, new for each value; send it again when retrying."
REASON = "Why you need it; the borrower reads it."
TICKET = "The borrower's open ticket; needed for resident ID, address and income."


@strawberry.enum(description="A value of a borrower's that staff may see in clear, on conditions.")
class RevealField(Enum):
    """Fields of `rules.reveals.Field`."""

    PHONE = strawberry.enum_value("PHONE", description="The phone number.")
    RESIDENT_ID = strawberry.enum_value("RESIDENT_ID", description="The resident ID; for a ticket.")
    NAME = strawberry.enum_value("NAME", description="The full name.")
    BANK_CARD = strawberry.enum_value(
        "BANK_CARD", description="The bank card; with a second person's approval."
    )
    ADDRESS = strawberry.enum_value("ADDRESS", description="The address; for a ticket.")
    INCOME = strawberry.enum_value(
        "INCOME", description="The stated monthly income in fen; for a ticket."
    )
    PURPOSE = strawberry.enum_value("PURPOSE", description="What the money is for, as written.")
    DECISION_DATA = strawberry.enum_value(
        "DECISION_DATA",
        description="What the newest decision saw, as JSON: records looked at with consent, the"
        " bureau's figures and the stated ones, in whole fen; for a ticket.",
    )
    DOCUMENTS = strawberry.enum_value(
        "DOCUMENTS",
        description="The pictures of the newest application that has some, as JSON: id, kind, and"
        " the JPEG in base64; for a ticket.",
    )
    TICKET_PICTURES = strawberry.enum_value(
        "TICKET_PICTURES",
        description="The pictures attached to the very ticket that is named, as JSON like those.",
    )


@strawberry.enum(description="Where a request for a second person stands.")
class RevealRequestState(Enum):
    """States of `rules.reveals.RequestState`."""

    ASKED = strawberry.enum_value("ASKED", description="It waits, for a day at most.")
    APPROVED = strawberry.enum_value(
        "APPROVED", description="The asker may reveal the value once within fifteen minutes."
    )
    REFUSED = strawberry.enum_value("REFUSED", description="It was refused.")
    SPENT = strawberry.enum_value("SPENT", description="The value was revealed.")


@strawberry.type(description="A wish to see a value for which a second person is needed.")
class RevealRequest:
    """A request."""

    id: strawberry.ID = strawberry.field(description="The request's id.")
    subject: strawberry.ID = strawberry.field(description="The borrower.")
    field: RevealField = strawberry.field(description="Which value.")
    reason: LookReason = strawberry.field(description="Why.")
    ticket_id: strawberry.ID | None = strawberry.field(description="The ticket it is for, if any.")
    asked_by: str = strawberry.field(description="The work name of who asked.")
    asked_at: datetime = strawberry.field(description="When.")
    state: RevealRequestState = strawberry.field(description="Where it stands.")
    decided_at: datetime | None = strawberry.field(
        description="When it was decided; null while it waits."
    )

    @classmethod
    def of(cls, request: queries.RevealRequest) -> "RevealRequest":
        """Show a request to staff."""
        ticket_id = request.ticket_id
        return cls(
            id=strawberry.ID(request.request_id),
            subject=strawberry.ID(request.borrower_id),
            field=RevealField(request.field.value),
            reason=LookReason(request.reason.value),
            ticket_id=id_or_none(ticket_id),
            asked_by=request.staff_name,
            asked_at=request.asked_at,
            state=RevealRequestState(request.state.value),
            decided_at=request.decided_at,
        )


@strawberry.input(description="Which value of whom to see in clear, and why.")
class RevealInput:
    """One value."""

    subject: strawberry.ID = strawberry.field(description="The borrower.")
    field: RevealField = strawberry.field(description="Which value.")
    reason: LookReason = strawberry.field(description=REASON)
    ticket_id: strawberry.ID | None = strawberry.field(description=TICKET, default=None)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, staff_id: str) -> operations.RevealValue:
        """
        Return the command.

        Raises:
            InvalidInput: An id is of another type.
        """
        return operations.RevealValue(
            staff_id=staff_id,
            borrower_id=checked_id(self.subject, "br", field="input.subject"),
            field=Field(self.field.value),
            reason=Reason(self.reason.value),
            ticket_id=_ticket_id(self.ticket_id),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="Which value of whom somebody wants to see, for a second person.")
class RequestRevealInput:
    """One value, not yet to be seen."""

    subject: strawberry.ID = strawberry.field(description="The borrower.")
    field: RevealField = strawberry.field(description="Which value.")
    reason: LookReason = strawberry.field(description=REASON)
    ticket_id: strawberry.ID | None = strawberry.field(description=TICKET, default=None)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, staff_id: str) -> operations.RequestReveal:
        """
        Return the command.

        Raises:
            InvalidInput: An id is of another type.
        """
        return operations.RequestReveal(
            staff_id=staff_id,
            borrower_id=checked_id(self.subject, "br", field="input.subject"),
            field=Field(self.field.value),
            reason=Reason(self.reason.value),
            ticket_id=_ticket_id(self.ticket_id),
            idempotency_key=self.idempotency_key,
        )


def _ticket_id(given: strawberry.ID | None) -> str | None:
    return None if given is None else checked_id(given, "tk", field="input.ticketId")


@strawberry.input(description="A second person's answer.")
class DecideRevealInput:
    """Yes or no."""

    request_id: strawberry.ID = strawberry.field(description="The request; somebody else's.")
    is_approved: bool = strawberry.field(description="Whether the asker may see the value.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, staff_id: str) -> DecideReveal:
        """
        Return the command.

        Raises:
            InvalidInput: The id is not a request's.
        """
        return DecideReveal(
            approver_id=staff_id,
            request_id=checked_id(self.request_id, "rq", field="input.requestId"),
            is_approved=self.is_approved,
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The value. It is on the borrower's record and in the audit chain.")
class RevealSuccess:
    """A value in clear."""

    value: str = strawberry.field(description="In clear; show it, and keep it nowhere.")
    revealed_at: datetime = strawberry.field(description="When it was first shown.")


@strawberry.type(description="A second person is asked.")
class RequestRevealSuccess:
    """The request."""

    request: RevealRequest = strawberry.field(description="The request.")


@strawberry.type(description="The request is decided.")
class DecideRevealSuccess:
    """The decided request."""

    request: RevealRequest = strawberry.field(description="The request.")


RevealResult = Annotated[
    RevealSuccess | PlainProblem,
    strawberry.union("RevealResult", description="What became of `reveal`."),
]
RequestRevealResult = Annotated[
    RequestRevealSuccess | PlainProblem,
    strawberry.union("RequestRevealResult", description="What became of `requestReveal`."),
]
DecideRevealResult = Annotated[
    DecideRevealSuccess | PlainProblem,
    strawberry.union("DecideRevealResult", description="What became of `decideReveal`."),
]


@strawberry.type(description="Queries about values in clear.")
class StaffRevealQuery:
    """What waits for a second person."""

    @strawberry.field(
        description="Requests that wait for a second person, oldest first; for supervisors."
    )
    async def reveal_requests(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[RevealRequest] | None:
        """Return a page of requests."""
        await operations.staff_at_desk(info.context.staff, APPROVERS)
        ask = asked_page("reveal-requests", first, after)
        page = await queries.waiting_requests(info.context.now, ask)
        return connection_of("reveal-requests", ask, page, RevealRequest.of)


@strawberry.type(description="Mutations about values in clear.")
class StaffRevealMutation:
    """Revealing, asking, approving."""

    @strawberry.mutation(
        description="See one value of a borrower in clear, after `staffStepUp`. The borrower is"
        " told at once who saw what and why. 20 an hour and 60 a day; beyond that, and for bank"
        f" cards, a second person approves first. {rules.APPROVED_FOR.seconds // 60} minutes long"
        " the same key shows the value again."
    )
    async def reveal(
        self,
        info: Info,
        input: Annotated[RevealInput, strawberry.argument(description="Which value.")],
    ) -> RevealResult:
        """Reveal."""
        try:
            staff = info.context.staff
            revealed = await operations.reveal(staff, input.as_command(staff.staff_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(revealed, Refusal):
            return problem_of(info, revealed)
        return RevealSuccess(value=revealed.value, revealed_at=revealed.revealed_at)

    @strawberry.mutation(description="Ask a second person to approve that one sees a value.")
    async def request_reveal(
        self,
        info: Info,
        input: Annotated[RequestRevealInput, strawberry.argument(description="Which value.")],
    ) -> RequestRevealResult:
        """Ask."""
        try:
            staff = info.context.staff
            request = await operations.request_reveal(staff, input.as_command(staff.staff_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return RequestRevealSuccess(request=RevealRequest.of(request))

    @strawberry.mutation(
        description="Approve or refuse that a colleague sees a value; for supervisors."
    )
    async def decide_reveal(
        self,
        info: Info,
        input: Annotated[DecideRevealInput, strawberry.argument(description="The answer.")],
    ) -> DecideRevealResult:
        """Decide."""
        try:
            staff = info.context.staff
            request = await operations.decide_reveal(staff, input.as_command(staff.staff_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return DecideRevealSuccess(request=RevealRequest.of(request))
