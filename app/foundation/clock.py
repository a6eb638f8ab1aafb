"""Time as it is handed in: the system's clock, or one that a test or a demo moves."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The one civil time of mainland China; every due date and quiet hour is in it."""

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        """Return the moment it was set to."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move on by a span; a negative one moves back."""
        self._now += by


def local_date(now: datetime) -> date:
    """Return the calendar day in China at this moment."""
    return now.astimezone(SHANGHAI).date()


def beginning_of(day: date) -> datetime:
    """Return the midnight in China with which a day begins, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def milliseconds(moment: datetime) -> int:
    """Return the moment as whole milliseconds since 1970 in UTC, as raw SQL stores it."""
    return (moment - _BEGINNING) // timedelta(milliseconds=1)


def moment_of(milliseconds_since_1970: int) -> datetime:
    """Turn stored milliseconds back into an aware moment in UTC."""
    return _BEGINNING + timedelta(milliseconds=milliseconds_since_1970)
