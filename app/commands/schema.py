"""`python -m app schema`."""

import sys

import click

from app.commands.schema_files import run


@click.command("schema")
@click.option(
    "--check", is_flag=True, help="Only say whether the files are current; exit 1 if not."
)
def command(*, check: bool) -> None:
    """Write schema.graphql and the staff graph's schema from the code."""
    sys.exit(run(check=check, say=click.echo))
