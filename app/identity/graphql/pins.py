"""Identity's part of the borrower's graph for the PIN: choosing and changing it."""

from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, problem_of
from app.identity import operations
from app.identity.graphql.inputs import KEY
from app.identity.graphql.types import WrongPinProblem
from app.identity.rules.pins import ChangePin, SetDuressPin, SetPin

PIN = "Six digits, as the person types them."
NEW = f"{PIN} Not repeated or in a row, not from the borrower's birthday, phone or resident ID."


@strawberry.input(description="The borrower's first PIN.")
class SetPinInput:
    """A PIN."""

    pin: str = strawberry.field(description=NEW)
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="Another PIN, and the present one.")
class ChangePinInput:
    """Two PINs."""

    pin: str = strawberry.field(description=f"The present one. {PIN}")
    new_pin: str = strawberry.field(description=f"The one from now on. {NEW}")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="A second PIN, to type when somebody forces the borrower to.")
class SetDuressPinInput:
    """The PIN, and the one for duress."""

    pin: str = strawberry.field(description=f"The PIN. {PIN}")
    duress_pin: str | None = strawberry.field(
        description=f"The second one; left out, there is none any more. {NEW}", default=None
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="The borrower has a PIN.")
class SetPinSuccess:
    """A first PIN."""

    has_pin: bool = strawberry.field(description="Always true.")


@strawberry.type(description="The new PIN opens what the old one did.")
class ChangePinSuccess:
    """Another PIN."""

    has_pin: bool = strawberry.field(description="Always true.")


@strawberry.type(
    description="What was asked is done. Show nothing of it afterwards: nobody who looks at the"
    " phone may learn whether there is such a PIN."
)
class SetDuressPinSuccess:
    """A second PIN, or none."""

    has_pin: bool = strawberry.field(description="Always true, about the PIN itself.")


SetPinResult = Annotated[
    SetPinSuccess | PlainProblem,
    strawberry.union("SetPinResult", description="Whether the PIN is kept."),
]
ChangePinResult = Annotated[
    ChangePinSuccess | WrongPinProblem | PlainProblem,
    strawberry.union("ChangePinResult", description="Whether the PIN is changed."),
]
SetDuressPinResult = Annotated[
    SetDuressPinSuccess | WrongPinProblem | PlainProblem,
    strawberry.union("SetDuressPinResult", description="Whether it is done."),
]


@strawberry.type(description="Identity's mutations about the PIN.")
class PinMutation:
    """How a borrower on a shared phone keeps a secret of their own."""

    @strawberry.mutation(
        description="Choose the PIN: six digits for what a fingerprint alone must not do on a phone"
        " that a family shares."
    )
    async def set_pin(
        self,
        info: Info,
        input: Annotated[SetPinInput, strawberry.argument(description="The PIN.")],
    ) -> SetPinResult:
        """Keep a first PIN."""
        try:
            command = SetPin(
                borrower_id=info.context.borrower_id,
                pin=input.pin,
                idempotency_key=input.idempotency_key,
            )
            await operations.set_pin(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return SetPinSuccess(has_pin=True)

    @strawberry.mutation(
        description="Choose another PIN, knowing the present one; five wrong ones in a row lock it."
    )
    async def change_pin(
        self,
        info: Info,
        input: Annotated[ChangePinInput, strawberry.argument(description="Both PINs.")],
    ) -> ChangePinResult:
        """Change the PIN."""
        try:
            command = ChangePin(
                borrower_id=info.context.borrower_id,
                pin=input.pin,
                new_pin=input.new_pin,
                idempotency_key=input.idempotency_key,
            )
            wrong = await operations.change_pin(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        if wrong is not None:
            return WrongPinProblem.of(info, wrong)
        return ChangePinSuccess(has_pin=True)

    @strawberry.mutation(
        description="Choose a second PIN for when somebody forces the borrower to type one. It"
        " looks like the PIN in every way; money on its way out is then quietly held back until"
        " staff have spoken to the borrower."
    )
    async def set_duress_pin(
        self,
        info: Info,
        input: Annotated[SetDuressPinInput, strawberry.argument(description="Both PINs.")],
    ) -> SetDuressPinResult:
        """Keep, replace or take back a PIN for duress."""
        try:
            command = SetDuressPin(
                borrower_id=info.context.borrower_id,
                pin=input.pin,
                duress_pin=input.duress_pin,
                idempotency_key=input.idempotency_key,
            )
            wrong = await operations.set_duress_pin(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        if wrong is not None:
            return WrongPinProblem.of(info, wrong)
        return SetDuressPinSuccess(has_pin=True)
