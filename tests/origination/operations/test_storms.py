"""A few disbursements through storms and broken-off work; `tests.long disbursements` has 1,000."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.routing import Route

from app.adapters.rail import Knobs, RailTwin
from app.foundation.clock import local_date
from app.foundation.database import fetch
from app.gateway.callbacks import RailCallback
from app.ledger import queries as ledger
from app.origination import operations
from app.payments import operations as payments
from tests.long.payouts import Weather, sign_many
from tests.origination.conftest import World

SECRET = "between-rail-and-us"
COUNT = 5
ROUNDS_MAX = 40


async def test_each_borrower_is_paid_once_however_work_breaks_off_and_notices_come(
    world: World, tmp_path: Path
) -> None:
    ids = await sign_many(world.clock, COUNT - 1)
    chance = random.Random(4)  # noqa: S311 - the weather
    twin = RailTwin(
        tmp_path / "rail.sqlite3",
        callback_url="http://test/callbacks/rail",
        secret=SECRET,
        clock=world.clock,
        seed=4,
        knobs=Knobs(drop_rate=0.5),
    )
    weather = Weather(twin=twin, secret=SECRET, clock=world.clock, chance=chance)
    route = Route("/callbacks/rail", RailCallback(SECRET).answer, methods=["POST"])
    transport = httpx.ASGITransport(Starlette(routes=[route]))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for _ in range(ROUNDS_MAX):
            world.clock.advance(timedelta(seconds=31))
            work = asyncio.create_task(operations.poll_disbursements(twin))
            await asyncio.wait({work}, timeout=chance.choice((0.001, 0.01, 0.03, 1)))
            work.cancel()  # as a killed server leaves it: at any await
            await asyncio.gather(work, return_exceptions=True)
            await twin.send_due(client)
            await weather.blow(client, chance.choice(ids))
            rows = await fetch("SELECT id FROM disbursement WHERE state <> 'SUCCEEDED'")
            if not rows:
                break
    assert (weather.forged, weather.taken_forged) == (weather.refused, 0)
    loans = [row["borrower_id"] for row in await fetch("SELECT borrower_id FROM servicing_loan")]
    assert (len(loans), len(set(loans))) == (COUNT, COUNT)
    assert not (await ledger.verify()).problems
    on = local_date(world.clock.now())
    world.clock.advance(timedelta(days=1))
    book = operations.disbursement_book(twin)
    report = await payments.reconcile(on, twin, (book,))
    assert report is not None
    assert (report.lines, report.matched, report.still_open) == (COUNT, COUNT, 0)
    statement = tmp_path / "rail-statements" / f"{on}.csv"
    assert statement.read_text("utf-8").count(",OUT,SUCCEEDED,") == COUNT
