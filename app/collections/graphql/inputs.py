"""What staff send about late loans, and what they are answered."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from app.collections import operations, rules
from app.collections.errors import ContactNotPermitted
from app.collections.graphql.cases import (
    CollectionCase,
    CollectionContact,
    CollectionHold,
    ContactPermit,
)
from app.collections.graphql.words import (
    CollectionHoldReason,
    CollectionStage,
    ContactChannel,
    ContactOutcome,
    ContactPerson,
    ContactPurpose,
    PermitReason,
)
from app.collections.rules import NOTE_MAX
from app.foundation.caller import StaffCaller
from app.foundation.errors import InvalidInput
from app.foundation.graphql import (
    KEY_PER_CLICK,
    Fen,
    Info,
    PlainProblem,
    Problem,
    checked_id,
    checked_text,
)

CODE_MAX = 40
PHONE_MAX = 20


@strawberry.input(description="Which contact is wanted.")
class RequestContactPermitInput:
    """Asking for leave."""

    case_id: strawberry.ID = strawberry.field(description="The case; one that the caller has.")
    channel: ContactChannel = strawberry.field(description="How.")
    purpose: ContactPurpose = strawberry.field(description="What for.")
    person: ContactPerson = strawberry.field(
        default=ContactPerson.DEBTOR, description="Whom it is meant for."
    )
    phone: str | None = strawberry.field(
        default=None, description="The number to be called, if one was named; it is compared."
    )
    agency: str | None = strawberry.field(
        default=None, description="The agency's code, where it contacts; it has the case then."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def as_command(self, caller: StaffCaller) -> operations.RequestPermit:
        """
        Return the command.

        Raises:
            InvalidInput: An id is of another type, or a text too long.
        """
        return operations.RequestPermit(
            caller_id=caller.staff_id,
            case_id=checked_id(self.case_id, "cc", field="input.caseId"),
            channel=rules.ContactChannel(self.channel.value),
            purpose=rules.ContactPurpose(self.purpose.value),
            person=rules.ContactPerson(self.person.value),
            phone=_optional(self.phone, field="input.phone", most=PHONE_MAX),
            agency=_optional(self.agency, field="input.agency", most=CODE_MAX),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The contact is permitted, once.")
class RequestContactPermitSuccess:
    """Permitted."""

    permit: ContactPermit = strawberry.field(description="The permit.")
    script: list[str] = strawberry.field(
        description="What to say, in this order; the first sentence offers relief. At most three."
    )


@strawberry.type(description="The contact is not permitted; that it was asked for is on record.")
class ContactNotPermittedProblem(Problem):
    """Refused."""

    reasons: list[PermitReason] = strawberry.field(description="Every reason against it.")

    @classmethod
    def of(cls, info: Info, refusal: ContactNotPermitted) -> "ContactNotPermittedProblem":
        """Say why."""
        words = [info.context.text(f"collections.against.{one}") for one in refusal.reasons]
        joined = info.context.text("collections.list.separator").join(words)
        return cls(
            code=refusal.code,
            field=None,
            message=info.context.text(refusal.text_key, reasons=joined),
            reasons=[PermitReason[one] for one in refusal.reasons],
        )


RequestContactPermitResult = Annotated[
    RequestContactPermitSuccess | ContactNotPermittedProblem | PlainProblem,
    strawberry.union(
        "RequestContactPermitResult", description="What became of `requestContactPermit`."
    ),
]


@strawberry.input(description="What the borrower said they would pay by a day.")
class ContactPromiseInput:
    """A promise made in a contact."""

    amount: Fen = strawberry.field(description="How much; at most what is late.")
    due_on: date = strawberry.field(description="By when; at most 30 days from now.")


@strawberry.input(description="What came of a permitted contact.")
class RecordContactInput:
    """A contact."""

    permit_id: strawberry.ID = strawberry.field(description="The permit; it is used up.")
    outcome: ContactOutcome = strawberry.field(description="What came of it.")
    began_at: datetime = strawberry.field(description="When it began.")
    offered_relief: bool = strawberry.field(
        description="Whether relief was offered in it, as the script begins by."
    )
    promise: ContactPromiseInput | None = strawberry.field(
        default=None, description="What was promised; exactly where the outcome is PROMISED."
    )
    note: str | None = strawberry.field(
        default=None,
        description="A short note, up to 300 characters; sealed, and the borrower reads it.",
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def as_command(self, caller: StaffCaller) -> operations.RecordAttempt:
        """
        Return the command.

        Raises:
            InvalidInput: An id is of another type, a moment has no zone, or the note is too long.
        """
        if self.began_at.tzinfo is None:
            raise InvalidInput("input.beganAt", "collections.reason.began_at")
        promise = self.promise
        return operations.RecordAttempt(
            caller_id=caller.staff_id,
            permit_id=checked_id(self.permit_id, "pe", field="input.permitId"),
            outcome=rules.ContactOutcome(self.outcome.value),
            began_at=self.began_at,
            offered_relief=self.offered_relief,
            promised=None
            if promise is None
            else operations.Promised(amount_fen=int(promise.amount), due_on=promise.due_on),
            note=_optional(self.note, field="input.note", most=NOTE_MAX),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="It is written down, and the borrower sees it.")
class RecordContactSuccess:
    """Recorded."""

    contact: CollectionContact = strawberry.field(description="The contact.")


RecordContactResult = Annotated[
    RecordContactSuccess | PlainProblem,
    strawberry.union("RecordContactResult", description="What became of `recordContact`."),
]


@strawberry.input(description="Who works on a case from now on; one of the two.")
class AssignCollectionCaseInput:
    """An assignment."""

    case_id: strawberry.ID = strawberry.field(description="The case.")
    to_staff: strawberry.ID | None = strawberry.field(
        default=None, description="A member of staff."
    )
    to_agency: str | None = strawberry.field(
        default=None, description="The code of an agency on today's list."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def as_command(self, caller: StaffCaller) -> operations.AssignCase:
        """
        Return the command.

        Raises:
            InvalidInput: An id is of another type, or the code too long.
        """
        to_staff = self.to_staff
        return operations.AssignCase(
            caller_id=caller.staff_id,
            case_id=checked_id(self.case_id, "cc", field="input.caseId"),
            to_staff=None
            if to_staff is None
            else checked_id(to_staff, "st", field="input.toStaff"),
            to_agency=_optional(self.to_agency, field="input.toAgency", most=CODE_MAX),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="How firmly a case is pursued from now on.")
class AdvanceCollectionCaseInput:
    """A stage."""

    case_id: strawberry.ID = strawberry.field(description="The case.")
    stage: CollectionStage = strawberry.field(description="The stage; more only after the offer.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def as_command(self, caller: StaffCaller) -> operations.AdvanceCase:
        """
        Return the command.

        Raises:
            InvalidInput: The id is not a case's.
        """
        return operations.AdvanceCase(
            caller_id=caller.staff_id,
            case_id=checked_id(self.case_id, "cc", field="input.caseId"),
            stage=rules.Stage(self.stage.value),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="What keeps us from contacting the borrower of a case.")
class MarkCollectionCaseInput:
    """A mark."""

    case_id: strawberry.ID = strawberry.field(description="The case.")
    reason: CollectionHoldReason = strawberry.field(
        description="DEATH, SPECIAL_CARE, WRONG_NUMBER or STAFF_PAUSE."
    )
    until_on: date | None = strawberry.field(
        default=None, description="The last day of a pause; null until somebody ends it."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def as_command(self, caller: StaffCaller) -> operations.MarkCase:
        """
        Return the command.

        Raises:
            InvalidInput: The id is not a case's.
        """
        return operations.MarkCase(
            caller_id=caller.staff_id,
            case_id=checked_id(self.case_id, "cc", field="input.caseId"),
            reason=rules.HoldReason(self.reason.value),
            until_on=self.until_on,
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The case is theirs from now on.")
class AssignCollectionCaseSuccess:
    """Done."""

    case: CollectionCase = strawberry.field(description="The case as it stands now.")


AssignCollectionCaseResult = Annotated[
    AssignCollectionCaseSuccess | PlainProblem,
    strawberry.union(
        "AssignCollectionCaseResult", description="What became of `assignCollectionCase`."
    ),
]


@strawberry.type(description="The case is pursued so from now on.")
class AdvanceCollectionCaseSuccess:
    """Done."""

    case: CollectionCase = strawberry.field(description="The case as it stands now.")


AdvanceCollectionCaseResult = Annotated[
    AdvanceCollectionCaseSuccess | PlainProblem,
    strawberry.union(
        "AdvanceCollectionCaseResult", description="What became of `advanceCollectionCase`."
    ),
]


@strawberry.type(description="The borrower is left in peace from now on.")
class MarkCollectionCaseSuccess:
    """Done."""

    case: CollectionCase = strawberry.field(description="The case as it stands now.")


MarkCollectionCaseResult = Annotated[
    MarkCollectionCaseSuccess | PlainProblem,
    strawberry.union(
        "MarkCollectionCaseResult", description="What became of `markCollectionCase`."
    ),
]


@strawberry.input(description="A second person's word on a mark.")
class DecideCollectionMarkInput:
    """A decision."""

    hold_id: strawberry.ID = strawberry.field(description="The hold.")
    is_confirmed: bool = strawberry.field(description="True to confirm it, false to end it.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def as_command(self, caller: StaffCaller) -> operations.DecideMark:
        """
        Return the command.

        Raises:
            InvalidInput: The id is not a hold's.
        """
        return operations.DecideMark(
            caller_id=caller.staff_id,
            hold_id=checked_id(self.hold_id, "hd", field="input.holdId"),
            is_confirmed=self.is_confirmed,
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The mark is confirmed, or has ended.")
class DecideCollectionMarkSuccess:
    """Decided."""

    hold: CollectionHold = strawberry.field(description="The hold as it stood.")


DecideCollectionMarkResult = Annotated[
    DecideCollectionMarkSuccess | PlainProblem,
    strawberry.union(
        "DecideCollectionMarkResult", description="What became of `decideCollectionMark`."
    ),
]


def _optional(value: str | None, *, field: str, most: int) -> str | None:
    return None if value is None else checked_text(value, field=field, most=most)
