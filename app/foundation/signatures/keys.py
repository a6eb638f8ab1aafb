"""Public keys of devices: one short, checked form each, for as long as they are kept."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import lru_cache

from app.foundation.signatures.curves import is_sound_ed25519, p256_compressed
from app.foundation.signatures.refused import Reason, SignatureRefused

P256_BYTES = 33
ED25519_BYTES = 32
RSA_BYTES = 256
"""The modulus of RSA-2048; the exponent is always 65537."""
RSA_BYTES_MAX = 512
"""Authenticators of laptops may make keys of up to 4096 bits."""
RSA_EXPONENT = 65537


class Authenticator(StrEnum):
    """What made the key, and so what its signatures look like."""

    KEYSTORE = "KEYSTORE"
    """The phone's own keystore, P-256: Android Keystore, iOS Secure Enclave."""
    ED25519 = "ED25519"
    """A program that keeps an Ed25519 key itself."""
    WEBAUTHN = "WEBAUTHN"
    """A browser or passkey provider."""
    SOTER = "SOTER"
    """Tencent SOTER, in the phone's trusted environment."""


class Level(IntEnum):
    """How well a key is kept; higher is better, so levels compare."""

    SOFTWARE = 0
    """L0: kept by a program."""
    UNVERIFIED = 1
    """L1: said to be in hardware, without proof."""
    ATTESTED = 2
    """L2: proven by the maker's certificates to be in a trusted environment."""
    STRONG = 3
    """L3: proven to be in a chip of its own."""


class Kind(IntEnum):
    """
    The one way a key signs; it is kept in the first byte of a key.

    A P-256 key that was enrolled through WebAuthn is of another kind than one of a keystore, so
    neither's signatures count for the other.
    """

    KEYSTORE_P256 = 1
    ED25519 = 2
    WEBAUTHN_P256 = 3
    WEBAUTHN_ED25519 = 4
    WEBAUTHN_RSA = 5
    SOTER_RSA = 6

    @property
    def authenticator(self) -> Authenticator:
        """What makes keys of this kind."""
        match self:
            case Kind.KEYSTORE_P256:
                return Authenticator.KEYSTORE
            case Kind.ED25519:
                return Authenticator.ED25519
            case Kind.WEBAUTHN_P256 | Kind.WEBAUTHN_ED25519 | Kind.WEBAUTHN_RSA:
                return Authenticator.WEBAUTHN
            case Kind.SOTER_RSA:
                return Authenticator.SOTER


_P256 = (Kind.KEYSTORE_P256, Kind.WEBAUTHN_P256)
_ED25519 = (Kind.ED25519, Kind.WEBAUTHN_ED25519)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """
    A device's public key: P-256 as 33 bytes, Ed25519 as 32, RSA as its modulus.

    Made by `of_phone` or `parse`, which check it; printing it shows its kind only.
    """

    kind: Kind
    data: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Return the form that is kept: the kind's byte, then the key."""
        return bytes((self.kind,)) + self.data

    @classmethod
    def parse(cls, encoded: bytes) -> "PublicKey":
        """
        Read a kept key; there is one form of each key, and no other is read.

        Raises:
            SignatureRefused: BAD_KEY; it is unknown, of wrong length, or no sound key.
        """
        try:
            kind = Kind(encoded[0])
        except (IndexError, ValueError):
            raise SignatureRefused(Reason.BAD_KEY) from None
        key = cls(kind, encoded[1:])
        _check(key)
        return key

    @classmethod
    def of_phone(cls, kind: Kind, data: bytes) -> "PublicKey":
        """
        Read a key as phones hand it out.

        P-256: a compressed point (33 bytes), an uncompressed one (65; iOS) or X.509's
        SubjectPublicKeyInfo of one (91; Android). Ed25519: 32 bytes. RSA: the modulus.

        Raises:
            SignatureRefused: BAD_KEY.
        """
        if kind in _P256:
            compressed = p256_compressed(data)
            if compressed is None:
                raise SignatureRefused(Reason.BAD_KEY)
            return cls(kind, compressed)
        key = cls(kind, data)
        _check(key)
        return key


def _check(key: PublicKey) -> None:
    if not _is_sound(key.kind, key.data):
        raise SignatureRefused(Reason.BAD_KEY)


@lru_cache(4096)
def _is_sound(kind: Kind, data: bytes) -> bool:
    """Remembered, as it may cost more than a signature's check: 0.3 ms for Ed25519."""
    if kind in _P256:
        return len(data) == P256_BYTES and p256_compressed(data) == data
    if kind in _ED25519:
        return len(data) == ED25519_BYTES and is_sound_ed25519(data)
    if kind is Kind.SOTER_RSA:
        return len(data) == RSA_BYTES and _is_modulus(data)
    return RSA_BYTES <= len(data) <= RSA_BYTES_MAX and _is_modulus(data)


def _is_modulus(data: bytes) -> bool:
    """Say whether it is a number of at least 2048 bits, without zeros before it, and odd."""
    bits = int.from_bytes(data, "big").bit_length()
    return data[0] != 0 and bits >= RSA_BYTES * 8 and data[-1] % 2 == 1
