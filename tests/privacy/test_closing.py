"""Closing an account: said before, recoverable for a while, then final, but for what law keeps."""

import asyncio
from datetime import timedelta
from functools import partial

import orjson
import pytest

from app.foundation import outbox
from app.foundation.database import business_date, fetch, transaction
from app.foundation.errors import NotFound
from app.foundation.outbox import Subscription
from app.foundation.rekeying.shredding import is_forgotten
from app.foundation.sealing import Forgotten, unseal
from app.identity import operations as identity
from app.identity import queries as borrowers
from app.identity import rules as identity_rules
from app.identity.events import BorrowerForgotten, BorrowerReturned, CodeIssued
from app.identity.models import BorrowerRow, borrower_cell
from app.messaging.operations import LOCAL_EFFECTS, Notify, notify
from app.messaging.ports import Channel
from app.messaging.queries import wants
from app.messaging.rules import Category, Kind
from app.origination import queries as origination
from app.origination.events import ApplicationSubmitted
from app.origination.operations import assess_application
from app.privacy import queries
from app.privacy.errors import AccountNotClosable, ClosingObstacle, DataStillNeeded
from app.privacy.models import ClosingRow
from app.privacy.operations.closing import CloseAccount, close_account, forget_due, keep_account
from app.privacy.operations.deleting import RequestDeletion, request_deletion
from app.privacy.queries import deletion_plan
from app.privacy.rules.closing import DataPart, Fate, hold_end
from app.servicing.rules import LoanRef
from app.support.operations import OpenTicket, open_ticket
from app.support.queries import obstacles_of
from app.support.rules import Category as TicketCategory
from tests.origination.conftest import World, refused
from tests.privacy.conftest import Ask
from tests.support.conftest import lend


@pytest.fixture(autouse=True)
def rooms(world: World) -> None:
    """Connect the rooms as the process does."""
    queries.ask_for_obstacles(obstacles_of)
    local = [one for one in LOCAL_EFFECTS if one[0] is BorrowerForgotten]
    local.append((BorrowerReturned, "privacy.returned", keep_account))
    outbox.subscribe(
        [
            *(
                Subscription(fact_type=fact, consumer=consumer, local=effect)
                for fact, consumer, effect in local
            ),
            Subscription(
                fact_type=CodeIssued,
                consumer="identity.deliver_code",
                outside=partial(identity.deliver_code, sender=world.phone),
            ),
            Subscription(
                fact_type=ApplicationSubmitted,
                consumer="origination.assess",
                outside=partial(assess_application, bureau=world.bureau),
            ),
        ]
    )


def closing(borrower_id: str, key: str = "close") -> CloseAccount:
    return CloseAccount(caller_id=borrower_id, idempotency_key=key)


async def sign_in(world: World, phone: str) -> identity_rules.SignedIn:
    asked = await identity.request_code(
        identity_rules.RequestCode(phone=phone, idempotency_key=world.key())
    )
    await outbox.drain()
    signed_in = await identity.verify_code(
        identity_rules.VerifyCode(
            challenge_id=asked.challenge_id, code=world.phone.code(), idempotency_key=world.key()
        )
    )
    assert isinstance(signed_in, identity_rules.SignedIn)
    return signed_in


async def phone_of(borrower_id: str) -> str:
    return (await borrowers.contact_of(borrower_id)).phone


async def pay_off(loan: LoanRef) -> None:
    """End a loan without the months it takes: closed as of today."""
    async with transaction() as tx:
        await tx.run(
            "UPDATE servicing_loan SET closed_on = ?, status = 'CLOSED_PAID', balance_fen = 0"
            " WHERE id = ?",
            [tx.today, loan.loan_id],
        )


