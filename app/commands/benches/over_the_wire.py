"""`bench bytes` and `bench link`: what screens cost on the wire, counted and timed."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from app.commands.benches.asking import Plain, Usual, Way
from app.commands.benches.budgets import MEASURES, Allowed, budgets, exceeded
from app.commands.benches.frames import Counted, count_screens
from app.commands.benches.scene import scene
from app.commands.benches.screens import SCREENS
from app.foundation.log import configure_logging

WIDTH = 110
WAYS: Sequence[Way] = (Usual(), Plain())
"""A usual client first; the others are our own app's."""

Counts = Mapping[str, Mapping[str, Counted]]


@click.command("bytes")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def count_bytes(*, as_json: bool) -> None:
    """
    Count the HTTP/2 frames and bodies of each screen, beside budget and goal.

    App and phone talk in one process, with a borrower and a loan that are the same every time; so
    are the figures. Exits 1 if a screen costs more than its budget in fixtures/budgets.toml.
    """
    configure_logging(as_json=True, level="ERROR")
    counted, allowed = asyncio.run(_count()), budgets()
    over = {code: exceeded(one, counted[one.way][code].as_json()) for code, one in allowed.items()}
    if as_json:
        click.echo(json.dumps(_as_json(counted, allowed, over), indent=2))
    else:
        _show(counted, allowed, over)
    sys.exit(any(over.values()))


async def _count() -> Counts:
    counted: dict[str, Mapping[str, Counted]] = {}
    with tempfile.TemporaryDirectory(prefix="qingmiao-") as folder:
        async with scene(Path(folder) / "data") as found:
            for way in WAYS:
                counted[way.code] = await count_screens(found, way, is_usual=way is WAYS[0])
    return counted


def _as_json(
    counted: Counts, allowed: Mapping[str, Allowed], over: Mapping[str, list[str]]
) -> dict[str, object]:
    return {
        "ways": {way.code: way.what for way in WAYS},
        "screens": {
            screen.code: {
                "what": screen.what,
                "counted": {
                    code: screens[screen.code].as_json() for code, screens in counted.items()
                },
                "way": allowed[screen.code].way,
                "budget": allowed[screen.code].budget,
                "goal": allowed[screen.code].goal,
                "exceeded": over[screen.code],
            }
            for screen in SCREENS
        },
    }


def _show(counted: Counts, allowed: Mapping[str, Allowed], over: Mapping[str, list[str]]) -> None:
    table = Table("screen", "asked", *(name.replace("_", " ") for name in MEASURES), "", box=SIMPLE)
    for column in table.columns[2:7]:
        column.justify = "right"
    for screen in SCREENS:
        for way in WAYS:
            found = counted[way.code][screen.code].as_json()
            first = screen.what if way is WAYS[0] else ""
            table.add_row(first, way.what, *(f"{found[name]:,}" for name in MEASURES), "")
        one = allowed[screen.code]
        met = "exceeded" if over[screen.code] else "kept"
        table.add_row("", "budget", *(f"{one.budget[name]:,}" for name in MEASURES), met)
        goals = [f"{one.goal[name]:,}" if name in one.goal else "" for name in MEASURES]
        table.add_row("", "goal", *goals, "", end_section=True)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table)
    click.echo("trips: round trips of the app's; up, down: bytes of HTTP/2 frames; body: as sent.")
