"""
When a quiz answered wrong comes back: after 1, 3, 7 and 21 days, from the start if wrong again.

Boxes as Sebastian Leitner has them (So lernt man lernen, 1972), at lengthening distances, which
keep longer than equal ones of the same number (Cepeda and others, Distributed Practice in Verbal
Recall Tasks, Psychological Bulletin 132, 2006).
"""

from dataclasses import dataclass
from datetime import date, timedelta

REVIEW_DAYS = (1, 3, 7, 21)
"""How long after the answer before it comes back, by how often in a row it was right since."""

REVIEWS_MAX = 20
"""How many are shown at once, longest due first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A quiz that comes back on a day."""

    slug: str
    box: int
    due_on: date

    @property
    def round(self) -> int:
        """Return which time this is that it comes back, from 1."""
        return self.box + 1


def review_after(answered: Review | None, *, slug: str, is_right: bool, on: date) -> Review | None:
    """
    Return when a quiz comes back after an answer; None if it does not.

    A wrong answer begins the row. A right one moves it on once it is due, and past the last box
    out; before that day it changes nothing, for what was read a minute ago proves little.

    Args:
        answered: How it stood before the answer; None if it was not to come back.
        slug: The lesson.
        is_right: How it was answered.
        on: The day of the answer.
    """
    if not is_right:
        return _in_box(slug, 0, on)
    if answered is None or answered.due_on > on:
        return answered
    last = answered.box + 1 == len(REVIEW_DAYS)
    return None if last else _in_box(slug, answered.box + 1, on)


def _in_box(slug: str, box: int, on: date) -> Review:
    return Review(slug=slug, box=box, due_on=on + timedelta(days=REVIEW_DAYS[box]))
