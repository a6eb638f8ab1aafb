"""The lives of two requests: to have data put right, and for a person to look at a decision."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.identity.rules.correcting import ProfileField
from app.privacy.errors import CorrectionNotOpen

AT_ONCE = frozenset(
    {ProfileField.ADDRESS, ProfileField.INCOME, ProfileField.PURPOSE, ProfileField.LANGUAGE}
)
"""What a borrower knows best. Name and resident ID are who they are: two people check them."""


class CorrectionState(StrEnum):
    """Where a wish for a correction stands."""

    WAITING = "WAITING"
    PROPOSED = "PROPOSED"
    MADE = "MADE"
    REFUSED = "REFUSED"


class CorrectionMove(StrEnum):
    """What staff do with it."""

    PROPOSE = "PROPOSE"
    MAKE = "MAKE"
    REFUSE = "REFUSE"
    HAND_BACK = "HAND_BACK"


_S, _M = CorrectionState, CorrectionMove
MOVES: Mapping[tuple[CorrectionState, CorrectionMove], CorrectionState] = {
    (_S.WAITING, _M.PROPOSE): _S.PROPOSED,
    (_S.PROPOSED, _M.MAKE): _S.MADE,
    (_S.PROPOSED, _M.REFUSE): _S.REFUSED,
    (_S.PROPOSED, _M.HAND_BACK): _S.WAITING,
}
"""Every move there is; what is not here is refused."""


def moved(state: CorrectionState, move: CorrectionMove) -> CorrectionState:
    """
    Return where a move leads.

    Raises:
        CorrectionNotOpen: It leads nowhere from there.
    """
    after = MOVES.get((state, move))
    if after is None:
        raise CorrectionNotOpen
    return after


class ReviewState(StrEnum):
    """Where a wish for a person's look stands."""

    OPEN = "OPEN"
    UPHELD = "UPHELD"
    OVERTURNED = "OVERTURNED"
    """The decision was not right; it no longer counts, and the borrower may apply anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionView:
    """A wish for a correction, without what is to stand there."""

    request_id: str
    borrower_id: str
    which: ProfileField
    state: CorrectionState
    asked_at: datetime
    due_on: date
    maker_id: str | None
    maker_name: str | None
    is_proposed_right: bool | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionWords:
    """What was written in it, in clear."""

    value: str = field(repr=False)
    reason: str = field(repr=False)
    maker_note: str | None = field(repr=False)
    answer: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """A wish for a person's look, without what was written."""

    review_id: str
    borrower_id: str
    application_id: str
    state: ReviewState
    asked_at: datetime
    due_on: date
    answered_name: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewWords:
    """What was written in it, in clear."""

    reason: str = field(repr=False)
    answer: str | None = field(repr=False)


def working_days_after(day: date, count: int, is_working: Callable[[date], bool]) -> date:
    """Return the so-manyth working day after a day."""
    while count:
        day += timedelta(days=1)
        count -= is_working(day)
    return day
