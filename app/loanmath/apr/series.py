"""Flows as series of days: what moves on each, and the day of the month a series means."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import TypeAlias

from app.loanmath.calendar import add_months, whole_months
from app.loanmath.errors import NoRate

Flow: TypeAlias = tuple[date, int]
"""A day and the fen that move on it; the borrower's receipts and payments have opposite signs."""

_LONGEST_MONTH = 31
_HALF_MONTH_DAYS = range(10, 21)
_SEMIMONTHLY_LEAST = 4


def sums_by_day(flows: Iterable[Flow]) -> list[Flow]:
    """
    Sum the flows of each day, oldest first, leaving out days on which nothing moves.

    Raises:
        NoRate: Nothing moves at all.
    """
    sums: defaultdict[date, int] = defaultdict(int)
    for day, amount in flows:
        sums[day] += amount
    days = sorted((day, amount) for day, amount in sums.items() if amount)
    if not days:
        raise NoRate
    return days


def days_of_each_side(flows: Iterable[Flow]) -> tuple[list[date], list[date]]:
    """Return the days on which one side pays, and those on which the other does."""
    days = sorted({(day, amount > 0) for day, amount in flows if amount})
    return [day for day, is_in in days if is_in], [day for day, is_in in days if not is_in]


def months_back(start: date, day: date, nominal: int | None = None) -> tuple[int, date]:
    """
    Count whole months back from a day as far as the start allows; say where that ends.

    Args:
        start: No earlier day is reached.
        day: Where to count from.
        nominal: The day of the month that is meant, where it is known: 31 for last days. Where it
            is not, the start's day may be meant as well: from 28 February a month back reaches
            31 January, if that is where the flows start.
    """
    months = whole_months(start, day)
    if nominal is None:
        if day == add_months(start, months, start.day):
            return months, start
        nominal = day.day
    cursor = add_months(day, -months, nominal)
    if cursor < start:
        months -= 1
        cursor = add_months(day, -months, nominal)
    return months, cursor


def is_semimonthly(days: Sequence[date]) -> bool:
    """Say whether a series comes twice a month, on the same two days."""
    halves = [(other - one).days for one, other in pairwise(days)]
    months = zip(days, days[2:], strict=False)
    return (
        len(days) >= _SEMIMONTHLY_LEAST
        and all(gap in _HALF_MONTH_DAYS for gap in halves)
        and all(months_back(one, other) == (1, one) for one, other in months)
    )


def nominal_days(start: date, flows: Iterable[Flow]) -> Mapping[tuple[date, bool], int | None]:
    """
    Return the day of the month each flow means, by its day and whether its amount is positive.

    None where the flow belongs to no series that has one.
    """
    found = dict[tuple[date, bool], int | None]()
    for is_in, days in zip((True, False), days_of_each_side(flows), strict=True):
        step = 2 if is_semimonthly(days) else 1
        for place in range(step):
            part = days[place::step]
            nominal = _nominal(start, part)
            found.update({(day, is_in): nominal for day in part})
    return found


def _nominal(start: date, days: Sequence[date]) -> int | None:
    """
    Return the day of the month that a series means.

    Regulation Z, Appendix J (b)(3)(iv): a series on the last days of months is measured between
    last days, one on the 29th or 30th takes the last of February for it.
    """
    if len({day.replace(day=1) for day in days}) <= 1:
        return None
    latest = max(day.day for day in days)
    if any(day.day != min(latest, _last_day(day)) for day in days):
        return None
    is_at_the_end = all(day.day == _last_day(day) for day in (start, *days))
    return _LONGEST_MONTH if is_at_the_end else latest


def _last_day(day: date) -> int:
    return monthrange(day.year, day.month)[1]
