"""Where a processor's time goes, by whose code spends it: what stands between us and a floor."""

import cProfile
import json
import pstats
import sysconfig
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

SHOWN = 16
"""Owners that a table names; the rest is one line."""
OWN = Path(__file__).parents[3]
_PACKAGES = Path(sysconfig.get_path("purelib"))
_STANDARD = "Python's own library"
_BUILT_IN = "~"
Function = tuple[str, int, str]
"""File, line and name, as the profiler has it."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one owner's code takes of one time that the work is done."""

    owner: str
    microseconds: float
    calls: float


@dataclass(slots=True)
class Profiled:
    """One kind of work, and what each owner took of it; filled in when the work is over."""

    what: str
    shares: Sequence[Share] = ()

    @property
    def microseconds(self) -> float:
        """The whole, slowed down by being watched: only the shares mean something."""
        return sum(one.microseconds for one in self.shares)


@contextmanager
def profiled(what: str, *, times: int) -> Iterator[Profiled]:
    """Watch some work that is done so many times."""
    found, watching = Profiled(what), cProfile.Profile()
    watching.enable()
    try:
        yield found
    finally:
        watching.disable()
    stats = cast("dict[Function, Any]", pstats.Stats(watching).stats)  # pyright: ignore[reportAttributeAccessIssue] - theirs
    found.shares = shares_of(stats, times)


def shares_of(stats: dict[Function, Any], times: int) -> list[Share]:
    """
    Return who took how much, the greatest first.

    What is built into Python, or compiled, counts as its callers'.
    """
    seconds: defaultdict[str, float] = defaultdict(float)
    calls: defaultdict[str, int] = defaultdict(int)
    for (file, _, _), (_, count, own, _, callers) in stats.items():
        if file != _BUILT_IN:
            seconds[owner_of(file)] += own
            calls[owner_of(file)] += count
            continue
        for (caller, _, _), (_, called, spent, _) in callers.items():
            seconds[owner_of(caller)] += spent
            calls[owner_of(caller)] += called
    found = [Share(one, seconds[one] * 1e6 / times, calls[one] / times) for one in seconds]
    return sorted(found, key=lambda one: -one.microseconds)


def owner_of(file: str) -> str:
    """Name whose code a file is: a room or part of ours, a package, or Python's own library."""
    path = Path(file)
    if path.is_relative_to(_PACKAGES):
        return path.relative_to(_PACKAGES).parts[0].removesuffix(".py")
    if path.is_relative_to(OWN):
        return "/".join(path.relative_to(OWN).with_suffix("").parts[:2])
    return _STANDARD


def show_shares(works: Iterable[Profiled], *, as_json: bool) -> None:
    """Print who took how much of each work."""
    works = list(works)
    if as_json:
        rows = [{"what": one.what, "shares": [asdict(it) for it in one.shares]} for one in works]
        click.echo(json.dumps({"profiles": rows}, indent=2))
        return
    console = Console(highlight=False)
    for work in works:
        table = Table(work.what, "share", "calls", box=SIMPLE)
        shown, rest = work.shares[:SHOWN], work.shares[SHOWN:]
        for one in [
            *shown,
            Share("all else", sum(it.microseconds for it in rest), sum(it.calls for it in rest)),
        ]:
            share = one.microseconds / work.microseconds if work.microseconds else 0
            table.add_row(one.owner, f"{share:.0%}", f"{one.calls:,.0f}")
        calls = sum(one.calls for one in work.shares)
        table.add_row("all", "100%", f"{calls:,.0f}")
        console.print(table)
