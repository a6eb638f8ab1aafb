"""`python -m app partners`."""

import asyncio
import sys
from datetime import date, datetime

import click
from rich.console import Console
from rich.table import Table

from app.commands.environment import settings_now
from app.foundation.database import business_date
from app.ledger.queries import first_day
from app.loanmath.money import yuan
from app.main import opened
from app.servicing.operations.settling import settle_days
from app.servicing.queries.settling import check_settlements, last_kept, settlement
from app.servicing.rules.settling import DaySettlement
from app.settings import Settings

DAY = click.DateTime(["%Y-%m-%d"])
COLUMNS = (
    ("opening", "opening_fen"),
    ("disbursed", "disbursed_fen"),
    ("principal", "principal_fen"),
    ("interest", "interest_fen"),
    ("penalty", "penalty_fen"),
    ("fees", "fee_fen"),
    ("costs", "cost_fen"),
    ("taken back", "taken_back_fen"),
    ("closing", "closing_fen"),
    ("net to transfer", "net_fen"),
)
WIDTH_MIN = 120
"""Figures are never cut off, however narrow the terminal says it is."""


@click.group("partners")
def command() -> None:
    """Settle with those who lend with us, and prove it."""


@command.command()
@click.option("--on", type=DAY, help="The day to show; the last one settled unless said.")
@click.option("--json", "as_json", is_flag=True, help="The statement for machines.")
def settle(*, on: datetime | None, as_json: bool) -> None:
    """
    Settle every closed day, and show one: a line for each funder and each who takes a fee.

    Closed days are settled in order, each posting once, and kept; a day that is not closed is shown
    as it stands. Shares are split to the fen, posting by posting (largest remainder). The sums over
    all partners are held to the ledger's own accounts, and every statement kept is worked out
    again; exits 1 and says what differs if anything does.
    """
    sys.exit(asyncio.run(_settle(settings_now(), None if on is None else on.date(), as_json)))


async def _settle(settings: Settings, on: date | None, as_json: bool) -> int:  # noqa: FBT001
    async with opened(settings):
        made = await settle_days()
        last = await last_kept()
        day = on or (await business_date() if last is None else date.fromisoformat(last.on_date))
        if on is None and await first_day() is None:
            click.echo("nothing is posted yet, so there is nothing to settle")
            return 0
        shown = await settlement(day)
        count, problems = await check_settlements()
    problems += [
        f"{one.on_date}: {problem}" for one in (*made[-1:], shown) for problem in one.problems
    ]
    if as_json:
        click.echo(shown.as_json())
    else:
        _print(shown, count)
    for problem in dict.fromkeys(problems):
        click.echo(problem, err=True)
    return 1 if problems else 0


def _print(day: DaySettlement, count: int) -> None:
    state = "closed" if day.is_final else "so far"
    table = Table(title=f"{day.on_date}, {state}, yuan", title_justify="left")
    table.add_column("partner")
    shown = [
        (head, name) for head, name in COLUMNS if any(getattr(one, name) for one in day.statements)
    ]
    for head, _ in shown:
        table.add_column(head, justify="right")
    for one in day.statements:
        table.add_row(one.partner_code, *(yuan(getattr(one, name)) for _, name in shown))
    sums = (sum(getattr(one, name) for one in day.statements) for _, name in shown)
    table.add_row("all", *map(yuan, sums))
    console = Console(soft_wrap=True)
    console.print(table, width=max(console.width, WIDTH_MIN))
    postings = day.through_number - day.after_number
    same = "NOT what the ledger says" if day.problems else "what the ledger says, to the fen"
    click.echo(f"{postings:,} postings; sums over partners are {same}; {count:,} days kept")
