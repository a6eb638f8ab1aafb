"""The annualized rates of dated flows, under the four conventions lenders are held to."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

from app.loanmath.apr.commonest import common_period
from app.loanmath.apr.counting import (
    american_times,
    european_interval,
    european_years,
    whole_months_between,
)
from app.loanmath.apr.equation import CONTEXT
from app.loanmath.apr.series import Flow, sums_by_day
from app.loanmath.apr.timed import compound_rate, simple_odd_rate, yearly_rate
from app.loanmath.apr.units import (
    DAY,
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    MONTH,
    YEAR,
    Interval,
    UnitPeriod,
    UnitTime,
)
from app.loanmath.schedule.choices import Unit


def irr_effective(flows: Iterable[Flow]) -> Decimal:
    """
    Return the yearly rate with yearly compounding, on actual days over 365 (XIRR).

    Raises:
        NoRate: No rate makes the flows worth nothing.
        SeveralRates: More than one does.
    """
    days = sums_by_day(flows)
    start = days[0][0]
    return yearly_rate([(UnitTime((day - start).days), fen) for day, fen in days], DAY.per_year)


def irr_nominal(flows: Iterable[Flow], unit_period: UnitPeriod = MONTH) -> Decimal:
    """
    Return twelve times the monthly rate: the monthly IRR where every flow is whole months away.

    Otherwise the month equivalent to a year of `irr_effective` is taken. Another unit-period, if
    one is given, takes the month's place.

    Raises:
        NoRate: No rate makes the flows worth nothing.
        SeveralRates: More than one does.
    """
    days = sums_by_day(flows)
    start = days[0][0]
    times = _unit_times(start, [day for day, _ in days], unit_period)
    amounts = [fen for _, fen in days]
    return compound_rate(list(zip(times, amounts, strict=True)), unit_period.per_year)


def eu_apr(
    flows: Iterable[Flow], interval: Interval | None = None, *, starts_on: date | None = None
) -> Decimal:
    """
    Return the European Union's annual percentage rate of charge.

    Directive 2008/48/EC Annex I (2014/17/EU Annex I for mortgages), with the counting of time of
    directive 2011/90/EU: years of 365 days (366 in leap years), 52 weeks or 12 equal months.

    Args:
        flows: What the borrower gets and pays, charges included.
        interval: The whole periods time is counted in; chosen by `european_interval` if not given.
        starts_on: The day time is counted from, if that is before the first flow.

    Raises:
        NoRate: No rate makes the flows worth nothing.
        SeveralRates: More than one does.
    """
    days = sums_by_day(flows)
    start = min(starts_on or days[0][0], days[0][0])
    chosen = interval or european_interval(start, days)
    years = [(UnitTime.of(european_years(start, day, chosen)), fen) for day, fen in days]
    return yearly_rate(years, YEAR.per_year)


def us_actuarial(
    flows: Iterable[Flow],
    unit_period: UnitPeriod | None = None,
    *,
    starts_on: date | None = None,
) -> Decimal:
    """
    Return the United States' annual percentage rate by the actuarial method.

    Regulation Z (12 CFR 1026) Appendix J: the rate of a unit-period times the unit-periods of a
    year, odd days at simple interest; any number of advances and payments ((b)(8)).

    Args:
        flows: What the borrower gets and pays.
        unit_period: The unit-period; found from the flows by (b)(4) if not given.
        starts_on: The day the finance charge begins, if that is before the first flow.

    Raises:
        NoRate: No rate makes the flows worth nothing.
        SeveralRates: More than one does.
    """
    given = list(flows)
    first = sums_by_day(given)[0][0]
    start = min(starts_on or first, first)
    unit = unit_period or common_period(start, given)
    return simple_odd_rate(american_times(start, given, unit), unit.per_year)


def present_value(flows: Iterable[Flow], annual_rate: Decimal) -> Decimal:
    """Return what flows are worth on the first day at an effective yearly rate over 365 days."""
    days = sums_by_day(flows)
    with localcontext(CONTEXT):
        growth = (1 + annual_rate).ln() / DAYS_PER_YEAR
        return sum(
            (amount * (-growth * (day - days[0][0]).days).exp() for day, amount in days), Decimal(0)
        )


def _unit_times(start: date, days: Sequence[date], unit: UnitPeriod) -> list[UnitTime]:
    """Count days in unit-periods: whole months or weeks as such, all else by the actual day."""
    away = [(day - start).days for day in days]
    match unit.unit:
        case Unit.MONTH:
            months = whole_months_between(start, days)
            if months is not None:
                return [UnitTime.of(count / Fraction(unit.size)) for count in months]
        case Unit.WEEK:
            if all(count % DAYS_PER_WEEK == 0 for count in away):
                length = Fraction(unit.size * DAYS_PER_WEEK)
                return [UnitTime.of(count / length) for count in away]
        case Unit.DAY:
            pass
    return [UnitTime.of(count * unit.per_year / DAYS_PER_YEAR) for count in away]
