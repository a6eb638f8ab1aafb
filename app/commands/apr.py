"""`python -m app apr`: what bare cash flows cost in a year, under four conventions."""

import json
import sys
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from app.loanmath.apr.answers import Answer, CashFlows, Convention, WithoutRate, answer
from app.loanmath.flows import FlowsRefused, convention_of, flows_from_json

REFUSED = 2
WIDTH = 110
"""Columns of a table that goes into a file or a pipe."""
FILE_BYTES_MAX = 8_000_000
DIGITS_MAX = 40
EPILOG = """\b
For example, by dates (a level loan is one line):
  {"convention": "eu",
   "flows": [{"advance": "10000.00", "on": "2026-01-31"},
             {"payment": "899.75", "on": "2026-02-28", "times": 12, "every": "1 month",
              "due_day": 31}]}

\b
By unit-periods after the start, which need no dates:
  {"unit_period": "month",
   "flows": [{"advance": "6000", "at": 0},
             {"payment": "149.31", "at": 1, "times": 48}]}

\b
By unit-periods and odd fractions of one, as Regulation Z, Appendix J counts:
  {"convention": "us-actuarial", "unit_period": "month",
   "flows": [{"advance": "6000", "at": 0},
             {"payment": "200", "at": {"periods": 1, "fraction": "19/30"}, "times": 36}]}

\b
The file holds such an object, or the list of flows alone.
  amount            what moves: positive to the borrower, negative by the borrower; or
  advance, payment  the same with no sign: to the borrower, by the borrower
                    Decimal strings (or JSON numbers, taken as written) of yuan, or of whatever
                    currency, with any number of decimals; amount_fen, advance_fen, payment_fen
                    are whole fen, or cents. A bare number is a flow with only its amount.
  on                an ISO date; or
  at                unit-periods after the start: 3, "1.5", "17/30", "1 17/30",
                    {"periods": 1, "fraction": "17/30"}. Flows with neither follow one another,
                    a unit-period apart, the first at 0. Dates and periods are not mixed.
  times, every      repeats: "1 month", "2 weeks", "15 days", "1 year", "semimonth"; with at, a
                    number of unit-periods such as 1 or "1/12". Left out: the unit-period.
  due_day           the day of the month repeats keep to, 31 for the last; the first date's.

\b
Beside the flows:
  unit_period       "day", "week", "2 weeks", "semimonth", "month", "quarter", "year", or
                    {"size": 4, "unit": "week"}. Needed with at. With dates it takes the place of
                    the unit-period found for us-actuarial, of the months of irr, and of the years,
                    months, weeks or days ("day": actual days over 365) that eu counts in.
  periods_per_year  the same as a number: 12, 26, "365/30"
  starts_on         the day time is counted from, if it is before the first flow
  convention, name  what --convention says, which wins; a title that is not read

\b
irr is the rate of a unit-period (a month, with dates) times those of a year; xirr compounds over
the actual days, 365 a year; eu is the annual percentage rate of charge of directives 2008/48/EC
and 2014/17/EU; us-actuarial that of Regulation Z. All, the default, shows each the flows allow.

\b
One advance and one payment have no rhythm: give dates, or "at": 1 and "periods_per_year" (255 days:
"365/255"); with "unit_period": "day" the rate of a day compounds. Places count from 0: flows[0].
"""


@click.command("apr", epilog=EPILOG)
@click.option("--file", "file", type=click.File("rb"), required=True, help="Flows; - is stdin.")
@click.option("--convention", help="irr, xirr, eu, us-actuarial or all (the default).")
@click.option("--json", "as_json", is_flag=True, help="Rates as decimal strings.")
def command(file: Any, convention: str | None, *, as_json: bool) -> None:  # noqa: ANN401 - click's
    """Show what bare cash flows cost in a year: annualized rates, right to ten decimals."""
    try:
        flows, answers = _answers(_json(file), convention)
    except FlowsRefused as refused:
        why = str(refused).replace(refused.reason, refused.reason.replace("_", " "))
        click.echo(f"Refused: {why}", err=True)
        sys.exit(REFUSED)
    if as_json:
        click.echo(json.dumps({name.value: as_fields(found) for name, found in answers.items()}))
    else:
        _show(flows, answers)


