"""`python -m app decide`."""

import asyncio
import sys

import click

from app.commands.environment import settings_now
from app.main import opened
from app.origination import queries
from app.origination.queries import Replay
from app.settings import Settings

PROBLEMS_MAX = 100
"""How many decisions in trouble are printed; the last line counts them all the same."""


@click.command("decide")
@click.option("--replay", "replayed", metavar="ID", help="Make one decision again.")
@click.option("--all", "every", is_flag=True, help="With --replay's meaning, for every decision.")
def command(*, replayed: str | None, every: bool) -> None:
    """
    Make decisions again from what they saw, and see that the same bytes come out.

    A decision keeps everything it saw, sealed, with the version and hash of its scorecard. What
    differs is named by field, never by value. Exits 1 if anything does.
    """
    if bool(replayed) + every != 1:
        raise click.UsageError("say one of --replay ID, --all")
    settings = settings_now()
    wrong = asyncio.run(_replay_one(settings, replayed) if replayed else _replay_all(settings))
    sys.exit(1 if wrong else 0)


async def _replay_one(settings: Settings, decision_id: str) -> int:
    async with opened(settings):
        return _tell(await queries.replay_told(decision_id))


async def _replay_all(settings: Settings) -> int:
    total = wrong = forgotten = 0
    async with opened(settings):
        async for one in queries.replay_all():
            total += 1
            forgotten += one.is_forgotten
            if one.problems:
                wrong += 1
                if wrong <= PROBLEMS_MAX:
                    _tell(one)
    click.echo(
        f"{total:,} decisions, {total - wrong - forgotten:,} the same bytes, {wrong:,} NOT,"
        f" {forgotten:,} of forgotten people"
    )
    return wrong


def _tell(one: Replay) -> int:
    head = f"{one.decision_id}: scorecard {one.model_version}, sha256 {one.sha256}"
    if one.is_forgotten:
        click.echo(f"{one.decision_id}: its borrower is forgotten; nobody can make it again")
        return 0
    if one.is_identical:
        click.echo(f"{head}, {len(one.recomputed)} bytes, identical")
        return 0
    click.echo(f"{head}, NOT THE SAME", err=True)
    for problem in one.problems:
        click.echo(f"  {problem}", err=True)
    return 1
