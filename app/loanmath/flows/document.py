"""A document of cash flows: its lines read, repeats written out, amounts made whole numbers."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import lcm
from typing import NamedTuple, TypeAlias, cast

from app.loanmath.apr.answers import CashFlows, Convention
from app.loanmath.apr.units import (
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    SEMIMONTH,
    WEEKS_PER_YEAR,
    UnitPeriod,
    UnitTime,
)
from app.loanmath.calendar import MONTHS_PER_YEAR, add_months
from app.loanmath.flows.values import (
    LAST_DATE,
    FlowsRefused,
    count_of,
    date_of,
    number_of,
    object_of,
    ratio_of,
    time_of,
    unit_of,
)
from app.loanmath.schedule.choices import Unit

FLOWS_MAX = 10_000
"""How many flows there may be, repeats counted one by one."""

SMALLEST_PART_MAX = 10**24
"""Into how many parts all times together may divide a unit-period."""

_SEMIMONTH_DAYS = 15
_LONGEST_MONTH = 31
_FEN_PER_YUAN = 100

_AMOUNTS = {
    "amount": (1, 1),
    "amount_fen": (1, _FEN_PER_YUAN),
    "advance": (1, 1),
    "advance_fen": (1, _FEN_PER_YUAN),
    "payment": (-1, 1),
    "payment_fen": (-1, _FEN_PER_YUAN),
}
"""The names an amount goes by: its sign for the borrower, and how many make a unit of money."""

_FLOW_FIELDS = frozenset({*_AMOUNTS, "on", "at", "times", "every", "due_day", "name"})
_FIELDS = frozenset({"flows", "convention", "unit_period", "periods_per_year", "starts_on", "name"})

Moment: TypeAlias = date | UnitTime


class _Unit(NamedTuple):
    """The unit-period told, if any, and how many make a year."""

    period: UnitPeriod | None
    per_year: Fraction | None


class _Line(NamedTuple):
    """One line of the list; `when` is None where it comes a period after the one before."""

    path: str
    amount: Fraction
    when: Moment | None
    times: int
    every: object
    due_day: int | None


def flows_from_json(document: object) -> tuple[CashFlows, Convention | None]:
    """
    Return the flows of a document, and the convention it asks for; None if it asks for all.

    A document is `{"flows": […]}` with, if needed, `convention`, `unit_period` ("month",
    "2 weeks", "quarter", "semimonth", {"size": 2, "unit": "week"}) or `periods_per_year`,
    `starts_on` (the day time is counted from, where nothing moves on it) and `name`; or the list
    alone. A flow has

    - one of `amount` (positive to the borrower, negative by the borrower), `advance` or `payment`
      (both positive), as a decimal string or a JSON number, taken exactly; or the same names with
      `_fen`, in whole hundredths; a bare number stands for a flow with only its amount;
    - `on`, an ISO date, or `at`, a time in unit-periods after the start (3, "1.5", "17/30",
      "1 17/30", {"periods": 1, "fraction": "17/30"}); flows with neither follow one another, a
      unit-period apart;
    - if it repeats, `times`, and `every`: "1 month", "2 weeks", "15 days", "semimonth", or with
      `at` a number of unit-periods; the unit-period if left out. `due_day` is the day of the month
      that is meant, where the first date cannot say it (31 for last days that begin in April).

    Raises:
        FlowsRefused: A field is unknown, missing, wrong or absurd.
    """
    fields = object_of({"flows": document} if isinstance(document, list) else document, "", _FIELDS)
    lines = _lines(fields.get("flows"))
    unit = _unit(fields, is_dated=isinstance(lines[0].when, date))
    spread = list(_spread(lines, unit))
    scale = lcm(*(amount.denominator for _, amount in spread))
    whole = [(when, int(amount * scale)) for when, amount in spread]
    flows = CashFlows(
        dated=tuple((when, amount) for when, amount in whole if isinstance(when, date)),
        timed=tuple((when, amount) for when, amount in whole if isinstance(when, UnitTime)),
        unit_period=unit.period,
        per_year=unit.per_year,
        starts_on=_start(fields.get("starts_on"), spread),
        scale=scale,
    )
    if lcm(*(when.part.denominator for when, _ in flows.timed)) > SMALLEST_PART_MAX:
        raise FlowsRefused("flows", "times_too_fine")
    return flows, convention_of(fields.get("convention", "all"), "convention")


def convention_of(value: object, path: str) -> Convention | None:
    """Return a convention by its name; None for all."""
    name = value.strip().lower().replace("_", "-") if isinstance(value, str) else ""
    if name == "all":
        return None
    try:
        return Convention(name)
    except ValueError:
        raise FlowsRefused(path, "not_a_convention") from None


def _lines(value: object) -> list[_Line]:
    """Read the list; all of its lines say when in the same way."""
    if value is None:
        raise FlowsRefused("flows", "missing")
    if not isinstance(value, list):
        raise FlowsRefused("flows", "not_a_list")
    parts = cast("list[object]", value)
    if not parts:
        raise FlowsRefused("flows", "empty")
    if len(parts) > FLOWS_MAX:
        raise FlowsRefused("flows", "too_many")
    lines = [_line(part, f"flows[{place}]") for place, part in enumerate(parts)]
    if sum(line.times for line in lines) > FLOWS_MAX:
        raise FlowsRefused("flows", "too_many")
    for line in lines:
        if type(line.when) is not type(lines[0].when):
            raise FlowsRefused(line.path, "dates_and_periods_mixed")
    return lines


def _line(value: object, path: str) -> _Line:
    written = value if isinstance(value, dict) else {"amount": value}
    fields = object_of(cast("object", written), path, _FLOW_FIELDS)
    if "on" in fields and "at" in fields:
        raise FlowsRefused(f"{path}.at", "on_and_at_both_given")
    when: Moment | None = None
    if "on" in fields:
        when = date_of(fields["on"], f"{path}.on")
    if "at" in fields:
        when = time_of(fields["at"], f"{path}.at")
    due_day = fields.get("due_day")
    return _Line(
        path=path,
        amount=_amount(fields, path),
        when=when,
        times=count_of(fields.get("times", 1), f"{path}.times", FLOWS_MAX),
        every=fields.get("every"),
        due_day=None if due_day is None else count_of(due_day, f"{path}.due_day", _LONGEST_MONTH),
    )


def _amount(fields: dict[str, object], path: str) -> Fraction:
    given = [name for name in _AMOUNTS if name in fields]
    if len(given) != 1:
        raise FlowsRefused(f"{path}.{given[1] if given else 'amount'}", _how_many(given))
    name = given[0]
    sign, parts = _AMOUNTS[name]
    amount = number_of(fields[name], f"{path}.{name}", "not_an_amount")
    if parts != 1 and amount.denominator != 1:
        raise FlowsRefused(f"{path}.{name}", "not_a_whole_number")
    if not name.startswith("amount") and amount < 0:
        raise FlowsRefused(f"{path}.{name}", "negative")
    return sign * amount / parts


def _how_many(given: Sequence[str]) -> str:
    return "given_twice" if given else "missing"


def _unit(fields: dict[str, object], *, is_dated: bool) -> _Unit:
    if "unit_period" in fields:
        if "periods_per_year" in fields:
            raise FlowsRefused("periods_per_year", "given_twice")
        period = unit_of(fields["unit_period"], "unit_period")
        if period.per_year < 1:
            raise FlowsRefused("unit_period", "longer_than_a_year")
        return _Unit(period, period.per_year)
    if "periods_per_year" in fields:
        per_year = ratio_of(fields["periods_per_year"], "periods_per_year", "not_a_number")
        if not 1 <= per_year <= DAYS_PER_YEAR + 1:
            raise FlowsRefused("periods_per_year", "not_from_1_to_366")
        period = _named(per_year)
        if is_dated and period is None:
            raise FlowsRefused("periods_per_year", "not_a_unit_of_dates")
        return _Unit(period, per_year)
    if not is_dated:
        raise FlowsRefused("unit_period", "missing")
    return _Unit(None, None)


def _named(per_year: Fraction) -> UnitPeriod | None:
    """Return the unit-period there are so many of in a year, months before weeks before days."""
    for whole, unit in ((MONTHS_PER_YEAR, Unit.MONTH), (WEEKS_PER_YEAR, Unit.WEEK)):
        size = whole / per_year
        if size.denominator == 1:
            return UnitPeriod(int(size), unit)
    if per_year == SEMIMONTH.per_year:
        return SEMIMONTH
    return UnitPeriod(1, Unit.DAY) if per_year == DAYS_PER_YEAR else None


def _start(value: object, spread: Sequence[tuple[Moment, Fraction]]) -> date | None:
    if value is None:
        return None
    start = date_of(value, "starts_on")
    for when, _ in spread:
        if not isinstance(when, date):
            raise FlowsRefused("starts_on", "dates_and_periods_mixed")
        if when < start:
            raise FlowsRefused("starts_on", "after_a_flow")
    return start


def _spread(lines: Sequence[_Line], unit: _Unit) -> Iterator[tuple[Moment, Fraction]]:
    """Write repeats out, one flow after the other."""
    place = 0
    for line in lines:
        if isinstance(line.when, date):
            moments: Iterator[Moment] = _dates(line, line.when, unit.period)
        elif line.due_day is not None:
            raise FlowsRefused(f"{line.path}.due_day", "not_without_dates")
        else:
            moments = _times(line, line.when or UnitTime(place), unit)
            place += line.times
        for moment in moments:
            yield moment, line.amount


def _times(line: _Line, first: UnitTime, unit: _Unit) -> Iterator[UnitTime]:
    step = Fraction(1)
    if line.every is not None:
        step = _step(line.every, f"{line.path}.every", unit)
    for place in range(line.times):
        yield UnitTime.of(first.total + place * step) if place else first


def _step(every: object, path: str, unit: _Unit) -> Fraction:
    """Return a step in unit-periods, told as a number of them or as a length of time."""
    if isinstance(every, dict) or (isinstance(every, str) and any(map(str.isalpha, every))):
        assert unit.per_year is not None, "times without dates come with their unit"
        step = unit.per_year / unit_of(cast("object", every), path).per_year
    else:
        step = ratio_of(every, path, "not_a_number")
    if step <= 0:
        raise FlowsRefused(path, "not_positive")
    return step


def _dates(line: _Line, first: date, unit: UnitPeriod | None) -> Iterator[date]:
    """Repeat a date: months keep to the day that is meant, clamped where a month lacks it."""
    day = line.due_day or first.day
    if add_months(first, 0, day) != first:
        raise FlowsRefused(f"{line.path}.due_day", "not_the_first_dates")
    if line.times == 1 and line.every is None:
        yield first
        return
    period = unit
    if line.every is not None:
        period = unit_of(line.every, f"{line.path}.every")
    if period is None:
        raise FlowsRefused(f"{line.path}.every", "missing")
    if first.year + line.times / period.per_year > LAST_DATE.year:
        raise FlowsRefused(f"{line.path}.times", "beyond_the_calendar")
    for place in range(line.times):
        yield _after(first, place, period, day)


def _after(first: date, place: int, period: UnitPeriod, day: int) -> date:
    match period.unit:
        case Unit.DAY:
            return first + timedelta(days=place * int(period.size))
        case Unit.WEEK:
            return first + timedelta(days=place * int(period.size) * DAYS_PER_WEEK)
        case Unit.MONTH if period == SEMIMONTH:
            return _half_months_after(first, place, day)
        case Unit.MONTH:
            return add_months(first, place * int(period.size), day)


def _half_months_after(first: date, place: int, day: int) -> date:
    """Return a date so many half months on: on the first date's day, and 15 days from that."""
    months, halves = divmod(place, 2)
    if not halves:
        return add_months(first, months, day)
    if day <= _SEMIMONTH_DAYS:
        return add_months(first, months, day + _SEMIMONTH_DAYS)
    return add_months(first, months + 1, day - _SEMIMONTH_DAYS)
