"""Commands for whoever runs the system: migrate, work, close days, verify the books."""

import asyncio
import signal
from collections.abc import Callable
from datetime import date

from app import worker
from app.foundation import audit
from app.foundation.database.migrating import migrate, write_migrations
from app.foundation.rekeying.jobs.adopting import adopt_rows
from app.ledger import queries as ledger
from app.main import connected, opened, outside_of, publish, watched
from app.servicing.rules import DayReport
from app.settings import Settings


async def migrate_now(settings: Settings, *, write: str | None) -> list[str]:
    """Apply missing migrations and publish the catalog, or write a migration for changed models."""
    if write is not None:
        paths = await write_migrations(write)
        return [f"wrote {path}" for path in paths] or ["the models have not changed"]
    async with connected(settings) as database:
        applied = await migrate(database)
        await adopt_rows(applied)
        await audit.adopt_cells(settings.witness_path)
        await publish()
    return [f"applied {name}" for name in applied] or ["the schema is current"]


async def work(settings: Settings) -> None:
    """Deliver facts and close days until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with opened(settings) as database, watched(settings):
        ports = outside_of(settings, database.clock).ports
        await worker.run(stop, ports, closes_day=settings.closes_day)


async def close_days(settings: Settings, to: date, *, say: Callable[[str], object]) -> None:
    """
    Move the business date, saying what each day brought.

    Raises:
        BusinessDateBackwards: The business date stands after that day.
        BusinessDateTooFar: The day is more than 400 days ahead; nothing was closed.
    """

    def tell(day: DayReport) -> None:
        say(
            f"{day.on_date}: {day.loans_touched} loans touched,"
            f" {day.installments_due} installments due, {day.loans_in_arrears} loans in arrears"
        )

    async with opened(settings):
        await worker.close_days(to, on_day=tell)


async def verify_ledger(settings: Settings, *, say: Callable[[str], object]) -> list[str]:
    """Verify chain and balances; say each problem and return them."""
    async with opened(settings):
        found = await ledger.verify()
    for problem in found.problems:
        say(problem)
    if not found.problems:
        say(f"balanced: {found.postings} postings, chain intact")
    return list(found.problems)