def _answers(
    written: object, convention: str | None
) -> tuple[CashFlows, Mapping[Convention, Answer]]:
    flows, asked = flows_from_json(written)
    if convention is not None:
        asked = convention_of(convention, "--convention")
    answers = {one: answer(flows, one) for one in ([asked] if asked else Convention)}
    if all(found.rate is None for found in answers.values()):
        raise FlowsRefused(*_first_reason(answers))
    return flows, answers


def as_fields(found: Answer) -> dict[str, object]:
    """Return an answer for a machine: rates as decimal strings, as a fraction and in percent."""
    if found.without is not None:
        fields: dict[str, object] = {"reason": found.without.value, "message": _why(found)}
        if found.several:
            fields["rates"] = [f"{rate:f}" for rate in found.several]
        return fields
    assert found.rate is not None
    fields = {"rate": f"{found.rate:f}", "percent": f"{found.rate.scaleb(2):f}"}
    if found.per_period is not None:
        fields["per_period"] = f"{found.per_period:f}"
    if found.unit is not None:
        fields["unit_period"] = found.unit
    if found.per_year is not None:
        fields["periods_per_year"] = str(found.per_year)
    if found.unit is not None:
        fields["unit_period_found"] = found.is_found
    return fields


_REASONS = {
    WithoutRate.NO_RATE: "no rate makes these flows worth nothing",
    WithoutRate.SEVERAL_RATES: "several rates make these flows worth nothing",
    WithoutRate.NEEDS_DATES: "this convention counts days; give dates, or days as unit-periods",
}


def _why(found: Answer) -> str:
    assert found.without is not None
    shown = ", ".join(f"{_percent(rate)} %" for rate in found.several)
    return _REASONS[found.without] + (f": {shown}" if shown else "")


def _first_reason(answers: Mapping[Convention, Answer]) -> tuple[str, str]:
    name, found = next(iter(answers.items()))
    return name.value, _why(found)


def _percent(rate: Decimal, places: str = "0.01") -> str:
    return f"{rate.scaleb(2).quantize(Decimal(places), rounding=ROUND_HALF_UP):f}"


def _show(flows: CashFlows, answers: Mapping[Convention, Answer]) -> None:
    moved = [amount for _, amount in (*flows.dated, *flows.timed)]
    given = sum(amount for amount in moved if amount > 0)
    taken = -sum(amount for amount in moved if amount < 0)
    title = f"{len(moved)} flows · to the borrower {_money(given, flows.scale)}"
    table = Table(box=SIMPLE, title=f"{title} · by the borrower {_money(taken, flows.scale)}")
    table.add_column("convention")
    table.add_column("percent a year", justify="right")
    table.add_column("exactly", justify="right")
    table.add_column("how")
    for name, found in answers.items():
        if found.rate is None:
            table.add_row(name.value, "–", "", _why(found))
        else:
            exactly = _percent(found.rate, "0.0000000001")
            table.add_row(name.value, _percent(found.rate), exactly, _how(name, found))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)


def _how(name: Convention, found: Answer) -> str:
    unit = found.unit or "unit-period"
    if name is Convention.XIRR:
        return "compounded, actual days over 365"
    if name is Convention.EU:
        return f"compounded, time in {unit}s" + (" and days" if found.is_found else "")
    assert found.per_period is not None
    how = f"{found.per_year} × {_percent(found.per_period, '0.000001')} % a {unit}"
    return how + (" (found)" if found.is_found else "")


def _money(amount: int, scale: int) -> str:
    return f"{Decimal(amount) / scale:,.2f}"


def _json(file: Any) -> object:  # noqa: ANN401
    written = file.read(FILE_BYTES_MAX + 1)
    if len(written) > FILE_BYTES_MAX:
        raise FlowsRefused(_name(file), f"is larger than {FILE_BYTES_MAX:,} bytes")
    try:
        return json.loads(written, parse_float=Decimal, parse_int=_whole, object_pairs_hook=_once)
    except (RecursionError, UnicodeDecodeError, json.JSONDecodeError):
        raise FlowsRefused(_name(file), "is not JSON") from None


def _name(file: Any) -> str:  # noqa: ANN401
    name = getattr(file, "name", "<stdin>")
    return "stdin" if name == "<stdin>" else Path(name).name


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= DIGITS_MAX else Decimal(digits)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise FlowsRefused(twice[:DIGITS_MAX], "given_twice")
    return fields
