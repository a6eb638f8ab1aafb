"""The annualized rates of dated flows, under the four conventions lenders are held to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import NamedTuple, TypeAlias

from app.loanmath.apr.solver import CONTEXT, Equation, Term, solve
from app.loanmath.calendar import MONTHS_PER_YEAR, add_months, whole_months
from app.loanmath.errors import NoRate
from app.loanmath.schedule.choices import Unit

Flow: TypeAlias = tuple[date, int]
"""A day and the fen that move on it; the borrower's receipts and payments have opposite signs."""

RATE_DECIMALS = Decimal("1e-12")

_DAYS_PER_YEAR = 365
_WEEKS_PER_YEAR = 52
_DAYS_PER_WEEK = 7
_DAYS_PER_MONTH_US = 30
_HALF_MONTH_DAYS = range(10, 21)
_SEMIMONTHLY_LEAST = 4


def irr_effective(flows: Iterable[Flow]) -> Decimal:
    """
    Return the yearly rate with yearly compounding, on actual days over 365 (XIRR).

    Raises:
        NoRate: No rate makes the flows worth nothing.
        SeveralRates: More than one does.
    """
    days = _by_day(flows)
    start = days[0][0]
    terms = [Term(amount, (day - start).days) for day, amount in days]
    daily = solve(Equation(terms, Decimal(_DAYS_PER_YEAR)))
    return _compound(daily, _DAYS_PER_YEAR)


def irr_nominal(flows: Iterable[Flow]) -> Decimal:
    """
    Return twelve times the monthly rate: the monthly IRR where every flow is whole months away.

    Otherwise the month equivalent to a year of `irr_effective` is taken.

    Raises:
        NoRate: No rate makes the flows worth nothing.
        SeveralRates: More than one does.
    """
    days = _by_day(flows)
    start = days[0][0]
    if all(_is_whole_months(start, day) for day, _ in days):
        terms = [Term(amount, whole_months(start, day)) for day, amount in days]
        monthly = solve(Equation(terms, Decimal(MONTHS_PER_YEAR)))
        return _rounded(monthly, MONTHS_PER_YEAR)
    terms = [Term(amount, (day - start).days) for day, amount in days]
    daily = solve(Equation(terms, Decimal(_DAYS_PER_YEAR)))
    with localcontext(CONTEXT):
        monthly = (1 + daily) ** (Decimal(_DAYS_PER_YEAR) / MONTHS_PER_YEAR) - 1
    return _rounded(monthly, MONTHS_PER_YEAR)


