"""`python -m app serve`."""

import asyncio

import click

from app.commands.environment import HOST, PORT, settings_now
from app.commands.serving import serve_until_stopped


@click.command("serve")
@HOST
@PORT
def command(host: str | None, port: int | None) -> None:
    """Serve both graphs until told to stop (SIGTERM or Ctrl-C: requests in flight finish)."""
    asyncio.run(serve_until_stopped(settings_now(HOST=host, PORT=port)))
