"""Hours of a day in China's time, such as a night in which nobody is disturbed."""

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
        """Tell whether a moment is within them; those that end when they begin cover nothing."""
        at = moment.astimezone(SHANGHAI).time()
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends

    @property
    def others(self) -> "DayHours":
        """Return the rest of the day."""
        return DayHours(begins=self.ends, ends=self.begins)


def next_time(moment: datetime, at: time) -> datetime:
    """Return the first moment after one at which it is a time of day in China."""
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
