"""Nobody is contacted without a permit; all of them together get three calls a day."""

import asyncio
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from app.collections import queries
from app.collections.errors import PermitNotUsable
from app.collections.operations import (
    AgreeToContact,
    Reminder,
    RequestPermit,
    agree_to_contact,
    hold,
    may_remind,
    release,
    request_permit,
)
from app.collections.queries import BreachKind, Permit
from app.collections.rules import (
    ContactChannel,
    ContactOutcome,
    ContactPerson,
    ContactPurpose,
    HoldReason,
    PermitRefusal,
)
from app.foundation.caller import StaffRole
from app.foundation.database import fetch, transaction
from app.foundation.day_hours import DayHours
from app.foundation.errors import Forbidden, InvalidInput, NotFound
from app.foundation.paging import PageAsk
from app.foundation.text import text
from app.messaging.operations import Notify, notify
from app.messaging.operations.wishing import SetQuietHours, set_quiet_hours
from app.messaging.rules import Kind
from tests.collections.conftest import Desk, everything
from tests.messaging.conftest import MEI_PHONE
from tests.support.conftest import enroll


async def another_case(desk: Desk, agency: str) -> str:
    """Give the borrower a second case, which an agency has."""
    case = await desk.case()
    async with transaction() as tx:
        await tx.run(
            "INSERT INTO collection_case (id, borrower_id, loan_id, open_key, state, stage, bucket,"
            " opened_on, opened_at, assigned_to, is_with_agency, offered_at) SELECT"
            " 'cc00000000000002', borrower_id, loan_id, 'ln00000000000002', 'IN_PROGRESS',"
            " 'AGENCY', bucket, opened_on, opened_at, ?, ?, offered_at"
            " FROM collection_case WHERE id = ?",
            [agency, True, case.case_id],
        )
    return "cc00000000000002"


async def test_twenty_who_ask_at_once_get_three_calls(desk: Desk) -> None:
    await desk.assign(desk.agent)
    other = await another_case(desk, "zhenghe_service")
    command = RequestPermit(
        caller_id=desk.agent.staff_id,
        case_id=(await desk.case()).case_id,
        channel=ContactChannel.VOICE,
        purpose=ContactPurpose.REMIND,
        idempotency_key="",
    )
    outsourced = replace(command, case_id=other, agency="zhenghe_service")
    asked = await asyncio.gather(
        *(
            request_permit(desk.agent, replace(one, idempotency_key=f"race{number}"))
            for number, one in enumerate([command, outsourced] * 10)
        )
    )
    given = [one for one in asked if one.is_given]
    refused = [one for one in asked if not one.is_given]
    assert len(given) == 3
    assert {one.reasons for one in refused} == {(PermitRefusal.DAILY_LIMIT,)}
    again = await request_permit(desk.agent, replace(command, idempotency_key="race0"))
    assert again == asked[0]

    await desk.record(given[0], ContactOutcome.NO_ANSWER)
    assert (await desk.ask()).is_given, "what nobody answered gives its place back"
    for one in given[1:]:
        await desk.record(one)
    assert {one.case_id for one in asked} == {command.case_id, other}
    assert (await desk.ask()).reasons == (PermitRefusal.DAILY_LIMIT,)
    desk.clock.advance(timedelta(days=1))
    assert (await desk.ask()).is_given
    rows = await fetch("SELECT kind FROM audit_entry WHERE kind LIKE 'collections.%'")
    assert sum(row["kind"] == "collections.permitted" for row in rows) == 5
    assert sum(row["kind"] == "collections.refused" for row in rows) == 18


