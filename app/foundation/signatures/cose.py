"""Keys as WebAuthn writes them (COSE, RFC 9053), from and to the form we keep."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from webauthn.helpers import encode_cbor, parse_cbor

from app.foundation.signatures.curves import p256_coordinates
from app.foundation.signatures.keys import RSA_EXPONENT, Kind, PublicKey
from app.foundation.signatures.plain import check_cbor
from app.foundation.signatures.refused import Reason, SignatureRefused

COSE_BYTES_MAX = 560
"""An RSA-4096 key is the longest, at 528."""
_EXPONENT = RSA_EXPONENT.to_bytes(3, "big")
_ES256: Mapping[int, Any] = {1: 2, 3: -7, -1: 1}
_EDDSA: Mapping[int, Any] = {1: 1, 3: -8, -1: 6}
_RS256: Mapping[int, Any] = {1: 3, 3: -257, -2: _EXPONENT}
"""Key type and algorithm by their numbers, and the curve or exponent."""


def key_of_cose(data: bytes) -> PublicKey:
    """
    Read a COSE key: ES256 on P-256, EdDSA on Ed25519 or RS256 with 2048 to 4096 bits.

    Raises:
        SignatureRefused: UNSUPPORTED for other algorithms, MALFORMED, BAD_KEY.
    """
    check_cbor(data, bytes_max=COSE_BYTES_MAX)
    try:
        fields: Any = parse_cbor(data)
    except Exception:  # noqa: BLE001 - the library's; whatever it was, this is no key
        raise SignatureRefused(Reason.MALFORMED) from None
    if not isinstance(fields, dict):
        raise SignatureRefused(Reason.MALFORMED)
    match fields:
        case {1: 2, 3: -7, -1: 1, -2: bytes(x), -3: bytes(y), **rest} if not rest:
            return PublicKey.of_phone(Kind.WEBAUTHN_P256, b"\x04" + x + y)
        case {1: 1, 3: -8, -1: 6, -2: bytes(x), **rest} if not rest:
            return PublicKey.of_phone(Kind.WEBAUTHN_ED25519, x)
        case {1: 3, 3: -257, -1: bytes(n), -2: bytes(e), **rest} if not rest:
            if e != _EXPONENT:
                raise SignatureRefused(Reason.BAD_KEY)
            return PublicKey.of_phone(Kind.WEBAUTHN_RSA, n)
        case _:
            raise SignatureRefused(Reason.UNSUPPORTED)


@lru_cache(4096)
def cose_of_key(key: PublicKey) -> bytes:
    """
    Write a key of a WebAuthn kind as COSE.

    Raises:
        SignatureRefused: UNSUPPORTED; the key is of another kind.
    """
    match key.kind:
        case Kind.WEBAUTHN_P256:
            x, y = p256_coordinates(key.data)
            return encode_cbor({**_ES256, -2: x, -3: y})
        case Kind.WEBAUTHN_ED25519:
            return encode_cbor({**_EDDSA, -2: key.data})
        case Kind.WEBAUTHN_RSA:
            return encode_cbor({**_RS256, -1: key.data})
        case Kind.KEYSTORE_P256 | Kind.ED25519 | Kind.SOTER_RSA:
            raise SignatureRefused(Reason.UNSUPPORTED)
