"""How screens on the wire are shown: as tables for people, as JSON for machines."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from app.commands.benches.budgets import MEASURES, Allowed, exceeded
from app.commands.benches.frames import WayCounts
from app.commands.benches.link.lanes import PROFILES, Profile
from app.commands.benches.link.timing import Measured, Timed
from app.commands.benches.measuring import Spread
from app.commands.benches.screens import SCREENS
from app.commands.benches.ways import WAYS

WIDTH = 122
Rules = Mapping[str, Allowed]
"""By screen."""


def over_budget(counted: WayCounts, allowed: Rules) -> dict[str, list[str]]:
    """Name, for each screen, what costs more than its budget."""
    return {code: exceeded(one, counted[one.way][code].as_json()) for code, one in allowed.items()}


def counts_as_json(counted: WayCounts, allowed: Rules) -> dict[str, object]:
    """Return what was counted beside budget and goal."""
    over = over_budget(counted, allowed)
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


def show_counts(counted: WayCounts, allowed: Rules) -> None:
    """Print what was counted beside budget and goal."""
    over = over_budget(counted, allowed)
    table = Table("screen", "asked", *(name.replace("_", " ") for name in MEASURES), "", box=SIMPLE)
    for screen in SCREENS:
        one = allowed[screen.code]
        for way in WAYS:
            found = counted[way.code][screen.code].as_json()
            first = screen.what if way.is_usual else ""
            table.add_row(first, way.what, *(f"{found[name]:,}" for name in MEASURES), "")
        met = "exceeded" if over[screen.code] else "kept"
        most = [f"{one.budget[name]:,}" for name in MEASURES]
        table.add_row("", f"budget ({one.way})", *most, met)
        goals = [f"{one.goal[name]:,}" if name in one.goal else "" for name in MEASURES]
        table.add_row("", "goal", *goals, "", end_section=True)
    _print(table, figures=slice(2, 7))


def link_as_json(
    profile: Profile, measured: Measured, allowed: Rules, runs: int
) -> dict[str, object]:
    """Return what a link was measured to take, beside the goals."""
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
                "goal": allowed[screen.code].goal,
            }
            for screen in SCREENS
        },
    }


def _summed(walks: Sequence[Timed]) -> dict[str, object]:
    return {
        "trips": median(one.trips for one in walks),
        "ip_up": median(one.ip.up for one in walks),
        "ip_down": median(one.ip.down for one in walks),
        "ip_bytes": median(one.ip.up + one.ip.down for one in walks),
        "seconds": Spread.of(one.seconds for one in walks).as_json(),
    }


def show_link(profile: Profile, measured: Measured, allowed: Rules, runs: int) -> None:
    """Print what a link was measured to take, beside the goals."""
    heads = ("trips", "IP up", "IP down", "both", "p50 s", "min–max", "× floor")
    table, floor = Table("screen", "asked", *heads, box=SIMPLE), measured.floor.middle
    for screen in SCREENS:
        for way in WAYS:
            walks = measured.walks[way.code][screen.code]
            took = Spread.of(one.seconds for one in walks)
            table.add_row(
                screen.what if way.is_usual else "",
                way.what,
                f"{median(one.trips for one in walks):g}",
                f"{median(one.ip.up for one in walks):,.0f}",
                f"{median(one.ip.down for one in walks):,.0f}",
                f"{median(one.ip.up + one.ip.down for one in walks):,.0f}",
                f"{took.middle:.2f}",
                f"{took.least:.2f}–{took.most:.2f}",
                f"{took.middle / floor:.1f}",
            )
        goal = allowed[screen.code].goal
        both, seconds = f"{goal['ip_bytes']:,}", f"{goal['milliseconds'] / 1_000:.2f}"
        row = ("", "goal on the 2G", str(goal["trips"]), "", "", both, seconds)
        table.add_row(*row, end_section=True)
    _print(table, figures=slice(2, None))
    words = (
        f"{profile.code}: {profile.what}; round trip {profile.round_trip_ms} ms,"
        f" {profile.up_kbits} kbit/s up, {profile.down_kbits} down; {runs} runs."
        f"\nThe floor, one datagram up and one down: {floor:.3f} s."
    )
    Console(highlight=False, soft_wrap=True).print(words)


def show_profiles() -> None:
    """Print which links there are."""
    heads = ("round trip ms", "up kbit/s", "down kbit/s", "loss")
    table = Table("profile", "", *heads, box=SIMPLE)
    for one in PROFILES.values():
        figures = (str(one.round_trip_ms), str(one.up_kbits), str(one.down_kbits))
        table.add_row(one.code, one.what, *figures, f"{one.loss_permille / 10:g} %")
    _print(table, figures=slice(2, None))


def _print(table: Table, *, figures: slice) -> None:
    for column in table.columns:
        column.no_wrap = True
    for column in table.columns[figures]:
        column.justify = "right"
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table)