async def test_a_refused_permit_is_on_record_and_changes_nothing_else(desk: Desk) -> None:
    await desk.assign(desk.agent)
    await desk.ask()
    before = await everything()
    named = await desk.ask(phone="13900000000", person=ContactPerson.RELATIVE)
    assert named.reasons == (PermitRefusal.NOT_DEBTOR, PermitRefusal.NOT_OWN_NUMBER)
    colleague = await enroll(StaffRole.AGENT, name="another.agent")
    assert (await desk.ask(by=colleague)).reasons == (PermitRefusal.NOT_ASSIGNED,)
    assert (await desk.ask(agency="zhenghe_service")).reasons == (PermitRefusal.NOT_ASSIGNED,)
    unlisted = await desk.ask(agency="nobody")
    assert PermitRefusal.AGENCY_NOT_LISTED in unlisted.reasons
    after = await everything()
    cases, _, permits, attempts, promises, agreements = after
    assert len(permits) == 5
    assert [cases, attempts, promises, agreements] == [before[0], before[3], before[4], before[5]]
    with pytest.raises(PermitNotUsable):
        await desk.record(named)
    with pytest.raises(Forbidden):
        await desk.ask(by=await enroll(StaffRole.AUDITOR))
    assert await everything() == after
    assert (await desk.ask(phone=MEI_PHONE)).is_given


async def began_wrongly(desk: Desk, permit: Permit, began_at: datetime) -> None:
    """Record a contact of the wrong time, and look at what is said to that."""
    with pytest.raises(InvalidInput) as wrong:
        await desk.record(permit, began_at=began_at)
    assert wrong.value.field == "input.beganAt"
    words = text(wrong.value.text_key, "zh-Hans", **wrong.value.details())
    assert words.endswith("请填联系真正开始的时间。")


async def test_a_permit_is_used_once_by_whoever_asked_and_within_its_time(desk: Desk) -> None:
    await desk.assign(desk.agent)
    permit = await desk.ask()
    before = await everything()
    now = desk.clock.now()
    for began_at in (now - timedelta(minutes=1), now - timedelta(days=400), now + timedelta(1)):
        await began_wrongly(desk, permit, began_at)
    with pytest.raises(PermitNotUsable):
        await desk.record(permit, ContactOutcome.SENT)
    assert await everything() == before

    desk.clock.advance(timedelta(minutes=5))
    attempt = await desk.record(permit, note="说下个月初还")
    assert attempt.note == "说下个月初还"
    with pytest.raises(PermitNotUsable):
        await desk.record(permit)
    raw = await fetch("SELECT note FROM contact_attempt")
    assert "下个月初".encode() not in bytes(raw[0]["note"])

    forgotten = await desk.ask()
    desk.clock.advance(timedelta(minutes=21))
    await began_wrongly(desk, forgotten, desk.clock.now())
    desk.clock.advance(timedelta(hours=2))
    with pytest.raises(PermitNotUsable):
        await desk.record(forgotten, began_at=desk.clock.now() - timedelta(hours=2))


async def test_a_hold_keeps_everybody_back_at_once_and_lets_go_when_it_ends(desk: Desk) -> None:
    await desk.assign(desk.agent)
    permit = await desk.ask()
    async with transaction() as tx:
        assert await hold(tx, borrower_id=desk.mei, reason=HoldReason.COMPLAINT, reference="tk1")
        assert not await hold(
            tx, borrower_id=desk.mei, reason=HoldReason.COMPLAINT, reference="tk1"
        )
        assert await hold(tx, borrower_id=desk.mei, reason=HoldReason.COMPLAINT, reference="tk2")
    with pytest.raises(PermitNotUsable):
        await desk.record(permit)
    assert (await desk.ask()).reasons == (PermitRefusal.COMPLAINT_OPEN,)
    async with transaction() as tx:
        assert await release(tx, borrower_id=desk.mei, reason=HoldReason.COMPLAINT, reference="tk1")
    assert (await desk.ask()).reasons == (PermitRefusal.COMPLAINT_OPEN,)
    async with transaction() as tx:
        await release(tx, borrower_id=desk.mei, reason=HoldReason.COMPLAINT, reference="tk2")
        assert not await release(
            tx, borrower_id=desk.mei, reason=HoldReason.COMPLAINT, reference="tk2"
        )
    assert (await desk.ask()).is_given


