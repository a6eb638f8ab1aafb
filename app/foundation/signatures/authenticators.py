"""The one port for authenticators: a key is enrolled here, and every later signature checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.foundation.signatures.attestation import ANDROID_ROOTS, attested_level
from app.foundation.signatures.keys import Authenticator, Kind, Level, PublicKey
from app.foundation.signatures.messages import challenge_of, challenge_text_of
from app.foundation.signatures.passkeys import RelyingParty, check_assertion, check_registration
from app.foundation.signatures.primitives import check_ed25519, check_p256
from app.foundation.signatures.refused import Reason, SignatureRefused
from app.foundation.signatures.soter import (
    ask_of,
    check_soter_key,
    check_soter_signature,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a device sends to enroll a key."""

    authenticator: Authenticator
    key: bytes
    """
    KEYSTORE, ED25519: the public key. SOTER: the AuthKey's blob, signed by the ASK. WEBAUTHN:
    empty, as the key stands in the proof.
    """
    proof: bytes
    """
    The new key's signature over the message: as `verify` takes it. WEBAUTHN: what
    `packed_registration` writes.
    """
    vouchers: tuple[bytes, ...] = ()
    """SOTER: the ASK, as a blob signed by the ATTK or as JSON with a chain of certificates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A key that proved to be the device's own."""

    key: PublicKey
    level: Level
    counter: int = 0
    """The highest the device has counted to; hand it to `verify` as `counter_seen`."""
    credential_id: bytes = b""
    """WEBAUTHN: the name by which the browser finds the key again."""
    machine: str = ""
    """SOTER: the phone's `cpu_id`; WEBAUTHN: the authenticator's model (AAGUID)."""
    finger: str = ""
    """SOTER: which finger or face signed; another one later is a reason to ask more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A signature that holds, and what the device said with it."""

    counter: int | None = None
    """Where the device counts: keep it, in the same transaction, as the next `counter_seen`."""
    finger: str = ""
    machine: str = ""


@dataclass(frozen=True, slots=True)
class Authenticators:
    """Enrolls keys and checks signatures of every kind, knowing who we are and whom to believe."""

    party: RelyingParty
    android_roots: frozenset[bytes] = ANDROID_ROOTS
    """Keys (SubjectPublicKeyInfo) of the makers' roots under which Android keys are attested."""

    def enroll(self, offer: Offer, message: bytes) -> Enrolled:
        """
        Check that a device holds the key it offers: the new key signs `message`.

        The message is `signed_message(Purpose.ENROLL, …)` over a challenge that is used once.

        Raises:
            SignatureRefused: The key is unsound, the proof does not hold, or an attestation is
                false.
        """
        match offer.authenticator:
            case Authenticator.KEYSTORE:
                key = PublicKey.of_phone(Kind.KEYSTORE_P256, offer.key)
                check_p256(key.data, message, offer.proof)
                return Enrolled(key=key, level=Level.UNVERIFIED)
            case Authenticator.ED25519:
                key = PublicKey.of_phone(Kind.ED25519, offer.key)
                check_ed25519(key.data, message, offer.proof)
                return Enrolled(key=key, level=Level.SOFTWARE)
            case Authenticator.WEBAUTHN:
                made = check_registration(self.party, challenge_of(message), offer.proof)
                return Enrolled(
                    key=made.key,
                    level=made.level,
                    counter=made.counter,
                    credential_id=made.credential_id,
                    machine=made.model,
                )
            case Authenticator.SOTER:
                return _enroll_soter(offer, message)

    def attest(
        self, key: PublicKey, message: bytes, chain: Sequence[bytes], now: datetime
    ) -> Level:
        """
        Return the level that a maker's certificates prove for an enrolled keystore key.

        Sent later, on Wi-Fi: some 3 KB. The phone made the key for `challenge_of(message)`, the
        same message that enrolled it. Passkeys bring their attestation when they enroll; SOTER's
        ASK is for Tencent's TAM to confirm, after which the caller may raise the level itself.

        Raises:
            SignatureRefused: The chain proves nothing, and the key's level stays what it was.
        """
        if key.kind is not Kind.KEYSTORE_P256:
            raise SignatureRefused(Reason.UNSUPPORTED)
        challenge = challenge_of(message)
        return attested_level(key, challenge, chain, roots=self.android_roots, now=now)

    def verify(
        self, key: PublicKey, message: bytes, proof: bytes, *, counter_seen: int = 0
    ) -> Proven:
        """
        Check that the holder of an enrolled key signed a message.

        The proof is, by the key's kind: KEYSTORE, an ECDSA signature in DER or 64 bytes r and s;
        ED25519, 64 bytes; WEBAUTHN, what `packed_assertion` writes; SOTER, what the phone exports
        (`packed_blob`). WebAuthn and SOTER sign the message's SHA-256 as their challenge.

        Raises:
            SignatureRefused: The proof proves nothing; its `reason` says why.
        """
        match key.kind:
            case Kind.KEYSTORE_P256:
                check_p256(key.data, message, proof)
                return Proven()
            case Kind.ED25519:
                check_ed25519(key.data, message, proof)
                return Proven()
            case Kind.WEBAUTHN_P256 | Kind.WEBAUTHN_ED25519 | Kind.WEBAUTHN_RSA:
                counter = check_assertion(
                    self.party, key, challenge_of(message), proof, counter_seen=counter_seen
                )
                return Proven(counter=counter)
            case Kind.SOTER_RSA:
                said = check_soter_signature(
                    key, challenge_text_of(message), proof, counter_seen=counter_seen
                )
                return Proven(counter=said.counter, finger=said.finger, machine=said.machine)


def _enroll_soter(offer: Offer, message: bytes) -> Enrolled:
    """Follow the ASK to the AuthKey to its signature; who made the ASK is not proven by this."""
    if len(offer.vouchers) != 1:
        raise SignatureRefused(Reason.MALFORMED)
    ask = ask_of(offer.vouchers[0])
    auth = check_soter_key(ask.key, offer.key)
    if (auth.machine, auth.app) != (ask.machine, ask.app):
        raise SignatureRefused(Reason.UNTRUSTED)
    said = check_soter_signature(
        auth.key, challenge_text_of(message), offer.proof, counter_seen=auth.counter
    )
    if said.machine != auth.machine:
        raise SignatureRefused(Reason.UNTRUSTED)
    return Enrolled(
        key=auth.key,
        level=Level.UNVERIFIED,
        counter=said.counter,
        machine=said.machine,
        finger=said.finger,
    )
