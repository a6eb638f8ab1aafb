"""A borrower's card goes to the rail with their name; a bank that knows another holder refuses."""

from app.foundation import outbox
from app.foundation.caller import StaffRole
from app.foundation.database import transaction
from app.foundation.paging import PageAsk
from app.foundation.sealing import seal
from app.identity.rules.recovery import HOLD
from app.origination import operations, queries
from app.origination.events import DisbursementFailed
from app.origination.models import AgreementRow, agreement_cell
from app.origination.rules import commands
from app.payments.ports import FailureReason
from tests.cards import change_card, forget_sends
from tests.origination.conftest import World

CARD, OWN_CARD, NAME = "6200000000000013", "6200000000000021", "石宝塬"


async def again(world: World, borrower_id: str) -> str:
    """Let a borrower hand in the same wish once more."""
    application_id = await world.start(borrower_id)
    await world.fill_in(borrower_id, application_id)
    await world.consent(borrower_id, application_id)
    await world.submit(borrower_id, application_id)
    await outbox.drain()
    return application_id


async def approve(world: World, application_id: str) -> None:
    await operations.review_application(
        commands.ReviewApplication(
            staff_id="st00000zhou00000",
            role=StaffRole.RISK,
            application_id=application_id,
            is_approved=True,
            reasons=(),
            note=None,
            idempotency_key=world.key(),
        )
    )
    await outbox.drain()


async def test_after_a_name_that_is_not_the_holders_they_name_their_own_card_and_apply_again(
    world: World,
) -> None:
    world.rail.refuses = FailureReason.NAME_MISMATCH
    borrower_id, first = await world.send()
    await outbox.drain()
    assert await world.state(first) == "DISBURSEMENT_FAILED"
    assert (await world.disbursement(first)).failure_reason == "NAME_MISMATCH"
    assert [one.reason for one in world.facts(DisbursementFailed)] == ["NAME_MISMATCH"]

    world.rail.refuses = None
    await forget_sends()
    await change_card(borrower_id, OWN_CARD)
    world.clock.advance(HOLD)
    second = await again(world, borrower_id)
    assert await world.state(second) == "DECIDING"
    referred = {one.application_id for _, one in (await queries.referrals(PageAsk())).items}
    assert referred == {second}, "a person looks first: what they named was another's"
    await approve(world, second)
    await forget_sends()
    await world.understand(borrower_id, second)
    await world.sign_now(borrower_id, second)
    await outbox.drain()
    assert list(world.rail.orders.values()) == [(1_500_000, f"{OWN_CARD} {NAME}")]


async def test_what_was_signed_before_names_went_along_is_paid_as_it_was_signed(
    world: World,
) -> None:
    borrower_id, application_id = await world.sign()
    async with transaction() as tx:
        row = await AgreementRow.get(live_key=application_id)
        row.payee = await seal(tx, agreement_cell(row.id, borrower_id, "payee"), CARD)
        await row.save(update_fields=["payee"])
    await outbox.drain()
    assert list(world.rail.orders.values()) == [(1_500_000, CARD)]
