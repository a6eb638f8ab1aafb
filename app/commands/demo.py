"""`python -m app demo`."""

import asyncio

import click

from app.commands.demonstration import run
from app.commands.environment import HOST, PORT, settings_now


@click.command("demo")
@HOST
@PORT
@click.option("--quiet", is_flag=True, help="Print nothing about what to open.")
def command(host: str | None, port: int | None, *, quiet: bool) -> None:
    """
    Serve a database with products, lessons, people and a running loan, ready to explore.

    Prints which pages to open and whose phone numbers to try. Data stays in ./var
    (or DATA_FOLDER) between runs; delete the folder to begin anew.
    """
    asyncio.run(run(settings_now(HOST=host, PORT=port), quiet=quiet))
