"""`python -m app packs`."""

import sys

import click

from app.literacy.operations import PACKS, publish_packs, read_course, read_packs
from app.literacy.rules import LANGUAGES, Track, pack_content


@click.command("packs")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a pack is not current.")
def command(*, check: bool) -> None:
    """
    Publish a new version of every pack whose lessons have changed, in fixtures/packs.

    Versions that were published stay, so that phones which have one download only what is new.
    """
    course = read_course()
    if not check:
        made = publish_packs(course)
        for pack in made:
            click.echo(f"{pack.row}.{pack.number}  {pack.name}  {len(pack.content):,} bytes")
        click.echo(f"{len(made)} written in {PACKS}")
        return
    published = {one.content for one in read_packs()}
    stale = [
        f"{track}.{language}"
        for track in Track
        for language in LANGUAGES
        if pack_content(course, track, language) not in published
    ]
    for row in stale:
        click.echo(f"{row} is not current; run `python -m app packs`")
    sys.exit(1 if stale else 0)
