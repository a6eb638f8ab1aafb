"""Due dates: months counted from the nominal day, and the move off non-working days."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from app.loanmath.errors import CalendarMissing

MONTHS_PER_YEAR = 12

_DAY = timedelta(days=1)


class MonthEnd(StrEnum):
    """Where a nominal day goes that the month does not have."""

    CLAMP = "CLAMP"
    """To the month's last day."""
    ROLL = "ROLL"
    """To the first of the next month."""


class BusinessDays(StrEnum):
    """Where a due date on a non-working day is seen."""

    AS_IS = "AS_IS"
    """Where they are."""
    NEXT = "NEXT"
    """On the next working day."""
    PREVIOUS = "PREVIOUS"
    """On the working day before."""
    MODIFIED_FOLLOWING = "MODIFIED_FOLLOWING"
    """On the next working day, unless that is in another month: then on the one before."""


class WorkingDays(Protocol):
    """A published calendar of working days, make-up workdays (调休) included."""

    def is_working(self, day: date) -> bool:
        """
        Say whether people work on this day.

        Raises:
            YearUnpublished: The year is not published.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDays:
    """
    A calendar of working days written out by hand; it knows every year.

    Attributes:
        holidays: Days off beside weekends.
        make_up_workdays: Days of a weekend on which people work.
        weekend: The days of the week off, Monday being 1.
    """

    holidays: frozenset[date] = frozenset()
    make_up_workdays: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({6, 7})

    def is_working(self, day: date) -> bool:
        """Say whether people work on this day."""
        if day in self.make_up_workdays:
            return True
        return day not in self.holidays and day.isoweekday() not in self.weekend


def add_months(
    nominal: date, months: int, due_day: int, month_end: MonthEnd = MonthEnd.CLAMP
) -> date:
    """
    Return the due day in the month so many months after (or before) the nominal date's month.

    The due day is the nominal one, so 31 January leads to 28 February and on to 31 March.

    Args:
        nominal: Any date in the month to count from.
        months: How many months away; may be negative.
        due_day: The nominal day of the month, 1 to 31.
        month_end: A day the month lacks is its last day, or the first of the next month.
    """
    year, month0 = divmod(nominal.year * MONTHS_PER_YEAR + nominal.month - 1 + months, 12)
    last_day = monthrange(year, month0 + 1)[1]
    if due_day <= last_day:
        return date(year, month0 + 1, due_day)
    match month_end:
        case MonthEnd.CLAMP:
            return date(year, month0 + 1, last_day)
        case MonthEnd.ROLL:
            return date(year, month0 + 1, last_day) + _DAY


def whole_months(start: date, end: date) -> int:
    """Count the whole months from start to end, in which 31 January to 28 February is one."""
    months = (end.year - start.year) * MONTHS_PER_YEAR + end.month - start.month
    return months if add_months(start, months, start.day) <= end else months - 1


def business_day(
    day: date, shift: BusinessDays = BusinessDays.AS_IS, working: WorkingDays | None = None
) -> date:
    """
    Return the day on which something due on `day` is payable.

    Raises:
        CalendarMissing: The shift needs a calendar and none was handed in.
        YearUnpublished: The calendar does not know the year; nothing is guessed.
    """
    if shift is BusinessDays.AS_IS:
        return day
    if working is None:
        raise CalendarMissing(day)
    match shift:
        case BusinessDays.NEXT:
            return _walk(day, _DAY, working)
        case BusinessDays.PREVIOUS:
            return _walk(day, -_DAY, working)
        case BusinessDays.MODIFIED_FOLLOWING:
            following = _walk(day, _DAY, working)
            return following if following.month == day.month else _walk(day, -_DAY, working)


def _walk(day: date, step: timedelta, working: WorkingDays) -> date:
    while not working.is_working(day):
        day += step
    return day
