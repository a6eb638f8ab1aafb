"""What devices sign, checked: new keys, signing in, and proofs of requests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.foundation.signatures import (
    Authenticator,
    Authenticators,
    Kind,
    Level,
    Offer,
    PublicKey,
    Purpose,
    RelyingParty,
    SignatureRefused,
    signed_message,
)
from app.identity.rules.commands import EnrollDevice
from app.identity.rules.devices import (
    DeviceKind,
    DeviceLevel,
    EnrollmentChallenge,
    android_origin_of,
    challenge_parts,
    key_id_of,
)

USUAL_DOMAIN = "qingmiao.example"
"""A name that RFC 2606 keeps out of the real network; the settings name the web app's own."""


def _party_of(domain: str, android_apps: Sequence[str] = ()) -> RelyingParty:
    apps = (android_origin_of(one) for one in android_apps)
    return RelyingParty(rp_id=domain, origins=(f"https://{domain}", *apps))


USUAL_AUTHENTICATORS = Authenticators(_party_of(USUAL_DOMAIN))
"""Passkeys are used on our own pages only, unless the settings name apps of ours."""


class _Installed:
    authenticators: Authenticators = USUAL_AUTHENTICATORS


def set_authenticators(authenticators: Authenticators) -> None:
    """Say whom passkeys are made for, and which makers of phones are believed."""
    _Installed.authenticators = authenticators


def relying_party() -> tuple[str, tuple[str, ...]]:
    """Return whom passkeys are made for: our name, and the pages and apps it is taken from."""
    party = _Installed.authenticators.party
    return party.rp_id, party.origins


def web_domain() -> str:
    """Return the web app's domain: passkeys are made for it, and codes fill themselves in on it."""
    return _Installed.authenticators.party.rp_id


def set_apps(domain: str, android_apps: Sequence[str] = ()) -> None:
    """
    Name the web app's domain, and Android apps by the fingerprints of what they are signed with.

    Passkeys are taken from their pages and from nowhere else.
    """
    party = _party_of(domain, android_apps)
    set_authenticators(replace(USUAL_AUTHENTICATORS, party=party))


DECOY = PublicKey(
    Kind.KEYSTORE_P256,
    bytes.fromhex("036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
)
"""P-256's base point. Signatures of unknown keys are checked against it, for the time it takes."""

_LEVELS = {
    Level.SOFTWARE: DeviceLevel.SOFTWARE,
    Level.UNVERIFIED: DeviceLevel.HARDWARE,
    Level.ATTESTED: DeviceLevel.ATTESTED,
    Level.STRONG: DeviceLevel.STRONG,
}
_PROOF_KEY = b"proof-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A new device's keys, both proven to be its own."""

    kind: DeviceKind
    level: DeviceLevel
    key: PublicKey
    proof_key: PublicKey
    counter: int
    message: bytes
    """What the key signed."""

    @property
    def key_id(self) -> str:
        """Return the key's public name."""
        return key_id_of(self.key.encode())


def enrollment_message(challenge: EnrollmentChallenge, proof_key: bytes) -> bytes:
    """Return what a new device's key signs: the challenge, and the key for requests beside it."""
    return signed_message(Purpose.ENROLL, *challenge_parts(challenge), proof_key)


def proof_key_message(challenge: EnrollmentChallenge, proof_key: bytes) -> bytes:
    """Return what the key for requests signs."""
    return signed_message(Purpose.ENROLL, *challenge_parts(challenge), proof_key, _PROOF_KEY)


def new_device(challenge: EnrollmentChallenge, command: EnrollDevice) -> NewDevice | None:
    """Check what a new device sends; None if it does not prove that the keys are its own."""
    sent = command.proof_key or b""
    offer = Offer(
        authenticator=Authenticator(command.kind.value),
        key=command.public_key,
        proof=command.signature,
        vouchers=command.vouchers,
    )
    message = enrollment_message(challenge, sent)
    try:
        enrolled = _Installed.authenticators.enroll(offer, message)
        proof_key = enrolled.key
        if command.proof_key is not None:
            proof_key = PublicKey.of_phone(_proof_kind(command.kind), command.proof_key)
            _Installed.authenticators.verify(
                proof_key, proof_key_message(challenge, sent), command.proof_signature or b""
            )
    except SignatureRefused:
        return None
    level = _LEVELS[enrolled.level]
    if command.kind is DeviceKind.KEYSTORE and not command.is_in_hardware:
        level = DeviceLevel.SOFTWARE
    return NewDevice(
        kind=command.kind,
        level=level,
        key=enrolled.key,
        proof_key=proof_key,
        counter=enrolled.counter,
        message=message,
    )


def attested_level(
    key: PublicKey, message: bytes, chain: Sequence[bytes], now: datetime
) -> DeviceLevel | None:
    """Return how well a phone keeps its key by its maker's certificates; None if they do not."""
    try:
        return _LEVELS[_Installed.authenticators.attest(key, message, chain, now)]
    except SignatureRefused:
        return None


def counter_if_signed(
    key: PublicKey, message: bytes, signature: bytes, *, counter_seen: int = 0
) -> int | None:
    """Return the key's own counter if it signed the message (0: it does not count), else None."""
    try:
        proven = _Installed.authenticators.verify(
            key, message, signature, counter_seen=counter_seen
        )
    except SignatureRefused:
        return None
    return proven.counter or 0


def is_signed(key: PublicKey, message: bytes, signature: bytes) -> bool:
    """Tell whether a key that does not count signed a message."""
    return counter_if_signed(key, message, signature) is not None


def _proof_kind(kind: DeviceKind) -> Kind:
    return Kind.ED25519 if kind is DeviceKind.ED25519 else Kind.KEYSTORE_P256
