"""Each convention's rate of one set of cash flows, or the reason it has none."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction

from app.loanmath.apr.commonest import common_period
from app.loanmath.apr.conventions import eu_apr, irr_effective, irr_nominal, us_actuarial
from app.loanmath.apr.counting import european_interval
from app.loanmath.apr.equation import CONTEXT
from app.loanmath.apr.series import Flow, sums_by_day
from app.loanmath.apr.timed import (
    RATE_DECIMALS,
    TimedFlow,
    compound_rate,
    simple_odd_rate,
    yearly_rate,
)
from app.loanmath.apr.units import MONTH, YEAR, Interval, UnitPeriod
from app.loanmath.errors import NoRate, SeveralRates
from app.loanmath.schedule.choices import Unit


class Convention(StrEnum):
    """Ways to state a year's cost of credit."""

    IRR = "irr"
    """The rate of a unit-period times the unit-periods of a year."""
    XIRR = "xirr"
    """Compounded over the actual days, 365 of them a year."""
    EU = "eu"
    """Compounded over years, months or weeks and days: 2008/48/EC and 2014/17/EU, Annex I."""
    US_ACTUARIAL = "us-actuarial"
    """The rate of a unit-period times those of a year, odd days at simple interest: Appendix J."""


class WithoutRate(StrEnum):
    """Why a convention states no rate."""

    NO_RATE = "no_rate"
    """No rate makes the flows worth nothing, as when all go one way."""
    SEVERAL_RATES = "several_rates"
    """More than one does."""
    NEEDS_DATES = "needs_dates"
    """The convention counts days, and only unit-periods are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CashFlows:
    """
    What moves and when: by date or by unit-periods, never both.

    Attributes:
        dated: Flows by date.
        timed: Flows by unit-periods after the start.
        unit_period: The unit-period told, with dates in place of the one found; None where only
            the number of them in a year is told.
        per_year: How many unit-periods make a year; None with dates and no unit-period told.
        starts_on: The day time is counted from, if that is before the first dated flow.
        scale: The whole numbers that amounts are given in make one unit of money so many times.
    """

    dated: tuple[Flow, ...] = ()
    timed: tuple[TimedFlow, ...] = ()
    unit_period: UnitPeriod | None = None
    per_year: Fraction | None = None
    starts_on: date | None = None
    scale: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What a convention says.

    Attributes:
        rate: The yearly rate, 0.144 for 14.4 %; None where there is not just one.
        without: Why there is none.
        several: The rates found where there are several.
        per_period: The rate of one unit-period, for rates that are so many times it.
        unit: The unit-period, or the whole periods of European intervals, by name.
        per_year: How many unit-periods make a year.
        is_found: The unit was found from the dates, not told.
    """

    rate: Decimal | None = None
    without: WithoutRate | None = None
    several: tuple[Decimal, ...] = ()
    per_period: Decimal | None = None
    unit: str | None = None
    per_year: Fraction | None = None
    is_found: bool = False


def answer(flows: CashFlows, convention: Convention) -> Answer:
    """Return what a convention says of the flows; saying there is no rate is an answer too."""
    try:
        return _ANSWERS[convention](flows)
    except NoRate:
        return Answer(without=WithoutRate.NO_RATE)
    except SeveralRates as several:
        return Answer(without=WithoutRate.SEVERAL_RATES, several=several.rates)


def _irr(flows: CashFlows) -> Answer:
    if flows.timed:
        per_year = _known(flows.per_year)
        return _periodic(compound_rate(flows.timed, per_year), per_year, flows.unit_period)
    unit = flows.unit_period or MONTH
    return _periodic(irr_nominal(flows.dated, unit), unit.per_year, unit)


def _xirr(flows: CashFlows) -> Answer:
    if not flows.timed:
        return Answer(rate=irr_effective(flows.dated))
    if flows.unit_period is None or flows.unit_period.unit is not Unit.DAY:
        return Answer(without=WithoutRate.NEEDS_DATES)
    return Answer(rate=yearly_rate(flows.timed, flows.unit_period.per_year))


def _eu(flows: CashFlows) -> Answer:
    if flows.timed:
        rate = yearly_rate(flows.timed, _known(flows.per_year))
        return Answer(rate=rate, unit=flows.unit_period.name if flows.unit_period else None)
    days = sums_by_day(flows.dated)
    start = min(flows.starts_on or days[0][0], days[0][0])
    told = None if flows.unit_period is None else _interval_of(flows.unit_period)
    interval = told or european_interval(start, days)
    return Answer(
        rate=eu_apr(days, interval, starts_on=start),
        unit=interval.value.lower(),
        is_found=told is None,
    )


def _us_actuarial(flows: CashFlows) -> Answer:
    if flows.timed:
        per_year = _known(flows.per_year)
        return _periodic(simple_odd_rate(flows.timed, per_year), per_year, flows.unit_period)
    first = sums_by_day(flows.dated)[0][0]
    start = min(flows.starts_on or first, first)
    unit = flows.unit_period or common_period(start, flows.dated)
    rate = us_actuarial(flows.dated, unit, starts_on=start)
    return _periodic(rate, unit.per_year, unit, is_found=flows.unit_period is None)


def _periodic(
    rate: Decimal, per_year: Fraction, unit: UnitPeriod | None, *, is_found: bool = False
) -> Answer:
    with localcontext(CONTEXT):
        per_period = (rate * per_year.denominator / per_year.numerator).quantize(RATE_DECIMALS)
    return Answer(
        rate=rate,
        per_period=per_period,
        unit=unit.name if unit else None,
        per_year=per_year,
        is_found=is_found,
    )


def _interval_of(unit: UnitPeriod) -> Interval:
    match unit.unit:
        case Unit.DAY:
            return Interval.DAY
        case Unit.WEEK:
            return Interval.WEEK
        case Unit.MONTH:
            return Interval.YEAR if unit == YEAR else Interval.MONTH


def _known(per_year: Fraction | None) -> Fraction:
    assert per_year is not None, "flows by unit-periods say what a unit-period is"
    return per_year


_ANSWERS: dict[Convention, Callable[[CashFlows], Answer]] = {
    Convention.IRR: _irr,
    Convention.XIRR: _xirr,
    Convention.EU: _eu,
    Convention.US_ACTUARIAL: _us_actuarial,
}
