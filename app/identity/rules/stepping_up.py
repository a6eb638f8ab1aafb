"""Stepping up: a member of staff proves once more who they are, for the next few minutes."""

from dataclasses import dataclass, field
from datetime import timedelta

from app.identity.rules.passkeys import PasskeyAnswer

STEP_UP_LIFETIME = timedelta(minutes=5)
"""How long a step-up counts: long enough for one call, short enough for a desk left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepUp:
    """Enter a code of one's authenticator again, or let a passkey answer."""

    staff_id: str
    session_id: str
    totp: str | None = field(default=None, repr=False)
    passkey: PasskeyAnswer | None = None
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff."""
        return self.staff_id
