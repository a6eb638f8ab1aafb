"""Staff see who somebody is: what is asked, and what two of them say."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

WAITS_FOR = timedelta(days=7)
"""After a week unanswered it is asked again: whoever waits may not have the phone any more."""
ASKED_PER_DAY_MAX = 5
"""Questions of one session within a day, each new one instead of the last."""
REASON_MAX = 300


class IdentificationState(StrEnum):
    """How far staff have got."""

    ASKED = "ASKED"
    PROPOSED = "PROPOSED"
    """One of them is sure; another has to be."""
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """Somebody who asks to be recognized as a borrower."""

    identification_id: str
    borrower_id: str
    state: IdentificationState
    forgets_pin: bool
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskToBeIdentified:
    """Ask staff to see that a session is in its borrower's hands."""

    borrower_id: str
    session_id: str
    forgets_pin: bool
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the session."""
        return self.session_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify:
    """Say whether somebody is the borrower, and how that is known."""

    staff_id: str
    identification_id: str
    is_borrower: bool
    reason: str = field(repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff."""
        return self.staff_id
