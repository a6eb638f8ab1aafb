"""Time ends what waits for nobody, and nothing that is signed."""

from datetime import timedelta

from app.foundation import outbox
from app.foundation.database import transaction
from app.foundation.text import LANGUAGES
from app.origination import operations, queries
from app.origination.events import ApplicationExpired
from app.origination.graphql.types import state_words
from app.origination.models import ApplicationRow
from tests.origination.conftest import World, close_days, everything


async def expire() -> int:
    async with transaction() as tx:
        return await operations.expire_due(tx)


async def words(application_id: str) -> set[str]:
    """Return where it stands, in both languages."""
    row = await ApplicationRow.get(id=application_id)
    view = await queries.application(row.borrower_id, application_id)
    return {state_words(view, language) for language in LANGUAGES}


async def test_an_idle_draft_ends_after_thirty_days(world: World) -> None:
    _, application_id = await world.complete()
    world.clock.advance(timedelta(days=29))
    assert await expire() == 0
    world.clock.advance(timedelta(days=1))
    assert await expire() == 1
    await outbox.drain()
    assert await world.state(application_id) == "EXPIRED"
    (fact,) = world.facts(ApplicationExpired)
    assert (fact.application_id, fact.had_offers, fact.was_submitted) == (
        application_id,
        False,
        False,
    )
    assert await words(application_id) == {"没填完，已过期", "Not filled in in time"}


async def test_offers_nobody_takes_end_by_the_business_date(world: World) -> None:
    _, application_id = await world.decide()
    await close_days(3)
    assert await expire() == 0
    await close_days(1)
    assert await expire() == 1
    await outbox.drain()
    assert await world.state(application_id) == "EXPIRED"
    assert [fact.had_offers for fact in world.facts(ApplicationExpired)] == [True]
    assert await words(application_id) == {"方案没选，已过期", "No offer chosen in time"}


async def test_ending_again_ends_nothing(world: World) -> None:
    await world.decide()
    world.clock.advance(timedelta(days=4))
    assert await expire() == 1
    before = await everything()
    assert await expire() == 0
    assert await everything() == before


async def test_a_referral_nobody_settles_ends_with_its_application(world: World) -> None:
    _, application_id = await world.decide("young_migrant")
    world.clock.advance(timedelta(days=30))
    assert await expire() == 1
    await outbox.drain()
    (fact,) = world.facts(ApplicationExpired)
    assert (fact.had_offers, fact.was_submitted) == (False, True)
    assert await words(application_id) == {"没等到结果，已过期", "No answer in time"}


async def test_what_is_signed_does_not_end_by_time(world: World) -> None:
    _, application_id = await world.sign()
    world.clock.advance(timedelta(days=400))
    await close_days(400)
    assert await expire() == 0
    assert await world.state(application_id) == "SIGNED"
