"""Passkeys on the staff graph: a challenge, what a browser answers, and one's own passkeys."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.base64url import as_text
from app.foundation.caller import StaffCaller
from app.foundation.errors import Refusal
from app.foundation.graphql import Info, PlainProblem, checked_id, problem_of
from app.identity import operations, queries
from app.identity.graphql.inputs import KEY
from app.identity.rules import devices, passkeys

BASE64 = "in base64url without padding"


@strawberry.enum(description="What a challenge for a passkey is for.")
class StaffPasskeyUse(Enum):
    """Uses of `rules.passkeys.PasskeyUse`."""

    SIGN_IN = strawberry.enum_value("SIGN_IN", description="Signing in, beside the password.")
    STEP_UP = strawberry.enum_value("STEP_UP", description="Proving again who one is.")
    ADD = strawberry.enum_value("ADD", description="Adding a passkey, just after signing in.")


@strawberry.type(description="What a passkey signs, once and within five minutes.")
class StaffPasskeyChallenge:
    """A challenge of ours."""

    nonce: str = strawberry.field(description="Send it back with the answer.")
    challenge: str = strawberry.field(
        description=f"`publicKey.challenge` of `navigator.credentials`, {BASE64}."
    )
    rp_id: str = strawberry.field(description="`publicKey.rp.id` or `publicKey.rpId`.")
    expires_at: datetime = strawberry.field(description="Until when it can be answered.")
    credential_ids: list[str] = strawberry.field(
        description="The caller's passkeys, to allow (STEP_UP) or to exclude (ADD); none for"
        f" SIGN_IN, when the browser offers what it has. Each {BASE64}."
    )

    @classmethod
    def of(cls, challenge: passkeys.PasskeyChallenge) -> "StaffPasskeyChallenge":
        """Show a challenge."""
        return cls(
            nonce=challenge.nonce,
            challenge=as_text(challenge.challenge),
            rp_id=challenge.rp_id,
            expires_at=challenge.expires_at,
            credential_ids=list(challenge.credential_ids),
        )


@strawberry.input(description="What `navigator.credentials.get` answered.")
class StaffPasskeyAnswerInput:
    """An assertion."""

    nonce: str = strawberry.field(description="From staffPasskeyChallenge.")
    credential_id: str = strawberry.field(description=f"`rawId`, {BASE64}.")
    client_data: str = strawberry.field(description=f"`response.clientDataJSON`, {BASE64}.")
    authenticator_data: str = strawberry.field(
        description=f"`response.authenticatorData`, {BASE64}."
    )
    signature: str = strawberry.field(description=f"`response.signature`, {BASE64}.")

    def as_answer(self) -> passkeys.PasskeyAnswer:
        """
        Return the answer.

        Raises:
            InvalidInput: Something of it is no base64url, or too long.
        """
        at = "input.passkey."
        credential_id = devices.bytes_of(
            self.credential_id, field=f"{at}credentialId", most=passkeys.CREDENTIAL_ID_BYTES_MAX
        )
        return passkeys.PasskeyAnswer(
            nonce=self.nonce,
            credential_id=as_text(credential_id),
            client_data=devices.bytes_of(
                self.client_data, field=f"{at}clientData", most=passkeys.CLIENT_DATA_BYTES_MAX
            ),
            authenticator_data=devices.bytes_of(
                self.authenticator_data,
                field=f"{at}authenticatorData",
                most=passkeys.AUTHENTICATOR_DATA_BYTES_MAX,
            ),
            signature=devices.bytes_of(
                self.signature, field=f"{at}signature", most=passkeys.SIGNATURE_BYTES_MAX
            ),
        )


@strawberry.input(description="What `navigator.credentials.create` answered.")
class AddStaffPasskeyInput:
    """A new passkey."""

    nonce: str = strawberry.field(description="From staffPasskeyChallenge, for ADD.")
    client_data: str = strawberry.field(description=f"`response.clientDataJSON`, {BASE64}.")
    attestation: str = strawberry.field(description=f"`response.attestationObject`, {BASE64}.")
    name: str = strawberry.field(description="What to call it: up to 40 characters, or nothing.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, caller: StaffCaller) -> passkeys.AddPasskey:
        """
        Return the command.

        Raises:
            InvalidInput: Something of it is no base64url, or too long.
        """
        return passkeys.AddPasskey(
            staff_id=caller.staff_id,
            session_id=caller.session_id,
            nonce=self.nonce,
            client_data=devices.bytes_of(
                self.client_data, field="input.clientData", most=passkeys.CLIENT_DATA_BYTES_MAX
            ),
            attestation=devices.bytes_of(
                self.attestation, field="input.attestation", most=passkeys.ATTESTATION_BYTES_MAX
            ),
            name=self.name,
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="Taking a passkey away.")
class RemoveStaffPasskeyInput:
    """Which one."""

    passkey_id: strawberry.ID = strawberry.field(description="From staffPasskeys.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="A passkey of the caller's.")
class StaffPasskey:
    """One's own passkey."""

    id: strawberry.ID = strawberry.field(description="The passkey's id.")
    name: str = strawberry.field(description="What it was called; may be empty.")
    made_at: datetime = strawberry.field(description="When it was added.")
    last_used_at: datetime | None = strawberry.field(description="When it answered last.")

    @classmethod
    def of(cls, view: passkeys.PasskeyView) -> "StaffPasskey":
        """Show a passkey."""
        return cls(
            id=strawberry.ID(view.passkey_id),
            name=view.name,
            made_at=view.made_at,
            last_used_at=view.last_used_at,
        )


