"""`python -m app documents`."""

import sys

import click

from app.commands.compiled_source import source_of
from app.commands.documents_files import run


@click.command("documents")
@click.option(
    "--check", is_flag=True, help="Only say whether the manifest is current; exit 1 if not."
)
@click.option(
    "--release", is_flag=True, help="Phones may know them from now on: they never change again."
)
@click.option("--show", metavar="NAME", help="Print what an operation is compiled to, as Python.")
def command(*, check: bool, release: bool, show: str | None) -> None:
    """
    Check our own operations against the graphs and write their manifest.

    For every operation of fixtures/operations: its hash in Apollo's and Relay's formats, and a
    short id of at most three characters that is never given to another.
    """
    if show is not None:
        click.echo(source_of(show))
        return
    sys.exit(run(check=check, release=release, say=click.echo))
