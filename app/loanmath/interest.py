"""How much of a year's interest a stretch of time bears, under each market's convention."""

from calendar import isleap
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import lcm

from app.loanmath.calendar import MONTHS_PER_YEAR, add_months, whole_months

BANK_YEAR_DAYS = 360
"""Odd days beside whole months count against this (银发〔2005〕129号: 日利率 = 年利率 ÷ 360)."""

_ROOT_SCALE = 10**40
_MONTH_DAYS = 30
_FEBRUARY = 2


class DayCount(StrEnum):
    """
    Which fraction of a year a period is; the start day counts, the end day does not (算头不算尾).

    A daily rate times days is ``ACT_365F`` at 365 times that rate, or ``ACT_360`` at 360 times.
    """

    MONTHS_12 = "MONTHS_12"
    """Every month is a twelfth; odd days beside whole months count against `odd_day_year`. Inside a
    month between two due dates each of its days counts alike (7 of 31)."""
    THIRTY_360 = "THIRTY_360"
    """Months of thirty days, bond basis: a 31st that ends is the 30th if it began on one."""
    THIRTY_US_360 = "THIRTY_US_360"
    """The same, and the last day of February is a 30th where the period begins on one."""
    THIRTY_E_360 = "THIRTY_E_360"
    """Months of thirty days, European: every 31st is the 30th."""
    ACT_365F = "ACT_365F"
    """Days over 365."""
    ACT_360 = "ACT_360"
    """Days over 360."""
    ACT_364 = "ACT_364"
    """Days over 364, so that a week is a fifty-second."""
    ACT_ACT_31_DEC = "ACT_ACT_31_DEC"
    """Days over their own year's, split at 31 December: its night belongs to the new year."""
    ACT_ACT_1_JAN = "ACT_ACT_1_JAN"
    """The same, split at 1 January: that night belongs to the old year (ISDA's act/act)."""
    ACT_ACT_29_FEB = "ACT_ACT_29_FEB"
    """Days over 366 if the period holds a 29 February (first day in, last out), else 365."""
    EFFECTIVE = "EFFECTIVE"
    """The yearly rate compounds: n months bear (1 + r)^(n/12) - 1; odd days as MONTHS_12 counts."""


BY_THE_MONTH = frozenset({DayCount.MONTHS_12, DayCount.EFFECTIVE})
"""Conventions under which every month bears the same interest."""


def nominal_rate(annual_rate: Decimal, day_count: DayCount) -> Fraction:
    """
    Return the yearly rate that period fractions multiply.

    Under ``EFFECTIVE`` twelve times (1 + rate)^(1/12) - 1, right to 38 decimals; else the rate.
    """
    rate = Fraction(annual_rate)
    if day_count is not DayCount.EFFECTIVE:
        return rate
    scaled = _integer_root((1 + rate) * _ROOT_SCALE**MONTHS_PER_YEAR, MONTHS_PER_YEAR)
    return MONTHS_PER_YEAR * (Fraction(scaled, _ROOT_SCALE) - 1)


def compounded(day_count: DayCount, fraction: Fraction, nominal: Fraction) -> Fraction:
    """
    Return the fraction of a year by which the nominal rate bears a period's compounded interest.

    Under ``EFFECTIVE`` each whole month compounds: (1 + m)^n - 1 for n months of m = nominal / 12,
    odd days beside them at simple interest. Otherwise, and for one month, it is the period's own.
    """
    months = fraction * MONTHS_PER_YEAR
    if day_count is not DayCount.EFFECTIVE or nominal == 0 or months <= 1:
        return fraction
    whole, monthly = months.numerator // months.denominator, nominal / MONTHS_PER_YEAR
    grown = (1 + monthly) ** whole * (1 + monthly * (months - whole))
    return (grown - 1) / nominal


