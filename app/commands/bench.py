"""`python -m app bench`."""

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from app.commands.benches import loanmath as benched
from app.commands.benches import security as guarded
from app.commands.benches import ways_in
from app.commands.benches.all_command import every
from app.commands.benches.closing_command import closing
from app.commands.benches.home_command import home
from app.commands.benches.measuring import (
    REFERENCE_STEPS,
    ROUNDS_MIN,
    Measured,
    Spread,
    measure,
    timed_ms,
)
from app.commands.benches.measuring import reference as reference_loop
from app.commands.benches.over_the_wire import count_bytes, link
from app.commands.benches.scale_command import scale
from app.commands.benches.writes_command import writes

SAMPLE = 100
"""How many loans one turn of the rebuild takes."""

WIDTH = 110


@click.group("bench")
def command() -> None:
    """Measure speed beside a loop that is always the same, and what screens cost on the wire."""


command.add_command(every)
command.add_command(count_bytes)
command.add_command(link)
command.add_command(closing)
command.add_command(home)
command.add_command(scale)
command.add_command(writes)


@command.command("loanmath")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--rounds", type=click.IntRange(ROUNDS_MIN, 1_000), default=9, show_default=True)
@click.option(
    "--loans",
    type=click.IntRange(1, 10_000_000),
    help="Really rebuild so many loans from their records; 100000 is the goal's portfolio.",
)
def loanmath(*, as_json: bool, rounds: int, loans: int | None) -> None:
    """
    Time plans, lives of 100 events and the rebuilding of loans, on one core.

    Times are the processor's. Each is taken in turns with a fixed loop of whole numbers; the ratio
    to it says the same on any machine. Goals are in milliseconds: 1 for a plan of 36 rows, 5 for a
    life of 100 events, 1 for rebuilding a loan (1,000 loans a second), without the database.
    """
    loop, measured = measure(benched.works(SAMPLE), rounds)
    really = None if loans is None else _rebuild(loans)
    if as_json:
        click.echo(json.dumps(_as_json(loop, measured, rounds, really), indent=2))
    else:
        _show(loop, measured, rounds, really)


@command.command("security")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--rounds", type=click.IntRange(ROUNDS_MIN, 1_000), default=9, show_default=True)
def security(*, as_json: bool, rounds: int) -> None:
    """
    Time sealing and the ways in, on one core, as ratios to the raw ciphers of the same run.

    Times are the processor's, without the database. Goals are in microseconds.
    """
    primitives, against = guarded.primitives(), guarded.works()
    wire_bytes = ways_in.wire_bytes()
    _, measured = measure([*primitives, *(one.work for one in against)], rounds)
    found = {one.work.name: one for one in measured}
    if as_json:
        rows = [
            {
                "name": one.work.name,
                "what": one.work.what,
                "us": round(found[one.work.name].ms.middle * 1_000, 3),
                "primitive": one.primitive,
                "ratio": round(_ratio(found, one), 2),
                "goal_us": None if one.work.most_ms is None else one.work.most_ms * 1_000,
                "goal_ratio": one.ratio_most,
                "is_met": _is_met(found, one),
            }
            for one in against
        ]
        wire = {
            "bytes": wire_bytes,
            "goal_bytes": ways_in.WIRE_BYTES_MOST,
            "is_met": wire_bytes <= ways_in.WIRE_BYTES_MOST,
        }
        raw = {one.name: round(found[one.name].ms.middle * 1_000, 3) for one in primitives}
        told = {"rounds": rounds, "primitives_us": raw, "works": rows, "request": wire}
        click.echo(json.dumps(told, indent=2))
        return
    table = Table("what", "median µs", "× primitive", "primitive", "goal µs", "", box=SIMPLE)
    for one in primitives:
        table.add_row(one.what, f"{found[one.name].ms.middle * 1_000:.2f}", "1.00", "", "", "")
    for one in against:
        seen = found[one.work.name]
        goal = "" if one.work.most_ms is None else f"{one.work.most_ms * 1_000:g}"
        if one.ratio_most is not None:
            goal = f"{one.ratio_most:g} ×"
        met = {None: "", True: "met", False: "missed"}[_is_met(found, one)]
        took, ratio = f"{seen.ms.middle * 1_000:.2f}", f"{_ratio(found, one):.2f}"
        table.add_row(one.work.what, took, ratio, one.primitive, goal, met)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table)
    met = "met" if wire_bytes <= ways_in.WIRE_BYTES_MOST else "missed"
    console.print(
        f"Authentication of a signed request: {wire_bytes} bytes on the wire,"
        f" goal {ways_in.WIRE_BYTES_MOST}, {met}."
    )