def eu_apr(flows: Iterable[Flow]) -> Decimal:
    """
    Return the European Union's annual percentage rate of charge.

    Directive 2008/48/EC Annex I, with the counting of time of directive 2011/90/EU: whole years and
    months where all flows are whole months away, weeks of 1/52 where all are whole weeks away; else
    whole months counted back from the flow, and the days left over the year that ends with them.

    Raises:
        NoRate: No rate makes the flows worth nothing.
        SeveralRates: More than one does.
    """
    days = _by_day(flows)
    start = days[0][0]
    times = _eu_times(start, [day for day, _ in days])
    scale = lcm(*(time.denominator for time in times))
    terms = [
        Term(amount, time.numerator * (scale // time.denominator))
        for (_, amount), time in zip(days, times, strict=True)
    ]
    return _compound(solve(Equation(terms, Decimal(scale))), scale)


class UnitPeriod(NamedTuple):
    """Regulation Z's unit of time: days, weeks, months or half a month; at most a year."""

    size: int | Fraction
    unit: Unit

    @property
    def per_year(self) -> Fraction:
        """How many make a year."""
        match self.unit:
            case Unit.DAY:
                return Fraction(_DAYS_PER_YEAR) / self.size
            case Unit.WEEK:
                return Fraction(_WEEKS_PER_YEAR) / self.size
            case Unit.MONTH:
                return Fraction(MONTHS_PER_YEAR) / self.size


SEMIMONTH = UnitPeriod(Fraction(1, 2), Unit.MONTH)


def us_actuarial(flows: Iterable[Flow], unit_period: UnitPeriod | None = None) -> Decimal:
    """
    Return the United States' annual percentage rate by the actuarial method.

    Regulation Z (12 CFR 1026) Appendix J: the rate of a unit-period times the unit-periods of a
    year, odd days at simple interest.

    Args:
        flows: What the borrower gets and pays.
        unit_period: The unit-period; found from the flows by (b)(3) if not given.

    Raises:
        NoRate: No rate makes the flows worth nothing.
        SeveralRates: More than one does.
    """
    days = _by_day(flows)
    unit = unit_period or _common_period([day for day, _ in days])
    start = days[0][0]
    with localcontext(CONTEXT):
        terms = [Term(amount, *_us_time(start, day, unit)) for day, amount in days]
        per_year = unit.per_year
        rate = solve(Equation(terms, Decimal(per_year.numerator) / per_year.denominator))
    return _rounded(rate, per_year)


def present_value(flows: Iterable[Flow], annual_rate: Decimal) -> Decimal:
    """Return what flows are worth on the first day at an effective yearly rate over 365 days."""
    days = _by_day(flows)
    with localcontext(CONTEXT):
        growth = (1 + annual_rate).ln() / _DAYS_PER_YEAR
        return sum(
            (amount * (-growth * (day - days[0][0]).days).exp() for day, amount in days), Decimal(0)
        )


def _by_day(flows: Iterable[Flow]) -> list[Flow]:
    """Sum the flows of each day, oldest first, leaving out days on which nothing moves."""
    sums: defaultdict[date, int] = defaultdict(int)
    for day, amount in flows:
        sums[day] += amount
    days = sorted((day, amount) for day, amount in sums.items() if amount)
    if not days:
        raise NoRate
    return days


def _is_whole_months(start: date, day: date) -> bool:
    return day == add_months(start, whole_months(start, day), start.day)


def _eu_times(start: date, days: Sequence[date]) -> list[Fraction]:
    if all(_is_whole_months(start, day) for day in days):
        return [Fraction(whole_months(start, day), MONTHS_PER_YEAR) for day in days]
    if all((day - start).days % _DAYS_PER_WEEK == 0 for day in days):
        return [Fraction((day - start).days // _DAYS_PER_WEEK, _WEEKS_PER_YEAR) for day in days]
    return [_eu_time(start, day) for day in days]


def _eu_time(start: date, day: date) -> Fraction:
    months, cursor = _months_back(start, day)
    year_days = (cursor - add_months(cursor, -MONTHS_PER_YEAR, cursor.day)).days
    return Fraction(months, MONTHS_PER_YEAR) + Fraction((cursor - start).days, year_days)


def _months_back(start: date, day: date) -> tuple[int, date]:
    """
    Count whole months back from a day as far as the start allows; say where that ends.

    From 28 February a month back reaches 31 January, if that is where the flows start.
    """
    months = whole_months(start, day)
    if _is_whole_months(start, day):
        return months, start
    cursor = add_months(day, -months, day.day)
    assert cursor >= start, "a day before the start's makes a month less"
    return months, cursor


def _us_time(start: date, day: date, unit: UnitPeriod) -> tuple[int, Decimal]:
    """Return the full unit-periods between two days and the fraction left ((b)(4) and (5))."""
    days = (day - start).days
    match unit.unit:
        case Unit.DAY:
            span, length = days, unit.size
        case Unit.WEEK:
            span, length = days, unit.size * _DAYS_PER_WEEK
        case Unit.MONTH:
            months, cursor = _months_back(start, day)
            odd_days = (cursor - start).days
            if unit.size == MONTHS_PER_YEAR:
                return _us_years(start, day, months, odd_days)
            span = months * _DAYS_PER_MONTH_US + odd_days
            length = unit.size * _DAYS_PER_MONTH_US
    whole, rest = divmod(Fraction(span), length)
    part = rest / length
    return whole, Decimal(part.numerator) / part.denominator


def _us_years(start: date, day: date, months: int, odd_days: int) -> tuple[int, Decimal]:
    """Return full years back, and the rest: by months if they are whole, else by days over 365."""
    years, rest = divmod(months, MONTHS_PER_YEAR)
    if odd_days == 0:
        return years, Decimal(rest) / MONTHS_PER_YEAR
    days = (add_months(day, -years * MONTHS_PER_YEAR, day.day) - start).days
    return years, Decimal(days) / _DAYS_PER_YEAR


def _common_period(days: Sequence[date]) -> UnitPeriod:
    """Find the unit-period of (b)(3): the commonest time between flows, the smallest of equals."""
    if _is_semimonthly(days[1:]):
        return SEMIMONTH
    periods = Counter(_standard(one, other) for one, other in pairwise(days))
    common = {period: times for period, times in periods.items() if times > 1}
    if common:
        most = max(common.values())
        equals = [period for period, times in common.items() if times == most]
        return _at_most_a_year(max(equals, key=lambda period: period.per_year))
    if len(periods) == 1:  # a single advance and a single payment: the term is the unit
        return _at_most_a_year(next(iter(periods)))
    return _average_period(days)


def _is_semimonthly(days: Sequence[date]) -> bool:
    """Say whether payments come twice a month, on the same two days."""
    halves = [(other - one).days for one, other in pairwise(days)]
    months = zip(days, days[2:], strict=False)
    return (
        len(days) >= _SEMIMONTHLY_LEAST
        and all(days in _HALF_MONTH_DAYS for days in halves)
        and all(other == add_months(one, 1, one.day) for one, other in months)
    )


def _average_period(days: Sequence[date]) -> UnitPeriod:
    """Return the standard interval nearest the average time between flows, the lower of equals."""
    average = Fraction((days[-1] - days[0]).days, max(len(days) - 1, 1))
    standard = [UnitPeriod(1, Unit.DAY)]
    standard += [SEMIMONTH]
    standard += [UnitPeriod(count, Unit.WEEK) for count in range(1, _WEEKS_PER_YEAR)]
    standard += [UnitPeriod(count, Unit.MONTH) for count in range(1, MONTHS_PER_YEAR + 1)]
    lengths = {period: _DAYS_PER_YEAR / period.per_year for period in standard}
    return min(standard, key=lambda period: (abs(lengths[period] - average), lengths[period]))


def _at_most_a_year(period: UnitPeriod) -> UnitPeriod:
    return period if period.per_year >= 1 else UnitPeriod(MONTHS_PER_YEAR, Unit.MONTH)


def _standard(one: date, other: date) -> UnitPeriod:
    """Name the time between two days: whole months, else whole weeks, else days."""
    months, cursor = _months_back(one, other)
    if months and cursor == one:
        return UnitPeriod(months, Unit.MONTH)
    days = (other - one).days
    if days % _DAYS_PER_WEEK == 0:
        return UnitPeriod(days // _DAYS_PER_WEEK, Unit.WEEK)
    return UnitPeriod(days, Unit.DAY)


def _compound(rate: Decimal, times: int) -> Decimal:
    with localcontext(CONTEXT):
        return ((1 + rate) ** times - 1).quantize(RATE_DECIMALS, rounding=ROUND_HALF_EVEN)


def _rounded(rate: Decimal, times: int | Fraction) -> Decimal:
    with localcontext(CONTEXT):
        yearly = rate * times.numerator / times.denominator
        return yearly.quantize(RATE_DECIMALS, rounding=ROUND_HALF_EVEN)
