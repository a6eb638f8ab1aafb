"""`bench bytes` and `bench link`: what screens cost on the wire, counted and timed."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from app.commands.benches.budgets import MEASURES, Allowed, budgets, exceeded
from app.commands.benches.frames import Counted, count_screens
from app.commands.benches.link.lanes import PROFILES, Profile
from app.commands.benches.link.namespaces import NoBox
from app.commands.benches.link.timing import Measured, Timed, measure_link
from app.commands.benches.measuring import Spread
from app.commands.benches.scene import scene
from app.commands.benches.screens import SCREENS
from app.commands.benches.ways import WAYS
from app.foundation.log import configure_logging

WIDTH = 110

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""
NO_BOX = 3
"""Exit code where there can be no namespaces or TUN devices."""

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
                counted[way.code] = await count_screens(found, way)
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
            first = screen.what if way.is_usual else ""
            table.add_row(first, way.what, *(f"{found[name]:,}" for name in MEASURES), "")
        one = allowed[screen.code]
        met = "exceeded" if over[screen.code] else "kept"
        table.add_row("", "budget", *(f"{one.budget[name]:,}" for name in MEASURES), met)
        goals = [f"{one.goal[name]:,}" if name in one.goal else "" for name in MEASURES]
        table.add_row("", "goal", *goals, "", end_section=True)
    _print(table)
    click.echo("trips: round trips of the app's; up, down: bytes of HTTP/2 frames; body: as sent.")


@click.command("link")
@click.option(
    "--profile",
    "code",
    type=click.Choice([*PROFILES, "list"]),
    default="2g",
    show_default=True,
    help="Which link; `list` describes them.",
)
@click.option("--runs", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def link(*, code: str, runs: int, as_json: bool) -> None:
    """
    Time each screen over an emulated slow link, and count its IP bytes.

    Phone and server stand in two network namespaces with a TUN device each; a small program between
    them delays, slows down and loses packets. They speak TLS 1.3, by an authority of their own, and
    HTTP/2. Beside it: a usual GraphQL client on the same link, and the floor, one datagram up and
    one down. Needs root on Linux with /dev/net/tun: exits 3 where there is none. Nothing is left
    behind, also when it is killed. Five runs take about six minutes on the 2G.
    """
    if code == "list":
        _list_profiles(as_json=as_json)
        return
    profile = PROFILES[code]
    try:
        measured = measure_link(profile, WAYS, runs=runs, say=_tell)
    except NoBox as refused:
        reason = f"{refused}. bench link needs root on Linux, with /dev/net/tun."
        click.echo(f"Cannot set up the link: {reason}", err=True)
        sys.exit(NO_BOX)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    if as_json:
        click.echo(json.dumps(_link_as_json(profile, measured, runs), indent=2))
    else:
        _show_link(profile, measured, runs)


def _tell(words: str) -> None:
    click.echo(words, err=True)


def _list_profiles(*, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({one.code: asdict(one) for one in PROFILES.values()}, indent=2))
        return
    table = Table("profile", "", "round trip ms", "up kbit/s", "down kbit/s", "loss", box=SIMPLE)
    for one in PROFILES.values():
        figures = (str(one.round_trip_ms), str(one.up_kbits), str(one.down_kbits))
        table.add_row(one.code, one.what, *figures, f"{one.loss_permille / 10:g} %")
    _print(table)


def _link_as_json(profile: Profile, measured: Measured, runs: int) -> dict[str, object]:
    goals = budgets()
    return {
        "profile": asdict(profile),
        "runs": runs,
        "floor_seconds": measured.floor.as_json(),
        "ways": {way.code: way.what for way in WAYS},
        "screens": {
            screen.code: {
                "what": screen.what,
                "measured": {
                    code: _summed(walks[screen.code]) for code, walks in measured.walks.items()
                },
                "goal": goals[screen.code].goal,
            }
            for screen in SCREENS
        },
    }


def _summed(walks: Sequence[Timed]) -> dict[str, object]:
    return {
        "trips": median(one.trips for one in walks),
        "ip_up": median(one.ip.up for one in walks),
        "ip_down": median(one.ip.down for one in walks),
        "seconds": Spread.of(one.seconds for one in walks).as_json(),
    }


def _show_link(profile: Profile, measured: Measured, runs: int) -> None:
    table = Table(
        "screen", "asked", "trips", "IP up", "IP down", "both", "p50 s", "min–max", "× floor",
        box=SIMPLE,
    )  # fmt: skip
    for column in table.columns[2:]:
        column.justify = "right"
    goals, floor = budgets(), measured.floor.middle
    for screen in SCREENS:
        for way in WAYS:
            walks = measured.walks[way.code][screen.code]
            up, down = (median(one.ip.up for one in walks), median(one.ip.down for one in walks))
            took = Spread.of(one.seconds for one in walks)
            table.add_row(
                screen.what if way.is_usual else "",
                way.what,
                f"{median(one.trips for one in walks):g}",
                f"{up:,.0f}",
                f"{down:,.0f}",
                f"{median(one.ip.up + one.ip.down for one in walks):,.0f}",
                f"{took.middle:.2f}",
                f"{took.least:.2f}–{took.most:.2f}",
                f"{took.middle / floor:.1f}",
            )
        goal = goals[screen.code].goal
        seconds = goal["milliseconds"] / 1_000
        bytes_most = f"{goal['ip_bytes']:,}"
        of_2g = "goal on 2g"
        table.add_row(
            "", of_2g, str(goal["trips"]), "", "", bytes_most, f"{seconds:.2f}", end_section=True
        )
    _print(table)
    click.echo(
        f"{profile.code}: {profile.what}, round trip {profile.round_trip_ms} ms,"
        f" {profile.up_kbits} kbit/s up, {profile.down_kbits} down; {runs} runs."
    )
    click.echo(f"The floor, one datagram up and one down: {floor:.3f} s.")


def _print(table: Table) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table)
