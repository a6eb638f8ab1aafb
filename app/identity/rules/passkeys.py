"""Passkeys of staff: what they sign, and for how long it may be asked of them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

PASSKEYS_MAX = 5
"""Of one member of staff: a key on the ring, one in the drawer, and their machines."""
CHALLENGE_LIFETIME = timedelta(minutes=5)
FRESH = timedelta(minutes=5)
"""How long after a full sign-in a passkey may be added: as long as a step-up counts."""
CREDENTIAL_ID_BYTES_MAX = 1023
CLIENT_DATA_BYTES_MAX = 4096
AUTHENTICATOR_DATA_BYTES_MAX = 4096
ATTESTATION_BYTES_MAX = 16_384
SIGNATURE_BYTES_MAX = 1024
"""RSA-4096 takes 512."""


class PasskeyUse(StrEnum):
    """What a challenge is for; answered for one use, it is worthless for the others."""

    SIGN_IN = "SIGN_IN"
    STEP_UP = "STEP_UP"
    ADD = "ADD"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSite:
    """Where staff sign in: the name passkeys are made for, and the pages that may use them."""

    rp_id: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyChallenge:
    """What a browser lets a passkey sign, once."""

    nonce: str
    """Sent back with the answer; it is ours, and says until when it is good."""
    challenge: bytes = field(repr=False)
    rp_id: str
    expires_at: datetime
    credential_ids: tuple[str, ...] = ()
    """The caller's own passkeys; none before signing in, when the browser finds them by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyAnswer:
    """What a browser answers to `navigator.credentials.get`."""

    nonce: str
    credential_id: str
    client_data: bytes = field(repr=False)
    authenticator_data: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPasskey:
    """Let a new passkey stand for the authenticator code from now on."""

    staff_id: str
    session_id: str
    nonce: str
    client_data: bytes = field(repr=False)
    attestation: bytes = field(repr=False)
    name: str = field(repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff."""
        return self.staff_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePasskey:
    """Let a passkey of one's own count no longer, and end the sessions it began."""

    staff_id: str
    passkey_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff."""
        return self.staff_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyView:
    """One of a member of staff's own passkeys."""

    passkey_id: str
    name: str = field(repr=False)
    made_at: datetime
    last_used_at: datetime | None


def challenge_parts(
    use: PasskeyUse, nonce: str, *, staff_id: str = "", session_id: str = ""
) -> tuple[bytes, ...]:
    """
    Return what a challenge stands for.

    Before signing in nobody is named: the password and the key say who it is.
    """
    return (b"staff", use.value.encode(), staff_id.encode(), session_id.encode(), nonce.encode())
