"""What the law dates changes on its day: what was lawful the day before, and is not, is refused."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.foundation.database import set_business_date, transaction
from app.origination import queries
from app.origination.errors import ComprehensionMissing, ReadingTimeNotOver
from tests.origination.conftest import World, refused

CERTIFICATE_FROM = date(2026, 8, 1)
SUBSIDY_UNTIL = date(2026, 12, 31)
ONE_DAY = timedelta(days=1)


@pytest.fixture
def small_catalog(small_catalog: Path, tmp_path: Path) -> Path:
    """Let everything begin a month earlier but what the law dates, so that July can be lived."""
    folder = tmp_path / "earlier"
    shutil.copytree(small_catalog, folder)
    for path in (*folder.rglob("*.toml"), *folder.rglob("*.json")):
        text = path.read_text(encoding="utf-8")
        if path.name != "before_signing.toml":
            path.write_text(text.replace("2026-08-01", "2026-07-01"), encoding="utf-8")
    return folder


async def live(day: date) -> None:
    async with transaction() as tx:
        await set_business_date(tx, day)


async def test_the_cost_must_be_read_and_understood_from_1_august_2026(world: World) -> None:
    await live(CERTIFICATE_FROM)
    borrower_id, application_id = await world.decide()
    await world.accept(borrower_id, application_id)
    await world.open(borrower_id, application_id)
    refusal = await refused(ReadingTimeNotOver, world.confirm(borrower_id, application_id))
    assert refusal.retry_after_seconds == 10
    world.clock.advance(timedelta(seconds=10))
    await refused(ComprehensionMissing, world.confirm(borrower_id, application_id))

    await live(CERTIFICATE_FROM - ONE_DAY)
    await world.confirm(borrower_id, application_id)
    assert await world.state(application_id) == "COST_CONFIRMED"


@pytest.mark.parametrize("day", [SUBSIDY_UNTIL, SUBSIDY_UNTIL + ONE_DAY])
async def test_the_state_pays_of_the_interest_up_to_31_december_2026(
    world: World, day: date
) -> None:
    await live(day)

    _, application_id = await world.decide("washing_machine_family")

    offers = (await queries.offers_by_application([application_id]))[0]
    payers = [{one.payer for one in offer.reductions} for offer in offers]
    assert payers == [{"state"} if day <= SUBSIDY_UNTIL else set()] * len(offers)
