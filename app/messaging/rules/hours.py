"""The hours in which borrowers are left in peace: the law's night, and hours of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.foundation.clock import SHANGHAI
from app.foundation.day_hours import DayHours

OWN_MOST = timedelta(hours=14)
"""A borrower's own quiet hours last at most so long: reminders must have some hours left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours(DayHours):
    """Hours of a day, in China's time, in which nothing goes out; they may span midnight."""

    def first_allowed(self, moment: datetime) -> datetime:
        """Return the moment itself by day, or the morning that ends the night it falls in."""
        if not self.covers(moment):
            return moment
        local = moment.astimezone(SHANGHAI)
        morning = local.replace(
            hour=self.ends.hour, minute=self.ends.minute, second=0, microsecond=0
        )
        return morning if morning > local else morning + timedelta(days=1)

    @property
    def lasts(self) -> timedelta:
        """Return how long they are; those that end when they begin last no time."""
        begins, ends = _minutes(self.begins), _minutes(self.ends)
        return timedelta(minutes=(ends - begins) % (24 * 60))


def first_allowed(moment: datetime, hours: Sequence[QuietHours]) -> datetime:
    """
    Return the first moment, from one on, that none of several quiet hours covers.

    The law's night lasts ten hours and a borrower's own at most fourteen: where those leave no
    minute between them, the law's morning counts, so nothing waits forever.
    """
    allowed = moment
    for _ in range(2 * len(hours)):
        later = allowed
        for one in hours:
            later = one.first_allowed(later)
        if later == allowed:
            return allowed
        allowed = later
    return hours[0].first_allowed(moment)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
