"""Identity's part of the borrower's graph for recovery: showing more, beginning anew, “not me”."""

from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, checked_id, problem_of
from app.identity import operations
from app.identity.errors import WrongCode, WrongPin
from app.identity.graphql import results
from app.identity.graphql.device_types import BASE64, signature_of
from app.identity.graphql.inputs import KEY
from app.identity.graphql.pins import PIN, WrongPinProblem
from app.identity.graphql.types import SessionTrust, WrongCodeProblem
from app.identity.rules import devices
from app.identity.rules.continuity import KeySignature, NotMe, ProveContinuity, StartAfresh
from app.identity.rules.people import Language

TOKEN_LENGTH_MAX = 64


@strawberry.input(description="A signature by a phone that was added before, for this session.")
class DeviceSignatureInput:
    """An old phone speaks for a new one."""

    key_id: str = strawberry.field(description="The old phone's, from enrollDevice.")
    counter: int = strawberry.field(description="Higher than at any sign-in of that phone before.")
    signature: str = strawberry.field(
        description="Of `qingmiao continuity v1` and the parts keyId, counter in digits, and this"
        f" session's id; {BASE64}."
    )


@strawberry.input(one_of=True, description="What is shown: exactly one of these.")
class ContinuityInput:
    """One piece of evidence."""

    pin: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"The account's PIN. {PIN}"
    )
    old_refresh_token: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Of a session this phone had before; one that is bound to a key signs instead.",
    )
    device_signature: DeviceSignatureInput | None = strawberry.field(
        default=strawberry.UNSET, description="By a phone that was added before."
    )


@strawberry.input(description="What shows that the account is the borrower's own.")
class ProveContinuityInput:
    """Evidence and the key."""

    by: ContinuityInput = strawberry.field(description="What is shown.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, info: Info) -> ProveContinuity:
        """
        Return the command.

        Raises:
            Unauthenticated: Nobody is signed in.
            InvalidInput: The signature is malformed.
        """
        signed, device = self.by.device_signature or None, None
        if signed is not None:
            device = KeySignature(
                key_id=signed.key_id[: devices.KEY_ID_LENGTH + 1],
                counter=signed.counter,
                signature=signature_of(signed.signature, "input.by.deviceSignature.signature"),
            )
        caller = info.context.contact
        token = self.by.old_refresh_token or None
        return ProveContinuity(
            borrower_id=caller.borrower_id,
            session_id=caller.session_id,
            pin=None if self.by.pin is strawberry.UNSET else self.by.pin,
            old_refresh_token=None if token is None else token[:TOKEN_LENGTH_MAX],
            device=device,
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="Nothing but the key.")
class StartAfreshInput:
    """A new account for this number."""

    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="A code from requestOtp, which proves whose number it is.")
class NotMeInput:
    """Somebody else is meant."""

    challenge_id: strawberry.ID = strawberry.field(description="From requestOtp.")
    code: str = strawberry.field(description="The digits in the text message.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="It was shown; the session is trusted as far as it says.")
class ProveContinuitySuccess:
    """Trusted more, or as before."""

    trust: SessionTrust = strawberry.field(description="How far the session is trusted now.")


@strawberry.type(description="The number now belongs to a new account, and this is its session.")
class StartAfreshSuccess:
    """The new session's tokens."""

    session: results.VerifyOtpSuccess = strawberry.field(
        description="As after signing in for the first time; the session before is over."
    )


@strawberry.type(description="Nothing more is sent to this number, whoever it was meant for.")
class NotMeSuccess:
    """Stopped."""

    is_stopped: bool = strawberry.field(
        description="Always true, whether or not anything was ever sent."
    )


ProveContinuityResult = Annotated[
    ProveContinuitySuccess | WrongPinProblem | PlainProblem,
    strawberry.union("ProveContinuityResult", description="How far the session is trusted."),
]
StartAfreshResult = Annotated[
    StartAfreshSuccess | PlainProblem,
    strawberry.union("StartAfreshResult", description="Whether there is a new account."),
]
NotMeResult = Annotated[
    NotMeSuccess | WrongCodeProblem | PlainProblem,
    strawberry.union("NotMeResult", description="Whether messages are stopped."),
]


@strawberry.type(description="Identity's mutations about recovery.")
class RecoveryMutation:
    """What somebody can do who has proved a number only."""

    @strawberry.mutation(
        description="Show that the account is one's own, by its PIN, by the refresh token this"
        " phone had before, or by a phone that was added; `me.recovery` says what is left to show."
    )
    async def prove_continuity(
        self,
        info: Info,
        input: Annotated[ProveContinuityInput, strawberry.argument(description="The evidence.")],
    ) -> ProveContinuityResult:
        """Show one thing more."""
        try:
            trust = await operations.prove_continuity(input.as_command(info))
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(trust, WrongPin):
            return WrongPinProblem.of(info, trust)
        return ProveContinuitySuccess(trust=SessionTrust(trust.value))

    @strawberry.mutation(
        description="Begin an own account: the number is new to whoever holds it. Nothing of the"
        " account before is shown; it keeps its data, and loses the number."
    )
    async def start_afresh(
        self,
        info: Info,
        input: Annotated[StartAfreshInput, strawberry.argument(description="The key.")],
    ) -> StartAfreshResult:
        """Begin anew."""
        try:
            caller = info.context.contact
            command = StartAfresh(
                borrower_id=caller.borrower_id,
                session_id=caller.session_id,
                language=Language(info.context.language),
                idempotency_key=input.idempotency_key,
            )
            signed_in = await operations.start_afresh(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return StartAfreshSuccess(session=results.VerifyOtpSuccess.of(signed_in))

    @strawberry.mutation(
        description="“Not me”: messages to this number are meant for somebody else. Needs a code,"
        " and no account; the answer is the same whether the number is known here or not."
    )
    async def not_me(
        self,
        info: Info,
        input: Annotated[NotMeInput, strawberry.argument(description="The code.")],
    ) -> NotMeResult:
        """Stop messages to a number."""
        try:
            command = NotMe(
                challenge_id=checked_id(input.challenge_id, "oc", field="input.challengeId"),
                code=input.code,
                idempotency_key=input.idempotency_key,
            )
            wrong = await operations.disown_number(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(wrong, WrongCode):
            return WrongCodeProblem.of(info, wrong)
        return NotMeSuccess(is_stopped=True)
