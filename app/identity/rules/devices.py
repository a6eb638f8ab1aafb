"""Devices: which keys may sign a borrower in, and what their signatures cover."""

import base64
import hashlib
import struct
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.foundation.base64url import as_text, from_text
from app.foundation.errors import InvalidInput

DEVICES_MAX = 5
"""Live devices of one borrower: their own phone, an old one, and the family's."""
CHALLENGE_LIFETIME = timedelta(minutes=5)
FINGERPRINT_BYTES = 32
"""SHA-256."""
FRESH = timedelta(minutes=15)
"""How long after signing in by a code alone a phone may be added without another one."""
CHALLENGE_BYTES = 32
CHALLENGES_MAX = 5
"""Open challenges of one borrower; more are refused until the oldest is over."""
CLOCK_SLACK = timedelta(minutes=5)
"""How far a phone's clock may be off when it signs in."""
KEY_BYTES_MAX = 4_500
"""SOTER's comes with JSON and a signature; all others are below 100 bytes."""
SIGNATURE_BYTES_MAX = 20_500
"""A new passkey comes with its attestation, at most 16 KB of it."""
CHAIN_MAX = 6
"""Certificates from a key to its maker's root; makers' chains have three to five."""
VOUCHERS_MAX = 2
"""SOTER sends one; a second one is refused by its count."""
KEY_ID_LENGTH = 22
COUNTER_MAX = 2**31 - 1
"""The largest Int of GraphQL; seconds since 1970 fit until 2038."""


class DeviceKind(StrEnum):
    """What made a device's key; `foundation.signatures.Authenticator` by the same names."""

    KEYSTORE = "KEYSTORE"
    ED25519 = "ED25519"
    WEBAUTHN = "WEBAUTHN"
    SOTER = "SOTER"


class DeviceLevel(StrEnum):
    """How much a device's key is worth, weakest first; limits on money go by it."""

    SOFTWARE = "L0"
    HARDWARE = "L1"
    ATTESTED = "L2"
    STRONG = "L3"


class EndReason(StrEnum):
    """Why a device may no longer sign in."""

    REVOKED = "REVOKED"
    REPLACED = "REPLACED"
    CLOSED = "CLOSED"


NEEDS_PROOF_KEY = frozenset({DeviceKind.WEBAUTHN, DeviceKind.SOTER})
"""Their signatures are too long for a header and want a finger each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentChallenge:
    """What the key of a new device is to sign."""

    challenge_id: str
    borrower_id: str
    session_id: str
    nonce: bytes = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestDevice:
    """Show by the maker's certificates how the session's device keeps its key."""

    borrower_id: str
    device_id: str
    chain: tuple[bytes, ...] = field(repr=False)
    """DER, from the key's own certificate to the root's."""
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """One of a borrower's devices."""

    device_id: str
    name: str = field(repr=False)
    kind: DeviceKind
    level: DeviceLevel
    enrolled_at: datetime
    last_used_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledDevice:
    """A device that may sign in from now on."""

    device_id: str
    key_id: str


def key_id_of(public_key: bytes) -> str:
    """Return a key's public name: the first 16 bytes of its SHA-256, in base64."""
    return as_text(hashlib.sha256(public_key).digest()[:16])


def key_id_of_kept(kept: str) -> str:
    """Return the public name of a key as `as_text` wrote it."""
    return key_id_of(kept_bytes(kept))


def challenge_parts(challenge: EnrollmentChallenge) -> tuple[bytes, ...]:
    """Return what a challenge stands for: for whom, in which session, and its chance."""
    return (
        challenge.borrower_id.encode(),
        challenge.session_id.encode(),
        challenge.challenge_id.encode(),
        challenge.nonce,
    )


def sign_in_parts(
    *, key_id: str, counter: int, moment: str, idempotency_key: str
) -> tuple[bytes, ...]:
    """Return what signing in signs; `moment` is the time in seconds, or the server's nonce."""
    return (
        key_id.encode(),
        struct.pack(">Q", counter),
        moment.encode(),
        idempotency_key.encode(),
    )


def is_on_time(signed_at: int, now: datetime) -> bool:
    """Tell whether a moment, in seconds since 1970, is within five minutes of now."""
    return abs(now.timestamp() - signed_at) <= CLOCK_SLACK.total_seconds()


def bytes_of(written: str, *, field: str, most: int) -> bytes:
    """
    Read base64url without padding.

    Raises:
        InvalidInput: It is something else, or longer than `most` bytes.
    """
    raw = from_text(written) if len(written) <= most * 2 else None
    if not raw or len(raw) > most:
        raise InvalidInput(field, "identity.reason.base64", most=most)
    return raw


def kept_bytes(kept: str) -> bytes:
    """Read bytes that we wrote by `as_text`."""
    return base64.urlsafe_b64decode(kept + "=" * (-len(kept) % 4))


def android_origin_of(fingerprint: str) -> str:
    """
    Return what an Android app writes as its origin where a web page would write its address.

    That is `android:apk-key-hash:` and the SHA-256 of the certificate the app is signed with, in
    base64url without padding: the same that `sha256_cert_fingerprints` of /.well-known/
    assetlinks.json has as AA:BB:… (the server is to verify the origin, says Android's page
    developer.android.com/identity/passkeys/create-passkeys; how the hash is written, issue 393 of
    web-auth/webauthn-framework; that WebAuthn leaves origins of apps to platforms, issue 1297 of
    w3c/webauthn). It is compared as a whole, letter by letter.
    """
    digest = bytes.fromhex(fingerprint.replace(":", ""))
    assert len(digest) == FINGERPRINT_BYTES, "the settings were checked"
    return f"android:apk-key-hash:{as_text(digest)}"
