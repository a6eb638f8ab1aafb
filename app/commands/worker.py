"""`python -m app worker`."""

import asyncio

import click

from app.commands import upkeep
from app.commands.environment import settings_now


@click.command("worker")
def command() -> None:
    """Run due work in a process of its own (serve with RUN_WORKER=false beside it)."""
    asyncio.run(upkeep.work(settings_now()))
