"""What devices sign: bytes that begin with their purpose, so one is never taken for another."""

import hashlib
import struct
from enum import StrEnum

from app.foundation.base64url import as_text

_LABEL = "qingmiao {} v1\n"
"""No label begins another: each ends with the line break."""
_LENGTH = struct.Struct(">I")


class Purpose(StrEnum):
    """What a signature is for; made for one, it is worthless for the others."""

    ENROLL = "enroll"
    SIGN_IN = "sign-in"
    PROOF = "proof"
    REFRESH = "refresh"
    INTENT = "intent"
    CONTINUITY = "continuity"


def signed_message(purpose: Purpose, *parts: bytes) -> bytes:
    """
    Write the bytes a device signs: `qingmiao <purpose> v1`, a line break, then the parts.

    Each part follows its length (4 bytes, big-endian), so two different lists of parts never make
    the same bytes.
    """
    label = _LABEL.format(purpose.value).encode()
    return label + b"".join(_LENGTH.pack(len(part)) + part for part in parts)


def challenge_of(message: bytes) -> bytes:
    """Return what WebAuthn and SOTER sign in a message's place: its SHA-256."""
    return hashlib.sha256(message).digest()


def challenge_text_of(message: bytes) -> str:
    """Write the challenge as phones pass it on: base64url without padding, 43 characters."""
    return as_text(challenge_of(message))
