"""Stepping up on the staff graph."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, problem_of
from app.identity import operations
from app.identity.graphql.passkeys import StaffPasskeyAnswerInput


@strawberry.input(description="A fresh proof: a code or a passkey, one of the two.")
class StaffStepUpInput:
    """A proof and the key."""

    totp: str | None = strawberry.field(
        description="Six digits; not the code that signed in, each works once.", default=None
    )
    passkey: StaffPasskeyAnswerInput | None = strawberry.field(
        description="The answer to a challenge for STEP_UP.", default=None
    )
    idempotency_key: strawberry.ID = strawberry.field(
        description="1 to 64 characters, new for each code; send it again when retrying."
    )


@strawberry.type(description="The session may show what needs a fresh proof.")
class StaffStepUpSuccess:
    """Until when."""

    until: datetime = strawberry.field(description="Until when it counts: five minutes from now.")


StaffStepUpResult = Annotated[
    StaffStepUpSuccess | PlainProblem,
    strawberry.union("StaffStepUpResult", description="Whether the session is stepped up."),
]


@strawberry.type(description="Stepping up.")
class StaffStepUpMutation:
    """A fresh proof in a running session."""

    @strawberry.mutation(
        description="Prove again who you are, with a fresh authenticator code or your passkey,"
        " before revealing a value or reading a ticket. Failures count towards the name's lock."
    )
    async def staff_step_up(
        self,
        info: Info,
        input: Annotated[StaffStepUpInput, strawberry.argument(description="The proof.")],
    ) -> StaffStepUpResult:
        """Step up."""
        try:
            staff = info.context.staff
            until = await operations.step_up(
                staff,
                totp=input.totp,
                passkey=None if input.passkey is None else input.passkey.as_answer(),
                idempotency_key=input.idempotency_key,
            )
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(until, Refusal):
            return problem_of(info, until)
        return StaffStepUpSuccess(until=until)
