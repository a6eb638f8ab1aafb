"""The desk finds, opens and reads; every look is on the borrower's record, a refusal shows none."""

from datetime import timedelta

import pytest

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import fetch, transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound, RateLimited
from app.foundation.paging import PageAsk
from app.foundation.revision import revision_of
from app.messaging.queries import Notification, inbox_of
from app.messaging.rules import Kind
from app.privacy.operations import Look, record_look
from app.privacy.queries import LookSeen, looks_at
from app.privacy.rules import Reason, What
from app.support import operations, queries
from app.support.graphql.desk_types import TIMELINE
from app.support.queries import LoanHappening, Ticket
from app.support.rules import BORROWERS_PER_HOUR_MAX
from tests.messaging.conftest import MEI_PHONE, join
from tests.support.conftest import WORDS, answer, bring_up, enroll, lend
from tests.support.test_revealing import complete

DESK = [StaffRole.AGENT, StaffRole.SUPERVISOR, StaffRole.AUDITOR]
NOT_AT_THE_DESK = [StaffRole.RISK, StaffRole.CONTENT_EDITOR]


async def looks(borrower_id: str) -> list[LookSeen]:
    return [seen for _, seen in (await looks_at(borrower_id, PageAsk())).items]


async def told(borrower_id: str) -> list[Kind]:
    return [one.kind for _, one in (await inbox_of(borrower_id, PageAsk())).items]


async def find(
    caller: StaffCaller,
    phone: str | None = None,
    last_four: str | None = None,
    surname: str | None = None,
) -> list[str]:
    found = await operations.find_borrowers(
        caller, phone=phone, last_four=last_four, surname=surname, reason=Reason.BORROWER_ASKED
    )
    return [profile.borrower_id for profile in found]


async def open_borrower(
    caller: StaffCaller, borrower_id: str, ticket_id: str | None = None
) -> None:
    profile = await operations.open_borrower(
        caller, borrower_id, reason=Reason.HARDSHIP, ticket_id=ticket_id
    )
    assert profile.borrower_id == borrower_id


@pytest.mark.parametrize("written", ["13800138000", "+86 138 0013 8000", "138-0013-8000"])
async def test_a_borrower_is_found_by_phone_however_it_is_written(
    mei: str, jun: str, agent: StaffCaller, written: str
) -> None:
    assert await find(agent, phone=written) == [mei]
    (seen,) = await looks(mei)
    assert (seen.what, seen.reason, seen.staff_name) == (
        What.SEARCH_RESULT,
        Reason.BORROWER_ASKED,
        "li.agent",
    )
    assert await looks(jun) == []


async def test_borrowers_are_found_by_the_last_four_digits_and_each_has_it_on_record(
    mei: str, agent: StaffCaller
) -> None:
    other = await join("+8613700138000")
    assert set(await find(agent, last_four="8000")) == {mei, other}
    assert [len(await looks(one)) for one in (mei, other)] == [1, 1]


async def test_a_surname_narrows_the_last_four_digits_and_only_who_is_shown_has_it_on_record(
    mei: str, agent: StaffCaller
) -> None:
    other = await join("+8613700138000")
    await complete(mei)
    assert await find(agent, last_four="8000", surname="石") == [mei]
    assert await find(agent, last_four="8000", surname="王") == []
    (seen,) = await looks(mei)
    assert (seen.what, seen.staff_name) == (What.SEARCH_RESULT, "li.agent")
    assert await looks(other) == []


@pytest.mark.parametrize("phone", [None, MEI_PHONE])
async def test_a_surname_without_the_last_four_digits_is_refused_and_records_nothing(
    mei: str, agent: StaffCaller, phone: str | None
) -> None:
    await complete(mei)
    with pytest.raises(InvalidInput) as refused:
        await find(agent, phone=phone, surname="石")
    assert (refused.value.field, refused.value.reason_key) == (
        "surname",
        "support.reason.surname_alone",
    )
    assert await looks(mei) == []


async def test_a_search_is_no_news_but_the_borrower_sees_that_the_record_grew(
    mei: str, agent: StaffCaller
) -> None:
    before = await revision_of(mei)
    await find(agent, phone=MEI_PHONE)
    assert await told(mei) == []
    assert await revision_of(mei) == before + 1


async def test_whoever_is_unknown_is_not_found_and_nothing_is_recorded(agent: StaffCaller) -> None:
    assert await find(agent, phone="13912345678") == []
    assert await find(agent, last_four="0000") == []
    assert await fetch("SELECT id FROM look") == []


@pytest.mark.parametrize(
    ("phone", "last_four"),
    [
        (None, None),
        ("13800138000", "8000"),
        ("8000", None),
        (None, "800"),
        (None, "80o0"),
        ("' OR 1=1 --", None),
        ("1" * 10_000, None),
    ],
)
async def test_a_malformed_search_is_refused_and_records_nothing(
    mei: str, agent: StaffCaller, phone: str | None, last_four: str | None
) -> None:
    with pytest.raises(InvalidInput):
        await find(agent, phone, last_four)
    assert await looks(mei) == []


