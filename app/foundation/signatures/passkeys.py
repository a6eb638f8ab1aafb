"""WebAuthn: what browsers and passkey providers send when a key is made, and when it signs."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import bytes_to_base64url, parse_authenticator_data, parse_cbor
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    RegistrationCredential,
)

from app.foundation.signatures.cose import cose_of_key, key_of_cose
from app.foundation.signatures.keys import Level, PublicKey
from app.foundation.signatures.plain import check_cbor, json_object, packed, unpacked
from app.foundation.signatures.refused import Reason, SignatureRefused

_Value = TypeVar("_Value")

CLIENT_DATA_BYTES_MAX = 4096
ATTESTATION_BYTES_MAX = 16_384
"""The longest seen, a TPM's with its chain, is about 6 KB."""
CREDENTIAL_ID_BYTES_MAX = 1023
"""WebAuthn Level 3, section 6.5.1."""

_HEAD_BYTES = 37
"""Of authenticator data: SHA-256 of the service's name, flags, counter."""
_AAGUID_BYTES = 16
_PRESENT, _VERIFIED, _WITH_KEY, _EXTENDED = 0x01, 0x04, 0x40, 0x80
"""Flags of authenticator data (WebAuthn Level 3, section 6.1)."""
_ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_FORMATS = {
    "none": Level.UNVERIFIED,
    "packed": Level.UNVERIFIED,
    "fido-u2f": Level.UNVERIFIED,
    "tpm": Level.ATTESTED,
    "android-key": Level.ATTESTED,
    "apple": Level.STRONG,
}
"""
Formats taken, and what each proves by the library's own roots.

`packed` and `fido-u2f` have none built in: with roots of ours for them, they prove ATTESTED.
Apple attests keys of the Secure Enclave only. SafetyNet is gone and not taken.
"""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom passkeys are made for: our name, our pages, and the makers we believe."""

    rp_id: str
    origins: tuple[str, ...]
    roots: Mapping[str, Sequence[bytes]] = field(default_factory=dict[str, Sequence[bytes]])
    """Root certificates (PEM) by attestation format, besides those the library knows."""
    verified_only: bool = True
    """Whether the device must check its owner (finger, face, code) each time."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A passkey just made."""

    key: PublicKey
    credential_id: bytes
    counter: int
    model: str
    """The authenticator's AAGUID: which model it says it is."""
    level: Level


def packed_registration(*, client_data: bytes, attestation_object: bytes) -> bytes:
    """Write what a browser answers to `create` as the bytes that `check_registration` reads."""
    return packed(client_data, attestation_object)


def packed_assertion(*, client_data: bytes, authenticator_data: bytes, signature: bytes) -> bytes:
    """Write what a browser answers to `get` as the bytes that `check_assertion` reads."""
    return packed(client_data, authenticator_data, signature)


def check_registration(party: RelyingParty, challenge: bytes, proof: bytes) -> Registration:
    """
    Check a new passkey: its challenge, page and service, owner and attestation.

    Raises:
        SignatureRefused: For whichever of these does not hold.
    """
    client_data, attestation = unpacked(proof, 2)
    _check_client_data(party, client_data, "webauthn.create", challenge)
    check_cbor(attestation, bytes_max=ATTESTATION_BYTES_MAX)
    parts = _guarded(lambda: parse_cbor(attestation), Reason.MALFORMED)
    form, data = _form_and_data(parts)
    _check_head(party, data)
    key, credential_id = _key_and_id(data)
    credential = RegistrationCredential(
        id="", raw_id=b"", response=AuthenticatorAttestationResponse(client_data, attestation)
    )
    verified = _guarded(
        lambda: verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=list(party.origins),
            require_user_verification=party.verified_only,
            supported_pub_key_algs=_ALGORITHMS,
            pem_root_certs_bytes_by_fmt={
                AttestationFormat(name): list(roots) for name, roots in party.roots.items()
            },
        ),
        Reason.UNTRUSTED,
    )
    assert verified.credential_id == credential_id, "one reading of the bytes, ours and theirs"
    level = _FORMATS[form]
    if party.roots.get(form) and "x5c" in parts["attStmt"]:
        level = max(level, Level.ATTESTED)
    return Registration(
        key=key,
        credential_id=credential_id,
        counter=verified.sign_count,
        model=verified.aaguid,
        level=level,
    )


