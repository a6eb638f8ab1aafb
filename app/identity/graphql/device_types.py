"""Devices and signing in by their keys, as the borrower's graph shows them."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.graphql import Info, Node, PlainProblem, Problem, checked_id, problem_parts
from app.identity import rules
from app.identity.errors import DeviceClockOff
from app.identity.graphql.inputs import KEY
from app.identity.graphql.pins import WrongPinProblem
from app.identity.graphql.results import ACCESS, REFRESH
from app.identity.rules import devices

BASE64 = "base64url without padding"


@strawberry.enum(description="What made a device's key, and so what its signatures look like.")
class DeviceKind(Enum):
    """Kinds of `rules.DeviceKind`."""

    KEYSTORE = strawberry.enum_value(
        "KEYSTORE", description="The phone's keystore, P-256; signatures in DER or 64 bytes r‖s."
    )
    ED25519 = strawberry.enum_value("ED25519", description="A program that keeps an Ed25519 key.")
    WEBAUTHN = strawberry.enum_value("WEBAUTHN", description="A browser's or phone's passkey.")
    SOTER = strawberry.enum_value("SOTER", description="Tencent SOTER.")


@strawberry.enum(description="How well a device keeps its key.")
class DeviceLevel(Enum):
    """Levels of `rules.DeviceLevel`."""

    L0 = strawberry.enum_value("L0", description="By a program.")
    L1 = strawberry.enum_value("L1", description="In hardware, as the phone says.")
    L2 = strawberry.enum_value("L2", description="In hardware, as the maker's certificates prove.")
    L3 = strawberry.enum_value("L3", description="In a chip of its own, proven likewise.")


@strawberry.type(description="A phone whose key may sign the borrower in.")
class Device(Node):
    """One live device of the caller."""

    name: str = strawberry.field(
        description="What the phone called itself, or a plain word for a phone."
    )
    kind: DeviceKind = strawberry.field(description="What made its key.")
    level: DeviceLevel = strawberry.field(description="How well it keeps its key.")
    enrolled_at: datetime = strawberry.field(description="When it was added.")
    last_used_on: date = strawberry.field(description="The last day, in China, it signed in.")
    is_current: bool = strawberry.field(description="Whether it is the one asking now.")

    @classmethod
    def of(cls, info: Info, view: rules.DeviceView, current_id: str | None) -> "Device":
        """Show a device; one without a name gets a plain word."""
        return cls(
            id=strawberry.ID(view.device_id),
            name=view.name or info.context.text("identity.session.unnamed_device"),
            kind=DeviceKind(view.kind.value),
            level=DeviceLevel(view.level.value),
            enrolled_at=view.enrolled_at,
            last_used_on=view.last_used_on,
            is_current=view.device_id == current_id,
        )


@strawberry.input(description="Adding this phone.")
class BeginDeviceEnrollmentInput:
    """The PIN of those who have one."""

    pin: str | None = strawberry.field(
        description="The borrower's PIN; needed by those who have one (PIN_REQUIRED).",
        default=None,
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str, session_id: str) -> rules.BeginDeviceEnrollment:
        """Return the command."""
        return rules.BeginDeviceEnrollment(
            borrower_id=borrower_id,
            session_id=session_id,
            pin=self.pin,
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(
    description="A new key, and its signature over `qingmiao enroll v1`, a line break, and these"
    " parts, each after its length in four bytes: borrowerId, sessionId, challengeId, the"
    " challenge's bytes, and proofKey's bytes (none: an empty part)."
)
class EnrollDeviceInput:
    """A key and the proof that the phone holds it."""

    challenge_id: strawberry.ID = strawberry.field(description="From beginDeviceEnrollment.")
    kind: DeviceKind = strawberry.field(description="What made the key.")
    public_key: str = strawberry.field(
        description=f"The public key, {BASE64}: a P-256 point (33 or 65 bytes) or its"
        " SubjectPublicKeyInfo, 32 bytes of Ed25519, or SOTER's AuthKey; empty for a passkey.",
        default="",
    )
    signature: str = strawberry.field(
        description=f"The signature, {BASE64}; for a passkey what `create` answered over its hash."
    )
    proof_key: str | None = strawberry.field(
        description="A second key that signs requests without asking for a finger, same form:"
        " P-256, or Ed25519 beside Ed25519. Passkeys and SOTER need one.",
        default=None,
    )
    proof_signature: str | None = strawberry.field(
        description="The second key's signature over the same bytes and one more part,"
        " `proof-key`.",
        default=None,
    )
    vouchers: list[str] = strawberry.field(
        description=f"SOTER: the app's own key as the phone vouches for it, {BASE64}.",
        default_factory=list[str],
    )
    is_in_hardware: bool = strawberry.field(
        description="Whether the phone says its keystore keeps the key in hardware.", default=False
    )
    name: str = strawberry.field(
        description="What to call this phone in myDevices, up to 64 characters: Redmi 9A.",
        default="",
    )
    replaces_device_id: strawberry.ID | None = strawberry.field(
        description="The device this phone was until its key became useless, as after a new"
        " fingerprint; it ends.",
        default=None,
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str, session_id: str) -> rules.EnrollDevice:
        """
        Return the command.

        Raises:
            InvalidInput: An id has another shape, or bytes are malformed.
        """
        return rules.EnrollDevice(
            borrower_id=borrower_id,
            session_id=session_id,
            challenge_id=checked_id(self.challenge_id, "dc", field="input.challengeId"),
            kind=rules.DeviceKind(self.kind.value),
            public_key=_key(self.public_key, "input.publicKey") if self.public_key else b"",
            signature=signature_of(self.signature, "input.signature"),
            proof_key=None if self.proof_key is None else _key(self.proof_key, "input.proofKey"),
            proof_signature=None
            if self.proof_signature is None
            else signature_of(self.proof_signature, "input.proofSignature"),
            vouchers=tuple(
                _key(one, "input.vouchers") for one in self.vouchers[: devices.VOUCHERS_MAX]
            ),
            name=self.name,
            is_in_hardware=self.is_in_hardware,
            replaces_device_id=None
            if self.replaces_device_id is None
            else checked_id(self.replaces_device_id, "dv", field="input.replacesDeviceId"),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(
    description="A signature over `qingmiao sign-in v1`, a line break, and these parts, each after"
    " its length in four bytes: keyId, the counter in eight bytes, signedAt or nonce as text,"
    " idempotencyKey."
)
class SignInWithDeviceInput:
    """A device's signature over this very sign-in."""

    key_id: str = strawberry.field(description="From enrollDevice.")
    counter: int = strawberry.field(
        description="Higher than at any sign-in before; seconds since 1970 if you keep none."
    )
    signed_at: int | None = strawberry.field(
        description="The time by the phone, in seconds since 1970; or give nonce.", default=None
    )
    nonce: str | None = strawberry.field(
        description="From DeviceClockProblem, where the phone's clock is off.", default=None
    )
    signature: str = strawberry.field(description=f"The signature, {BASE64}.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self) -> rules.SignInWithDevice:
        """
        Return the command.

        Raises:
            InvalidInput: The signature is malformed.
        """
        return rules.SignInWithDevice(
            key_id=self.key_id[: devices.KEY_ID_LENGTH + 1],
            counter=self.counter,
            signed_at=self.signed_at,
            nonce=self.nonce,
            signature=signature_of(self.signature, "input.signature"),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="Which device to end.")
class RevokeDeviceInput:
    """One of the borrower's devices."""

    device_id: strawberry.ID = strawberry.field(description="From myDevices.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str) -> rules.RevokeDevice:
        """
        Return the command.

        Raises:
            InvalidInput: The device's id has another shape.
        """
        return rules.RevokeDevice(
            borrower_id=borrower_id,
            device_id=checked_id(self.device_id, "dv", field="input.deviceId"),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="Ending all sessions but this one.")
class EndOtherSessionsInput:
    """Nothing but the key."""

    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="What the new key is to sign.")
class BeginDeviceEnrollmentSuccess:
    """A challenge for this session only."""

    challenge_id: strawberry.ID = strawberry.field(description="Pass it to enrollDevice.")
    challenge: str = strawberry.field(description=f"32 bytes, {BASE64}.")
    borrower_id: strawberry.ID = strawberry.field(description="Signed with it.")
    session_id: strawberry.ID = strawberry.field(description="Signed with it.")
    expires_at: datetime = strawberry.field(description="Until when it can be used, once.")

    @classmethod
    def of(cls, challenge: rules.EnrollmentChallenge) -> "BeginDeviceEnrollmentSuccess":
        """Show a challenge."""
        return cls(
            challenge_id=strawberry.ID(challenge.challenge_id),
            challenge=devices.as_text(challenge.nonce),
            borrower_id=strawberry.ID(challenge.borrower_id),
            session_id=strawberry.ID(challenge.session_id),
            expires_at=challenge.expires_at,
        )


@strawberry.type(
    description="The phone may sign in by its key. This session is bound to it: from now on"
    " mutations and refreshSession need a Proof header."
)
class EnrollDeviceSuccess:
    """The new device."""

    device_id: strawberry.ID = strawberry.field(description="What it is called in myDevices.")
    key_id: str = strawberry.field(description="Pass it to signInWithDevice; keep it.")


@strawberry.type(description="The borrower is signed in on this phone.")
class SignInWithDeviceSuccess:
    """A bound session's first tokens."""

    borrower_id: strawberry.ID = strawberry.field(description="Who signed in.")
    session_id: strawberry.ID = strawberry.field(description="This phone's session.")
    access_token: str = strawberry.field(description=ACCESS)
    refresh_token: str = strawberry.field(description=REFRESH)
    expires_at: datetime = strawberry.field(description="When the access token is over.")

    @classmethod
    def of(cls, signed_in: rules.SignedIn) -> "SignInWithDeviceSuccess":
        """Hand over the tokens."""
        return cls(
            borrower_id=strawberry.ID(signed_in.borrower_id),
            session_id=strawberry.ID(signed_in.session_id),
            access_token=signed_in.access_token,
            refresh_token=signed_in.refresh_token,
            expires_at=signed_in.expires_at,
        )


@strawberry.type(description="The phone's clock is off: sign the nonce in the time's place.")
class DeviceClockProblem(Problem):
    """A wrong clock, and the way around it."""

    nonce: str = strawberry.field(description="Good for five minutes.")

    @classmethod
    def of(cls, info: Info, refusal: DeviceClockOff) -> "DeviceClockProblem":
        """Show that the clock is off."""
        return cls(**problem_parts(info, refusal), nonce=refusal.nonce)


@strawberry.type(description="The device and its sessions are over.")
class RevokeDeviceSuccess:
    """Which one."""

    device_id: strawberry.ID = strawberry.field(description="The device that ended.")


@strawberry.type(description="All other sessions are over.")
class EndOtherSessionsSuccess:
    """How many."""

    ended: int = strawberry.field(description="How many sessions were ended.")


BeginDeviceEnrollmentResult = Annotated[
    BeginDeviceEnrollmentSuccess | WrongPinProblem | PlainProblem,
    strawberry.union("BeginDeviceEnrollmentResult", description="Whether there is a challenge."),
]
EnrollDeviceResult = Annotated[
    EnrollDeviceSuccess | PlainProblem,
    strawberry.union("EnrollDeviceResult", description="Whether the phone may sign in."),
]
SignInWithDeviceResult = Annotated[
    SignInWithDeviceSuccess | DeviceClockProblem | PlainProblem,
    strawberry.union("SignInWithDeviceResult", description="Whether the borrower is signed in."),
]
RevokeDeviceResult = Annotated[
    RevokeDeviceSuccess | PlainProblem,
    strawberry.union("RevokeDeviceResult", description="Whether the device is over."),
]
EndOtherSessionsResult = Annotated[
    EndOtherSessionsSuccess | PlainProblem,
    strawberry.union("EndOtherSessionsResult", description="Whether the others are over."),
]


def _key(written: str, field: str) -> bytes:
    return devices.bytes_of(written, field=field, most=devices.KEY_BYTES_MAX)


def signature_of(written: str, field: str) -> bytes:
    """
    Read a signature as it is sent.

    Raises:
        InvalidInput: It is malformed or too long.
    """
    return devices.bytes_of(written, field=field, most=devices.SIGNATURE_BYTES_MAX)