async def test_nothing_is_closed_while_something_must_be_settled(world: World, phone: Ask) -> None:
    borrower_id = await world.borrower()
    loan = await lend(borrower_id)
    await open_ticket(
        OpenTicket(
            caller_id=borrower_id,
            category=TicketCategory.COMPLAINT,
            text="扣了我两次钱",
            loan_id=None,
            idempotency_key="complain",
        )
    )
    refusal = await refused(AccountNotClosable, close_account(closing(borrower_id)))
    assert refusal.obstacles == (ClosingObstacle.LOAN_OPEN, ClosingObstacle.COMPLAINT_OPEN)
    told = await phone("close_account", borrower_id, input={"idempotencyKey": "c1"})
    assert told["code"] == "ACCOUNT_NOT_CLOSABLE"
    assert [one["obstacle"] for one in told["obstacles"]] == ["LOAN_OPEN", "COMPLAINT_OPEN"]
    assert "还清" in told["obstacles"][0]["sentence"]

    await pay_off(loan)
    async with transaction() as tx:
        await tx.run("UPDATE servicing_loan SET unapplied_fen = 100 WHERE id = ?", [loan.loan_id])
    refusal = await refused(AccountNotClosable, close_account(closing(borrower_id)))
    assert refusal.obstacles == (ClosingObstacle.REFUND_OWED, ClosingObstacle.COMPLAINT_OPEN)

    signed, _ = await world.sign("noodle_shop_owner")
    refusal = await refused(AccountNotClosable, close_account(closing(signed)))
    assert refusal.obstacles == (ClosingObstacle.MONEY_ON_ITS_WAY,)


async def test_the_plan_says_what_goes_and_what_the_law_keeps(world: World, phone: Ask) -> None:
    borrower_id = await world.borrower()
    plan = await deletion_plan(borrower_id)
    assert {one.part: one.fate for one in plan.parts}[DataPart.IDENTITY] is Fate.AFTER_DAYS
    assert DataPart.LOAN_RECORDS not in {one.part for one in plan.parts}
    await pay_off(await lend(borrower_id))
    told = await phone("deletion_plan", borrower_id)
    parts = {one["part"]: one for one in told["parts"]}
    until = hold_end(await business_date(), 10).isoformat()
    assert parts["LOAN_RECORDS"]["keptUntil"] == parts["IDENTITY"]["keptUntil"] == until
    assert until in parts["LOAN_RECORDS"]["sentence"]
    assert "反洗钱法" in parts["LOAN_RECORDS"]["sentence"]
    assert parts["PROFILE"]["keptUntil"] is None
    assert told["obstacles"] == []
    assert told["daysToComeBack"] == 15
    english = await phone("deletion_plan", borrower_id, language="en")
    assert "Anti-Money-Laundering" in str(english)


async def test_whoever_signs_in_within_the_days_has_everything_back(world: World) -> None:
    borrower_id, application_id = await world.decide()
    number = await phone_of(borrower_id)
    world.clock.advance(timedelta(minutes=2))
    first = await sign_in(world, number)
    closed = await close_account(closing(borrower_id))
    assert await close_account(closing(borrower_id)) == closed
    assert (await origination.application(borrower_id, application_id)).state == "WITHDRAWN"
    assert await identity.authenticate(first.access_token, world.clock.now()) is None
    assert not await wants(borrower_id, Category.MONEY, Channel.SMS)
    await refused(NotFound, close_account(closing(borrower_id, "again")))

    world.clock.advance(timedelta(days=14, hours=23))
    assert await forget_due() == 0
    back = await sign_in(world, number)
    assert back.borrower_id == borrower_id
    assert not back.is_new
    await outbox.drain()
    world.clock.advance(timedelta(days=3))
    assert await forget_due() == 0
    assert (await ClosingRow.get(borrower_id=borrower_id)).state == "RETURNED"
    assert await borrowers.name_of(borrower_id) is not None
    assert await wants(borrower_id, Category.MONEY, Channel.SMS)


