"""A guarantor agrees on their own phone, or not; without one who does, nothing is signed."""

from dataclasses import replace

import pytest

from app.foundation import outbox
from app.foundation.database import fetch, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.rekeying.proving import prove
from app.identity.errors import IntentOver, WrongCode
from app.identity.rules.intents import Approval
from app.origination import operations, queries
from app.origination.errors import (
    ApplicationIncomplete,
    GuaranteeNotReady,
    GuaranteeOver,
    GuaranteeTextChanged,
    GuarantorIsBorrower,
    GuarantorMissing,
    GuarantorNotAsked,
    GuarantorProfileNeeded,
    MissingItem,
    StepOutOfOrder,
    TooManyGuarantors,
)
from app.origination.rules import commands
from app.origination.rules.guarantees import (
    BeginGuarantee,
    GiveGuarantee,
    NameGuarantor,
    RefuseGuarantee,
    guarantee_text,
)
from tests.cards import caller_of
from tests.origination.conftest import World, refused

OWNER, PARENT = "noodle_shop_owner", "school_parent"
AMOUNT_FEN = 2_000_000
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def wished(world: World) -> tuple[str, str]:
    """Bring a shop owner to the point where only the guarantor is missing."""
    wish = world.persona(OWNER)["wish"]
    wish["product"], wish["amount_fen"], wish["months"] = "guaranteed_stock", AMOUNT_FEN, 12
    owner = await world.borrower(OWNER)
    application_id = await world.start(owner, OWNER)
    await world.fill_in(owner, application_id, OWNER)
    await world.consent(owner, application_id, optional="alternative" in world.persona(OWNER))
    return owner, application_id


async def missing(application_id: str) -> list[MissingItem]:
    return [one.item for one in (await queries.standings([application_id]))[0].missing]


def begin(guarantor_id: str, guarantee_id: str, key: str = "b1") -> BeginGuarantee:
    caller = caller_of(guarantor_id)
    return BeginGuarantee(caller=caller, idempotency_key=key, guarantee_id=guarantee_id)


def refuse(guarantor_id: str, guarantee_id: str, key: str = "r1") -> RefuseGuarantee:
    caller = caller_of(guarantor_id)
    return RefuseGuarantee(caller=caller, idempotency_key=key, guarantee_id=guarantee_id)


async def test_a_loan_with_a_guarantor_waits_for_their_own_consent_and_stops_when_it_goes(
    world: World,
) -> None:
    owner, application_id = await wished(world)
    assert await missing(application_id) == [MissingItem.GUARANTOR]
    await refused(ApplicationIncomplete, world.submit(owner, application_id))
    parent = await world.borrower(PARENT)
    assert await queries.guarantees_asked(parent) == []
    await world.name_guarantor(owner, application_id)
    asked = (await queries.guarantees_asked(parent))[0]
    assert asked.what is not None
    assert (asked.what.amount_fen, asked.what.months_max) == (AMOUNT_FEN, 24)
    name = world.persona(OWNER)["identity"]["name"]
    phone = world.persona(OWNER)["contact"]["phone"]
    words = guarantee_text(asked.what, "zh-Hans")
    assert f"{name[0]}*（手机尾号 {phone[-4:]}）" in words.body
    assert name not in words.body
    assert await queries.guarantees_asked(owner) == []
    assert isinstance(await world.give_guarantee(parent, code="000000"), WrongCode)
    assert await missing(application_id) == [MissingItem.GUARANTOR]
    await world.give_guarantee(parent)
    assert await missing(application_id) == []

    await world.submit(owner, application_id)
    await world_decided(world, owner, application_id)
    assert await operations.refuse_guarantee(refuse(parent, asked.guarantee_id))
    seen = (await queries.guarantors_by_application([application_id]))[0]
    assert seen is not None
    tail = world.persona(PARENT)["contact"]["phone"][-4:]
    assert (seen.state, seen.phone[-4:], "****" in seen.phone) == ("WITHDRAWN", tail, True)
    begins = commands.BeginSignature(
        borrower_id=owner,
        caller=caller_of(owner),
        idempotency_key="sign-1",
        application_id=application_id,
    )
    await refused(GuarantorMissing, operations.begin_signature(begins))
    await world.name_guarantor(owner, application_id, "orchard_farmer")
    await refused(GuarantorMissing, operations.begin_signature(begins))
    farmer = await world.borrower("orchard_farmer")
    await world.give_guarantee(farmer)
    await world.sign_now(owner, application_id)
    given = (await queries.guarantees_asked(farmer))[0]
    over = await refused(
        GuaranteeOver, operations.refuse_guarantee(refuse(farmer, given.guarantee_id))
    )
    assert over.code == "GUARANTEE_OVER"
    kept = await fetch("SELECT guarantor_id, withdrawn_at IS NULL AS stands FROM guarantee_consent")
    assert {row["guarantor_id"]: bool(row["stands"]) for row in kept} == {
        parent: False,
        farmer: True,
    }
    assert (await prove()).problems == []


async def world_decided(world: World, owner: str, application_id: str) -> None:
    """Wait for the decision, choose an offer, and understand its cost."""
    await outbox.drain()
    assert await world.state(application_id) == "OFFERED"
    await world.understand(owner, application_id)


