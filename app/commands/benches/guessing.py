"""What checking a one-time code computes beside its trips to the database."""

import hmac
from collections.abc import Callable
from typing import cast

from app.commands.benches.measuring import Work
from app.commands.benches.revealing import OneKey
from app.foundation.canonical import canonical_json
from app.foundation.sealing import derived_key
from app.foundation.sealing.kms import Kms
from app.foundation.sealing.vault import Vault, install_vault
from app.identity.rules import codes

CHALLENGE = "oc1ibejps0ic20p9"
COMMAND = {"challenge_id": CHALLENGE, "code": "375263", "device_name": "", "language": "zh-Hans"}


def otp_verify() -> Work:
    """Return the check of a code: the command's fingerprint, the code found again, the compare."""
    return Work(
        name="otp-verify",
        what="a one-time code read, found again and compared",
        do=_verify(),
        most_ms=0.200,
    )


def _verify() -> Callable[[], object]:
    vault = Vault(cast("Kms", OneKey()), monotonic=lambda: 0.0)
    salt = bytes(codes.SALT_BYTES)

    def verify() -> bool:
        install_vault(vault)
        typed = codes.code_input("375 263")
        hmac.digest(derived_key("idempotency"), canonical_json({**COMMAND}).encode(), "sha256")
        made = codes.code_of(
            pepper=derived_key("otp-pepper"), challenge_id=CHALLENGE, salt=salt, digits=6
        )
        return hmac.compare_digest(made.encode(), typed.encode())

    return verify
