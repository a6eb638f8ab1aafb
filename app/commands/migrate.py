"""`python -m app migrate`."""

import asyncio

import click

from app.commands import upkeep
from app.commands.environment import settings_now


@click.command("migrate")
@click.option("--write", metavar="NAME", help="Developers: write a migration for changed models.")
def command(write: str | None) -> None:
    """Bring the database to the current schema and publish the catalog; safe to run again."""
    for line in asyncio.run(upkeep.migrate_now(settings_now(), write=write)):
        click.echo(line)
