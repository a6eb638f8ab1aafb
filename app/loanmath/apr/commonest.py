"""The unit-period of Regulation Z: the time between flows that a transaction has most often."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise

from app.loanmath.apr.series import (
    Flow,
    days_of_each_side,
    is_semimonthly,
    months_back,
    nominal_days,
    sums_by_day,
)
from app.loanmath.apr.units import (
    DAY,
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    SEMIMONTH,
    WEEKS_PER_YEAR,
    YEAR,
    UnitPeriod,
)
from app.loanmath.calendar import MONTHS_PER_YEAR
from app.loanmath.schedule.choices import Unit

_TWO = 2


def common_period(start: date, flows: Sequence[Flow]) -> UnitPeriod:
    """
    Find the unit-period of a transaction, at most a year: Appendix J (b)(4).

    It is the period between advances, or between payments, or from the start to the first of
    either, that occurs most often; the smaller of equals; the average of all, taken to the nearest
    standard interval, where none occurs twice. A single advance with a single payment has its term,
    in months if they are whole, else in days ((b)(5)(vi) and (vii)).
    """
    net = sums_by_day(flows)
    if len(net) <= _TWO:
        return _at_most_a_year(_term(start, net[-1][0]))
    periods = Counter(_periods(start, flows))
    most = max(periods.values())
    if most == 1:
        return _average_period(start, flows)
    equals = [period for period, times in periods.items() if times == most]
    return _at_most_a_year(max(equals, key=lambda period: period.per_year))


def _term(start: date, end: date) -> UnitPeriod:
    months, cursor = months_back(start, end)
    if months and cursor == start:
        return UnitPeriod(months, Unit.MONTH)
    return UnitPeriod(max((end - start).days, 1), Unit.DAY)


def _periods(start: date, flows: Sequence[Flow]) -> Iterator[UnitPeriod]:
    """Yield the periods of (b)(3)(i): of each side by itself, the first one from the start."""
    nominal = nominal_days(start, flows)
    for is_in, days in zip((True, False), days_of_each_side(flows), strict=True):
        later = [day for day in days if day > start]
        if later:
            yield _standard(start, later[0], nominal[later[0], is_in])
        if is_semimonthly(days):
            yield from [SEMIMONTH] * len(later[1:])
        else:
            yield from (
                _standard(one, other, nominal[other, is_in]) for one, other in pairwise(later)
            )


def _standard(one: date, other: date, nominal: int | None) -> UnitPeriod:
    """Name the time between two days: whole months, else whole weeks, else days."""
    months, cursor = months_back(one, other, nominal)
    if months and cursor == one:
        return UnitPeriod(months, Unit.MONTH)
    days = (other - one).days
    if days % DAYS_PER_WEEK == 0:
        return UnitPeriod(days // DAYS_PER_WEEK, Unit.WEEK)
    return UnitPeriod(days, Unit.DAY)


def _average_period(start: date, flows: Sequence[Flow]) -> UnitPeriod:
    """Return the standard interval nearest the average of all periods, the lower of equals."""
    ends = [[start, *(day for day in days if day > start)] for days in days_of_each_side(flows)]
    count = sum(len(days) - 1 for days in ends)
    average = Fraction(sum((days[-1] - days[0]).days for days in ends), count)
    standard = [DAY, SEMIMONTH]
    standard += [UnitPeriod(size, Unit.WEEK) for size in range(1, WEEKS_PER_YEAR)]
    standard += [UnitPeriod(size, Unit.MONTH) for size in range(1, MONTHS_PER_YEAR + 1)]
    lengths = {period: DAYS_PER_YEAR / period.per_year for period in standard}
    return min(standard, key=lambda period: (abs(lengths[period] - average), lengths[period]))


def _at_most_a_year(period: UnitPeriod) -> UnitPeriod:
    return period if period.per_year >= 1 else YEAR
