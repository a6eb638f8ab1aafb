"""`bench bytes` and `bench link`: what screens cost on the wire, counted and timed."""

import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import click

from app.commands.benches.budgets import budgets
from app.commands.benches.frames import WayCounts, count_ways
from app.commands.benches.link.lanes import PROFILES
from app.commands.benches.link.namespaces import NoBox
from app.commands.benches.link.timing import measure_link
from app.commands.benches.scene import scene
from app.commands.benches.ways import WAYS
from app.commands.benches.wire_tables import (
    counts_as_json,
    link_as_json,
    over_budget,
    show_counts,
    show_link,
    show_profiles,
)
from app.foundation.log import configure_logging

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""
NO_BOX = 3
"""Exit code where there can be no namespaces or TUN devices."""


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
    if as_json:
        click.echo(json.dumps(counts_as_json(counted, allowed), indent=2))
    else:
        show_counts(counted, allowed)
        click.echo("trips: round trips of the app's; up, down: bytes of frames; body: as it goes.")
    sys.exit(any(over_budget(counted, allowed).values()))


async def _count() -> WayCounts:
    with tempfile.TemporaryDirectory(prefix="qingmiao-") as folder:
        async with scene(Path(folder) / "data") as found:
            return await count_ways(found)


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
    behind, also when it is killed. Five runs take some eight minutes on the 2G.
    """
    if code == "list":
        if as_json:
            listed = {one.code: asdict(one) for one in PROFILES.values()}
            click.echo(json.dumps(listed, indent=2))
        else:
            show_profiles()
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
        click.echo(json.dumps(link_as_json(profile, measured, budgets(), runs), indent=2))
    else:
        show_link(profile, measured, budgets(), runs)


def _tell(words: str) -> None:
    click.echo(words, err=True)
