"""Why a signature, key or attestation was turned down: a reason for machines, and no bytes."""

from enum import StrEnum


class Reason(StrEnum):
    """What was wrong; enough for limits and alarms, useless to somebody who is guessing."""

    MALFORMED = "MALFORMED"
    """The bytes are not in the one form that is read."""
    BAD_KEY = "BAD_KEY"
    """No sound public key: of wrong form, off the curve, or one that anybody can sign for."""
    BAD_SIGNATURE = "BAD_SIGNATURE"
    """The signature is not that of this key over this message."""
    WRONG_CHALLENGE = "WRONG_CHALLENGE"
    """A genuine signature, but over another message or made for another purpose."""
    WRONG_ORIGIN = "WRONG_ORIGIN"
    """Made on a page or for a service that is not ours."""
    CROSS_ORIGIN = "CROSS_ORIGIN"
    """Made inside a frame on somebody else's page."""
    NOT_VERIFIED = "NOT_VERIFIED"
    """The device did not check that its owner was there."""
    REPLAYED = "REPLAYED"
    """The device's counter did not move on."""
    UNTRUSTED = "UNTRUSTED"
    """The attestation does not lead to a root that is trusted."""
    UNSUPPORTED = "UNSUPPORTED"
    """A kind of key or attestation that is not taken."""


class SignatureRefused(Exception):
    """
    What a device sent proves nothing; `reason` says in what way.

    It carries no byte of what was sent, and is raised without a cause: the messages of libraries
    quote their input.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
