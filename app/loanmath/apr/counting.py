"""Counting the time between days as the European and the American rules do: back from the later."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from app.loanmath.apr.commonest import common_period
from app.loanmath.apr.series import Flow, months_back, nominal_days
from app.loanmath.apr.units import (
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    WEEKS_PER_YEAR,
    YEAR,
    Interval,
    UnitPeriod,
    UnitTime,
)
from app.loanmath.calendar import MONTHS_PER_YEAR, add_months
from app.loanmath.schedule.choices import Unit

_DAYS_PER_MONTH_US = 30
_TWO = 2


def whole_months_between(start: date, days: Sequence[date]) -> list[int] | None:
    """Return the months from the start to each day, if all are whole, as to the ends of months."""
    counted = [months_back(start, day) for day in days]
    return [months for months, _ in counted] if all(c == start for _, c in counted) else None


def european_interval(start: date, flows: Sequence[Flow]) -> Interval:
    """
    Choose the periods the intervals of one credit are counted in.

    Months if all intervals are whole months, weeks if all are whole weeks; otherwise the rhythm
    in which the money moves: weeks, years, or months. Directive 2008/48/EC, Annex I, I, remark (c)
    lets days be added to a whole number of any of them, without saying which.
    """
    days = [day for day, _ in flows]
    if whole_months_between(start, days) is not None:
        return Interval.MONTH
    if all((day - start).days % DAYS_PER_WEEK == 0 for day in days):
        return Interval.WEEK
    rhythm = common_period(start, flows)
    if rhythm.unit is Unit.WEEK:
        return Interval.WEEK
    return Interval.YEAR if rhythm == YEAR and len(days) > _TWO else Interval.MONTH


def european_years(start: date, day: date, interval: Interval) -> Fraction:
    """
    Return an interval in years: whole periods counted back from the day, then days.

    The days left are divided by the days, 365 or 366, of the year that ends with the last of them
    (directive 2011/90/EU; directive 2014/17/EU, Annex I, I, remark (c)).
    """
    match interval:
        case Interval.DAY:
            return Fraction((day - start).days, DAYS_PER_YEAR)
        case Interval.WEEK:
            weeks, rest = divmod((day - start).days, DAYS_PER_WEEK)
            whole = Fraction(weeks, WEEKS_PER_YEAR)
            cursor = date.fromordinal(start.toordinal() + rest)
        case Interval.MONTH:
            months, cursor = months_back(start, day)
            whole = Fraction(months, MONTHS_PER_YEAR)
        case Interval.YEAR:
            months, cursor = months_back(start, day)
            years, rest = divmod(months, MONTHS_PER_YEAR)
            if rest:
                cursor = add_months(day, -years * MONTHS_PER_YEAR, day.day)
            whole = Fraction(years)
    year_days = (cursor - add_months(cursor, -MONTHS_PER_YEAR, cursor.day)).days
    return whole + Fraction((cursor - start).days, year_days)


def american_times(
    start: date, flows: Sequence[Flow], unit: UnitPeriod
) -> list[tuple[UnitTime, int]]:
    """
    Return flows by the full unit-periods and the part of one at which they lie.

    Regulation Z, Appendix J (b)(5). Months are measured from the nominal day of a series, so a
    series on the last days of months keeps to last days ((b)(3)(iv)).
    """
    moving = [(day, amount) for day, amount in flows if amount]
    if unit.unit is Unit.MONTH:
        nominal = nominal_days(start, moving)
        return [
            (_by_months(start, day, nominal[day, amount > 0], unit), amount)
            for day, amount in moving
        ]
    length = Fraction(unit.size * (1 if unit.unit is Unit.DAY else DAYS_PER_WEEK))
    return [(UnitTime.of((day - start).days / length), amount) for day, amount in moving]


def _by_months(start: date, day: date, nominal: int | None, unit: UnitPeriod) -> UnitTime:
    months, cursor = months_back(start, day, nominal)
    odd_days = (cursor - start).days
    if unit.size == MONTHS_PER_YEAR:
        return _by_years(start, day, nominal, months=months, odd_days=odd_days)
    days = months * _DAYS_PER_MONTH_US + odd_days
    return UnitTime.of(days / Fraction(unit.size * _DAYS_PER_MONTH_US))


def _by_years(
    start: date, day: date, nominal: int | None, *, months: int, odd_days: int
) -> UnitTime:
    """Return full years back, and the rest: by months if they are whole, else by days over 365."""
    years, rest = divmod(months, MONTHS_PER_YEAR)
    if odd_days == 0:
        return UnitTime(years, Fraction(rest, MONTHS_PER_YEAR))
    days = (add_months(day, -years * MONTHS_PER_YEAR, nominal or day.day) - start).days
    return UnitTime(years, Fraction(days, DAYS_PER_YEAR))