async def test_after_the_days_nothing_opens_and_the_number_is_free(world: World) -> None:
    borrower_id = await world.borrower()
    number = await phone_of(borrower_id)
    row = await BorrowerRow.get(id=borrower_id)
    async with transaction() as tx:
        told = Notify(borrower_id=borrower_id, kind=Kind.TICKET_ANSWERED, data={}, dedupe_key="1")
        await notify(tx, told)
    await close_account(closing(borrower_id))
    world.clock.advance(timedelta(days=15))
    assert await forget_due() == 1
    assert await forget_due() == 0
    await outbox.drain()
    assert await is_forgotten(borrower_id)
    with pytest.raises(Forgotten):
        await unseal(borrower_cell(borrower_id, "name"), row.name)
    await refused(NotFound, borrowers.profile_of(borrower_id))
    for table in ("notification", "sms", "one_time_code", "code_send"):
        assert await fetch(f"SELECT * FROM {table}") == [], table
    assert (await ClosingRow.get(borrower_id=borrower_id)).kept is None

    anew = await sign_in(world, number)
    assert anew.is_new
    assert anew.borrower_id != borrower_id


async def test_of_who_borrowed_the_law_keeps_name_and_loan_and_nothing_else(world: World) -> None:
    borrower_id = await world.borrower()
    party = await borrowers.party_of(borrower_id)
    row = await BorrowerRow.get(id=borrower_id)
    await pay_off(await lend(borrower_id))
    await close_account(closing(borrower_id))
    world.clock.advance(timedelta(days=15))
    assert await forget_due() == 1
    closed = await ClosingRow.get(borrower_id=borrower_id)
    assert closed.held_until == hold_end(await business_date(), 10)
    cell = ClosingRow.seals.cell("kept", closed.id, borrower_id)
    assert closed.kept is not None
    kept = orjson.loads(await unseal(cell, closed.kept))
    assert kept == {
        "name": party.name,
        "resident_id": party.resident_id,
        "phone": party.phone,
    }
    for column in ("name", "resident_id", "bank_card", "income", "purpose", "phone"):
        with pytest.raises(Forgotten):
            await unseal(borrower_cell(borrower_id, column), getattr(row, column))
    held = await fetch("SELECT key_class FROM data_key WHERE subject_id = ?", [borrower_id])
    assert {one["key_class"] for one in held} == {"held"}


async def test_coming_back_and_being_forgotten_at_once_is_one_or_the_other(world: World) -> None:
    borrower_id = await world.borrower()
    number = await phone_of(borrower_id)
    await close_account(closing(borrower_id))
    world.clock.advance(timedelta(days=15))
    forgotten, back = await asyncio.gather(
        forget_due(), sign_in(world, number), return_exceptions=True
    )
    if forgotten == 1 and isinstance(back, identity_rules.SignedIn):
        assert back.borrower_id != borrower_id
    elif isinstance(back, identity_rules.SignedIn):
        assert back.borrower_id == borrower_id
        assert not await is_forgotten(borrower_id)
    else:
        assert await is_forgotten(borrower_id)


async def test_a_part_goes_at_once_and_what_is_needed_says_why(world: World, phone: Ask) -> None:
    borrower_id = await world.borrower(address="延安市宝塔区枣园村 12 号")
    part = RequestDeletion(caller_id=borrower_id, part=DataPart.ADDRESS, idempotency_key="a")
    await request_deletion(part)
    assert (await BorrowerRow.get(id=borrower_id)).address is None
    assert await borrowers.name_of(borrower_id) is not None
    needed = RequestDeletion(caller_id=borrower_id, part=DataPart.IDENTITY, idempotency_key="b")
    await refused(DataStillNeeded, request_deletion(needed))
    told = await phone(
        "request_deletion", borrower_id, input={"part": "AUDIT", "idempotencyKey": "c"}
    )
    assert told["code"] == "DATA_STILL_NEEDED"
    assert "保护您" in told["message"]
