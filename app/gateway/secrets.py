"""
Which answers tell a secret, and so are never compressed.

What is compressed together shows by its length what is alike in it (BREACH, CRIME): whoever can
have their own text put beside a secret, and see how long the answers are, finds the secret out
letter by letter. So one compressed body never holds both. A secret is what opens, proves, pays or
approves something for whoever holds it: tokens, challenges, nonces, what a code belongs to, the
bytes of an intent, the code a certificate is checked by. A document that selects one of them gets
its answers marked `no-transform`, which compression here and every proxy on the way respect. Names
and figures of the borrower's own may be compressed: only their bearer token, which no other page
can make a browser send, gets them.
"""

from collections.abc import Mapping
from typing import Any

SECRET = "private, no-store, no-transform"  # noqa: S105 - a Cache-Control value
"""The Cache-Control of an answer that tells a secret."""

SECRETS = frozenset(
    {
        "BeginDeviceEnrollmentSuccess.challenge",
        "BeginDeviceEnrollmentSuccess.challengeId",
        "DeviceClockProblem.nonce",
        "HardshipOption.token",
        "Intent.text",
        "PayoffCertificate.code",
        "PayoffCertificate.pagePath",
        "RefreshSessionSuccess.accessToken",
        "RefreshSessionSuccess.refreshToken",
        "RequestOtpSuccess.challengeId",
        "RequestPhoneCodeSuccess.challengeId",
        "SignInWithDeviceSuccess.accessToken",
        "SignInWithDeviceSuccess.refreshToken",
        "StaffPasskeyChallenge.challenge",
        "StaffPasskeyChallenge.nonce",
        "StaffSignInSuccess.accessToken",
        "VerifyOtpSuccess.accessToken",
        "VerifyOtpSuccess.refreshToken",
        "WalletPayment.nonceStr",
        "WalletPayment.package",
        "WalletPayment.paySign",
    }
)
"""Every field of both graphs that tells one, by its type."""


_HASHED = frozenset({"pin", "newPin", "duressPin", "password", "newPassword"})
"""What inputs of both graphs call what is hashed slowly."""
_DEPTH_MAX = 3
"""`input: {by: {pin}}` is the deepest."""


def brings_secret(variables: Mapping[str, Any], depth: int = _DEPTH_MAX) -> bool:
    """Tell whether variables bring a PIN or a password, which has to be hashed."""
    return any(
        (isinstance(value, str) and name in _HASHED)
        or (depth > 1 and isinstance(value, dict) and brings_secret(value, depth - 1))
        for name, value in variables.items()
    )


def tells_secret(fields: frozenset[str]) -> bool:
    """Tell whether one of these fields, as `Type.field`, tells a secret."""
    return not SECRETS.isdisjoint(fields)
