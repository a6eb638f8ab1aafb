"""`bench closing`: what the close of a day takes."""

import asyncio
import json
from collections.abc import Sequence

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from app.commands.benches.bars import bar
from app.commands.benches.closing import LOANS_PER_SECOND_LEAST, WHAT, Closed, measured
from app.commands.benches.empty import DATABASE
from app.foundation.log import configure_logging

WIDTH = 110


@click.command("closing")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--loans", type=click.IntRange(1, 1_000_000), default=5_000, show_default=True)
@DATABASE
def closing(*, as_json: bool, loans: int, url: str | None) -> None:
    """
    Time the close of days, each of which brings the same to every loan.

    In this process, with all that it announces. A loan whose installment nears or falls due, and
    that owes and holds nothing else, changes with all others by one statement; what is late is
    worked out loan by loan.
    """
    configure_logging(as_json=True, level="ERROR")
    with bar() as on_step:
        found = asyncio.run(measured(url=url, loans=loans, on_step=on_step))
    if as_json:
        click.echo(json.dumps(_as_json(found), indent=2))
    else:
        _show(found)


def _as_json(found: Sequence[Closed]) -> dict[str, object]:
    return {
        "goal_per_cpu_second": LOANS_PER_SECOND_LEAST,
        "days": [
            {
                "name": one.name,
                "what": WHAT[one.name],
                "loans": one.loans,
                "seconds": round(one.seconds, 4),
                "cpu_seconds": round(one.cpu_seconds, 4),
                "per_cpu_second": round(one.per_cpu_second),
                "is_met": one.is_met,
            }
            for one in found
        ],
    }


def _show(found: Sequence[Closed]) -> None:
    table = Table("a day on which", "loans", "s", "CPU s", "loans/s of a core", "", box=SIMPLE)
    for one in found:
        met = {None: "", True: "met", False: f"missed: {LOANS_PER_SECOND_LEAST:,}"}[one.is_met]
        table.add_row(
            WHAT[one.name],
            f"{one.loans:,}",
            f"{one.seconds:.2f}",
            f"{one.cpu_seconds:.2f}",
            f"{one.per_cpu_second:,.0f}" if one.loans else "",
            met,
        )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table)
