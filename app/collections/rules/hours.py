"""Hours of a day in China's time, and until when a moment's freedom lasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.foundation.clock import SHANGHAI

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayHours:
    """From when to when, the end not included; they may span midnight."""

    begins: time
    ends: time

    def covers(self, moment: datetime) -> bool:
        """Tell whether a moment is within them."""
        at = moment.astimezone(SHANGHAI).time()
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends

    @property
    def others(self) -> "DayHours":
        """Return the rest of the day."""
        return DayHours(begins=self.ends, ends=self.begins)

    def next_begin(self, moment: datetime) -> datetime:
        """Return when they begin after a moment outside them."""
        return _next(moment, self.begins)


def quiet_until_end_of(moment: datetime, quiet: Sequence[DayHours]) -> datetime:
    """
    Return when it is quiet again after a moment at which it is not, or when the day is over.

    What may be done now may be done until then, and is counted on one day.
    """
    ends = [one.next_begin(moment) for one in quiet if one.begins != one.ends]
    return min([*ends, _next(moment, time())])


def _next(moment: datetime, at: time) -> datetime:
    local = moment.astimezone(SHANGHAI)
    found = datetime.combine(local.date(), at, SHANGHAI)
    return (found if found > local else found + _DAY).astimezone(moment.tzinfo)


def day_hours(begins: str, ends: str) -> DayHours:
    """
    Read hours of a day such as 21:30 and 07:00.

    Raises:
        ValueError: One of them is no time of day.
    """
    return DayHours(begins=time.fromisoformat(begins), ends=time.fromisoformat(ends))
