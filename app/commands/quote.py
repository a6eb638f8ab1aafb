"""`python -m app quote`: what a loan costs, for a person at a terminal or for a machine."""

import json
import sys
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from app.loanmath import quote as quoting
from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.life import LoanState
from app.loanmath.money import yuan

REFUSED = 2
WIDTH = 110
"""Columns of a table that goes into a file or a pipe."""
EPILOG = """\b
For example:
  python -m app quote --principal 10000 --rate 14.4 --installments 12 --method equal-installment

\b
A terms file holds the same names as the options, and every other parameter of the terms:
  {"principal": "10000.00", "rate": "14.4", "installments": 12,
   "method": "EQUAL_INSTALLMENT", "disbursed_on": "2026-01-31", "due_day": 31}
Amounts called principal, installment and amount are decimal strings of yuan; the same names with
_fen are whole fen. rate is percent a year, daily_rate percent a day. Dates are ISO.

\b
An events file holds a list that begins with the disbursement; amounts likewise:
  [{"event": "Disbursed", "effective_on": "2026-01-31", "amount": "10000.00"},
   {"event": "RepaymentReceived", "effective_on": "2026-02-28", "amount": "899.75"}]
"""


@click.command("quote", epilog=EPILOG)
@click.option("--principal", help="Yuan, such as 10000 or 10000.00.")
@click.option("--rate", help="Percent a year, such as 14.4.")
@click.option("--daily-rate", help="Percent a day, such as 0.05, instead of --rate.")
@click.option("--installments", type=click.IntRange(1, 600), help="How many.")
@click.option("--method", help="equal-installment, equal-principal, interest-only, bullet, flat …")
@click.option("--day-count", help="months/12, 30/360, act/365f, act/360 …")
@click.option("--disbursed-on", help="When the money arrives, as 2026-01-31; today if left out.")
@click.option("--due-day", type=click.IntRange(1, 31), help="Day of the month, clamped to its end.")
@click.option("--file", "terms_file", type=click.File("rb"), help="Terms as JSON; - is stdin.")
@click.option("--events", "events_file", type=click.File("rb"), help="Replay these events, JSON.")
@click.option("--on", "on_date", help="With --events: show the loan as it stands on this date.")
@click.option("--json", "as_json", is_flag=True, help="Whole fen, decimal strings, ISO dates.")
def command(
    terms_file: Any,  # noqa: ANN401 - click's open file
    events_file: Any,  # noqa: ANN401 - the same
    on_date: str | None,
    *,
    as_json: bool,
    **options: object,
) -> None:
    """Show a loan's whole plan, its totals and four annualized rates, exact to the fen."""
    try:
        document = _document(terms_file, options)
        if events_file is None:
            _show_quote(quoting.quote_of(document), as_json=as_json)
        else:
            state = quoting.replay(document, _list(events_file), _day(on_date))
            _show_state(state, as_json=as_json)
    except (TermsRefused, EventRefused, ValueError) as refused:
        click.echo(f"Refused: {refused}", err=True)
        sys.exit(REFUSED)


def _document(terms_file: Any, options: dict[str, object]) -> dict[str, object]:  # noqa: ANN401
    written: object = {} if terms_file is None else _json(terms_file)
    if not isinstance(written, dict):
        message = "the terms file holds no JSON object"
        raise ValueError(message)  # noqa: TRY004 - a person wrote it, not a programmer
    given = {name: value for name, value in options.items() if value is not None}
    today = {"disbursed_on": date.today().isoformat()}  # noqa: DTZ011 - a person's own calendar
    return {**today, **written, **given}


def _list(file: Any) -> list[object]:  # noqa: ANN401
    written = _json(file)
    if not isinstance(written, list):
        message = "the events file holds no JSON list"
        raise ValueError(message)  # noqa: TRY004 - the same
    return written


def _json(file: Any) -> object:  # noqa: ANN401
    try:
        return json.loads(file.read())
    except ValueError:
        message = f"{Path(file.name).name} is not JSON"
        raise ValueError(message) from None


def _day(written: str | None) -> date:
    if written is None:
        message = "--events needs --on DATE"
        raise ValueError(message)
    return date.fromisoformat(written)


def _show_quote(found: quoting.Quote, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
        return
    table = Table(
        box=SIMPLE, title=f"{found.terms.method.value} · {yuan(found.terms.principal_fen)} yuan"
    )
    for name in ("no.", "due on", "principal", "interest", "fees", "to pay", "balance"):
        table.add_column(name, justify="left" if name == "due on" else "right", no_wrap=True)
    for row in found.rows:
        amounts = (row.principal_fen, row.interest_fen, row.fee_fen, row.total_fen, row.balance_fen)
        table.add_row(str(row.number), row.due_on.isoformat(), *map(yuan, amounts))
    table.add_section()
    totals = (found.terms.principal_fen, found.interest_fen, found.fee_fen, found.total_fen)
    table.add_row("", "total", *map(yuan, totals), "")
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(table)
    _show_rates(console, found)


def _show_rates(console: Console, found: quoting.Quote) -> None:
    if found.rates is None:
        console.print("These flows have no single annualized rate.")
    else:
        console.print(_percentages("a year of it costs", asdict(found.rates)))
    if found.daily is not None:
        console.print(_percentages("the daily rate as a year's", asdict(found.daily)))


def _percentages(title: str, rates: dict[str, Decimal]) -> Table:
    table = Table(title, box=SIMPLE)
    table.add_column("percent", justify="right")
    for name, rate in rates.items():
        table.add_row(name.replace("_", " "), f"{rate * 100:.2f}")
    return table


def _show_state(state: LoanState, *, as_json: bool) -> None:
    indent = None if as_json else 2
    click.echo(json.dumps(quoting.replay_as_json(state), ensure_ascii=False, indent=indent))
