"""Identity's part of the borrower's graph for changing the phone number."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, checked_id, problem_of
from app.identity import operations
from app.identity.graphql.device_types import BASE64, signature_of
from app.identity.graphql.inputs import KEY
from app.identity.graphql.types import WrongCodeProblem
from app.identity.rules.intents import Approval
from app.identity.rules.phones import ChangePhone, RequestPhoneCode
from app.identity.rules.values import CodeRequested


@strawberry.input(description="The number that is to be the borrower's.")
class RequestPhoneCodeInput:
    """A new number."""

    phone: str = strawberry.field(description="A mobile number of mainland China.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="A code is on its way to the new number, whoever has it.")
class RequestPhoneCodeSuccess:
    """Where the code went and how long it lives."""

    challenge_id: strawberry.ID = strawberry.field(description="Pass it to changePhone.")
    phone: str = strawberry.field(description="Where it was sent, masked: 138****5678.")
    expires_at: datetime = strawberry.field(description="Until when the code works.")
    resend_after_seconds: int = strawberry.field(
        description="Wait this long before asking again; the code then sent is the same."
    )
    code_length: int = strawberry.field(description="How many digits the code has.")

    @classmethod
    def of(cls, asked: CodeRequested) -> "RequestPhoneCodeSuccess":
        """Show that a code is on its way."""
        return cls(
            challenge_id=strawberry.ID(asked.challenge_id),
            phone=asked.masked_phone,
            expires_at=asked.expires_at,
            resend_after_seconds=asked.resend_after_seconds,
            code_length=asked.digits,
        )


@strawberry.input(description="The new number's code, and the approval.")
class ChangePhoneInput:
    """Moving to another number."""

    challenge_id: strawberry.ID = strawberry.field(description="From requestPhoneCode.")
    code: str = strawberry.field(description="The digits that came to the new number.")
    intent_id: strawberry.ID = strawberry.field(
        description="Of an intent to CHANGE_PHONE (see beginIntent); approve it by approveIntent"
        " where it takes a code, as a request takes one code only."
    )
    signature: str | None = strawberry.field(
        default=None, description=f"The key's over the text, {BASE64}, unless approved before."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, info: Info) -> ChangePhone:
        """
        Return the command.

        Raises:
            InvalidInput: An id or the signature is malformed.
        """
        signature = None
        if self.signature is not None:
            signature = signature_of(self.signature, "input.signature")
        return ChangePhone(
            caller=info.context.borrower,
            challenge_id=checked_id(self.challenge_id, "oc", field="input.challengeId"),
            code=self.code,
            approval=Approval(
                intent_id=checked_id(self.intent_id, "in", field="input.intentId"),
                signature=signature,
            ),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The account has the new number; the old one was told.")
class ChangePhoneSuccess:
    """Moved."""

    is_changed: bool = strawberry.field(
        description="Always true; money out waits three days from now."
    )


RequestPhoneCodeResult = Annotated[
    RequestPhoneCodeSuccess | PlainProblem,
    strawberry.union("RequestPhoneCodeResult", description="Whether a code is on its way."),
]
ChangePhoneResult = Annotated[
    ChangePhoneSuccess | WrongCodeProblem | PlainProblem,
    strawberry.union("ChangePhoneResult", description="Whether the number is changed."),
]


@strawberry.type(description="Changing the phone number.")
class PhoneMutation:
    """A new number for the same person."""

    @strawberry.mutation(
        description="Text a code to the number that is to be the borrower's: five numbers a day."
    )
    async def request_phone_code(
        self,
        info: Info,
        input: Annotated[RequestPhoneCodeInput, strawberry.argument(description="The number.")],
    ) -> RequestPhoneCodeResult:
        """Send a code to the new number."""
        try:
            command = RequestPhoneCode(
                borrower_id=info.context.borrower_id,
                phone=input.phone,
                idempotency_key=input.idempotency_key,
            )
            asked = await operations.request_phone_code(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return RequestPhoneCodeSuccess.of(asked)

    @strawberry.mutation(
        description="Change the phone number, by a code to the new one and an approved intent."
        " The old number is told, and money out waits three days."
    )
    async def change_phone(
        self,
        info: Info,
        input: Annotated[ChangePhoneInput, strawberry.argument(description="Code and approval.")],
    ) -> ChangePhoneResult:
        """Change the number."""
        try:
            wrong = await operations.change_phone(input.as_command(info))
        except Refusal as refusal:
            return problem_of(info, refusal)
        if wrong is not None:
            return WrongCodeProblem.of(info, wrong)
        return ChangePhoneSuccess(is_changed=True)
