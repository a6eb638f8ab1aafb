"""`python -m app quote`: what a loan costs, for a person at a terminal or for a machine."""

import json
import sys
import textwrap
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Never

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from app.commands.parameters import described, told
from app.foundation.text import LANGUAGES, text
from app.foundation.working_days import working_days
from app.loanmath import quote as quoting
from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.explain import (
    OF_LINE,
    OF_LOAN,
    OF_ROW,
    Explainer,
    Figure,
    NotExplained,
    asked_for,
    explainer_of_plan,
)
from app.loanmath.life import Allocation, LoanState, PlanRow
from app.loanmath.money import yuan
from app.loanmath.record import EVENT_KINDS
from app.loanmath.schedule import EarlyFee, Fee, Terms
from app.servicing.rules.explaining import sentence_of

REFUSED = 2
WIDTH = 110
"""Columns of a table that goes into a file or a pipe."""


def _block(text: str) -> str:
    return "\b\n" + text.strip("\n")


def _events_described() -> str:
    parts: list[str] = []
    for name, kind in EVENT_KINDS.items():
        parts.append(told(kind, name))
        parts += [f"  {line}" for line in described(kind, skip=EVENT_FIELDS).splitlines()]
    return "\n".join(parts)


def _figures_described() -> str:
    askable = (OF_ROW | OF_LINE | OF_LOAN) - {Figure.LOAN_CHARGE}
    names = ", ".join(figure.lower().replace("_", "-") for figure in Figure if figure in askable)
    return textwrap.fill(
        names, 90, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )


EVENT_FIELDS = frozenset({"id", "effective_on", "recorded_at"})
EXAMPLES = """
For example:
  python -m app quote --principal 10000 --rate 14.4 --installments 12 \\
      --method equal-installment

A terms file (--file terms.json) holds the names of the options and every other parameter:
  {"principal": "10000.00", "rate": "14.4", "installments": 12,
   "method": "EQUAL_INSTALLMENT", "disbursed_on": "2026-01-31", "due_day": 31}

An events file (--events events.json --on DATE) holds a list with the disbursement in it:
  [{"event": "Disbursed", "effective_on": "2026-01-31", "amount": "10000.00"},
   {"event": "RepaymentReceived", "effective_on": "2026-02-28", "amount": "899.75",
    "id": "first"},
   {"event": "RepaymentReversed", "effective_on": "2026-03-02", "reverses": "first"}]

Amounts called principal, installment, down_payment and amount are decimal strings of yuan
("10000.00"); the same names with _fen are whole fen (1000000). rate is percent a year ("14.4"),
daily_rate percent a day ("0.05"); annual_rate is the same as a fraction ("0.144"), as is rate
in fees and early_fee, where percent ("2") may stand for it. Dates are ISO. Dashes may stand for
underscores, and choices are understood in lower case (months/12, 30/360, act/365f). Numbers
may be JSON numbers or text. --json prints whole fen, rates as decimal strings ("0.144").
"""
PARAMETERS = f"""
Parameters of the terms:
{described(Terms)}

A fee:
{described(Fee)}

An early_fee:
{described(EarlyFee)}

working_days lists the days for business_days by hand, instead of China's statutory calendar:
  {{"holidays": ["2026-10-01"], "make_up_workdays": ["2026-10-10"], "weekend": [6, 7]}}

waterfall is {{"kinds": ["FEE", "INTEREST", "PENALTY", "PRINCIPAL"], "direction": "HORIZONTAL"}},
past due before due before in advance; or {{"steps": ["PAST_DUE INTEREST", "DUE INTEREST", ...],
"direction": "VERTICAL"}}. Kinds are COST, PENALTY, FEE, INTEREST, PRINCIPAL. What is left out
comes first. The legal order is COST, FEE, INTEREST, PENALTY, PRINCIPAL, VERTICAL: each
installment by itself, the oldest first.
"""
EVENTS = f"""
Events, beside event and effective_on; id (default "#1", "#2" ...) and recorded_at (default the
order in the file, which orders the events of one day) may be left out:
{_events_described()}
"""
RESULTS = f"""
--explain says why one figure is what it is, in words, or with --json so that it can be worked out
again from what is said: a figure, with the installment's number after a colon where it has one.
{_figures_described()}

A quote (--json) has the terms whole, rows, totals, annual_rates and daily_readings. A row:
{described(quoting.QuoteRow)}

A state (--events, --on) has:
{described(LoanState)}

A row of a state:
{described(PlanRow)}

An allocation:
{described(Allocation)}
"""
EPILOG = "\n\n".join(
    _block(paragraph)
    for text in (EXAMPLES, PARAMETERS, EVENTS, RESULTS)
    for paragraph in text.split("\n\n")
)


