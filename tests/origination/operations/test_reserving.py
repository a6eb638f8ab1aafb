"""Money that is not sent in time is given up and told, once, and never sent afterwards."""

import asyncio
from datetime import timedelta

import pytest

from app.foundation import outbox
from app.origination import operations
from app.origination.events import DisbursementFailed
from app.origination.operations.disbursing import start_disbursement
from app.payments.ports import RailUnavailable
from app.servicing import queries as servicing
from tests.forced import force, free
from tests.origination.conftest import World
from tests.origination.operations.test_disbursing import request_of

ALMOST = timedelta(days=7) - timedelta(minutes=1)


async def end_of(world: World, application_id: str) -> tuple[str, str, str | None]:
    disbursement = await world.disbursement(application_id)
    return (
        await world.state(application_id),
        disbursement.state.value,
        disbursement.failure_reason,
    )


async def test_a_reservation_not_sent_in_time_expires_once_and_is_never_sent(
    world: World,
) -> None:
    forced_id, held_back = await world.sign("noodle_shop_owner")
    await force(forced_id)
    borrower_id, late = await world.sign()
    request = await request_of(late, borrower_id)
    world.clock.advance(timedelta(days=7))
    await asyncio.gather(
        start_disbursement(request, "dl1", rail=world.rail),
        *(operations.poll_disbursements(world.rail) for _ in range(4)),
    )
    await free()
    await outbox.drain()
    await operations.poll_disbursements(world.rail)
    for application_id in (late, held_back):
        assert await end_of(world, application_id) == ("DISBURSEMENT_FAILED", "EXPIRED", "EXPIRED")
    assert world.rail.orders == {}
    assert [one.reason for one in world.facts(DisbursementFailed)] == ["EXPIRED", "EXPIRED"]
    await operations.accept_disbursement_notice(await world.notice(late))
    assert await servicing.loans_of(borrower_id) == []


async def test_money_asked_for_in_vain_ends_when_its_time_is_over_unless_the_rail_knows_of_it(
    world: World,
) -> None:
    borrower_id, application_id = await world.sign()
    request = await request_of(application_id, borrower_id)
    world.rail.is_down = True
    with pytest.raises(RailUnavailable):
        await start_disbursement(request, "dl1", rail=world.rail)
    world.clock.advance(ALMOST)
    await operations.poll_disbursements(world.rail)
    assert await world.state(application_id) == "DISBURSING"
    world.clock.advance(timedelta(minutes=1))
    await operations.poll_disbursements(world.rail)
    # While nobody answers, the money may be on its way: nothing is given up.
    assert await world.state(application_id) == "DISBURSING"
    world.rail.is_down = False
    await operations.poll_disbursements(world.rail)
    assert await end_of(world, application_id) == ("DISBURSEMENT_FAILED", "FAILED", "EXPIRED")
    assert world.rail.orders == {}
    await start_disbursement(request, "dl2", rail=world.rail)
    assert world.rail.orders == {}
    await operations.accept_disbursement_notice(await world.notice(application_id))
    assert await world.state(application_id) == "BOOKED"
    assert len(await servicing.loans_of(borrower_id)) == 1
