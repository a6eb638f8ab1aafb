"""Identity's part of both graphs for being identified by staff."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, checked_id, problem_of
from app.identity import operations
from app.identity.graphql.inputs import KEY
from app.identity.rules import identifying as rules


@strawberry.enum(description="How far staff have got in seeing who somebody is.")
class IdentificationState(Enum):
    """States of `rules.identifying.IdentificationState`."""

    ASKED = strawberry.enum_value("ASKED", description="Nobody has looked into it yet.")
    PROPOSED = strawberry.enum_value(
        "PROPOSED", description="One supervisor is sure; a second one has to be."
    )
    CONFIRMED = strawberry.enum_value("CONFIRMED", description="It is the borrower.")
    REFUSED = strawberry.enum_value("REFUSED", description="It could not be shown.")


@strawberry.input(description="Whether the PIN is forgotten, and the key.")
class AskStaffToIdentifyInput:
    """Asking to be identified."""

    forgets_pin: bool = strawberry.field(
        default=False, description="Whether the PIN is to be set anew once staff are sure."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="Customer service will call, and look into it.")
class AskStaffToIdentifySuccess:
    """Asked."""

    identification_id: strawberry.ID = strawberry.field(
        description="What to name when customer service calls."
    )
    state: IdentificationState = strawberry.field(description="How far they have got.")


AskStaffToIdentifyResult = Annotated[
    AskStaffToIdentifySuccess | PlainProblem,
    strawberry.union("AskStaffToIdentifyResult", description="Whether staff are asked."),
]


@strawberry.type(description="Asking to be identified.")
class IdentificationMutation:
    """A person who can show nothing but themselves."""

    @strawberry.mutation(
        description="Ask customer service to see that the account is one's own; two of them must"
        " agree. Asked again while it waits, it is the same."
    )
    async def ask_staff_to_identify(
        self,
        info: Info,
        input: Annotated[AskStaffToIdentifyInput, strawberry.argument(description="The key.")],
    ) -> AskStaffToIdentifyResult:
        """Ask."""
        try:
            caller = info.context.contact
            command = rules.AskToBeIdentified(
                borrower_id=caller.borrower_id,
                session_id=caller.session_id,
                forgets_pin=input.forgets_pin,
                idempotency_key=input.idempotency_key,
            )
            asked = await operations.ask_to_be_identified(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return AskStaffToIdentifySuccess(
            identification_id=strawberry.ID(asked.identification_id),
            state=IdentificationState(asked.state.value),
        )


@strawberry.type(description="Somebody in a session who asks to be recognized as a borrower.")
class Identification:
    """One question to staff."""

    id: strawberry.ID = strawberry.field(description="Opaque, at most 16 characters.")
    borrower_id: strawberry.ID = strawberry.field(description="Who they say they are.")
    state: IdentificationState = strawberry.field(description="How far staff have got.")
    forgets_pin: bool = strawberry.field(
        description="Whether the PIN is to be set anew once two are sure."
    )
    asked_at: datetime = strawberry.field(description="When they asked.")

    @classmethod
    def of(cls, seen: rules.Identification) -> "Identification":
        """Show a question."""
        return cls(
            id=strawberry.ID(seen.identification_id),
            borrower_id=strawberry.ID(seen.borrower_id),
            state=IdentificationState(seen.state.value),
            forgets_pin=seen.forgets_pin,
            asked_at=seen.asked_at,
        )


@strawberry.input(description="Whether it is the borrower, and how that is known.")
class IdentifyBorrowerInput:
    """A supervisor's word."""

    identification_id: strawberry.ID = strawberry.field(description="From identifications.")
    is_borrower: bool = strawberry.field(
        description="Two must say yes; one who says no ends the question."
    )
    reason: str = strawberry.field(
        description="What was checked, up to 300 characters; kept sealed."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="What was said is kept.")
class IdentifyBorrowerSuccess:
    """Said."""

    identification: Identification = strawberry.field(description="As it stands now.")


IdentifyBorrowerResult = Annotated[
    IdentifyBorrowerSuccess | PlainProblem,
    strawberry.union("IdentifyBorrowerResult", description="Whether it is kept."),
]


@strawberry.type(description="Identity's queries for staff about who somebody is.")
class StaffIdentificationQuery:
    """Who waits."""

    @strawberry.field(
        description="Who waits to be identified, longest first, at most 100; null for anybody but"
        " supervisors."
    )
    async def identifications(self, info: Info) -> list[Identification] | None:
        """Show supervisors who waits."""
        found = await operations.identifications_for(info.context.caller)
        return None if found is None else [Identification.of(one) for one in found]


@strawberry.type(description="Identity's mutations for staff about who somebody is.")
class StaffIdentificationMutation:
    """Two supervisors."""

    @strawberry.mutation(
        description="Say whether a session is in its borrower's hands; supervisors only, with a"
        " fresh authenticator code. At the second yes the session may do everything."
    )
    async def identify_borrower(
        self,
        info: Info,
        input: Annotated[IdentifyBorrowerInput, strawberry.argument(description="The word.")],
    ) -> IdentifyBorrowerResult:
        """Keep a supervisor's word."""
        try:
            staff = info.context.staff
            command = rules.Identify(
                staff_id=staff.staff_id,
                identification_id=checked_id(
                    input.identification_id, "if", field="input.identificationId"
                ),
                is_borrower=input.is_borrower,
                reason=input.reason,
                idempotency_key=input.idempotency_key,
            )
            seen = await operations.identify_borrower(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return IdentifyBorrowerSuccess(identification=Identification.of(seen))
