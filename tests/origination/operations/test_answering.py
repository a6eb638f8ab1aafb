"""A guarantor is weighed before they are bound, hears what they answer for, and is in the file."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from app.catalog import queries as catalog
from app.foundation import outbox
from app.foundation.audit import OPERATOR
from app.foundation.audit.vouching import vouch, vouching_key
from app.foundation.database import Transaction, business_date, fetch, transaction
from app.foundation.outbox import Fact
from app.messaging.events import InvitationQueued, MessageQueued
from app.messaging.operations import deliver
from app.messaging.operations import guarantees as telling
from app.origination import operations, queries
from app.origination.errors import GuarantorMissing, GuarantorOvercommitted, MissingItem
from app.origination.events import (
    AgreementSigned,
    ApplicationWithdrawn,
    GuaranteedLoanLate,
    GuaranteeNotNeeded,
    GuarantorAsked,
)
from app.origination.operations.evidencing import export_evidence
from app.origination.rules.evidence import file_of, findings_of, read_file
from app.origination.rules.guarantees import Burden, Overcommitted, overcommitted
from app.privacy.errors import AccountNotClosable, ClosingObstacle
from app.privacy.operations.closing import CloseAccount, close_account
from app.servicing import operations as servicing
from app.servicing.events import LoanPaidOff
from tests.cards import forget_sends
from tests.messaging.conftest import Carrier
from tests.origination.conftest import World, close_days, refused
from tests.origination.operations.test_guaranteeing import (
    AMOUNT_FEN,
    PARENT,
    begin,
    missing,
    wished,
    world_decided,
)


async def told(borrower_id: str) -> list[tuple[str, str]]:
    """Return what somebody was told, each with whether by text message."""
    rows = await fetch(
        "SELECT n.kind, s.state FROM notification n LEFT JOIN message_delivery s"
        " ON s.notification_id = n.id"
        " WHERE n.borrower_id = ?",
        [borrower_id],
    )
    return sorted((row["kind"], row["state"] or "") for row in rows)


async def tell(*effects: tuple[Callable[[Transaction, Any], Awaitable[None]], Fact]) -> None:
    async with transaction() as tx:
        for effect, fact in effects:
            await effect(tx, fact)


async def test_what_a_guarantor_owes_and_guarantees_is_weighed_from_a_day_on(world: World) -> None:
    assert world.clock
    today = await business_date()
    most = 30_000_000

    def burden(*, owed: int = 0, guaranteed: int = 0, count: int = 0, late: int = 0) -> Burden:
        return Burden(
            owed_fen=owed, guaranteed_fen=guaranteed, guarantees=count, days_past_due=late
        )

    cases = [
        (burden(), most, None),
        (burden(), most + 1, Overcommitted.OWES_TOO_MUCH),
        (burden(owed=1), most, Overcommitted.OWES_TOO_MUCH),
        (burden(guaranteed=1, count=1), most, Overcommitted.OWES_TOO_MUCH),
        (burden(guaranteed=2, count=2), 1, Overcommitted.GUARANTEES_TOO_MANY),
        (burden(owed=1, late=1), 1, Overcommitted.OVERDUE),
    ]
    after = await catalog.policy_book(today + timedelta(days=1))
    assert [overcommitted(one, fen, after) for one, fen, _ in cases] == [why for *_, why in cases]
    before = await catalog.policy_book(today)
    assert {overcommitted(one, fen, before) for one, fen, _ in cases} == {None}


async def test_a_guarantor_who_carries_too_much_is_not_bound_and_nobody_else_learns_why(
    world: World,
) -> None:
    await close_days(1)
    owner, application_id = await wished(world)
    parent = await world.borrower(PARENT)
    await world.name_guarantor(owner, application_id)
    asked = (await queries.guarantees_asked(parent))[0]
    await world.reserve_elsewhere(parent, 30_000_000 - AMOUNT_FEN + 1)
    over = await refused(
        GuarantorOvercommitted, operations.begin_guarantee(begin(parent, asked.guarantee_id))
    )
    assert over.why == "OWES_TOO_MUCH"
    assert await missing(application_id) == [MissingItem.GUARANTOR]

    async with transaction() as tx:
        await tx.run("UPDATE disbursement SET state = 'FAILED' WHERE borrower_id = ?", [parent])
    await world.give_guarantee(parent)
    assert await missing(application_id) == []
    await world.submit(owner, application_id)
    await world_decided(world, owner, application_id)
    async with transaction() as tx:
        await tx.run("UPDATE disbursement SET state = 'SENT' WHERE borrower_id = ?", [parent])
    await refused(GuarantorMissing, world.begin_signature(owner, application_id))
    (seen,) = await queries.guarantors_by_application([application_id])
    assert seen is not None
    assert seen.state == "GIVEN"
    async with transaction() as tx:
        await tx.run("UPDATE loan_application SET state = 'ACTION_REQUIRED'", [])
    assert await missing(application_id) == [MissingItem.OTHER_GUARANTOR]


async def test_a_guarantor_hears_when_asked_bound_late_and_free_and_cannot_leave_meanwhile(
    world: World,
) -> None:
    await close_days(1)
    owner, application_id = await wished(world)
    await world.name_guarantor(owner, application_id, "orchard_farmer")
    parent = await world.borrower(PARENT)
    await world.name_guarantor(owner, application_id)
    await outbox.drain()
    asked = world.facts(GuarantorAsked)
    assert [(one.guarantor_id, one.by_sms) for one in asked] == [(None, True), (parent, True)]
    await world.give_guarantee(parent)
    await tell((telling.tell_guarantor_asked, asked[1]))
    await world.submit(owner, application_id)
    await world_decided(world, owner, application_id)
    await forget_sends()
    await world.sign_now(owner, application_id)
    (agreement,) = await queries.agreements_by_application([application_id])
    assert agreement is not None
    signed = AgreementSigned(
        application_id=application_id, borrower_id=owner, agreement_id=agreement.agreement_id
    )
    await tell((telling.tell_guarantor_signed, signed))
    bound = await refused(
        AccountNotClosable, close_account(CloseAccount(caller_id=parent, idempotency_key="c"))
    )
    assert bound.obstacles == (ClosingObstacle.GUARANTEE_STANDS,)

    written = await export_evidence(agreement.agreement_id, actor=OPERATOR)
    document = read_file(written)
    assert [one.name for one in findings_of(document) if not one.holds] == []
    assert parent in written.decode()
    for change in ("text", "text_sha256", "intent_id", "application_id"):
        forged = json.loads(written)
        forged["evidence"]["guarantee"][change] += "0"
        parts = {name: forged[name] for name in ("evidence", "chain", "exported_at")}
        again = read_file(file_of(**parts, key=vouching_key(), vouch=vouch))
        wrong = [one.name for one in findings_of(again) if not one.holds]
        assert "the guarantor agreed to these words and to this much" in wrong

    await outbox.drain()
    await operations.accept_disbursement_notice(await world.notice(application_id))
    await servicing.run_days(await business_date() + timedelta(days=37))
    assert await operations.tell_guarantors(await business_date()) == 0
    await servicing.run_days(await business_date() + timedelta(days=1))
    for _ in range(2):
        assert await operations.tell_guarantors(await business_date()) == 1
    await outbox.drain()
    late, again = world.facts(GuaranteedLoanLate)
    assert (late, late.number, late.guarantor_id) == (again, 1, parent)
    paid = LoanPaidOff(
        loan_id=(await fetch("SELECT id FROM servicing_loan"))[0]["id"], borrower_id=owner
    )
    await tell(
        (telling.tell_guarantor_late, late),
        (telling.tell_guarantor_late, again),
        (telling.tell_guarantor_paid_off, paid),
    )
    assert await told(parent) == [
        ("GUARANTEE_ASKED", "QUEUED"),
        ("GUARANTEE_BINDS", "QUEUED"),
        ("GUARANTEE_ENDED", "QUEUED"),
        ("GUARANTEE_LATE", "QUEUED"),
    ]
    assert await queries.is_late_still(late.guarantee_id, 1)


async def test_a_stranger_gets_one_text_a_day_that_names_nobody_and_only_by_day(
    world: World,
) -> None:
    owner, application_id = await wished(world)
    await world.name_guarantor(owner, application_id, "orchard_farmer")
    world.clock.advance(timedelta(seconds=1))
    await world.name_guarantor(owner, application_id, "orchard_farmer")
    await outbox.drain()
    first, second = world.facts(GuarantorAsked)
    assert (first.by_sms, second.by_sms) == (True, False)
    carrier = Carrier()
    await tell((telling.tell_guarantor_asked, first), (telling.tell_guarantor_asked, second))

    async def carry() -> None:
        for row in await fetch("SELECT id FROM message_delivery WHERE state = 'QUEUED'"):
            fact = MessageQueued(message_id=row["id"])
            await deliver(fact, "dl00000abcdefghi", providers=carrier.providers)

    queued = await fetch("SELECT guarantee_id FROM message_delivery WHERE borrower_id = ''")
    assert [row["guarantee_id"] for row in queued] == [first.guarantee_id]
    # Whoever was replaced meanwhile is not written to; whoever counts is, by day.
    await carry()
    assert carrier.texts == []
    for _ in range(2):
        await telling.deliver_invitation(InvitationQueued(guarantee_id=second.guarantee_id), "dl2")
    world.clock.advance(timedelta(hours=13))
    await carry()
    assert carrier.texts == []
    world.clock.advance(timedelta(hours=10))
    await carry()
    await carry()
    ((phone, words),) = carrier.taken.values()
    told_of = world.persona("orchard_farmer")["contact"]["phone"]
    assert (phone[-11:], "做保证人" in words) == (told_of, True)
    assert world.persona("noodle_shop_owner")["identity"]["name"][0] not in words


async def test_whoever_agreed_hears_that_no_loan_comes_of_it_or_that_another_was_named(
    world: World,
) -> None:
    owner, application_id = await wished(world)
    parent = await world.guarantee(owner, application_id)
    gone = ApplicationWithdrawn(application_id=application_id, borrower_id=owner)
    await tell((telling.tell_guarantor_not_lent, gone))
    assert await told(parent) == [("GUARANTEE_ENDED", "QUEUED")]
    await world.name_guarantor(owner, application_id, "orchard_farmer")
    await outbox.drain()
    (replaced,) = world.facts(GuaranteeNotNeeded)
    assert replaced.guarantor_id == parent
    await tell((telling.tell_guarantor_not_needed, replaced))
    assert await told(parent) == [("GUARANTEE_ENDED", "QUEUED")]
