"""`python -m app journey`."""

import asyncio
import sys

import click

from app.commands import journeying, playbill


@click.command("journey")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a step, and one at the end.")
@click.option(
    "--persona",
    metavar="CODE|all",
    help="Replay a persona of fixtures/personas, or all, each to the ending in its file.",
)
def command(*, as_json: bool, persona: str | None) -> None:
    """
    Walk a borrower's whole story over real HTTP, as a phone would.

    Starts a server of its own on a free port with a database of its own, from sign-in to
    payoff; prints what the borrower sees, bytes and milliseconds; checks the ledger.
    Exits 1 if anything is off.

    With --persona, replays people of fixtures/personas instead, side by side: the approved up to
    the installment plan, the others up to the answer they get. A line each; exits 1 if one of them
    ends otherwise than its file says.
    """
    if persona is None:
        sys.exit(asyncio.run(journeying.run(as_json=as_json)))
    sys.exit(asyncio.run(playbill.run(playbill.wanted(persona), as_json=as_json)))