def _is_met(found: dict[str, Measured], one: guarded.Against) -> bool | None:
    if one.ratio_most is None:
        return found[one.work.name].is_met
    return _ratio(found, one) <= one.ratio_most


def _ratio(found: dict[str, Measured], one: guarded.Against) -> float:
    return found[one.work.name].ms.middle / found[one.primitive].ms.middle


@dataclass(frozen=True, slots=True, kw_only=True)
class _Really:
    """How long rebuilding many loans took; writing their records down is not counted."""

    loans: int
    seconds: float
    loop_ms: float

    @property
    def rate(self) -> float:
        return self.loans / self.seconds


def _rebuild(loans: int) -> _Really:
    seconds, loops = 0.0, list[float]()
    for first in range(0, loans, benched.CHUNK):
        last = min(first + benched.CHUNK, loans)
        records = [benched.record_of(number) for number in range(first, last)]
        loops.append(timed_ms(reference_loop))
        begun = process_time()
        benched.rebuild(records)
        seconds += process_time() - begun
    return _Really(loans=loans, seconds=seconds, loop_ms=Spread.of(loops).middle)


def _rate(measured: Sequence[Measured]) -> float:
    rebuilt = next(one for one in measured if one.work.name == "rebuild")
    return 1_000 / rebuilt.ms.middle


def _as_json(
    loop: Spread, measured: Sequence[Measured], rounds: int, really: _Really | None
) -> dict[str, object]:
    rate = _rate(measured)
    return {
        "python": platform.python_version(),
        "rounds": rounds,
        "reference": {"steps": REFERENCE_STEPS, "ms": loop.as_json()},
        "works": [
            {
                "name": one.work.name,
                "what": one.work.what,
                "ms": one.ms.as_json(),
                "ratio": one.ratio.as_json(),
                "goal_ms": one.work.most_ms,
                "is_met": one.is_met,
            }
            for one in measured
        ],
        "rebuild": {
            "loans_per_second": round(rate, 1),
            "seconds_for_100000": round(benched.LOANS_GOAL / rate, 1),
            "really": None
            if really is None
            else {
                "loans": really.loans,
                "seconds": round(really.seconds, 3),
                "loans_per_second": round(really.rate, 1),
                "reference_ms": round(really.loop_ms, 6),
            },
        },
    }


def _show(loop: Spread, measured: Sequence[Measured], rounds: int, really: _Really | None) -> None:
    table = Table(
        "what", "min ms", "median ms", "max ms", "× loop", "goal ms", "", box=SIMPLE, expand=False
    )
    for column in table.columns[1:6]:
        column.justify = "right"
    for one in measured:
        goal = "" if one.work.most_ms is None else f"{one.work.most_ms:g}"
        table.add_row(
            one.work.what,
            f"{one.ms.least:.3f}",
            f"{one.ms.middle:.3f}",
            f"{one.ms.most:.3f}",
            f"{one.ratio.least:.2f} / {one.ratio.middle:.2f} / {one.ratio.most:.2f}",
            goal,
            {None: "", True: "met", False: "missed"}[one.is_met],
        )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table)
    rate = _rate(measured)
    click.echo(
        f"loop of {REFERENCE_STEPS:,} steps: {loop.least:.3f} / {loop.middle:.3f} /"
        f" {loop.most:.3f} ms; {rounds} rounds; Python {platform.python_version()}"
    )
    click.echo(
        f"rebuild: {rate:,.0f} loans/s on one core, so {benched.LOANS_GOAL:,} loans in"
        f" {benched.LOANS_GOAL / rate:,.0f} s"
    )
    if really is not None:
        click.echo(
            f"really rebuilt: {really.loans:,} loans in {really.seconds:,.1f} s,"
            f" {really.rate:,.0f} loans/s"
        )
