"""
Tencent SOTER: keys and signatures made in the trusted environment of Android phones.

Three RSA-2048 keys vouch for one another: the phone's own (ATTK, made in the factory), one per app
(ASK, signed by the ATTK) and one per purpose (AuthKey, signed by the ASK), which signs after a
finger or face was seen. All signatures are over JSON exactly as the phone wrote it, so bytes are
checked first and read after. Source: Tencent/soter, its server sample and wiki.
"""

import base64
import struct
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from app.foundation.signatures.der import sequence
from app.foundation.signatures.keys import RSA_BYTES, RSA_EXPONENT, Kind, PublicKey
from app.foundation.signatures.plain import json_object
from app.foundation.signatures.primitives import check_rsa_pss
from app.foundation.signatures.refused import Reason, SignatureRefused

SALTS = (20, 32)
"""Lengths of the salt: most makers 20 bytes; those whose JSON says so (Huawei) 32."""
JSON_BYTES_MAX = 4096
CHAIN_BYTES_MAX = 16_384
"""Four certificates; the published samples have about 7 KB."""
COUNTER_MAX = 2**63 - 1
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_SPKI_AT = 6
"""After version, number, algorithm, issuer, validity and subject."""
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class SoterKey:
    """A key that a phone's SOTER made, and whose it is."""

    key: PublicKey
    machine: str
    """The phone: its `cpu_id`."""
    app: str
    """The app's number on that phone: its `uid`."""
    counter: int


@dataclass(frozen=True, slots=True)
class SoterSignature:
    """What the phone says of one signature."""

    counter: int
    """Grows with each operation of the phone's SOTER."""
    finger: str
    """Which enrolled finger or face it was: `fid`; changes when another is used."""
    machine: str


def packed_blob(json_bytes: bytes, signature: bytes) -> bytes:
    """Write JSON and signature as the phone's trusted environment exports them."""
    return _LENGTH.pack(len(json_bytes)) + json_bytes + signature


def check_soter_key(signer: PublicKey, blob: bytes) -> SoterKey:
    """
    Check that one key vouches for the next: the ATTK for an ASK, the ASK for an AuthKey.

    Raises:
        SignatureRefused: MALFORMED, BAD_SIGNATURE or BAD_KEY.
    """
    return soter_key_of(_signed_json(signer, blob))


def check_soter_signature(
    key: PublicKey, challenge: str, blob: bytes, *, counter_seen: int
) -> SoterSignature:
    """
    Check that an AuthKey signed this challenge, and that the phone's counter moved on.

    Raises:
        SignatureRefused: MALFORMED, BAD_SIGNATURE, WRONG_CHALLENGE or REPLAYED.
    """
    said = _signed_json(key, blob)
    if said.get("raw") != challenge:
        raise SignatureRefused(Reason.WRONG_CHALLENGE)
    counter = _counter(said)
    if counter <= counter_seen:
        raise SignatureRefused(Reason.REPLAYED)
    return SoterSignature(counter, finger=_text(said, "fid"), machine=_text(said, "cpu_id"))


def soter_key_of(said: dict[str, object]) -> SoterKey:
    """
    Read a key's JSON, whoever vouches for it.

    Raises:
        SignatureRefused: MALFORMED or BAD_KEY.
    """
    key = rsa_key_of_pem(_text(said, "pub_key"))
    return SoterKey(key, _text(said, "cpu_id"), _app(said), _counter(said))


def blob_json(blob: bytes) -> dict[str, object]:
    """
    Read the JSON of a blob whose signature nobody here can check.

    Raises:
        SignatureRefused: MALFORMED.
    """
    return json_object(_parts(blob)[0], bytes_max=JSON_BYTES_MAX, raw_newlines=True)


def ask_of(voucher: bytes) -> SoterKey:
    """
    Read an ASK in either form phones send it; nobody but Tencent can say whether it is genuine.

    A blob signed by the phone's ATTK, which Tencent's TAM knows; or JSON with a chain of
    certificates (Huawei), the first of which holds the ASK. That certificate is no strict DER, so
    its key is taken out by hand. The chain is not followed: it vouches for any key of the phone's
    keystore, not for SOTER's alone.

    Raises:
        SignatureRefused: MALFORMED or BAD_KEY.
    """
    if not voucher.startswith(b"{"):
        return soter_key_of(blob_json(voucher))
    said = json_object(voucher, bytes_max=CHAIN_BYTES_MAX, raw_newlines=True)
    certificates = said.get("certs")
    if not isinstance(certificates, list) or not certificates:
        raise SignatureRefused(Reason.MALFORMED)
    first: object = certificates[0]
    if not isinstance(first, str):
        raise SignatureRefused(Reason.MALFORMED)
    key = _key_of_certificate(first)
    return SoterKey(key, _text(said, "cpu_id"), _app(said), _counter(said))


