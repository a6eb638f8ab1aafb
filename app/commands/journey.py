"""`python -m app journey`."""

import asyncio
import sys

import click

from app.commands.journeying import run


@click.command("journey")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a step, and one at the end.")
def command(*, as_json: bool) -> None:
    """
    Walk a borrower's whole story over real HTTP, as a phone would.

    Starts a server of its own on a free port with a database of its own, from sign-in to
    payoff; prints what the borrower sees, bytes and milliseconds; checks the ledger.
    Exits 1 if anything is off.
    """
    sys.exit(asyncio.run(run(as_json=as_json)))
