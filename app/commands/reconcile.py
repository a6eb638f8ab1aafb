"""`python -m app reconcile`."""

import asyncio
import sys
from datetime import date, datetime

import click
import msgspec

from app.commands.environment import settings_now
from app.foundation.clock import SystemClock
from app.foundation.sealing import install_vault
from app.main import opened, outside_of, vault_of
from app.payments import operations as payments
from app.payments import queries
from app.payments.operations.reconciling import unreconciled_days
from app.payments.ports import RailUnavailable, StatementBroken
from app.payments.rules.reconciling import DayReconciled
from app.settings import Settings
from app.worker import books_of

OPEN, UNREADABLE = 1, 3


@click.command("reconcile")
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Only this day; else every day not compared yet, up to yesterday.",
)
@click.option("--json", "as_json", is_flag=True, help="For machines: one line a day.")
def command(*, on: datetime | None, as_json: bool) -> None:
    """
    Compare days with the payment rail's statements: disbursements, repayments, debits, refunds.

    Where they differ the rail's word is taken by the ordinary path; what agrees then is healed, all
    else waits for two members of staff (`reconciliationDifferences`). The worker does the same by
    itself. Safe to stop at any point and run again.

    Exits 1 while anything is open, of whatever day; 3 if a statement is missing, forged or broken.
    """
    sys.exit(asyncio.run(_reconcile(settings_now(), on.date() if on else None, as_json=as_json)))


async def _reconcile(settings: Settings, on: date | None, *, as_json: bool) -> int:
    vault = vault_of(settings)
    install_vault(vault)
    ports = outside_of(settings, SystemClock()).ports
    async with opened(settings, vault=vault):
        for day in [on] if on else await unreconciled_days():
            try:
                report = (
                    None
                    if ports.statements is None
                    else await payments.reconcile(day, ports.statements, books_of(ports))
                )
            except (RailUnavailable, StatementBroken) as failure:
                click.echo(f"{day}: {type(failure).__name__} {failure}", err=True)
                return UNREADABLE
            if report is None:
                click.echo(f"{day}: there is no statement yet", err=True)
                return UNREADABLE
            click.echo(_told(report, as_json=as_json))
        still_open = await queries.differences_open()
        if still_open:
            click.echo(f"{still_open:,} differences are open", err=True)
    return OPEN if still_open else 0


def _told(day: DayReconciled, *, as_json: bool) -> str:
    if as_json:
        return msgspec.json.encode(day).decode()
    return (
        f"{day.on}: {day.lines:,} orders, {day.matched:,} agree, {day.healed:,} healed,"
        f" {day.left_open:,} differ; {day.still_open:,} open in all"
    )