def check_assertion(
    party: RelyingParty, key: PublicKey, challenge: bytes, proof: bytes, *, counter_seen: int
) -> int:
    """
    Check that a passkey signed this challenge for us; return its counter (0: it does not count).

    Raises:
        SignatureRefused: For whatever does not hold.
    """
    client_data, data, signature = unpacked(proof, 3)
    _check_client_data(party, client_data, "webauthn.get", challenge)
    _check_head(party, data)
    extended = bool(data[32] & _EXTENDED)
    if data[32] & _WITH_KEY:
        raise SignatureRefused(Reason.MALFORMED)
    check_cbor(data[_HEAD_BYTES:], bytes_max=ATTESTATION_BYTES_MAX, items=int(extended))
    counter = int.from_bytes(data[33:_HEAD_BYTES], "big")
    if (counter or counter_seen) and counter <= counter_seen:
        raise SignatureRefused(Reason.REPLAYED)
    credential = AuthenticationCredential(
        id="",
        raw_id=b"",
        response=AuthenticatorAssertionResponse(client_data, data, signature),
    )
    _guarded(
        lambda: verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=list(party.origins),
            credential_public_key=cose_of_key(key),
            credential_current_sign_count=counter_seen,
            require_user_verification=party.verified_only,
        ),
        Reason.BAD_SIGNATURE,
    )
    return counter


def _check_client_data(party: RelyingParty, data: bytes, kind: str, challenge: bytes) -> None:
    """Check what the browser says of the page, before any library reads it."""
    said = json_object(data, bytes_max=CLIENT_DATA_BYTES_MAX)
    if said.get("type") != kind or said.get("challenge") != bytes_to_base64url(challenge):
        raise SignatureRefused(Reason.WRONG_CHALLENGE)
    # The library takes `crossOrigin: true`. We don't: such a page shows ours inside its own.
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:
        raise SignatureRefused(Reason.CROSS_ORIGIN)
    if said.get("origin") not in party.origins:
        raise SignatureRefused(Reason.WRONG_ORIGIN)


def _check_head(party: RelyingParty, data: bytes) -> None:
    """Check the fixed beginning of what the authenticator says."""
    if len(data) < _HEAD_BYTES:
        raise SignatureRefused(Reason.MALFORMED)
    if data[:32] != hashlib.sha256(party.rp_id.encode()).digest():
        raise SignatureRefused(Reason.WRONG_ORIGIN)
    wanted = _PRESENT | _VERIFIED if party.verified_only else _PRESENT
    if data[32] & wanted != wanted:
        raise SignatureRefused(Reason.NOT_VERIFIED)


def _form_and_data(parts: Any) -> tuple[str, bytes]:  # noqa: ANN401 - whatever the phone sent
    """Return the attestation's format and the authenticator data of a decoded object."""
    if not isinstance(parts, dict) or set(parts) != {"fmt", "attStmt", "authData"}:
        raise SignatureRefused(Reason.MALFORMED)
    form, data, statement = parts["fmt"], parts["authData"], parts["attStmt"]
    typed = isinstance(form, str) and isinstance(data, bytes) and isinstance(statement, dict)
    if not typed:
        raise SignatureRefused(Reason.MALFORMED)
    if form not in _FORMATS:
        raise SignatureRefused(Reason.UNSUPPORTED)
    return form, data


def _key_and_id(data: bytes) -> tuple[PublicKey, bytes]:
    """Read the new key and its id, which follow the head of what the authenticator says."""
    start = _HEAD_BYTES + _AAGUID_BYTES + 2
    length = int.from_bytes(data[start - 2 : start], "big")
    rest = data[start + length :]
    if not data[32] & _WITH_KEY or not 0 < length <= CREDENTIAL_ID_BYTES_MAX or not rest:
        raise SignatureRefused(Reason.MALFORMED)
    extended = bool(data[32] & _EXTENDED)
    check_cbor(rest, bytes_max=ATTESTATION_BYTES_MAX, items=1 + extended)
    read = _guarded(lambda: parse_authenticator_data(data), Reason.MALFORMED)
    assert read.attested_credential_data is not None, "the flag says it is there"
    key = key_of_cose(read.attested_credential_data.credential_public_key)
    return key, data[start : start + length]


def _guarded(step: Callable[[], _Value], reason: Reason) -> _Value:
    """Take a step in a library whose errors are of many types and quote their input."""
    try:
        return step()
    except Exception:  # noqa: BLE001 - see above; whatever it was, nothing was proven
        raise SignatureRefused(reason) from None
