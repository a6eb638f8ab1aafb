"""
Android key attestation: the phone's maker says where a keystore key lives.

A chain of certificates leads from the key to a root that is trusted; an extension of the first says
what the key may do and how it is kept. Source: source.android.com, "Key and ID attestation", and
Google's advice on checking it.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from webauthn.helpers import known_root_certs

from app.foundation.signatures.der import Element, by_tag, elements, sequence, small_number
from app.foundation.signatures.keys import Level, PublicKey
from app.foundation.signatures.refused import Reason, SignatureRefused

CHAIN_MIN, CHAIN_MAX = 2, 6
CERTIFICATE_BYTES_MAX = 4096
_EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")
_DESCRIPTION_PARTS = 8
"""Version, level; keymaster's version, level; challenge; unique id; two lists of authorizations."""
_PURPOSE, _ORIGIN, _ROOT_OF_TRUST = b"\xa1", b"\xbf\x85\x3e", b"\xbf\x85\x40"
_NO_AUTHORIZATION = b"\xbf\x83\x77"
"""Tags [1], [702], [704] and [503] of an authorization list."""
_SIGN, _VERIFY = 2, 3
_GENERATED = b"\x02\x01\x00"
_LOCKED, _VERIFIED = b"\xff", b"\x00"
_LEVELS = (Level.SOFTWARE, Level.ATTESTED, Level.STRONG)
"""By Android's own numbers: software, trusted environment, StrongBox."""


def _spki(certificate: x509.Certificate) -> bytes:
    public = certificate.public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


ANDROID_ROOTS = frozenset(
    _spki(x509.load_pem_x509_certificate(pem))
    for pem in (
        known_root_certs.google_hardware_attestation_root_2,
        known_root_certs.google_hardware_attestation_root_3,
        known_root_certs.google_hardware_attestation_root_4,
        known_root_certs.google_hardware_attestation_root_5,
    )
)
"""The keys of Google's published roots; roots are renewed with the same key, so keys are kept."""


def attested_level(
    key: PublicKey,
    challenge: bytes,
    chain: Sequence[bytes],
    *,
    roots: frozenset[bytes],
    now: datetime,
) -> Level:
    """
    Return how well a keystore key is kept, as its maker's certificates say it.

    The chain (DER) begins with the key's own certificate and ends with the root. A phone whose
    boot loader is open proves nothing: its key stays UNVERIFIED.

    Raises:
        SignatureRefused: MALFORMED; UNTRUSTED: the chain does not hold, is expired or ends
            elsewhere, or the key may be used without its owner; WRONG_CHALLENGE.
    """
    if not CHAIN_MIN <= len(chain) <= CHAIN_MAX:
        raise SignatureRefused(Reason.MALFORMED)
    certificates = [_loaded(data) for data in chain]
    _check_chain(certificates, roots, now)
    description = _description(certificates)
    own = PublicKey.of_phone(key.kind, _spki(certificates[0]))
    if own != key:
        raise SignatureRefused(Reason.UNTRUSTED)
    return level_described(description, challenge)


def _loaded(data: bytes) -> x509.Certificate:
    if len(data) > CERTIFICATE_BYTES_MAX:
        raise SignatureRefused(Reason.MALFORMED)
    try:
        certificate = x509.load_der_x509_certificate(data)
        # Read what is looked at later, so that it cannot fail then.
        _ = (certificate.extensions, _spki(certificate), certificate.not_valid_after_utc)
    except Exception:  # noqa: BLE001 - the library has many errors for what is no certificate
        raise SignatureRefused(Reason.MALFORMED) from None
    return certificate


def _check_chain(
    certificates: Sequence[x509.Certificate], roots: frozenset[bytes], now: datetime
) -> None:
    """Check that each is signed by an authority, the next, in its time, up to a trusted root."""
    if _spki(certificates[-1]) not in roots:
        raise SignatureRefused(Reason.UNTRUSTED)
    for certificate in certificates:
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise SignatureRefused(Reason.UNTRUSTED)
    for issued, issuer in pairwise(certificates):
        try:
            issued.verify_directly_issued_by(issuer)
            constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints)
        except Exception:  # noqa: BLE001 - other names, signatures, algorithms, no such extension
            raise SignatureRefused(Reason.UNTRUSTED) from None
        if not constraints.value.ca:
            raise SignatureRefused(Reason.UNTRUSTED)


def _description(certificates: Sequence[x509.Certificate]) -> bytes:
    """
    Return the extension's bytes, which stand in the first certificate only.

    In a later one, it would describe a key that was then used to make up the first.
    """
    found = [
        extension.value.value
        for certificate in certificates
        for extension in certificate.extensions
        if isinstance(extension.value, x509.UnrecognizedExtension) and extension.oid == _EXTENSION
    ]
    has_it = [extension.oid == _EXTENSION for extension in certificates[0].extensions]
    if len(found) != 1 or not any(has_it):
        raise SignatureRefused(Reason.UNTRUSTED)
    return found[0]


def level_described(description: bytes, challenge: bytes) -> Level:
    """
    Return the level of a key by the extension alone (KeyDescription).

    Raises:
        SignatureRefused: MALFORMED, WRONG_CHALLENGE or UNTRUSTED.
    """
    parts = sequence(description)
    if len(parts) != _DESCRIPTION_PARTS:
        raise SignatureRefused(Reason.MALFORMED)
    _, attested, _, kept, asked, _, by_software, by_hardware = parts
    if asked.tag != b"\x04" or asked.content != challenge:
        raise SignatureRefused(Reason.WRONG_CHALLENGE)
    number = min(small_number(attested), small_number(kept))
    if number >= len(_LEVELS):
        raise SignatureRefused(Reason.MALFORMED)
    hardware, software = by_tag(by_hardware.content), by_tag(by_software.content)
    if _NO_AUTHORIZATION in hardware or _NO_AUTHORIZATION in software:
        raise SignatureRefused(Reason.UNTRUSTED)
    if _LEVELS[number] is Level.SOFTWARE:
        return Level.SOFTWARE
    if hardware.get(_ORIGIN) != _GENERATED or not _only_signs(hardware.get(_PURPOSE, b"")):
        raise SignatureRefused(Reason.UNTRUSTED)
    return _LEVELS[number] if _is_locked(hardware.get(_ROOT_OF_TRUST, b"")) else Level.UNVERIFIED


def _only_signs(purposes: bytes) -> bool:
    """Say whether a key may sign, and do nothing else but verify."""
    read = elements(purposes)
    if len(read) != 1 or read[0].tag != b"\x31":
        return False
    numbers = {small_number(element) for element in elements(read[0].content)}
    return _SIGN in numbers and numbers <= {_SIGN, _VERIFY}


def _is_locked(root_of_trust: bytes) -> bool:
    """Say whether the phone runs what its maker signed: boot key, locked, state, hash."""
    if not root_of_trust:
        return False
    _, locked, state, *_ = [*sequence(root_of_trust), *[Element(b"", b"", b"")] * 3]
    return (locked.content, state.content) == (_LOCKED, _VERIFIED)