@click.command("quote", epilog=EPILOG)
@click.option("--principal", help="Yuan, such as 10000 or 10000.00.")
@click.option("--rate", help="Percent a year, such as 14.4.")
@click.option("--daily-rate", help="Percent a day, such as 0.05, instead of --rate.")
@click.option("--installments", type=click.IntRange(1, 4000), help="How many.")
@click.option("--method", help="equal-installment, equal-principal, interest-only, bullet, flat …")
@click.option("--installment", help="Yuan: the level installment, where it is handed in.")
@click.option("--day-count", help="months/12, 30/360, act/365f, act/360, act/364 …")
@click.option("--every", type=click.IntRange(1, 366), help="So many units a period; 1.")
@click.option("--unit", help="month, week or day; month.")
@click.option("--disbursed-on", help="When the money arrives, as 2026-01-31; today if left out.")
@click.option("--first-due-on", help="The first due date, where it is agreed by itself.")
@click.option("--due-day", type=click.IntRange(1, 31), help="Day of the month, clamped to its end.")
@click.option("--file", "terms_file", type=click.File("rb"), help="Terms as JSON; - is stdin.")
@click.option("--events", "events_file", type=click.File("rb"), help="Replay these events, JSON.")
@click.option("--on", "on_date", help="With --events: show the loan as it stands on this date.")
@click.option(
    "--explain", help="Why a figure is what it is: installment-interest:3, payoff-amount …"
)
@click.option("--json", "as_json", is_flag=True, help="Whole fen, decimal strings, ISO dates.")
def command(
    terms_file: Any,  # noqa: ANN401 - click's open file
    events_file: Any,  # noqa: ANN401 - the same
    on_date: str | None,
    explain: str | None,
    *,
    as_json: bool,
    **options: object,
) -> None:
    """Show a loan's whole plan, its totals and four annualized rates, exact to the fen."""
    try:
        document = _document(terms_file, options)
        if explain is not None:
            events = None if events_file is None else _list(events_file)
            _explain(explain, document, events, on_date, as_json=as_json)
        elif events_file is None:
            document = {**_today(), **document}
            _show_quote(quoting.quote_of(document, working_days()), as_json=as_json)
        else:
            events, on = _list(events_file), _day(on_date)
            state = quoting.replay(document, events, on, working_days())
            _show_state(state, as_json=as_json)
    except (TermsRefused, EventRefused) as refused:
        _refuse(str(refused).replace(refused.reason, refused.reason.replace("_", " ")))
    except NotExplained:
        _refuse(f"--explain: {explain} is no figure of this loan")
    except ValueError as refused:
        _refuse(str(refused))


def _refuse(why: str) -> Never:
    click.echo(f"Refused: {why}", err=True)
    sys.exit(REFUSED)


def _explain(
    asked: str,
    document: dict[str, object],
    events: list[object] | None,
    on_date: str | None,
    *,
    as_json: bool,
) -> None:
    figure, number = asked_for(asked)
    if events is None:
        explainer = explainer_of_plan(quoting.terms_of({**_today(), **document}))
    else:
        working = quoting.working_days_of(document) or working_days()
        explainer = Explainer(*quoting.life_of(document, events, _day(on_date)), working)
    explanation = explainer.explain(figure, number)
    if as_json:
        click.echo(json.dumps(explanation.as_json(), ensure_ascii=False))
        return
    for language in LANGUAGES:
        click.echo(sentence_of(explanation, partial(_say, language)))


def _say(language: str, key: str, **data: object) -> str:
    return text(key, language, **data)


def _document(terms_file: Any, options: dict[str, object]) -> dict[str, object]:  # noqa: ANN401
    written: object = {} if terms_file is None else _json(terms_file)
    if not isinstance(written, dict):
        message = "the terms file holds no JSON object"
        raise ValueError(message)  # noqa: TRY004 - a person wrote it, not a programmer
    given = {name: value for name, value in options.items() if value is not None}
    return {**written, **given}


def _today() -> dict[str, object]:
    return {"disbursed_on": date.today().isoformat()}  # noqa: DTZ011 - a person's own calendar


def _list(file: Any) -> list[object]:  # noqa: ANN401
    written = _json(file)
    if not isinstance(written, list):
        message = "the events file holds no JSON list"
        raise ValueError(message)  # noqa: TRY004 - the same
    return written


def _json(file: Any) -> object:  # noqa: ANN401
    try:
        # Numbers with a point are taken as they are written: nothing becomes a float.
        return json.loads(file.read(), parse_float=str)
    except (ValueError, RecursionError):
        message = f"{Path(file.name).name} is not JSON"
        raise ValueError(message) from None


def _day(written: str | None) -> date:
    if written is None:
        message = "--events needs --on DATE"
        raise ValueError(message)
    try:
        return date.fromisoformat(written)
    except ValueError:
        message = "--on: not an ISO date"
        raise ValueError(message) from None


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
        table.add_row(str(row.number), _due(row), *map(yuan, amounts))
    table.add_section()
    totals = (found.terms.principal_fen, found.interest_fen, found.fee_fen, found.total_fen)
    table.add_row("", "total", *map(yuan, totals), "")
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(table)
    _show_rates(console, found)


def _due(row: quoting.QuoteRow) -> str:
    """Write the day to pay, with the nominal one where that is another."""
    if row.payable_on == row.due_on:
        return row.due_on.isoformat()
    return f"{row.payable_on.isoformat()} ({row.due_on.isoformat()})"


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
