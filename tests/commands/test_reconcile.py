"""`reconcile` exits 0 when all agrees, 1 while something is open, 3 without a good statement."""

import asyncio
from datetime import UTC, datetime, timedelta

from app.foundation.clock import local_date
from app.foundation.database import transaction
from app.main import connected
from app.payments.models import DifferenceRow
from app.settings import Settings
from tests.commands.conftest import Run


def test_the_exit_code_tells_what_is_open(settings: Settings, run: Run) -> None:
    now = datetime.now(UTC)
    yesterday = (local_date(now) - timedelta(days=1)).isoformat()
    first = run("reconcile")
    assert (first.exit_code, f"{yesterday}: 0 orders" in first.output) == (0, True), first.output
    asyncio.run(_leave_open(settings))
    assert run("reconcile", "--on", yesterday).exit_code == 1
    assert run("reconcile", "--on", local_date(now + timedelta(days=1)).isoformat()).exit_code == 3
    statement = settings.data_folder / "twin-rail-statements" / f"{yesterday}.csv"
    statement.write_bytes(b"rp1,collection" + statement.read_bytes())
    forged = run("reconcile", "--on", yesterday)
    assert (forged.exit_code, "StatementBroken" in forged.output) == (3, True)


async def _leave_open(settings: Settings) -> None:
    async with connected(settings), transaction() as tx:
        await DifferenceRow.create(
            id=tx.new_id("rd"),
            difference_key="MISSING_HERE/X1",
            on_date="2026-01-01",
            order_id="X1",
            kind="MISSING_HERE",
            state="OPEN",
            found_at=tx.now,
        )