@on_one_database
async def test_a_consent_is_to_one_amount_in_one_text(world: World) -> None:
    owner, application_id = await wished(world)
    parent = await world.borrower(PARENT)
    await world.name_guarantor(owner, application_id)
    asked = (await queries.guarantees_asked(parent))[0]
    assert asked.what is not None
    begun = await operations.begin_guarantee(begin(parent, asked.guarantee_id))
    await outbox.drain()
    give = GiveGuarantee(
        caller=caller_of(parent),
        idempotency_key="g1",
        guarantee_id=asked.guarantee_id,
        text_sha256=guarantee_text(asked.what, "en").sha256,
        approval=Approval(intent_id=begun.intent_id, code=world.phone.code()),
    )
    more = commands.SaveApplication(
        borrower_id=owner,
        idempotency_key="more",
        application_id=application_id,
        amount_fen=AMOUNT_FEN + 1_000_000,
    )
    await operations.save_application(more)
    await refused(GuaranteeTextChanged, operations.give_guarantee(give))
    now = replace(asked.what, amount_fen=AMOUNT_FEN + 1_000_000)
    unread = replace(give, text_sha256=guarantee_text(now, "en").sha256)
    await refused(IntentOver, operations.give_guarantee(unread))
    await operations.save_application(replace(more, idempotency_key="less", amount_fen=AMOUNT_FEN))
    assert await operations.give_guarantee(give) == asked.guarantee_id
    assert await operations.give_guarantee(give) == asked.guarantee_id
    assert await missing(application_id) == []
    await operations.save_application(replace(more, idempotency_key="more-again"))
    assert await missing(application_id) == [MissingItem.GUARANTOR]
    await world.give_guarantee(parent)
    assert await missing(application_id) == []
    async with transaction() as tx:  # the guarantor closes their account
        await operations.take_back_all(tx, parent)
    assert await missing(application_id) == [MissingItem.GUARANTOR]


@on_one_database
async def test_whoever_is_not_meant_cannot_answer_and_nothing_changes(world: World) -> None:
    owner, application_id = await wished(world)
    parent, farmer = await world.borrower(PARENT), await world.borrower("orchard_farmer")
    naming = NameGuarantor(
        borrower_id=owner, idempotency_key="n1", application_id=application_id, phone="123"
    )
    await refused(InvalidInput, operations.name_guarantor(naming))
    own = replace(naming, phone=world.persona(OWNER)["contact"]["phone"])
    await refused(GuarantorIsBorrower, operations.name_guarantor(own))
    theirs = replace(naming, borrower_id=farmer, phone="19900000009")
    await refused(NotFound, operations.name_guarantor(theirs))
    other = await world.start(farmer)
    unneeded = replace(theirs, application_id=other)
    await refused(GuarantorNotAsked, operations.name_guarantor(unneeded))

    await world.name_guarantor(owner, application_id)
    asked = (await queries.guarantees_asked(parent))[0]
    for stranger in (owner, farmer):
        await refused(NotFound, operations.begin_guarantee(begin(stranger, asked.guarantee_id)))
        await refused(NotFound, operations.refuse_guarantee(refuse(stranger, asked.guarantee_id)))
    await operations.refuse_guarantee(refuse(parent, asked.guarantee_id))
    await refused(
        GuaranteeOver, operations.refuse_guarantee(refuse(parent, asked.guarantee_id, "r2"))
    )
    await refused(GuaranteeOver, operations.begin_guarantee(begin(parent, asked.guarantee_id)))
    for _ in range(4):
        await world.name_guarantor(owner, application_id)
    await refused(
        TooManyGuarantors, operations.name_guarantor(replace(naming, phone="19900000009"))
    )
    assert len(await queries.guarantees_asked(parent)) == 1
    await operations.withdraw_application(
        commands.WithdrawApplication(
            borrower_id=owner, idempotency_key="w1", application_id=application_id
        )
    )
    late = (await queries.guarantees_asked(parent))[0]
    assert not late.is_open
    await refused(GuaranteeOver, operations.begin_guarantee(begin(parent, late.guarantee_id)))
    await refused(StepOutOfOrder, operations.name_guarantor(replace(naming, phone="19900000009")))


@on_one_database
async def test_a_guarantor_is_an_adult_we_know_and_the_amount_is_said(world: World) -> None:
    wish = world.persona(OWNER)["wish"]
    wish["product"] = "guaranteed_stock"
    owner = await world.borrower(OWNER)
    application_id = await world.start(owner, OWNER)
    await world.name_guarantor(owner, application_id, "minor")
    minor = await world.sign_in(world.persona("minor")["contact"]["phone"])
    asked = (await queries.guarantees_asked(minor))[0]
    assert asked.what is None
    await refused(
        GuarantorProfileNeeded, operations.begin_guarantee(begin(minor, asked.guarantee_id))
    )
    parent = await world.borrower(PARENT)
    await world.name_guarantor(owner, application_id)
    asked = (await queries.guarantees_asked(parent))[0]
    await refused(GuaranteeNotReady, operations.begin_guarantee(begin(parent, asked.guarantee_id)))
