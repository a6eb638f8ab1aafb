"""A disbursement to somebody who was forced waits, looks as if on its way, and goes out later."""

from datetime import timedelta

from app.foundation import outbox
from app.origination import operations
from tests.forced import force, free
from tests.origination.conftest import World


async def test_no_money_goes_to_whoever_forced_the_borrower_until_staff_lift_the_freeze(
    world: World,
) -> None:
    borrower_id, application_id = await world.sign()
    await force(borrower_id)
    await outbox.drain()
    for _ in range(2):
        world.clock.advance(timedelta(minutes=1))
        assert await operations.poll_disbursements(world.rail) == 0
    assert world.rail.orders == {}
    assert await world.state(application_id) == "SIGNED"

    await free()
    assert await operations.poll_disbursements(world.rail) == 1
    assert len(world.rail.orders) == 1
    assert await world.state(application_id) == "DISBURSING"
