"""Others come to carry an applicant's marks: whoever was decided before is looked at once more."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from app.foundation import outbox
from app.foundation.caller import StaffRole
from app.foundation.database import transaction
from app.foundation.errors import NotFound
from app.foundation.paging import PageAsk
from app.origination import operations, queries
from app.origination.errors import StepOutOfOrder
from app.origination.events import ApplicationDecided, ApplicationSubmitted
from app.origination.models import DecisionRow, RecallRow
from app.origination.rules import commands
from app.origination.rules.overturning import NewDecision
from tests.cards import forget_sends
from tests.origination.conftest import World, refused

MINE = "orchard_farmer"


async def ready(world: World, persona: str) -> tuple[str, str]:
    """Have somebody hand an application in whose card is the orchard farmer's."""
    card = world.persona(MINE)["identity"]["bank_card"]
    borrower_id = await world.borrower(persona, bank_card=card)
    application_id = await world.start(borrower_id, persona)
    await world.fill_in(borrower_id, application_id, persona)
    await world.consent(borrower_id, application_id)
    return borrower_id, application_id


async def decide(world: World, borrower_id: str, application_id: str) -> None:
    """Decide an application, and do nothing yet of what follows from it."""
    await world.submit(borrower_id, application_id)
    fact = ApplicationSubmitted(application_id=application_id, borrower_id=borrower_id)
    await operations.assess_application(fact, "dl", bureau=world.bureau, source=world.bureau)


async def judge(world: World, application_id: str, *, approves: bool) -> None:
    judged = await operations.review_application(
        commands.ReviewApplication(
            staff_id="st00000zhou00000",
            role=StaffRole.RISK,
            application_id=application_id,
            is_approved=approves,
            reasons=() if approves else ("CHECK_NEEDED",),
            note=None,
            idempotency_key=world.key(),
        )
    )
    assert judged.is_settled
    await outbox.drain()


async def overturn(application_id: str, found: NewDecision) -> None:
    """Have a person decide anew what the machine declined."""
    async with transaction() as tx:
        await operations.decide_after_review(
            tx,
            commands.DecideAfterReview(
                staff_id="st00000zhou00000",
                application_id=application_id,
                review_id="hv00000000000000",
                found=found,
            ),
        )


async def queue() -> dict[str, queries.Referral]:
    page = await queries.referrals(PageAsk())
    return {one.application_id: one for _, one in page.items}


async def test_offers_go_back_to_a_person_before_anything_is_signed(world: World) -> None:
    mine, application_id = await world.confirmed()
    other = await ready(world, "young_migrant")
    begun = await world.begin_signature(mine, application_id)
    signing = world.signature(mine, application_id, begun.sha256)
    old = (await queries.offers_by_application([application_id]))[0][0].offer_id
    await decide(world, *other)

    assert await world.state(application_id) == "COST_CONFIRMED"
    await refused(StepOutOfOrder, operations.sign_agreement(signing))
    await outbox.drain()
    assert await world.state(application_id) == "DECIDING"
    await refused(StepOutOfOrder, operations.sign_agreement(signing))
    assert (await queries.offers_by_application([application_id]))[0] == []
    assert (await queries.agreements_by_application([application_id]))[0] is None
    waits = await queue()
    assert waits.keys() == {application_id, other[1]}
    assert ("CARD_SHARED" in waits[application_id].signs, waits[application_id].is_signed) == (
        True,
        False,
    )

    await judge(world, application_id, approves=True)

    told = [one for one in world.facts(ApplicationDecided) if one.application_id == application_id]
    assert [one.outcome for one in told] == ["APPROVE", "REFER", "APPROVE"]
    accepting = partial(commands.AcceptOffer, borrower_id=mine, offer_id=old)
    await refused(NotFound, operations.accept_offer(accepting(idempotency_key=world.key())))
    third = await ready(world, "noodle_shop_owner")
    await world.understand(mine, application_id)
    await forget_sends()
    await world.sign_now(mine, application_id)
    row = await DecisionRow.get(application_id=application_id)
    assert (await queries.replay(row.id)).is_identical
    # The same person behind the card again is nothing new; one more is.
    again = await world.start(other[0], "young_migrant")
    await world.fill_in(other[0], again, "young_migrant")
    await world.consent(other[0], again)
    await decide(world, other[0], again)
    assert not await RecallRow.filter(live_key=application_id).exists()
    await decide(world, *third)
    assert await RecallRow.filter(live_key=application_id).exists()


@pytest.mark.parametrize("approves", [True, False])
async def test_money_signed_for_is_held_until_a_person_lets_it_flow_or_gives_it_up(
    world: World, *, approves: bool
) -> None:
    mine, application_id = await world.confirmed()
    other = await ready(world, "young_migrant")
    await world.sign_now(mine, application_id)
    await decide(world, *other)
    await outbox.drain()
    assert await world.state(application_id) == "SIGNED"
    assert (world.rail.orders, (await queue())[application_id].is_signed) == ({}, True)
    world.clock.advance(timedelta(minutes=5))
    await operations.poll_disbursements(world.rail)
    assert world.rail.orders == {}

    await judge(world, application_id, approves=approves)

    assert application_id not in await queue()
    money = await world.disbursement(application_id)
    if approves:
        assert (len(world.rail.orders), money.state.value) == (1, "SENT")
        return
    assert (world.rail.orders, await world.state(application_id)) == ({}, "DISBURSEMENT_FAILED")
    assert (money.state.value, money.failure_reason) == ("CANCELLED", "DECLINED")


async def test_whoever_signs_while_the_mark_becomes_shared_gets_no_money_unseen(
    world: World,
) -> None:
    mine, application_id = await world.confirmed()
    others = [await ready(world, one) for one in ("young_migrant", "noodle_shop_owner")]
    begun = await world.begin_signature(mine, application_id)
    signing = world.signature(mine, application_id, begun.sha256)

    signed, *_ = await asyncio.gather(
        operations.sign_agreement(signing),
        *(decide(world, *other) for other in others),
        return_exceptions=True,
    )
    await outbox.drain()

    assert isinstance(signed, str | StepOutOfOrder)
    # Those decided at once see each other as well: none of them slips through.
    assert [await world.state(one) for _, one in others] == ["DECIDING", "DECIDING"]
    assert await world.state(application_id) == (
        "SIGNED" if signed == application_id else "DECIDING"
    )
    assert world.rail.orders == {}
    assert (await queue()).keys() == {application_id, *(one for _, one in others)}


async def test_offers_of_a_decline_put_right_come_back_as_the_person_decided(world: World) -> None:
    _, application_id = await world.decide("over_indebted")
    found = NewDecision(
        amount_fen=300_000, reason="结清证明看过了", other_debts_fen=20_000, late_now_days=0
    )
    await overturn(application_id, found)
    world.persona(MINE)["identity"] |= {
        "bank_card": world.persona("over_indebted")["identity"]["bank_card"]
    }
    await decide(world, *await ready(world, "young_migrant"))
    await outbox.drain()
    assert await world.state(application_id) == "DECIDING"

    await judge(world, application_id, approves=True)

    assert await world.state(application_id) == "OFFERED"
    offers = (await queries.offers_by_application([application_id]))[0]
    assert offers[0].terms.principal_fen == found.amount_fen
