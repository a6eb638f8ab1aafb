"""A borrower brings something up, we answer in time, and a refusal changes nothing."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import fetch
from app.foundation.errors import Forbidden, IdempotencyConflict, InvalidInput, NotFound, Refusal
from app.foundation.paging import PageAsk
from app.foundation.revision import revision_of
from app.messaging.queries import inbox_of
from app.messaging.rules import Kind
from app.support import queries
from app.support.errors import (
    TicketAnswered,
    TicketClosed,
    TicketFull,
    TicketNotAnswered,
    TooManyOpenTickets,
)
from app.support.operations import (
    AnswerTicket,
    AssignTicket,
    CloseTicket,
    LogTicket,
    RateTicket,
    ReplyToTicket,
    TakeTicket,
    answer_ticket,
    assign_ticket,
    close_ticket,
    log_ticket,
    rate_ticket,
    reply_to_ticket,
    take_ticket,
)
from app.support.queries import QueueAsk, Ticket, TicketMessage
from app.support.rules import MESSAGES_MAX, OPEN_TICKETS_MAX, Author, Category, TicketState
from tests.conftest import START
from tests.support.conftest import ANSWER, WORDS, answer, bring_up, enroll, lend


async def reply(
    borrower_id: str, ticket_id: str, text: str = "还是不明白", *, key: str = "reply"
) -> Ticket:
    return await reply_to_ticket(
        ReplyToTicket(caller_id=borrower_id, ticket_id=ticket_id, text=text, idempotency_key=key)
    )


async def rate(borrower_id: str, ticket_id: str, score: int, *, key: str = "rate") -> Ticket:
    return await rate_ticket(
        RateTicket(caller_id=borrower_id, ticket_id=ticket_id, score=score, idempotency_key=key)
    )


async def close(agent: StaffCaller, ticket_id: str, *, key: str = "close") -> Ticket:
    command = CloseTicket(caller_id=agent.staff_id, ticket_id=ticket_id, idempotency_key=key)
    return await close_ticket(agent, command)


async def written(ticket_id: str) -> list[TicketMessage]:
    return (await queries.messages_by_ticket([ticket_id]))[0]


async def everything(borrower_id: str) -> tuple[Any, ...]:
    """Return all that a refusal must leave as it is."""
    return (
        await fetch("SELECT * FROM ticket ORDER BY id"),
        await fetch("SELECT id, number FROM ticket_message ORDER BY id"),
        await fetch("SELECT id FROM notification ORDER BY id"),
        await fetch("SELECT id FROM outbox_fact ORDER BY id"),
        await revision_of(borrower_id),
    )


async def test_a_ticket_holds_what_was_said_until_when_we_answer(mei: str) -> None:
    ticket = await bring_up(mei)
    assert ticket == await queries.ticket(mei, ticket.ticket_id)
    assert (ticket.state, ticket.opened_at) == (TicketState.OPEN, START)
    assert ticket.due_at == START + timedelta(days=3)
    (message,) = await written(ticket.ticket_id)
    assert (message.author, message.text, message.staff_name) == (Author.BORROWER, WORDS, None)


@pytest.mark.parametrize(
    ("category", "days"),
    [
        (Category.QUESTION, 3),
        (Category.COMPLAINT, 15),
        (Category.HARDSHIP, 3),
        (Category.CORRECTION, 15),
        (Category.TECHNICAL, 3),
    ],
)
async def test_the_clock_depends_on_the_category(mei: str, category: Category, days: int) -> None:
    ticket = await bring_up(mei, category=category)
    assert ticket.due_at == START + timedelta(days=days)


async def test_what_was_written_is_sealed(mei: str, agent: StaffCaller) -> None:
    ticket = await bring_up(mei)
    await answer(agent, ticket.ticket_id)
    stored = str(await fetch("SELECT * FROM ticket")) + str(
        [bytes(row["text"]) for row in await fetch("SELECT text FROM ticket_message")]
    )
    claims = str(await fetch("SELECT answer FROM idempotency_claim"))
    facts = str(await fetch("SELECT payload FROM outbox_fact"))
    for secret in (WORDS, ANSWER):
        assert secret not in stored + claims + facts
        assert str(secret.encode())[2:-1] not in stored


async def test_two_thousand_signs_of_any_kind_are_kept(mei: str) -> None:
    text = "农🌾\n" * 666 + "够了"
    ticket = await bring_up(mei, text)
    assert (await written(ticket.ticket_id))[0].text == text


async def test_a_ticket_may_be_about_a_loan_of_ones_own(mei: str) -> None:
    loan = await lend(mei)
    assert (await bring_up(mei, loan_id=loan.loan_id)).loan_id == loan.loan_id


async def test_a_ticket_about_anothers_loan_is_refused_and_changes_nothing(
    mei: str, jun: str
) -> None:
    loan = await lend(jun)
    before = await everything(mei)
    with pytest.raises(NotFound) as refused:
        await bring_up(mei, loan_id=loan.loan_id)
    assert refused.value.field == "input.loanId"
    assert await everything(mei) == before


async def test_a_ticket_opened_again_with_the_same_key_is_the_same_ticket(mei: str) -> None:
    first = await bring_up(mei)
    assert await bring_up(mei) == first
    assert len(await fetch("SELECT id FROM ticket")) == 1


async def test_other_words_under_the_same_key_are_refused_and_change_nothing(mei: str) -> None:
    await bring_up(mei)
    before = await everything(mei)
    with pytest.raises(IdempotencyConflict):
        await bring_up(mei, "别的话")
    assert await everything(mei) == before


async def test_one_borrower_has_at_most_ten_open_tickets_even_at_once(mei: str) -> None:
    async def one(number: int) -> Ticket | Refusal:
        try:
            return await bring_up(mei, key=f"open-{number}")
        except TooManyOpenTickets as refused:
            return refused

    tried = await asyncio.gather(*(one(number) for number in range(OPEN_TICKETS_MAX + 5)))
    assert sum(isinstance(one, Ticket) for one in tried) == OPEN_TICKETS_MAX
    assert len(await fetch("SELECT id FROM ticket")) == OPEN_TICKETS_MAX


async def test_an_answer_is_told_with_the_name_of_who_gave_it(mei: str, agent: StaffCaller) -> None:
    ticket = await bring_up(mei)
    answered = await answer(agent, ticket.ticket_id)
    assert (answered.state, answered.answered_at, answered.due_at) == (
        TicketState.ANSWERED,
        START,
        None,
    )
    message = (await written(ticket.ticket_id))[1]
    assert (message.author, message.staff_name, message.text) == (
        Author.STAFF,
        "li.agent",
        ANSWER,
    )
    (told,) = [told for _, told in (await inbox_of(mei, PageAsk())).items]
    assert (told.kind, told.link("ticket_id")) == (Kind.TICKET_ANSWERED, ticket.ticket_id)
    facts = await fetch("SELECT payload FROM outbox_fact WHERE name = 'TicketAnswered'")
    assert len(facts) == 1


async def test_an_answer_sent_again_is_given_and_told_once(mei: str, agent: StaffCaller) -> None:
    ticket = await bring_up(mei)
    first = await answer(agent, ticket.ticket_id)
    again = StaffCaller(
        staff_id=agent.staff_id, session_id="sf00000jklmnopqr", role=StaffRole.AGENT
    )
    assert await answer(again, ticket.ticket_id) == first
    assert len(await written(ticket.ticket_id)) == 2
    assert len((await inbox_of(mei, PageAsk())).items) == 1


async def test_every_answer_is_told(mei: str, agent: StaffCaller) -> None:
    ticket = await bring_up(mei)
    await answer(agent, ticket.ticket_id, key="first")
    await answer(agent, ticket.ticket_id, "还有一句", key="second")
    assert len((await inbox_of(mei, PageAsk())).items) == 2


async def test_a_reply_to_an_answer_reopens_the_ticket_and_its_clock(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    ticket = await bring_up(mei, category=Category.COMPLAINT)
    await answer(agent, ticket.ticket_id)
    clock.advance(timedelta(days=20))
    reopened = await reply(mei, ticket.ticket_id)
    assert reopened.state is TicketState.REOPENED
    assert reopened.due_at == clock.now() + timedelta(days=15)


async def test_a_reply_before_any_answer_leaves_the_clock_running(
    mei: str, clock: FixedClock
) -> None:
    ticket = await bring_up(mei)
    clock.advance(timedelta(days=1))
    replied = await reply(mei, ticket.ticket_id)
    assert (replied.state, replied.due_at) == (TicketState.OPEN, ticket.due_at)


async def test_a_reply_sent_again_is_written_once(mei: str) -> None:
    ticket = await bring_up(mei)
    assert await reply(mei, ticket.ticket_id) == await reply(mei, ticket.ticket_id)
    assert len(await written(ticket.ticket_id)) == 2


async def test_a_ticket_takes_a_hundred_messages(mei: str) -> None:
    ticket = await bring_up(mei)
    for number in range(MESSAGES_MAX - 1):
        await reply(mei, ticket.ticket_id, key=f"reply-{number}")
    before = await everything(mei)
    with pytest.raises(TicketFull):
        await reply(mei, ticket.ticket_id, key="one-too-many")
    assert await everything(mei) == before
    assert (await written(ticket.ticket_id))[0].text == WORDS


async def test_a_closed_ticket_can_be_rated_and_nothing_else(mei: str, agent: StaffCaller) -> None:
    ticket = await bring_up(mei)
    await answer(agent, ticket.ticket_id)
    closed = await close(agent, ticket.ticket_id)
    assert (closed.state, closed.closed_at) == (TicketState.CLOSED, START)
    assert (await rate(mei, ticket.ticket_id, 5)).score == 5

    before = await everything(mei)
    with pytest.raises(TicketClosed):
        await reply(mei, ticket.ticket_id)
    with pytest.raises(TicketClosed):
        await answer(agent, ticket.ticket_id, key="more")
    with pytest.raises(TicketClosed):
        await close(agent, ticket.ticket_id, key="twice")
    assert await everything(mei) == before


async def test_closing_sent_again_gets_the_first_answer(mei: str, agent: StaffCaller) -> None:
    ticket = await bring_up(mei)
    await answer(agent, ticket.ticket_id)
    assert await close(agent, ticket.ticket_id) == await close(agent, ticket.ticket_id)


async def test_nothing_is_closed_or_rated_before_it_is_answered(
    mei: str, agent: StaffCaller
) -> None:
    ticket = await bring_up(mei)
    before = await everything(mei)
    with pytest.raises(TicketNotAnswered):
        await close(agent, ticket.ticket_id)
    with pytest.raises(TicketNotAnswered):
        await rate(mei, ticket.ticket_id, 5)
    assert await everything(mei) == before


async def test_the_last_rating_counts(mei: str, agent: StaffCaller) -> None:
    ticket = await bring_up(mei)
    await answer(agent, ticket.ticket_id)
    await rate(mei, ticket.ticket_id, 2, key="first")
    rated = await rate(mei, ticket.ticket_id, 4, key="second")
    assert (rated.score, rated.state) == (4, TicketState.ANSWERED)
    assert await rate(mei, ticket.ticket_id, 4, key="second") == rated


@pytest.mark.parametrize("score", [0, 6, -1])
async def test_a_score_is_one_to_five(mei: str, agent: StaffCaller, score: int) -> None:
    ticket = await bring_up(mei)
    await answer(agent, ticket.ticket_id)
    before = await everything(mei)
    with pytest.raises(InvalidInput) as refused:
        await rate(mei, ticket.ticket_id, score)
    assert refused.value.field == "input.score"
    assert await everything(mei) == before


async def test_anothers_ticket_is_as_if_there_were_none(mei: str, jun: str) -> None:
    ticket = await bring_up(jun)
    before = await everything(jun)
    for missing in (ticket.ticket_id, "tk00000abcdefghi"):
        with pytest.raises(NotFound):
            await queries.ticket(mei, missing)
        with pytest.raises(NotFound):
            await reply(mei, missing)
        with pytest.raises(NotFound):
            await rate(mei, missing, 5)
    assert await everything(jun) == before


@pytest.mark.parametrize("role", [StaffRole.AUDITOR, StaffRole.RISK, StaffRole.CONTENT_EDITOR])
async def test_only_agents_and_supervisors_answer_and_close(mei: str, role: StaffRole) -> None:
    ticket = await bring_up(mei)
    staff = await enroll(role)
    before = await everything(mei)
    with pytest.raises(Forbidden):
        await answer(staff, ticket.ticket_id)
    with pytest.raises(Forbidden):
        await close(staff, ticket.ticket_id)
    assert await everything(mei) == before


async def test_a_supervisor_answers_too(mei: str) -> None:
    ticket = await bring_up(mei)
    supervisor = await enroll(StaffRole.SUPERVISOR)
    assert (await answer(supervisor, ticket.ticket_id)).state is TicketState.ANSWERED


async def test_answering_a_missing_ticket_is_refused(agent: StaffCaller) -> None:
    command = AnswerTicket(
        caller_id=agent.staff_id,
        ticket_id="tk00000abcdefghi",
        text=ANSWER,
        idempotency_key="answer",
    )
    with pytest.raises(NotFound):
        await answer_ticket(agent, command)


def log(agent: StaffCaller, borrower_id: str, loan_id: str | None = None) -> LogTicket:
    return LogTicket(
        caller_id=agent.staff_id,
        borrower_id=borrower_id,
        category=Category.COMPLAINT,
        text=WORDS,
        loan_id=loan_id,
        idempotency_key="log",
    )


async def test_what_a_borrower_says_on_the_phone_is_written_down_and_told(
    mei: str, agent: StaffCaller
) -> None:
    loan = await lend(mei)
    ticket = await log_ticket(agent, log(agent, mei, loan.loan_id))
    assert await log_ticket(agent, log(agent, mei, loan.loan_id)) == ticket
    assert ticket == await queries.ticket(mei, ticket.ticket_id)
    assert (ticket.state, ticket.due_at) == (TicketState.OPEN, START + timedelta(days=15))
    (message,) = await written(ticket.ticket_id)
    assert (message.author, message.staff_name, message.text) == (Author.STAFF, "li.agent", WORDS)
    (told,) = [told for _, told in (await inbox_of(mei, PageAsk())).items]
    assert told.kind is Kind.TICKET_LOGGED
    assert "最晚12月6日答复您" in told.body("zh-Hans")


async def test_nothing_is_written_down_for_nobody_or_about_anothers_loan_or_by_an_auditor(
    mei: str, jun: str, agent: StaffCaller
) -> None:
    loan = await lend(jun)
    auditor = await enroll(StaffRole.AUDITOR)
    before = await everything(mei)
    with pytest.raises(NotFound) as refused:
        await log_ticket(agent, log(agent, "br00000abcdefghi"))
    assert refused.value.field == "input.borrowerId"
    with pytest.raises(NotFound):
        await log_ticket(agent, log(agent, mei, loan.loan_id))
    with pytest.raises(Forbidden):
        await log_ticket(auditor, log(auditor, mei))
    assert await everything(mei) == before


async def test_the_queue_shows_the_most_urgent_first(
    mei: str, jun: str, agent: StaffCaller, clock: FixedClock
) -> None:
    complaint = await bring_up(mei, category=Category.COMPLAINT)
    clock.advance(timedelta(hours=1))
    question = await bring_up(jun)
    clock.advance(timedelta(hours=1))
    hardship = await bring_up(mei, category=Category.HARDSHIP, key="hard")
    answered = await bring_up(mei, key="answered")
    await answer(agent, answered.ticket_id)

    first = await queries.queue(QueueAsk(), PageAsk(first=2), START)
    rest = await queries.queue(QueueAsk(), PageAsk(first=2, after=first.items[-1][0]), START)
    assert [one.ticket_id for _, one in (*first.items, *rest.items)] == [
        question.ticket_id,
        hardship.ticket_id,
        complaint.ticket_id,
    ]
    assert (first.has_more, rest.has_more) == (True, False)
    done = await queries.queue(QueueAsk(state=TicketState.ANSWERED), PageAsk(), START)
    assert [one.ticket_id for _, one in done.items] == [answered.ticket_id]


async def test_tickets_are_paged_newest_first(mei: str, clock: FixedClock) -> None:
    opened: list[str] = []
    for number in range(5):
        opened.append((await bring_up(mei, key=str(number))).ticket_id)
        clock.advance(timedelta(seconds=1))
    first = await queries.tickets_of(mei, PageAsk(first=3))
    rest = await queries.tickets_of(mei, PageAsk(first=3, after=first.items[-1][0]))
    assert [one.ticket_id for _, one in (*first.items, *rest.items)] == opened[::-1]


async def test_messages_of_many_tickets_come_in_the_order_asked(mei: str, jun: str) -> None:
    first = await bring_up(mei, "甲")
    second = await bring_up(jun, "乙")
    found = await queries.messages_by_ticket(
        [second.ticket_id, "tk00000abcdefghi", first.ticket_id]
    )
    assert [[message.text for message in one] for one in found] == [["乙"], [], ["甲"]]


async def test_whoever_takes_or_gives_what_no_longer_waits_is_told_where_it_stands(
    mei: str, agent: StaffCaller
) -> None:
    leader = await enroll(StaffRole.SUPERVISOR)
    ticket_id = (await bring_up(mei)).ticket_id
    take = TakeTicket(caller_id=agent.staff_id, ticket_id=ticket_id, idempotency_key="take")
    give = AssignTicket(
        caller_id=leader.staff_id,
        ticket_id=ticket_id,
        staff_id=agent.staff_id,
        idempotency_key="give",
    )

    async def refused(because: type[Refusal]) -> None:
        before = await everything(mei)
        with pytest.raises(because):
            await take_ticket(agent, take)
        with pytest.raises(because):
            await assign_ticket(leader, give)
        assert await everything(mei) == before

    await answer(agent, ticket_id)
    await refused(TicketAnswered)
    await close(agent, ticket_id)
    await refused(TicketClosed)
