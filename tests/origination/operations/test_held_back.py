"""A disbursement to somebody who was forced waits and goes out later; never to who forced them."""

from datetime import timedelta

from app.foundation import outbox
from app.identity import operations as identity
from app.identity.errors import WrongCode
from app.identity.rules.commands import ApproveIntent
from app.origination import operations
from tests.cards import change_card, forget_sends
from tests.forced import DURESS, PIN, force, free
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


async def test_no_money_ever_goes_to_a_card_that_was_named_by_force(world: World) -> None:
    borrower_id, application_id = await world.decide()
    await force(borrower_id)
    await change_card(borrower_id, "6200000000000021", pin=PIN)
    await world.understand(borrower_id, application_id)
    await forget_sends()
    begun = await world.begin_signature(borrower_id, application_id)
    assert "0021" in begun.text
    assert "0021" in begun.intent.text
    command = world.signature(borrower_id, application_id, begun.sha256)
    approved = await identity.approve_intent(
        ApproveIntent(
            caller=command.caller,
            approval=command.approval,
            pin=DURESS,
            idempotency_key="approve",
        )
    )
    assert approved is None
    assert not isinstance(await operations.sign_agreement(command), WrongCode)
    await outbox.drain()
    assert await world.state(application_id) == "SIGNED"

    await free()
    world.clock.advance(timedelta(days=4))
    await operations.poll_disbursements(world.rail)

    assert world.rail.orders == {}
    failed = await world.disbursement(application_id)
    assert (failed.state.value, failed.failure_reason) == ("CANCELLED", "WITHDRAWN")
    assert await world.state(application_id) == "DISBURSEMENT_FAILED"
