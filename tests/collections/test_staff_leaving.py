"""What a member of staff had before them is for somebody else once they left or do other work."""

import pytest

from app.collections.errors import PermitNotUsable
from app.foundation import outbox
from app.foundation.caller import StaffRole
from app.foundation.database import Transaction, fetch
from app.foundation.errors import Forbidden, InvalidInput, NotFound
from app.foundation.outbox import Subscription
from app.identity import operations as identity
from app.identity.events import StaffEnded, StaffRoleChanged
from app.identity.rules.staffing import Signers
from app.support import operations as support
from app.support.errors import TicketTaken
from app.support.operations import AnswerTicket, AssignTicket, TakeTicket, take_ticket
from app.support.queries import Ticket
from app.support.rules import Category
from app.support.rules.complaints import Happened
from tests.collections.conftest import Desk, listeners
from tests.meeting import meet_at
from tests.messaging.conftest import join
from tests.support.conftest import JUN_PHONE, bring_up, enroll


async def take(desk: Desk, ticket_id: str, key: str) -> Ticket:
    command = TakeTicket(caller_id=desk.second.staff_id, ticket_id=ticket_id, idempotency_key=key)
    return await take_ticket(desk.second, command)


def listen() -> None:
    """Let collections and the desk hear of who has left or does other work."""
    tickets = support.give_tickets_back
    outbox.subscribe(
        [
            *listeners(),
            Subscription(fact_type=StaffEnded, consumer="support.staff_ended", local=tickets),
            Subscription(
                fact_type=StaffRoleChanged, consumer="support.staff_role_changed", local=tickets
            ),
        ]
    )


def giving(desk: Desk, ticket_id: str, key: str) -> AssignTicket:
    """Return the command that gives a ticket to the agent."""
    return AssignTicket(
        caller_id=desk.leader.staff_id,
        ticket_id=ticket_id,
        staff_id=desk.agent.staff_id,
        idempotency_key=key,
    )


async def end_agent(desk: Desk) -> None:
    """Take the agent's place away, and let everybody hear of it."""
    signers = Signers(first_id=desk.leader.staff_id, second_id=desk.second.staff_id)
    await identity.end_staff("li.agent", signers)
    await outbox.drain()


@pytest.mark.parametrize("new_role", [None, StaffRole.AUDITOR])
async def test_cases_permits_and_tickets_are_free_of_who_has_left_or_may_not_hold_them(
    desk: Desk, new_role: StaffRole | None
) -> None:
    listen()
    await enroll(StaffRole.DIRECTOR)
    await desk.assign(desk.agent)
    permit = await desk.ask()
    assert not permit.reasons
    jun = await join(JUN_PHONE)  # nobody collects from her, so nobody has an interest
    ticket = await bring_up(jun, "多收了我钱！", category=Category.COMPLAINT)
    command = TakeTicket(
        caller_id=desk.agent.staff_id, ticket_id=ticket.ticket_id, idempotency_key="agent"
    )
    await take_ticket(desk.agent, command)
    with pytest.raises(TicketTaken):
        await take(desk, ticket.ticket_id, "before")

    signers = Signers(first_id=desk.leader.staff_id, second_id=desk.second.staff_id)
    if new_role is None:
        await identity.end_staff("li.agent", signers)
    else:
        await identity.change_role("li.agent", StaffRole.SUPERVISOR, signers)
        await outbox.drain()
        assert (await desk.case()).assigned_to == desk.agent.staff_id, "a supervisor may hold it"
        await identity.change_role("li.agent", new_role, signers)
    await outbox.drain()
    case = await desk.case()
    assert case.assigned_to is None
    with pytest.raises(PermitNotUsable):
        await desk.record(permit)
    taken = await take(desk, ticket.ticket_id, "after")
    assert (taken.assignee_name, taken.due_at) == ("wang.leader", ticket.due_at)
    steps = await fetch("SELECT what, staff_name FROM ticket_step ORDER BY what, staff_name")
    assert [(step["what"], step["staff_name"]) for step in steps] == [
        (Happened.GIVEN_BACK, "li.agent"),
        (Happened.TAKEN, "li.agent"),
        (Happened.TAKEN, "wang.leader"),
    ]

    with pytest.raises(NotFound):
        await desk.assign(desk.agent)
    with pytest.raises(InvalidInput):
        await support.assign_ticket(desk.leader, giving(desk, ticket.ticket_id, "give"))


async def test_whoever_left_takes_no_ticket_with_a_request_that_was_under_way(desk: Desk) -> None:
    listen()
    await enroll(StaffRole.DIRECTOR)
    ticket = await bring_up(await join(JUN_PHONE))
    await end_agent(desk)
    before = await fetch("SELECT * FROM ticket")
    theirs = {"caller_id": desk.agent.staff_id, "ticket_id": ticket.ticket_id}
    with pytest.raises(Forbidden):
        await take_ticket(desk.agent, TakeTicket(**theirs, idempotency_key="take"))
    with pytest.raises(Forbidden):
        answer = AnswerTicket(**theirs, text="好的", idempotency_key="answer")
        await support.answer_ticket(desk.agent, answer)
    assert await fetch("SELECT * FROM ticket") == before
    assert await fetch("SELECT id FROM ticket_step") == []


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_ticket_given_to_somebody_just_as_they_leave_is_given_back(desk: Desk) -> None:
    listen()
    await enroll(StaffRole.DIRECTOR)
    ticket = await bring_up(await join(JUN_PHONE))

    async def hold_history(tx: Transaction) -> None:
        await tx.run("LOCK TABLE ticket_step IN SHARE MODE", [])

    await meet_at(
        hold_history,
        lambda: support.assign_ticket(desk.leader, giving(desk, ticket.ticket_id, "give")),
        lambda: end_agent(desk),
    )
    assert await fetch("SELECT assignee_id FROM ticket") == [{"assignee_id": None}]
    steps = await fetch("SELECT what FROM ticket_step ORDER BY what")
    assert [step["what"] for step in steps] == [Happened.ASSIGNED, Happened.GIVEN_BACK]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_case_given_to_somebody_just_as_they_leave_is_given_back(desk: Desk) -> None:
    listen()
    await enroll(StaffRole.DIRECTOR)

    async def hold_permits(tx: Transaction) -> None:
        await tx.run("LOCK TABLE contact_permit IN SHARE MODE", [])

    await meet_at(hold_permits, lambda: desk.assign(desk.agent), lambda: end_agent(desk))
    assert (await desk.case()).assigned_to is None