def _key_of_certificate(pem: str) -> PublicKey:
    """Take the SubjectPublicKeyInfo out of a certificate (RFC 5280, section 4.1)."""
    body = pem.replace("\n", "").removeprefix(_BEGIN).removesuffix(_END)
    try:
        data = base64.b64decode(body, validate=True)
    except ValueError:
        raise SignatureRefused(Reason.MALFORMED) from None
    to_be_signed = sequence(data)
    if len(to_be_signed) != 3:  # noqa: PLR2004 - what is signed, the algorithm, the signature
        raise SignatureRefused(Reason.MALFORMED)
    parts = sequence(to_be_signed[0].whole)
    if len(parts) <= _SPKI_AT:
        raise SignatureRefused(Reason.MALFORMED)
    return _rsa_key(lambda: load_der_public_key(parts[_SPKI_AT].whole))


def rsa_key_of_pem(pem: str) -> PublicKey:
    """
    Read an RSA-2048 key in PEM, with the exponent 65537.

    Raises:
        SignatureRefused: BAD_KEY.
    """
    return _rsa_key(lambda: load_pem_public_key(pem.encode()))


def _rsa_key(load: Callable[[], object]) -> PublicKey:
    try:
        key = load()
    except Exception:  # noqa: BLE001 - the library has many errors, and some quote their input
        raise SignatureRefused(Reason.BAD_KEY) from None
    if not isinstance(key, RSAPublicKey):
        raise SignatureRefused(Reason.BAD_KEY)
    numbers = key.public_numbers()
    if numbers.e != RSA_EXPONENT or key.key_size != RSA_BYTES * 8:
        raise SignatureRefused(Reason.BAD_KEY)
    return PublicKey.of_phone(Kind.SOTER_RSA, numbers.n.to_bytes(RSA_BYTES, "big"))


def _signed_json(signer: PublicKey, blob: bytes) -> dict[str, object]:
    """Check the signature over the bytes as they came, and only then read them."""
    if signer.kind is not Kind.SOTER_RSA:
        raise SignatureRefused(Reason.UNSUPPORTED)
    json_bytes, signature = _parts(blob)
    salt_bytes = _salt_that_fits(signer, json_bytes, signature)
    said = json_object(json_bytes, bytes_max=JSON_BYTES_MAX, raw_newlines=True)
    declared = said.get("rsa_pss_saltlen", SALTS[0])
    if isinstance(declared, bool) or declared != salt_bytes:
        raise SignatureRefused(Reason.BAD_SIGNATURE)
    return said


def _parts(blob: bytes) -> tuple[bytes, bytes]:
    if len(blob) < _LENGTH.size:
        raise SignatureRefused(Reason.MALFORMED)
    end = _LENGTH.size + _LENGTH.unpack_from(blob)[0]
    if end - _LENGTH.size > JSON_BYTES_MAX or len(blob) != end + RSA_BYTES:
        raise SignatureRefused(Reason.MALFORMED)
    return blob[_LENGTH.size : end], blob[end:]


def _salt_that_fits(signer: PublicKey, message: bytes, signature: bytes) -> int:
    """Return the salt length under which the signature holds; which it is stands in the JSON."""
    for salt_bytes in SALTS:
        try:
            check_rsa_pss(signer.data, message, signature, salt_bytes=salt_bytes)
        except SignatureRefused as refused:
            if refused.reason is not Reason.BAD_SIGNATURE:
                raise
        else:
            return salt_bytes
    raise SignatureRefused(Reason.BAD_SIGNATURE)


def _text(said: dict[str, object], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise SignatureRefused(Reason.MALFORMED)
    return value


def _app(said: dict[str, object]) -> str:
    """Read `uid`, which most phones write as text and some as a number."""
    uid = said.get("uid")
    return str(uid) if type(uid) is int and 0 <= uid <= COUNTER_MAX else _text(said, "uid")


def _counter(said: dict[str, object]) -> int:
    value = said.get("counter")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= COUNTER_MAX:
        raise SignatureRefused(Reason.MALFORMED)
    return value
