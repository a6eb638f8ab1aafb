"""A partner who leaves the published list on the way: nothing is offered with it, nothing lost."""

from app.catalog.rules import Outcome
from app.foundation import outbox
from app.foundation.caller import StaffRole
from app.foundation.database import transaction
from app.origination import operations, queries
from app.origination.errors import MissingItem
from app.origination.events import LenderLeft
from app.origination.models import CertificateRow
from app.origination.rules import commands
from app.partners.errors import PartnerNotListed
from tests.origination.conftest import World, refused


async def leaves(code: str) -> None:
    """Let a partner be off the list from today on."""
    await _list_since(code, "2025-10-01", "2030-01-01")


async def comes_back(code: str) -> None:
    await _list_since(code, "2030-01-01", "2025-10-01")


async def _list_since(code: str, was: str, now: str) -> None:
    async with transaction() as tx:
        await tx.run(
            "UPDATE partner_version SET content = REPLACE(content, ?, ?) WHERE code = ?",
            [f'"on_list_from":"{was}"', f'"on_list_from":"{now}"', code],
        )


async def test_what_a_lender_who_left_would_have_lent_is_lent_by_ourselves(world: World) -> None:
    borrower_id, application_id = await world.complete()
    await world.submit(borrower_id, application_id)
    await leaves("hechuan_bank")
    await outbox.drain()

    assert await world.state(application_id) == "OFFERED"
    offers = (await queries.offers_by_application([application_id]))[0]
    assert offers
    assert {(one.code, str(one.share)) for offer in offers for one in offer.funders} == {
        ("qingmiao", "1.0")
    }
    kept = (await queries.application(borrower_id, application_id)).offered.product
    assert [one.code for one in kept.funders] == ["qingmiao"]
    await world.accept(borrower_id, application_id)
    certificate = await CertificateRow.get(live_key=application_id)
    assert "qingmiao" in certificate.content
    assert "hechuan_bank" not in certificate.content


async def test_an_offer_made_with_a_lender_is_neither_accepted_nor_signed_once_it_left(
    world: World,
) -> None:
    borrower_id, application_id = await world.decide()
    await leaves("hechuan_bank")
    await refused(PartnerNotListed, world.accept(borrower_id, application_id))
    await comes_back("hechuan_bank")
    await world.understand(borrower_id, application_id)
    await leaves("hechuan_bank")
    await refused(PartnerNotListed, world.begin_signature(borrower_id, application_id))


async def test_an_application_waits_where_nobody_can_take_the_place_of_who_left(
    world: World,
) -> None:
    borrower_id, application_id = await world.complete(
        "noodle_shop_owner", amount_fen=2_000_000, months=12
    )
    await world.submit(borrower_id, application_id)
    await leaves("tiansui_guarantee")
    await leaves("qingmiao")
    await outbox.drain()

    assert await world.state(application_id) == "ACTION_REQUIRED"
    assert world.bureau.asked == []
    assert [one.application_id for one in world.facts(LenderLeft)] == [application_id]
    standing = (await queries.standings([application_id]))[0]
    assert [one.item for one in standing.missing] == [MissingItem.LENDER]
    assert standing.next_step.value == "FILL_IN"
    assert await queries.decisions_by_application([application_id]) == [None]
    left = await refused(PartnerNotListed, world.submit(borrower_id, application_id))
    assert left.partner_code in {"tiansui_guarantee", "qingmiao"}

    await comes_back("tiansui_guarantee")
    await comes_back("qingmiao")
    assert (await queries.standings([application_id]))[0].missing == ()
    await world.submit(borrower_id, application_id)
    await outbox.drain()
    assert await world.state(application_id) in {"OFFERED", "DECIDING", "REJECTED"}


async def test_staff_cannot_approve_what_nobody_on_the_list_would_lend(world: World) -> None:
    _, application_id = await world.decide("young_migrant")
    decision = (await queries.decisions_by_application([application_id]))[0]
    assert decision is not None
    assert decision.outcome is Outcome.REFER, decision
    await leaves("qingmiao")
    await leaves("hechuan_bank")
    approve = commands.ReviewApplication(
        staff_id="st00000000000000",
        role=StaffRole.RISK,
        application_id=application_id,
        is_approved=True,
        reasons=(),
        note=None,
        idempotency_key=world.key(),
    )
    await refused(PartnerNotListed, operations.review_application(approve))
