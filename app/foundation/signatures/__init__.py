"""Signatures of devices: keys kept short, checks that are strict, one door for every kind."""

from app.foundation.signatures.authenticators import Authenticators, Enrolled, Offer, Proven
from app.foundation.signatures.keys import Authenticator, Kind, Level, PublicKey
from app.foundation.signatures.messages import (
    Purpose,
    challenge_of,
    challenge_text_of,
    signed_message,
)
from app.foundation.signatures.passkeys import (
    RelyingParty,
    packed_assertion,
    packed_registration,
)
from app.foundation.signatures.refused import Reason, SignatureRefused
from app.foundation.signatures.soter import packed_blob

__all__ = [
    "Authenticator",
    "Authenticators",
    "Enrolled",
    "Kind",
    "Level",
    "Offer",
    "Proven",
    "PublicKey",
    "Purpose",
    "Reason",
    "RelyingParty",
    "SignatureRefused",
    "challenge_of",
    "challenge_text_of",
    "packed_assertion",
    "packed_blob",
    "packed_registration",
    "signed_message",
]
