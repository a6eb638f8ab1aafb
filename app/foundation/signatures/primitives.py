"""The four signature checks; every authenticator ends in one of them."""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from app.foundation.signatures.keys import ED25519_BYTES, P256_BYTES, RSA_BYTES, RSA_EXPONENT
from app.foundation.signatures.refused import Reason, SignatureRefused

RAW_BYTES = 64
"""r and s of a P-256 signature, 32 bytes each; also the length of an Ed25519 signature."""
DER_BYTES_MAX = 72
_LOADED_MAX = 4096
"""Loading a compressed point costs as much as a check; these many stay loaded (about 1 KB each)."""

_ECDSA = ECDSA(SHA256())


def check_p256(point: bytes, message: bytes, signature: bytes) -> None:
    """
    Check an ECDSA P-256 SHA-256 signature in the encoding its length tells.

    Exactly 64 bytes are r and s; anything else is DER. (A DER signature of 64 bytes would need r
    and s to begin with some 40 zero bits together: no phone makes one.)

    Raises:
        SignatureRefused: MALFORMED, BAD_KEY or BAD_SIGNATURE.
    """
    if len(signature) == RAW_BYTES:
        check_p256_raw(point, message, signature)
    else:
        check_p256_der(point, message, signature)


def check_p256_der(point: bytes, message: bytes, signature: bytes) -> None:
    """
    Check an ECDSA P-256 SHA-256 signature in strict DER.

    Raises:
        SignatureRefused: MALFORMED, BAD_KEY or BAD_SIGNATURE.
    """
    if len(signature) > DER_BYTES_MAX:
        raise SignatureRefused(Reason.MALFORMED)
    try:
        _p256(point).verify(signature, message, _ECDSA)
    except InvalidSignature:
        raise SignatureRefused(Reason.BAD_SIGNATURE) from None


def check_p256_raw(point: bytes, message: bytes, signature: bytes) -> None:
    """
    Check an ECDSA P-256 SHA-256 signature of exactly 64 bytes, r then s.

    Raises:
        SignatureRefused: MALFORMED, BAD_KEY or BAD_SIGNATURE.
    """
    if len(signature) != RAW_BYTES:
        raise SignatureRefused(Reason.MALFORMED)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        _p256(point).verify(encode_dss_signature(r, s), message, _ECDSA)
    except InvalidSignature:
        raise SignatureRefused(Reason.BAD_SIGNATURE) from None


def check_ed25519(key: bytes, message: bytes, signature: bytes) -> None:
    """
    Check an Ed25519 signature (RFC 8032, pure).

    Raises:
        SignatureRefused: MALFORMED, BAD_KEY or BAD_SIGNATURE.
    """
    if len(signature) != RAW_BYTES:
        raise SignatureRefused(Reason.MALFORMED)
    try:
        _ed25519(key).verify(signature, message)
    except InvalidSignature:
        raise SignatureRefused(Reason.BAD_SIGNATURE) from None


def check_rsa_pss(modulus: bytes, message: bytes, signature: bytes, *, salt_bytes: int) -> None:
    """
    Check an RSA-2048 PSS signature, SHA-256 throughout, with a salt of exactly this length.

    Raises:
        SignatureRefused: MALFORMED, BAD_KEY or BAD_SIGNATURE.
    """
    if len(signature) != RSA_BYTES:
        raise SignatureRefused(Reason.MALFORMED)
    padding = PSS(mgf=MGF1(SHA256()), salt_length=salt_bytes)
    try:
        _rsa(modulus).verify(signature, message, padding, SHA256())
    except InvalidSignature:
        raise SignatureRefused(Reason.BAD_SIGNATURE) from None


@lru_cache(_LOADED_MAX)
def _p256(point: bytes) -> EllipticCurvePublicKey:
    if len(point) == P256_BYTES:
        try:
            return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
        except ValueError:
            pass
    raise SignatureRefused(Reason.BAD_KEY)


@lru_cache(_LOADED_MAX)
def _ed25519(key: bytes) -> Ed25519PublicKey:
    if len(key) != ED25519_BYTES:
        raise SignatureRefused(Reason.BAD_KEY)
    return Ed25519PublicKey.from_public_bytes(key)


@lru_cache(_LOADED_MAX)
def _rsa(modulus: bytes) -> RSAPublicKey:
    if len(modulus) != RSA_BYTES:
        raise SignatureRefused(Reason.BAD_KEY)
    try:
        return RSAPublicNumbers(RSA_EXPONENT, int.from_bytes(modulus, "big")).public_key()
    except ValueError:
        raise SignatureRefused(Reason.BAD_KEY) from None