async def test_the_borrowers_own_hours_count(desk: Desk) -> None:
    await desk.assign(desk.agent)
    quiet = SetQuietHours(caller_id=desk.mei, begins="09:00", ends="12:00", idempotency_key="one")
    await set_quiet_hours(quiet)
    assert (await desk.ask()).reasons == (PermitRefusal.QUIET_HOURS,)
    await set_quiet_hours(replace(quiet, begins=None, ends=None, idempotency_key="none"))
    assert (await desk.ask()).is_given

    agree = AgreeToContact(
        borrower_id=desk.mei,
        hours=DayHours(begins=time(20), ends=time(23)),
        agrees_to_visits=True,
        idempotency_key="agree",
    )
    assert (await agree_to_contact(agree)).agrees_to_visits
    assert (await desk.ask(channel=ContactChannel.VISIT)).reasons == (PermitRefusal.QUIET_HOURS,)
    desk.clock.advance(timedelta(hours=12))
    visit = await desk.ask(channel=ContactChannel.VISIT)
    assert visit.is_given, "ten at night, as they said"
    await desk.record(visit)
    began = desk.clock.now()
    assert await queries.breaches(began, began + timedelta(seconds=1)) == []


async def remind(desk: Desk, message_id: str) -> tuple[PermitRefusal, ...]:
    async with transaction() as tx:
        return await may_remind(
            tx,
            Reminder(
                borrower_id=desk.mei,
                loan_id=desk.loan.loan_id,
                channel=ContactChannel.SMS,
                message_id=message_id,
                own_quiet=None,
            ),
        )


async def test_a_reminder_needs_leave_has_it_once_and_is_shown(desk: Desk) -> None:
    assert await remind(desk, "ms00000000000001") == ()
    assert await remind(desk, "ms00000000000001") == (), "a carrier failed; it goes out again"
    async with transaction() as tx:
        await hold(tx, borrower_id=desk.mei, reason=HoldReason.HARDSHIP, reference="ln")
    assert await remind(desk, "ms00000000000001") == (PermitRefusal.HARDSHIP_OPEN,)
    assert await remind(desk, "ms00000000000002") == (PermitRefusal.HARDSHIP_OPEN,)
    page = await queries.attempts_of(desk.mei, PageAsk())
    (shown,) = [one for _, one in page.items]
    assert (shown.channel, shown.outcome) == (ContactChannel.SMS, ContactOutcome.SENT)
    wanted = ["ms00000000000001", "ms00000000000002"]
    assert await queries.permitted_messages(wanted) == {"ms00000000000001"}


async def test_going_over_contacts_again_names_what_was_not_lawful(desk: Desk) -> None:
    await desk.assign(desk.agent)
    since = desk.clock.now()
    attempts = [await desk.record(await desk.ask()) for _ in range(3)]
    until = desk.clock.now() + timedelta(days=2)
    assert await queries.breaches(since, until) == []
    night = (since.timestamp() + 14 * 3600) * 1000
    for change, kind in (
        ("UPDATE contact_permit SET reasons = 'DEATH' WHERE id = ?", BreachKind.NO_PERMIT),
        ("UPDATE contact_permit SET expires_at = 1 WHERE id = ?", BreachKind.OUTSIDE_PERMIT),
    ):
        async with transaction() as tx:
            await tx.run(change, [attempts[0].permit_id])
        found = await queries.breaches(since, until)
        assert [(one.attempt_id, one.kind) for one in found] == [(attempts[0].attempt_id, kind)]
        async with transaction() as tx:
            await tx.run(
                "UPDATE contact_permit SET reasons = '' WHERE id = ?", [attempts[0].permit_id]
            )
    async with transaction() as tx:
        await tx.run(
            "UPDATE contact_attempt SET began_at = ? WHERE id = ?",
            [int(night), attempts[1].attempt_id],
        )
        agency = "UPDATE contact_attempt SET agency = 'x' WHERE id = ?"
        await tx.run(agency, [attempts[2].attempt_id])
        await tx.run("UPDATE collection_case SET offered_at = NULL")
    kinds = {(one.attempt_id, one.kind) for one in await queries.breaches(since, until)}
    assert (attempts[1].attempt_id, BreachKind.AT_NIGHT) in kinds
    assert (attempts[2].attempt_id, BreachKind.NOT_OFFERED_FIRST) in kinds
    assert await queries.overdue_without_offer() == [desk.loan.loan_id]


async def test_nobody_finds_a_case_that_is_none(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await queries.case("cc00000000000000")
    async with transaction() as tx:
        told = Notify(
            borrower_id=desk.mei,
            kind=Kind.RELIEF_OFFERED,
            data={"until_on": "2026-12-30"},
            dedupe_key="x",
        )
        assert await notify(tx, told) is not None
