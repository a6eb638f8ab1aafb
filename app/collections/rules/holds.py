"""What keeps us from getting in touch with somebody who is late, whoever asks."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class HoldReason(StrEnum):
    """Why nobody is contacted about late money, for as long as the hold stands."""

    HARDSHIP = "HARDSHIP"
    """The borrower asked for relief, and we have not answered."""
    COMPLAINT = "COMPLAINT"
    """A complaint of theirs is open."""
    CONTESTED = "CONTESTED"
    """They say that a contact was not as we recorded it, or not as the law wants it."""
    DEATH = "DEATH"
    """Somebody told us that they have died; from then on the estate gets letters, nobody calls."""
    SPECIAL_CARE = "SPECIAL_CARE"
    """Illness or a misfortune of their own, as a member of staff wrote down."""
    WRONG_NUMBER = "WRONG_NUMBER"
    """Somebody else answered at their number."""
    STAFF_PAUSE = "STAFF_PAUSE"
    """A member of staff let it rest, until a day or for good."""


NEEDS_ANOTHER = frozenset({HoldReason.DEATH, HoldReason.SPECIAL_CARE})
"""What one member of staff sets and only another ends, so that nobody lifts a mark of their own."""

BY_STAFF = frozenset(
    {
        HoldReason.DEATH,
        HoldReason.SPECIAL_CARE,
        HoldReason.WRONG_NUMBER,
        HoldReason.STAFF_PAUSE,
    }
)
"""What staff set by hand; the others begin and end with what the borrower did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One hold: why, since which act, and until when if that is known."""

    hold_id: str
    borrower_id: str
    reason: HoldReason
    reference: str
    """What it is about: a ticket, a loan, an attempt, a case."""
    until_on: date | None
    placed_by: str | None
    """The member of staff; none where what the borrower did placed it."""
    placed_at: datetime
    confirmed_by: str | None
    """A second member of staff who found the same."""

    def stands_on(self, day: date) -> bool:
        """Tell whether it still keeps us back on a day."""
        return self.until_on is None or day <= self.until_on


def place_of(borrower_id: str, reason: HoldReason, reference: str) -> str:
    """Return the one place of a hold: placed twice for the same, it is one."""
    return f"{borrower_id}:{reason}:{reference}"
