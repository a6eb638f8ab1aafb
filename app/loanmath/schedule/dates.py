"""The periods terms describe: when each begins and ends, and which part of a year it is."""

from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from app.loanmath.calendar import MONTHS_PER_YEAR, add_months
from app.loanmath.interest import BY_THE_MONTH, compounded, nominal_rate, year_fraction
from app.loanmath.schedule.choices import FirstInstallment, FirstPeriod, Method, Unit
from app.loanmath.schedule.terms import Terms


class Period(NamedTuple):
    """One period: interest counts from its start to its due date."""

    start: date
    due_on: date
    fraction: Fraction
    """The part of a year whose interest it bears, compounded where the rate is effective."""
    regular: Fraction
    """What that part would be, were the period of regular length."""
    simple: Fraction
    """The part of a year it is, without compounding."""

    @classmethod
    def of_nothing(cls, day: date) -> "Period":
        """Return a period that begins and ends on one day."""
        return cls(day, day, Fraction(0), Fraction(0), Fraction(0))


def due_dates(terms: Terms) -> tuple[date, ...]:
    """Return the nominal due date of each installment; a bullet has one, beside a down payment."""
    return tuple(period.due_on for period in periods(terms))


def periods(terms: Terms, more: int = 0) -> list[Period]:
    """Return the periods of the terms, a down payment's first, and so many more after them."""
    days = _days(terms, terms.count + more)
    if terms.method is Method.BULLET:
        days = days[-1:]
    start = terms.disbursed_on
    found = [Period.of_nothing(start)] if terms.down_payment_fen else []
    rate = nominal_rate(terms.annual_rate, terms.day_count)
    for place, due_on in enumerate(days):
        regular = _regular_fraction(terms, due_on)
        if place == 0 and terms.method is not Method.BULLET:
            fraction = _first_fraction(terms, due_on, regular)
        else:
            fraction = _fraction(terms, start, due_on)
        bears, would_bear = (compounded(terms.day_count, one, rate) for one in (fraction, regular))
        found.append(Period(start, due_on, bears, would_bear, fraction))
        start = due_on
    return found


def _days(terms: Terms, count: int) -> list[date]:
    """Return so many due dates; those beyond the ones handed in follow the terms' step."""
    if terms.due_dates:
        last = terms.due_dates[-1]
        more = range(1, count - len(terms.due_dates) + 1)
        return [*terms.due_dates, *(_later(terms, last, place) for place in more)]
    first = terms.first_due_on
    if first is not None:
        return [first, *(_later(terms, first, place) for place in range(1, count))]
    if terms.unit is not Unit.MONTH:
        return [_later(terms, terms.disbursed_on, place) for place in range(1, count + 1)]
    away = _months_to_first(terms)
    return [
        add_months(
            terms.disbursed_on, away + place * terms.every, nominal_day(terms), terms.month_end
        )
        for place in range(count)
    ]


def _months_to_first(terms: Terms) -> int:
    """Return how many months after disbursement's the month of the first due date is."""
    start, due_day = terms.disbursed_on, nominal_day(terms)
    match terms.first_period:
        case FirstPeriod.NEXT:
            return terms.every
        case FirstPeriod.LONG:
            soonest = add_months(start, terms.every, start.day)
            first = add_months(start, terms.every, due_day, terms.month_end)
            return terms.every + (first < soonest)
        case FirstPeriod.SHORT:
            return int(add_months(start, 0, due_day, terms.month_end) <= start)


def nominal_day(terms: Terms) -> int:
    """Return the day of the month from which every due date is derived."""
    if terms.due_day is not None:
        return terms.due_day
    if terms.due_dates:
        return max(day.day for day in terms.due_dates)
    return (terms.first_due_on or terms.disbursed_on).day


def _later(terms: Terms, day: date, places: int) -> date:
    """Return the date so many periods after (or before) this one."""
    match terms.unit:
        case Unit.DAY:
            return day + timedelta(days=places * terms.every)
        case Unit.WEEK:
            return day + timedelta(weeks=places * terms.every)
        case Unit.MONTH:
            return add_months(day, places * terms.every, nominal_day(terms), terms.month_end)


def _fraction(terms: Terms, start: date, end: date) -> Fraction:
    """Return a period's part of a year; months between two nominal days are whole ones."""
    if terms.day_count in BY_THE_MONTH:
        from_month, to_month = _nominal_month(terms, start), _nominal_month(terms, end)
        if from_month is not None and to_month is not None:
            return Fraction(to_month - from_month, MONTHS_PER_YEAR)
    return year_fraction(terms.day_count, start, end, terms.odd_day_year)


def _nominal_month(terms: Terms, day: date) -> int | None:
    """Number the month whose nominal due day this is, if it is one: clamped or rolled out of it."""
    due_day = nominal_day(terms)
    month = day.year * MONTHS_PER_YEAR + day.month
    if day == add_months(day, 0, due_day, terms.month_end):
        return month
    if day == add_months(day, -1, due_day, terms.month_end):
        return month - 1
    return None


def _regular_fraction(terms: Terms, due_on: date) -> Fraction:
    if terms.day_count in BY_THE_MONTH:
        return Fraction(terms.every, MONTHS_PER_YEAR)
    return year_fraction(terms.day_count, _later(terms, due_on, -1), due_on, terms.odd_day_year)


def _first_fraction(terms: Terms, due_on: date, regular: Fraction) -> Fraction:
    if terms.first_installment is FirstInstallment.WHOLE_PERIOD:
        return regular
    return _fraction(terms, terms.disbursed_on, due_on)
