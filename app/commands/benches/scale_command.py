"""`bench scale`: whether a borrower waits longer because there are many others."""

import asyncio
import json

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from app.commands.benches.bars import bar
from app.commands.benches.measuring import ROUNDS_MIN
from app.commands.benches.scale import FEW, RATIO_MOST, Result, measured
from app.foundation.log import configure_logging

WIDTH = 110


@click.command("scale")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--borrowers", type=click.IntRange(2, 10_000_000), default=100_000, show_default=True)
@click.option("--few", type=click.IntRange(2, 10_000_000), default=FEW, show_default=True)
@click.option("--rounds", type=click.IntRange(ROUNDS_MIN, 1_000), default=5, show_default=True)
@click.option("--requests", type=click.IntRange(1, 100_000), default=40, show_default=True)
@click.option(
    "--database",
    "url",
    metavar="URL",
    help="A PostgreSQL where databases may be made beside this one; SQLite of its own if not.",
)
def scale(
    *, as_json: bool, borrowers: int, few: int, rounds: int, requests: int, url: str | None
) -> None:
    """
    Compare what reads take among many borrowers with the same among a few.

    One borrower's rows are written again for all others; then a server over each database is asked
    in turns, a request at a time, and waited for. A million borrowers take some 10 GB of disk.
    """
    configure_logging(as_json=True, level="ERROR")
    with bar() as on_step:
        result = asyncio.run(
            measured(
                people=borrowers,
                few=few,
                url=url,
                rounds=rounds,
                requests=requests,
                on_step=on_step,
            )
        )
    if as_json:
        click.echo(json.dumps(_as_json(result, few, rounds, requests), indent=2))
    else:
        _show(result, few)


def _as_json(result: Result, few: int, rounds: int, requests: int) -> dict[str, object]:
    return {
        "borrowers": {"few": few, "many": result.people},
        "rows_written": result.rows,
        "rounds": rounds,
        "requests": requests,
        "goal_ratio": RATIO_MOST,
        "reads": [
            {
                "name": one.name,
                "what": one.what,
                "few_ms": one.few_ms.as_json(),
                "many_ms": one.many_ms.as_json(),
                "ratio": one.ratio.as_json(),
                "cpu_ratio": None if one.cpu_ratio is None else round(one.cpu_ratio, 3),
                "is_met": one.is_met,
            }
            for one in result.growth
        ],
        "scans": result.scans,
    }


def _show(result: Result, few: int) -> None:
    table = Table(
        "read",
        f"ms among {few:,}",
        f"ms among {result.people:,}",
        "ratio",
        "of CPU",
        "goal",
        "",
        box=SIMPLE,
    )
    for one in result.growth:
        ratio = f"{one.ratio.least:.2f} / {one.ratio.middle:.2f} / {one.ratio.most:.2f}"
        small, big = f"{one.few_ms.middle:.2f}", f"{one.many_ms.middle:.2f}"
        met = "met" if one.is_met else "missed"
        cpu = "" if one.cpu_ratio is None else f"{one.cpu_ratio:.2f}"
        table.add_row(one.what, small, big, ratio, cpu, f"{RATIO_MOST:g} ×", met)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table)
    for one in result.scans or ["No statement looks through a table that grows."]:
        click.echo(one)
