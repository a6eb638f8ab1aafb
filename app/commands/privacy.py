"""`python -m app privacy`."""

import asyncio
import sys
from datetime import date, datetime

import click
import orjson

from app.commands.copying import export
from app.commands.environment import settings_now
from app.commands.rekeying import finished
from app.foundation.audit import OPERATOR
from app.foundation.database import current, transaction
from app.foundation.rekeying import proving
from app.foundation.rekeying.jobs import JobKind
from app.foundation.rekeying.shredding import end_holds
from app.foundation.rekeying.weeks import destroy_week
from app.foundation.sealing.ring import epoch_of
from app.foundation.sealing.turning import EpochInUse, epochs
from app.main import opened
from app.privacy.operations.closing import forget
from app.settings import Settings

PROBLEMS_MAX = 100
"""How many lines of trouble are printed; the summary counts them all."""


@click.group("privacy")
def command() -> None:
    """Hand people their data, forget people for good, and prove that they are."""


command.add_command(export)


@command.command("shred")
@click.option("--borrower", metavar="ID", help="Whom to forget; there is no way back.")
@click.option(
    "--held-until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Keep the loan records that the law keeps until this day, such as 2036-11-22.",
)
@click.option(
    "--ended-holds", is_flag=True, help="Forget the loan records whose legal hold is over."
)
@click.option(
    "--destroy-epochs",
    is_flag=True,
    help="Wrap everybody else's keys under this week's key and destroy the weeks' keys before it:"
    " no older copy of the database brings anybody back.",
)
def shred_keys(
    *, borrower: str | None, held_until: datetime | None, ended_holds: bool, destroy_epochs: bool
) -> None:
    """
    Destroy keys: of a borrower, of records whose hold ended, of past weeks.

    A borrower asks for this by closing their account, which also looks whether anything is left to
    settle; this command does not look. It may be stopped at any point and run again.
    """
    settings = settings_now()
    if borrower is not None:
        asyncio.run(_forget(settings, borrower, held_until.date() if held_until else None))
        click.echo(f"{borrower} is forgotten")
    if ended_holds:
        click.echo(f"{asyncio.run(_end_holds(settings)):,} people's records are forgotten")
    if destroy_epochs:
        job, _ = finished(settings, JobKind.REWRAP)
        click.echo(f"{job.changed:,} keys wrapped anew, {job.broken:,} broken")
        for line in asyncio.run(_destroy_epochs(settings)):
            click.echo(line)
    if not (borrower or ended_holds or destroy_epochs):
        raise click.UsageError("name what to forget: --borrower, --ended-holds, --destroy-epochs")


@command.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def verify(*, as_json: bool) -> None:
    """
    Open every sealed value: the forgotten's must not open, everybody else's must, each in its row.

    Tombstones' signatures, row seals, blind indexes and the audit chain's cells are compared too.
    Exits 1 if anything is not as it must be.
    """
    proof = asyncio.run(_prove(settings_now()))
    if as_json:
        found = {
            "rows": proof.rows,
            "values": proof.values,
            "forgotten": proof.forgotten,
            "held": proof.held,
            "problems": proof.problems,
        }
        click.echo(orjson.dumps(found))
    else:
        for line in proof.problems[:PROBLEMS_MAX]:
            click.echo(line)
        click.echo(
            f"{proof.rows:,} rows, {proof.values:,} values open, {proof.forgotten:,} people"
            f" forgotten, {proof.held:,} values held by law, {len(proof.problems):,} problems"
        )
    sys.exit(1 if proof.problems else 0)


async def _forget(settings: Settings, borrower_id: str, held_until: date | None) -> None:
    async with opened(settings), transaction() as tx:
        await forget(tx, borrower_id, held_until=held_until, actor=OPERATOR)


async def _end_holds(settings: Settings) -> int:
    total = 0
    async with opened(settings):
        while True:
            async with transaction() as tx:
                ended = await end_holds(tx, actor=OPERATOR)
            total += ended
            if not ended:
                return total


async def _destroy_epochs(settings: Settings) -> list[str]:
    lines: list[str] = []
    async with opened(settings):
        this_week = epoch_of(current().clock.now().date())
        for one in await epochs():
            if one.epoch >= this_week:
                continue
            # One let go of before is said again: the keeper may have been away then.
            try:
                await destroy_week(one.epoch)
            except EpochInUse as used:
                lines.append(f"kept: {used}")
            else:
                if one.destroyed_at is None:
                    lines.append(f"the key of {one.epoch} is destroyed")
    return lines or ["no past week's key is left"]


async def _prove(settings: Settings) -> proving.Proof:
    async with opened(settings):
        return await proving.prove()