@strawberry.type(description="The passkey may stand for the authenticator code from now on.")
class AddStaffPasskeySuccess:
    """Added."""

    passkey: StaffPasskey = strawberry.field(description="The new passkey.")


@strawberry.type(description="The passkey counts no longer, and the sessions it began are over.")
class RemoveStaffPasskeySuccess:
    """Taken away."""

    passkeys: list[StaffPasskey] = strawberry.field(description="Those that are left.")


AddStaffPasskeyResult = Annotated[
    AddStaffPasskeySuccess | PlainProblem,
    strawberry.union("AddStaffPasskeyResult", description="Whether the passkey was added."),
]
RemoveStaffPasskeyResult = Annotated[
    RemoveStaffPasskeySuccess | PlainProblem,
    strawberry.union("RemoveStaffPasskeyResult", description="Whether it was taken away."),
]


@strawberry.type(description="Queries about passkeys.")
class StaffPasskeysQuery:
    """Challenges, and one's own passkeys."""

    @strawberry.field(
        description="A challenge for a passkey; nothing is kept of it until it is answered. For"
        " SIGN_IN nobody need be signed in."
    )
    async def staff_passkey_challenge(
        self,
        info: Info,
        use: Annotated[StaffPasskeyUse, strawberry.argument(description="What for.")],
    ) -> StaffPasskeyChallenge | None:
        """Make one."""
        caller = info.context.caller
        challenge = await operations.passkey_challenge(
            caller if isinstance(caller, StaffCaller) else None, passkeys.PasskeyUse(use.value)
        )
        return StaffPasskeyChallenge.of(challenge)

    @strawberry.field(description="The caller's passkeys, newest first, at most five.")
    async def staff_passkeys(self, info: Info) -> list[StaffPasskey] | None:
        """List one's own."""
        return await _passkeys(info.context.staff)


@strawberry.type(description="Mutations about passkeys.")
class StaffPasskeysMutation:
    """Adding and taking away."""

    @strawberry.mutation(
        description="Add a passkey, within five minutes of signing in with both proofs."
    )
    async def add_staff_passkey(
        self,
        info: Info,
        input: Annotated[AddStaffPasskeyInput, strawberry.argument(description="The answer.")],
    ) -> AddStaffPasskeyResult:
        """Add one."""
        try:
            staff = info.context.staff
            added = await operations.add_passkey(staff, input.as_command(staff))
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(added, Refusal):
            return problem_of(info, added)
        return AddStaffPasskeySuccess(passkey=StaffPasskey.of(added))

    @strawberry.mutation(description="Take one of one's own passkeys away, as when it is lost.")
    async def remove_staff_passkey(
        self,
        info: Info,
        input: Annotated[RemoveStaffPasskeyInput, strawberry.argument(description="Which.")],
    ) -> RemoveStaffPasskeyResult:
        """Take one away."""
        try:
            staff = info.context.staff
            command = passkeys.RemovePasskey(
                staff_id=staff.staff_id,
                passkey_id=checked_id(input.passkey_id, "sk", field="input.passkeyId"),
                idempotency_key=input.idempotency_key,
            )
            await operations.remove_passkey(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return RemoveStaffPasskeySuccess(passkeys=await _passkeys(staff))


async def _passkeys(staff: StaffCaller) -> list[StaffPasskey]:
    return [StaffPasskey.of(view) for view in await queries.passkeys_of(staff.staff_id)]