async def test_opening_a_borrower_is_recorded_with_its_reason_and_told(
    mei: str, agent: StaffCaller
) -> None:
    ticket = await bring_up(mei)
    await open_borrower(agent, mei, ticket.ticket_id)
    (seen,) = await looks(mei)
    assert (seen.what, seen.reason, seen.ticket_id) == (
        What.WHOLE_VIEW,
        Reason.HARDSHIP,
        ticket.ticket_id,
    )
    assert await told(mei) == [Kind.DATA_LOOKED_AT]


async def test_every_look_is_recorded_but_one_person_is_told_of_once_a_day(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    await open_borrower(agent, mei)
    await open_borrower(agent, mei)
    assert len(await looks(mei)) == 2
    assert len(await told(mei)) == 1

    await open_borrower(await enroll(StaffRole.SUPERVISOR), mei)
    assert len(await told(mei)) == 2
    clock.advance(timedelta(days=1))
    await open_borrower(agent, mei)
    assert len(await told(mei)) == 3


async def test_what_is_shown_is_masked(mei: str, agent: StaffCaller) -> None:
    profile = await operations.open_borrower(
        agent, mei, reason=Reason.BORROWER_ASKED, ticket_id=None
    )
    assert profile.phone == "138****8000"


async def test_a_missing_borrower_or_anothers_ticket_is_not_found_and_not_recorded(
    mei: str, jun: str, agent: StaffCaller
) -> None:
    ticket = await bring_up(jun)
    with pytest.raises(NotFound):
        await open_borrower(agent, "br00000abcdefghi")
    with pytest.raises(NotFound):
        await open_borrower(agent, mei, ticket.ticket_id)
    assert await fetch("SELECT id FROM look") == []


@pytest.mark.parametrize("role", DESK)
async def test_reading_a_ticket_is_on_record(mei: str, role: StaffRole) -> None:
    staff = await enroll(role)
    ticket = await bring_up(mei)
    opened = await operations.open_ticket_at_desk(staff, ticket.ticket_id)
    assert opened.messages is not None
    assert [message.text for message in opened.messages] == [WORDS]
    assert opened.borrower is not None
    assert opened.borrower.phone == "138****8000"
    (seen,) = await looks(mei)
    reason = Reason.AUDIT if role is StaffRole.AUDITOR else Reason.TICKET
    assert (seen.what, seen.reason, seen.ticket_id) == (What.TICKET, reason, ticket.ticket_id)


async def test_a_missing_ticket_is_not_found(agent: StaffCaller) -> None:
    with pytest.raises(NotFound):
        await operations.open_ticket_at_desk(agent, "tk00000abcdefghi")


@pytest.mark.parametrize("role", NOT_AT_THE_DESK)
async def test_whoever_does_not_sit_at_the_desk_sees_nothing(mei: str, role: StaffRole) -> None:
    staff = await enroll(role)
    ticket = await bring_up(mei)
    with pytest.raises(Forbidden):
        await find(staff, phone=MEI_PHONE)
    with pytest.raises(Forbidden):
        await open_borrower(staff, mei)
    with pytest.raises(Forbidden):
        await operations.open_ticket_at_desk(staff, ticket.ticket_id)
    assert await looks(mei) == []


async def test_going_through_borrowers_one_after_another_is_stopped(
    mei: str, jun: str, agent: StaffCaller, clock: FixedClock
) -> None:
    async with transaction() as tx:
        for number in range(BORROWERS_PER_HOUR_MAX):
            look = Look(
                staff_id=agent.staff_id,
                staff_role=agent.role,
                staff_name="li.agent",
                borrower_id=f"br{number:014}",
                what=What.WHOLE_VIEW,
                reason=Reason.BORROWER_ASKED,
            )
            await record_look(tx, look)
    ticket = await bring_up(jun)
    with pytest.raises(RateLimited):
        await open_borrower(agent, mei)
    with pytest.raises(RateLimited):
        await find(agent, phone=MEI_PHONE)
    await complete(mei)
    with pytest.raises(RateLimited):
        await find(agent, last_four="8000", surname="石")
    with pytest.raises(RateLimited):
        await operations.open_ticket_at_desk(agent, ticket.ticket_id)
    assert await looks(mei) == await looks(jun) == []

    await open_borrower(await enroll(StaffRole.SUPERVISOR), mei)
    clock.advance(timedelta(hours=1, seconds=1))
    await open_borrower(agent, mei)


async def test_the_timeline_tells_everything_newest_first(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    loan = await lend(mei)
    clock.advance(timedelta(hours=1))
    ticket = await bring_up(mei)
    clock.advance(timedelta(hours=1))
    await answer(agent, ticket.ticket_id)

    first, second, third = [
        one.what for _, one in (await queries.history_of(mei, PageAsk(first=10), TIMELINE)).items
    ]
    assert isinstance(first, Notification)
    assert first.kind is Kind.TICKET_ANSWERED
    assert isinstance(second, Ticket)
    assert second.ticket_id == ticket.ticket_id
    assert isinstance(third, LoanHappening)
    assert (third.loan_id, third.entry.kind) == (loan.loan_id, "Disbursed")
    assert len((await queries.history_of(mei, PageAsk(first=2), TIMELINE)).items) == 2