def year_fraction(  # noqa: PLR0911 - one return per convention
    day_count: DayCount, start: date, end: date, odd_day_year: int = BANK_YEAR_DAYS
) -> Fraction:
    """
    Return the part of a year from start (counted) to end (not counted).

    By the month, whole months count a twelfth each and odd days count against `odd_day_year`.
    """
    match day_count:
        case DayCount.MONTHS_12 | DayCount.EFFECTIVE:
            months = whole_months(start, end)
            odd_days = (end - add_months(start, months, start.day)).days
            scale = lcm(MONTHS_PER_YEAR, odd_day_year)
            parts = months * (scale // MONTHS_PER_YEAR) + odd_days * (scale // odd_day_year)
            return Fraction(parts, scale)
        case DayCount.THIRTY_360 | DayCount.THIRTY_US_360 | DayCount.THIRTY_E_360:
            return Fraction(_days_30(day_count, start, end), 360)
        case DayCount.ACT_365F:
            return Fraction((end - start).days, 365)
        case DayCount.ACT_360:
            return Fraction((end - start).days, 360)
        case DayCount.ACT_364:
            return Fraction((end - start).days, 364)
        case DayCount.ACT_ACT_31_DEC:
            return _by_years(start, end, boundary_month=12, boundary_day=31)
        case DayCount.ACT_ACT_1_JAN:
            return _by_years(start, end, boundary_month=1, boundary_day=1)
        case DayCount.ACT_ACT_29_FEB:
            return Fraction((end - start).days, 366 if _holds_29_feb(start, end) else 365)


def days_of_the_year(day_count: DayCount, odd_day_year: int) -> int:
    """Return the days of the year that the interest of a single day is figured over."""
    if day_count in BY_THE_MONTH:
        return odd_day_year
    return _YEARS.get(day_count, 365)


_YEARS = {
    DayCount.ACT_360: 360,
    DayCount.THIRTY_360: 360,
    DayCount.THIRTY_US_360: 360,
    DayCount.THIRTY_E_360: 360,
    DayCount.ACT_364: 364,
}


def elapsed_fraction(
    day_count: DayCount, start: date, day: date, end: date, whole: Fraction
) -> Fraction:
    """
    Return how much of a period's fraction has passed on a day inside it.

    Days share the period's fraction evenly, so the parts of a period sum to it exactly; where
    the year's length changes inside a period, each part has its own year's. By the month, a period
    of several whole months passes month by month (银发〔2005〕129号), the days of each sharing it.
    """
    if day >= end:
        return whole
    if day <= start:
        return Fraction(0)
    if day_count in _SPLIT_BY_YEAR:
        return whole * year_fraction(day_count, start, day) / year_fraction(day_count, start, end)
    if day_count in _BY_30_DAYS:
        days = min(_days_30(day_count, start, day), _days_30(day_count, start, end))
        return whole * days / max(_days_30(day_count, start, end), 1)
    passed = Fraction(0)
    if day_count in BY_THE_MONTH and whole != _MONTH:
        passed, start, end, whole = _month_around(day, start, end, whole)
    return passed + whole * (day - start).days / (end - start).days


_MONTH = Fraction(1, MONTHS_PER_YEAR)


def _month_around(
    day: date, start: date, end: date, whole: Fraction
) -> tuple[Fraction, date, date, Fraction]:
    """
    Return what of a period of whole months has passed before the month a day is in, and that month.

    A period that is no whole months is taken as one long month.
    """
    due_day = max(start.day, end.day)
    months = (end.year - start.year) * MONTHS_PER_YEAR + end.month - start.month
    ends = (add_months(start, 0, due_day), add_months(start, months, due_day))
    if whole != months * _MONTH or ends != (start, end):
        return Fraction(0), start, end, whole
    count = (day.year - start.year) * MONTHS_PER_YEAR + day.month - start.month
    if add_months(start, count, due_day) > day:
        count -= 1
    since, until = (add_months(start, count + more, due_day) for more in (0, 1))
    return count * _MONTH, since, until, _MONTH


def elapsed_between(  # noqa: PLR0917 - a period, and a stretch of it
    day_count: DayCount, start: date, end: date, whole: Fraction, since: date, day: date
) -> Fraction:
    """Return how much of a period's fraction passes from one day to a later one, both inside it."""
    is_by_months = day_count in BY_THE_MONTH and whole != _MONTH
    if is_by_months or day_count in _SPLIT_BY_YEAR or day_count in _BY_30_DAYS:
        passed = elapsed_fraction(day_count, start, day, end, whole)
        return passed - elapsed_fraction(day_count, start, since, end, whole)
    days = (min(day, end) - max(since, start)).days
    if days <= 0:
        return Fraction(0)
    return Fraction(whole.numerator * days, whole.denominator * (end - start).days)


_SPLIT_BY_YEAR = frozenset({DayCount.ACT_ACT_31_DEC, DayCount.ACT_ACT_1_JAN})
_BY_30_DAYS = frozenset({DayCount.THIRTY_360, DayCount.THIRTY_US_360, DayCount.THIRTY_E_360})


def _days_30(day_count: DayCount, start: date, end: date) -> int:
    """Count days in a year of twelve thirty-day months: European, or American."""
    start_day = min(start.day, _MONTH_DAYS)
    end_day = end.day
    if day_count is DayCount.THIRTY_US_360 and _ends_february(start):
        start_day = _MONTH_DAYS
        end_day = _MONTH_DAYS if _ends_february(end) else end_day
    if day_count is DayCount.THIRTY_E_360 or start_day == _MONTH_DAYS:
        end_day = min(end_day, _MONTH_DAYS)
    months = (end.year - start.year) * MONTHS_PER_YEAR + end.month - start.month
    return months * _MONTH_DAYS + end_day - start_day


def _ends_february(day: date) -> bool:
    return day.month == _FEBRUARY and (day + timedelta(days=1)).month != _FEBRUARY


def _by_years(start: date, end: date, *, boundary_month: int, boundary_day: int) -> Fraction:
    """
    Split a period into calendar years at a boundary date, each day over its own year's length.

    The night from 31 December to 1 January belongs to the old year when the boundary is 1 January
    (as ISDA has it), to the new one when it is 31 December.
    """
    total = Fraction(0)
    cursor = start
    while cursor < end:
        boundary = date(cursor.year, boundary_month, boundary_day)
        if boundary <= cursor:
            boundary = date(cursor.year + 1, boundary_month, boundary_day)
        stop = min(boundary, end)
        year = boundary.year - (boundary_month == 1)
        total += Fraction((stop - cursor).days, 366 if isleap(year) else 365)
        cursor = stop
    return total


def _holds_29_feb(start: date, end: date) -> bool:
    """Say whether a 29 February is one of the period's days (start day in, end day out)."""
    leap_days = (date(year, 2, 29) for year in range(start.year, end.year + 1) if isleap(year))
    return any(start <= leap_day < end for leap_day in leap_days)


def _integer_root(value: Fraction, degree: int) -> int:
    """Return the floor of the degree-th root of a value of at least 1, by Newton's method."""
    target = value.numerator // value.denominator
    root = 1 << -(-target.bit_length() // degree)
    while True:
        closer = ((degree - 1) * root + target // root ** (degree - 1)) // degree
        if closer >= root:
            return root
        root = closer
