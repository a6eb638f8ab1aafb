"""`python -m app ledger`."""

import asyncio
import sys

import click

from app.commands import upkeep
from app.commands.environment import settings_now


@click.group("ledger")
def command() -> None:
    """Prove the books."""


@command.command()
def verify() -> None:
    """Check that debits equal credits and the hash chain is whole; name what is not. Exits 1."""
    problems = asyncio.run(upkeep.verify_ledger(settings_now(), say=click.echo))
    sys.exit(1 if problems else 0)
