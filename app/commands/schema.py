"""`python -m app schema`."""

import sys

import click

from app.commands.schema_files import release, run


@click.command("schema")
@click.option(
    "--check", is_flag=True, help="Only say whether the files are current; exit 1 if not."
)
@click.option(
    "--release",
    "is_release",
    is_flag=True,
    help="Also note that clients may rely on both graphs as they are now: nothing in them breaks"
    " until it was deprecated with a date, and the date is past.",
)
def command(*, check: bool, is_release: bool) -> None:
    """Write schema.graphql and the staff graph's schema from the code."""
    code = run(check=check, say=click.echo)
    if is_release and not check:
        release(click.echo)
    sys.exit(code)
