"""`python -m app packs`."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from app.literacy.operations import PACKS, publish_packs, read_course, read_packs
from app.literacy.rules import Course, pack_content, pack_rows


@click.command("packs")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a pack is not current.")
def command(*, check: bool) -> None:
    """
    Publish a new version of every pack whose lessons have changed, in fixtures/packs.

    Versions that were published stay, so that phones which have one download only what is new.
    """
    sys.exit(run(read_course(), check=check, say=click.echo))


def run(course: Course, *, check: bool, say: Callable[[str], object], folder: Path = PACKS) -> int:
    """Publish what is new of a course, or say what is not current; return the exit code."""
    if check:
        stale = _stale(course, folder)
        for row in stale:
            say(f"{row} is not current; run `python -m app packs`")
        return 1 if stale else 0
    made = publish_packs(course, folder)
    for pack in made:
        say(f"{pack.row}.{pack.number}  {pack.name}  {len(pack.content):,} bytes")
    say(f"{len(made)} written in {folder}")
    return 0


def _stale(course: Course, folder: Path) -> list[str]:
    newest = {one.row: one.content for one in reversed(read_packs(folder))}
    return [str(row) for row in pack_rows() if newest.get(str(row)) != pack_content(course, row)]
