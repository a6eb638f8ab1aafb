"""`bench home`: what the home screen costs, beside the same screen written by hand."""

import asyncio
import json

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from app.commands.benches.empty import DATABASE
from app.commands.benches.home import measured, watched
from app.commands.benches.home_server import serve
from app.commands.benches.measuring import ROUNDS_MIN
from app.commands.benches.profiling import show_shares
from app.commands.environment import settings_now
from app.foundation.log import configure_logging

WIDTH = 110


@click.command("home")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--rounds", type=click.IntRange(ROUNDS_MIN, 1_000), default=5, show_default=True)
@click.option("--requests", type=click.IntRange(16, 100_000), default=320, show_default=True)
@DATABASE
@click.option("--profile", "profiles", is_flag=True, help="Show whose code takes the time instead.")
@click.option("--serve", "serves", is_flag=True, hidden=True)
def home(
    *,
    as_json: bool,
    rounds: int,
    requests: int,
    url: str | None,
    profiles: bool,
    serves: bool,
) -> None:
    """
    Compare what the home screen costs with the same screen written by hand.

    Over HTTP on this machine, sixteen connections, in turns; times are the server's processor's.
    """
    if serves:
        asyncio.run(serve(settings_now()))
        return
    configure_logging(as_json=True, level="ERROR")
    if profiles:
        show_shares(asyncio.run(watched(url=url, requests=requests)), as_json=as_json)
        return
    costs = asyncio.run(measured(url=url, rounds=rounds, requests=requests))
    if as_json:
        rows = [
            {
                "name": one.way.name,
                "what": one.way.what,
                "us": one.microseconds.as_json(),
                "ratio": one.ratio.as_json(),
                "goal_ratio": one.way.most,
                "is_met": one.is_met,
            }
            for one in costs
        ]
        click.echo(json.dumps({"rounds": rounds, "requests": requests, "ways": rows}, indent=2))
        return
    table = Table("home screen", "min µs", "median µs", "max µs", "× floor", "goal", "", box=SIMPLE)
    for one in costs:
        us, ratio = one.microseconds, one.ratio
        goal = "" if one.way.most is None else f"{one.way.most:g} ×"
        met = {None: "", True: "met", False: "missed"}[one.is_met]
        spread = f"{ratio.least:.2f} / {ratio.middle:.2f} / {ratio.most:.2f}"
        table.add_row(
            one.way.what, f"{us.least:.0f}", f"{us.middle:.0f}", f"{us.most:.0f}", spread, goal, met
        )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table)
