"""Intents on the borrower's graph: what is shown before a sensitive act, and its approval."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, checked_id, checked_text, problem_of
from app.identity import operations
from app.identity.errors import WrongPin
from app.identity.graphql.types import WrongCodeProblem, WrongPinProblem
from app.identity.rules import devices
from app.identity.rules.commands import ApproveIntent
from app.identity.rules.intents import SIGNATURE_BYTES_MAX, Approval, IntentOpened

_CODE_MAX = 24


@strawberry.enum(description="What only the borrower may do, after reading what it means.")
class IntentAct(Enum):
    """Acts of `rules.intents.Act`."""

    SIGN_AGREEMENT = strawberry.enum_value("SIGN_AGREEMENT", description="Sign a loan agreement.")
    SIGN_MANDATE = strawberry.enum_value(
        "SIGN_MANDATE", description="Agree to automatic debits, or to other figures for them."
    )
    CHANGE_BANK_CARD = strawberry.enum_value(
        "CHANGE_BANK_CARD", description="Name another bank card for money to go to."
    )
    CHANGE_PHONE = strawberry.enum_value("CHANGE_PHONE", description="Change the phone number.")
    CHANGE_WALLET = strawberry.enum_value(
        "CHANGE_WALLET", description="Name the wallet that money goes to."
    )
    REMOVE_WALLET = strawberry.enum_value(
        "REMOVE_WALLET", description="Use no wallet any more: money goes to the bank card."
    )
    GIVE_GUARANTEE = strawberry.enum_value(
        "GIVE_GUARANTEE", description="Stand behind somebody else's loan."
    )
    RETURN_LOAN = strawberry.enum_value(
        "RETURN_LOAN", description="Give a loan back within its cooling-off days."
    )
    REPAY_FROM_CARD = strawberry.enum_value(
        "REPAY_FROM_CARD", description="Pay once from the bank card on file."
    )
    PAY_CASH = strawberry.enum_value(
        "PAY_CASH", description="Confirm cash paid in a shop towards a loan."
    )


@strawberry.enum(description="How an intent is approved.")
class IntentMeans(Enum):
    """Means of `rules.intents.Means`."""

    DEVICE_KEY = strawberry.enum_value(
        "DEVICE_KEY", description="By a signature of this phone's key over exactly the text."
    )
    CODE = strawberry.enum_value(
        "CODE", description="By the code in a text message that says the same."
    )
    DEVICE_KEY_AND_CODE = strawberry.enum_value(
        "KEY_AND_CODE",
        description="By both, because it is about more than a key kept like this phone's may"
        " approve alone.",
    )


@strawberry.type(
    description="An act waiting for the borrower's approval. Show `text` as it is, line by line."
)
class Intent:
    """What is to be approved."""

    id: strawberry.ID = strawberry.field(description="Send it back with the approval.")
    act: IntentAct = strawberry.field(description="What will be done.")
    text: str = strawberry.field(
        description="What the borrower reads. Its UTF-8 bytes are what the phone's key signs:"
        " `qingmiao intent v1`, a line break, then the id and the text, each after its length in"
        " four bytes, big-endian."
    )
    means: IntentMeans = strawberry.field(description="How to approve it.")
    expires_at: datetime = strawberry.field(description="Until when it may be approved.")
    masked_phone: str | None = strawberry.field(
        description="Where the code went, masked; null where the phone's key alone approves."
    )
    resend_after_seconds: int | None = strawberry.field(
        description="Wait this long before asking again for the same code; null without a code."
    )
    code_length: int | None = strawberry.field(
        description="How many digits the code has; null without a code."
    )
    needs_pin: bool = strawberry.field(
        description="Whether the borrower has a PIN: then ask for it, and call approveIntent with"
        " it before the act."
    )

    @classmethod
    def of(cls, opened: IntentOpened) -> "Intent":
        """Show an intent."""
        code = opened.code
        return cls(
            id=strawberry.ID(opened.intent_id),
            act=IntentAct(opened.act.value),
            text=opened.text,
            means=IntentMeans(opened.means.value),
            expires_at=opened.expires_at,
            masked_phone=None if code is None else code.masked_phone,
            resend_after_seconds=None if code is None else code.resend_after_seconds,
            code_length=None if code is None else code.digits,
            needs_pin=opened.needs_pin,
        )


@strawberry.input(
    description="An approval: the intent with its signature or code, unless approveIntent had them."
)
class ApprovalInput:
    """Approving."""

    intent_id: strawberry.ID = strawberry.field(description="The intent's id.")
    code: str | None = strawberry.field(
        default=None, description="The digits of the text message, where `means` has a code."
    )
    signature: str | None = strawberry.field(
        default=None,
        description="The key's signature over the text in base64url without padding, where `means`"
        " has a key.",
    )

    def as_approval(self) -> Approval:
        """Check the shapes and translate."""
        path = "input.approval"
        return Approval(
            intent_id=checked_id(self.intent_id, "in", field=f"{path}.intentId"),
            code=None
            if self.code is None
            else checked_text(self.code, field=f"{path}.code", most=_CODE_MAX),
            signature=None
            if self.signature is None
            else devices.bytes_of(
                self.signature, field=f"{path}.signature", most=SIGNATURE_BYTES_MAX
            ),
        )


@strawberry.input(description="Which intent is approved, and by what.")
class ApproveIntentInput:
    """Approving beforehand."""

    approval: ApprovalInput = strawberry.field(description="The intent and its proof.")
    pin: str | None = strawberry.field(
        default=None, description="Six digits, as the person types them, where `needsPin`."
    )
    idempotency_key: strawberry.ID = strawberry.field(
        description="Any string of at most 64 characters, new for each act, kept for retries."
    )


@strawberry.type(description="The intent is approved; do what it is for before it expires.")
class ApproveIntentSuccess:
    """Approved."""

    intent: Intent = strawberry.field(description="What was approved.")


ApproveIntentResult = Annotated[
    ApproveIntentSuccess | WrongCodeProblem | WrongPinProblem | PlainProblem,
    strawberry.union("ApproveIntentResult", description="Approved, or why not."),
]


@strawberry.type(description="Intents' mutations.")
class IntentMutation:
    """Approving an act ahead of doing it."""

    @strawberry.mutation(
        description="Approve an intent ahead of its act; or hand the same approval to the act."
    )
    async def approve_intent(
        self,
        info: Info,
        input: Annotated[
            ApproveIntentInput, strawberry.argument(description="Intent and signature or code.")
        ],
    ) -> ApproveIntentResult:
        """Approve."""
        try:
            command = ApproveIntent(
                caller=info.context.borrower,
                approval=input.approval.as_approval(),
                idempotency_key=input.idempotency_key,
                pin=input.pin,
            )
            wrong = await operations.approve_intent(command)
            if isinstance(wrong, WrongPin):
                return WrongPinProblem.of(info, wrong)
            if wrong is not None:
                return WrongCodeProblem.of(info, wrong)
            opened = await operations.opened(command.approval.intent_id, command.caller_id)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ApproveIntentSuccess(intent=Intent.of(opened))
