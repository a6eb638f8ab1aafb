"""A complaint is handled by somebody without an interest, in time, and asked after."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from app.collections.queries import holds_of
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock, local_date, moment_of
from app.foundation.database import fetch
from app.foundation.errors import Refusal
from app.foundation.paging import PageAsk
from app.messaging.queries import inbox_of
from app.messaging.rules import Kind
from app.servicing import operations as servicing
from app.servicing.rules.corrections import (
    CorrectionReason,
    ProposeCorrection,
    WriteOff,
    kind_of,
)
from app.support import operations, queries
from app.support.errors import (
    AssigneeHasInterest,
    ClosingIncomplete,
    ExtensionNotOpen,
    ExtensionOutOfTurn,
    NotAComplaint,
    TicketTaken,
    TicketWithSupervisor,
    VisitNotOpen,
)
from app.support.models import TicketExtensionRow, TicketRow, TicketStepRow, TicketVisitRow
from app.support.operations import (
    AssignTicket,
    CloseTicket,
    DecideExtension,
    ExtendTicket,
    RecordVisit,
    ReplyToTicket,
    TakeTicket,
)
from app.support.queries import QueueAsk, Ticket
from app.support.rules import WAITING, Category, TicketState
from app.support.rules.complaints import (
    Extension,
    Happened,
    Outcome,
    RootCause,
    Subcategory,
    VisitState,
)
from tests.conftest import START
from tests.desk import step_up_everybody
from tests.support.conftest import answer, bring_up, enroll, lend

DAY = timedelta(days=1)


async def complain(borrower_id: str, *, key: str = "complain") -> Ticket:
    return await bring_up(borrower_id, "多收了我钱！", category=Category.COMPLAINT, key=key)


async def take(staff: StaffCaller, ticket_id: str, *, key: str = "take") -> Ticket:
    command = TakeTicket(caller_id=staff.staff_id, ticket_id=ticket_id, idempotency_key=key)
    return await operations.take_ticket(staff, command)


async def close(staff: StaffCaller, ticket_id: str, *, key: str = "close") -> Ticket:
    command = CloseTicket(
        caller_id=staff.staff_id,
        ticket_id=ticket_id,
        idempotency_key=key,
        subcategory=Subcategory.FEES,
        outcome=Outcome.PUT_RIGHT,
        root_cause=RootCause.WRONG_FIGURE,
    )
    return await operations.close_ticket(staff, command)


async def extend(
    staff: StaffCaller, ticket_id: str, kind: Extension, *, key: str
) -> queries.TicketExtension:
    command = ExtendTicket(
        caller_id=staff.staff_id,
        ticket_id=ticket_id,
        kind=kind,
        reason="要向合作方调记录，请您等几天。",
        idempotency_key=key,
    )
    return await operations.extend_ticket(staff, command)


async def decide(
    staff: StaffCaller, extension_id: str, *, is_granted: bool = True, key: str = "decide"
) -> queries.TicketExtension:
    command = DecideExtension(
        caller_id=staff.staff_id,
        extension_id=extension_id,
        is_granted=is_granted,
        idempotency_key=key,
    )
    return await operations.decide_extension(staff, command)


async def visit(staff: StaffCaller, state: VisitState, *, key: str = "visit") -> Ticket:
    due = await TicketVisitRow.filter(state=VisitState.DUE.value).order_by("-id").first()
    assert due is not None
    command = RecordVisit(
        caller_id=staff.staff_id, visit_id=due.id, state=state, text=None, idempotency_key=key
    )
    return await operations.record_visit(staff, command)


async def told(borrower_id: str) -> Counter[Kind]:
    page = await inbox_of(borrower_id, PageAsk(first=100))
    return Counter(one.kind for _, one in page.items)


async def everything() -> tuple[object, ...]:
    tables = ("ticket", "ticket_extension", "ticket_step", "ticket_visit", "notification")
    return tuple([await fetch(f"SELECT * FROM {table} ORDER BY id") for table in tables])


async def refused(what: Awaitable[object], refusal: type[Refusal]) -> None:
    before = await everything()
    with pytest.raises(refusal):
        await what
    assert await everything() == before


async def test_of_two_who_take_a_complaint_at_once_one_has_it(mei: str, agent: StaffCaller) -> None:
    other = await enroll(StaffRole.AGENT, name="wang.agent")
    ticket = await complain(mei)
    results = await asyncio.gather(
        *(take(one, ticket.ticket_id, key=one.staff_id) for one in (agent, other)),
        return_exceptions=True,
    )
    won = [one for one in results if isinstance(one, Ticket)]
    lost = [one for one in results if isinstance(one, TicketTaken)]
    assert (len(won), len(lost)) == (1, 1)
    row = await TicketRow.get(id=ticket.ticket_id)
    assert row.assignee_id == won[0].assignee_id
    winner = other if row.assignee_id == other.staff_id else agent
    assert await take(winner, ticket.ticket_id, key="once-more") == won[0]
    assert await TicketStepRow.filter(what=Happened.TAKEN.value).count() == 1
    loser = agent if row.assignee_id == other.staff_id else other
    await refused(answer(loser, ticket.ticket_id), TicketTaken)


async def test_nobody_handles_a_complaint_about_what_they_did(mei: str, agent: StaffCaller) -> None:
    question = await bring_up(mei)
    await answer(agent, question.ticket_id)
    about = await operations.open_ticket(
        operations.OpenTicket(
            caller_id=mei,
            category=Category.COMPLAINT,
            text="答非所问",
            loan_id=None,
            idempotency_key="about",
            about_ticket_id=question.ticket_id,
        )
    )
    await refused(take(agent, about.ticket_id), AssigneeHasInterest)
    await refused(answer(agent, about.ticket_id, key="no"), AssigneeHasInterest)
    maker = await enroll(StaffRole.AGENT, name="wang.agent")
    loan = await lend(mei)
    await servicing.run_days(date(2026, 12, 31))
    act = WriteOff()
    wish = ProposeCorrection(
        maker_id=maker.staff_id,
        loan_id=loan.loan_id,
        kind=kind_of(act),
        act=act,
        reason=CorrectionReason.LONG_UNPAID,
        note="核对过记录。",
        idempotency_key="propose",
    )
    await operations.propose_correction(maker, wish)
    ticket = await complain(mei)
    await refused(take(maker, ticket.ticket_id), AssigneeHasInterest)
    chief = await enroll(StaffRole.SUPERVISOR)
    given = AssignTicket(
        caller_id=chief.staff_id,
        ticket_id=ticket.ticket_id,
        staff_id=maker.staff_id,
        idempotency_key="give",
    )
    await refused(operations.assign_ticket(chief, given), AssigneeHasInterest)
    assert (await take(agent, ticket.ticket_id)).assignee_id == agent.staff_id


async def test_time_that_runs_out_is_told_goes_to_a_supervisor_and_never_just_passes(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    ticket = await complain(mei)
    supervisor = await enroll(StaffRole.SUPERVISOR)
    await take(agent, ticket.ticket_id)
    clock.advance(timedelta(days=9))
    assert await operations.mind_complaints() == 1, "five working days before the deadline"
    assert await operations.mind_complaints() == 0, "told once"
    clock.advance(timedelta(days=5, hours=1))
    await asyncio.gather(*(operations.mind_complaints() for _ in range(3)))
    row = await TicketRow.get(id=ticket.ticket_id)
    assert row.escalated_at is not None
    assert moment_of(row.escalated_at) < row.due_at
    steps = [step.what.value for step in (await queries.steps_by_ticket([row.id]))[0]]
    assert Counter(steps) == {"TAKEN": 1, "ALERTED": 2, "ESCALATED": 1}
    assert (await told(mei))[Kind.TICKET_ESCALATED] == 1
    facts = await fetch("SELECT id FROM outbox_fact WHERE name LIKE '%omplaint%'")
    assert len(facts) == 3
    await refused(answer(agent, ticket.ticket_id), TicketWithSupervisor)
    await refused(take(agent, ticket.ticket_id, key="again"), TicketWithSupervisor)
    waiting = await queries.queue(QueueAsk(is_escalated=True), PageAsk(first=5), clock.now())
    assert [one.ticket_id for _, one in waiting.items] == [ticket.ticket_id]
    clock.advance(DAY)
    await operations.mind_complaints()
    assert (await told(mei))[Kind.TICKET_LATE] == 1
    late = await answer(supervisor, ticket.ticket_id)
    assert late.state is TicketState.ANSWERED
    figures = await queries.complaint_figures(START.date(), local_date(clock.now()))
    total = figures.total
    assert (total.opened, total.answered, total.late, total.escalated) == (1, 1, 1, 1)
    assert total.in_time == 0


async def test_more_time_is_had_once_for_each_reason_and_the_longest_by_a_director(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    director = await enroll(StaffRole.DIRECTOR)
    ticket = await complain(mei)
    question = await bring_up(mei)
    await refused(extend(agent, question.ticket_id, Extension.COMPLEX, key="q"), NotAComplaint)
    await refused(extend(agent, ticket.ticket_id, Extension.SPECIAL, key="s"), ExtensionOutOfTurn)
    await extend(agent, ticket.ticket_id, Extension.COMPLEX, key="complex")
    longer = await queries.ticket(mei, ticket.ticket_id)
    assert longer.due_at == START + timedelta(days=30)
    asked = await extend(agent, ticket.ticket_id, Extension.SPECIAL, key="special")
    assert (await queries.ticket(mei, ticket.ticket_id)).due_at == longer.due_at
    assert [one.extension_id for one in await queries.extensions_asked()] == [asked.extension_id]
    await decide(director, asked.extension_id)
    assert (await queries.ticket(mei, ticket.ticket_id)).due_at == START + timedelta(days=60)
    (messages,) = await queries.messages_by_ticket([ticket.ticket_id])
    assert [one.text for one in messages][1:] == ["要向合作方调记录，请您等几天。"] * 2
    assert (await told(mei))[Kind.TICKET_EXTENDED] == 2
    await refused(decide(director, asked.extension_id, key="again"), ExtensionNotOpen)
    clock.advance(timedelta(days=61))
    await operations.mind_complaints()
    steps = {step.what for step in (await queries.steps_by_ticket([ticket.ticket_id]))[0]}
    assert {Happened.ESCALATED, Happened.PASSED, Happened.EXTENDED} <= steps


async def test_an_extension_that_came_too_late_is_refused_and_waits_no_more(
    mei: str, agent: StaffCaller
) -> None:
    director = await enroll(StaffRole.DIRECTOR)
    ticket = await complain(mei)
    await extend(agent, ticket.ticket_id, Extension.COMPLEX, key="complex")
    asked = await extend(agent, ticket.ticket_id, Extension.SPECIAL, key="special")
    await answer(agent, ticket.ticket_id)
    more = ReplyToTicket(
        caller_id=mei, ticket_id=ticket.ticket_id, text="还是不对", idempotency_key="more"
    )
    began_anew = await operations.reply_to_ticket(more)
    await refused(decide(director, asked.extension_id), ExtensionNotOpen)
    await decide(director, asked.extension_id, is_granted=False, key="no")
    assert await queries.extensions_asked() == []
    assert (await queries.ticket(mei, ticket.ticket_id)).due_at == began_anew.due_at


async def test_whoever_is_not_content_after_closing_is_heard_again_by_somebody_else(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    supervisor = await enroll(StaffRole.SUPERVISOR)
    ticket = await complain(mei)
    today = local_date(START)
    assert len(await holds_of(mei, today)) == 1
    await answer(agent, ticket.ticket_id)
    bare = CloseTicket(caller_id=agent.staff_id, ticket_id=ticket.ticket_id, idempotency_key="bare")
    await refused(operations.close_ticket(agent, bare), ClosingIncomplete)
    closed = await close(agent, ticket.ticket_id)
    assert (closed.outcome, closed.root_cause) == (Outcome.PUT_RIGHT, RootCause.WRONG_FIGURE)
    assert await holds_of(mei, today) == ()
    await refused(visit(supervisor, VisitState.SATISFIED), VisitNotOpen)
    clock.advance(timedelta(days=7))
    await refused(visit(agent, VisitState.SATISFIED), AssigneeHasInterest)
    page = await queries.visits_due(clock.now(), PageAsk(first=5))
    assert [one.ticket_id for _, one in page.items] == [ticket.ticket_id]
    again = await visit(supervisor, VisitState.DISSATISFIED)
    assert (again.state, again.round, again.assignee_id) == (TicketState.REOPENED, 2, None)
    assert again.due_at == clock.now() + timedelta(days=15)
    assert len(await holds_of(mei, today)) == 1
    await refused(take(agent, ticket.ticket_id), AssigneeHasInterest)
    assert (await take(supervisor, ticket.ticket_id)).assignee_id == supervisor.staff_id
    assert (await told(mei))[Kind.TICKET_REOPENED] == 1


async def test_five_thousand_signs_with_emoji_and_nul_come_back_exactly(mei: str) -> None:
    words = ("农🌾\x00\n" * 1250)[:5_000]
    assert len(words) == 5_000
    ticket = await bring_up(mei, words, category=Category.COMPLAINT)
    (messages,) = await queries.messages_by_ticket([ticket.ticket_id])
    assert messages[0].text == words


@dataclass
class Life:
    """One complaint, those at the desk, and a die."""

    borrower_id: str
    ticket_id: str
    agents: list[StaffCaller]
    supervisor: StaffCaller
    director: StaffCaller
    clock: FixedClock
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter[str])

    async def go_on(self, number: int) -> None:
        """Do something, whether it is allowed or not."""
        name = self.chance.choice(list(self.moves()))
        try:
            await self.moves()[name](f"{name}-{number}")
            self.done[name] += 1
        except Refusal:
            pass
        # The worker looks every few seconds; here, whenever half a day has gone.
        for _ in range(self.chance.choice((0, 0, 1, 4, 12))):
            self.clock.advance(timedelta(hours=12))
            await operations.mind_complaints()
        await step_up_everybody()

    def moves(self) -> dict[str, Callable[[str], Awaitable[object]]]:
        """Return everything that may happen to a ticket."""
        ticket_id = self.ticket_id
        somebody = self.chance.choice([*self.agents, self.supervisor])
        return {
            "take": lambda key: take(somebody, ticket_id, key=key),
            "answer": lambda key: answer(somebody, ticket_id, key=key),
            "close": lambda key: close(somebody, ticket_id, key=key),
            "complex": lambda key: extend(somebody, ticket_id, Extension.COMPLEX, key=key),
            "special": lambda key: extend(somebody, ticket_id, Extension.SPECIAL, key=key),
            "decide": self.decide,
            "assign": lambda key: operations.assign_ticket(
                self.supervisor,
                AssignTicket(
                    caller_id=self.supervisor.staff_id,
                    ticket_id=ticket_id,
                    staff_id=somebody.staff_id,
                    idempotency_key=key,
                ),
            ),
            "reply": lambda key: operations.reply_to_ticket(
                ReplyToTicket(
                    caller_id=self.borrower_id,
                    ticket_id=ticket_id,
                    text="还没解决",
                    idempotency_key=key,
                )
            ),
            "visit": lambda key: self.visit(somebody, key),
        }

    async def decide(self, key: str) -> None:
        for asked in await queries.extensions_asked():
            is_granted = self.chance.random() < 0.7
            await decide(self.director, asked.extension_id, is_granted=is_granted, key=key)

    async def visit(self, staff: StaffCaller, key: str) -> None:
        if await TicketVisitRow.filter(state=VisitState.DUE.value).exists():
            state = self.chance.choice(list(VisitState)[1:])
            await visit(staff, state, key=key)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_to_a_complaint_its_clock_is_never_lost(
    mei: str, agent: StaffCaller, clock: FixedClock, seed: int
) -> None:
    life = Life(
        borrower_id=mei,
        ticket_id=(await complain(mei)).ticket_id,
        agents=[agent, await enroll(StaffRole.AGENT, name="wang.agent")],
        supervisor=await enroll(StaffRole.SUPERVISOR),
        director=await enroll(StaffRole.DIRECTOR),
        clock=clock,
        chance=random.Random(seed),  # noqa: S311 - a seeded test
    )
    for number in range(40):
        await life.go_on(number)
        await check_laws(life)
    assert life.done["answer"]


async def check_laws(life: Life) -> None:
    """Check what holds after whatever history."""
    row = await TicketRow.get(id=life.ticket_id)
    granted = await TicketExtensionRow.filter(ticket_id=row.id, state="GRANTED")
    counts = Counter((one.round, one.kind) for one in granted)
    assert set(counts.values()) <= {1}, "each extension once in a round"
    if TicketState(row.state) in WAITING:
        assert row.round_began_at is not None
        days = 15 + sum(one.days for one in granted if one.round == row.round)
        assert row.due_at == moment_of(row.round_began_at) + timedelta(days=days)
        if row.due_at - life.clock.now() < timedelta(hours=12):
            assert row.escalated_at is not None, "a supervisor has it before the time is over"
        assert len(await holds_of(life.borrower_id, local_date(START))) == 1
    if row.state == TicketState.CLOSED:
        assert row.outcome is not None
        assert row.root_cause is not None
    escalated = await TicketStepRow.filter(ticket_id=row.id, what=Happened.ESCALATED.value)
    passed = await TicketStepRow.filter(ticket_id=row.id, what=Happened.PASSED.value)
    assert {one.detail for one in passed} <= {one.detail for one in escalated}
    closers = await TicketStepRow.filter(ticket_id=row.id, what=Happened.CLOSED.value)
    before = {one.staff_id for one in closers if one.round < row.round}
    assert row.assignee_id not in before
