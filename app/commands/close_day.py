"""`python -m app close-day`."""

import asyncio
from datetime import datetime

import click

from app.commands import upkeep
from app.commands.environment import settings_now


@click.command("close-day")
@click.option(
    "--to",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="The business date to reach, such as 2026-12-31.",
)
def command(to: datetime) -> None:
    """
    Move the business date forward, a day at a time.

    Lateness, reminders and buckets follow. Safe to stop at any point and run again.
    """
    asyncio.run(upkeep.close_days(settings_now(), to.date(), say=click.echo))
