"""No complaint is heard by somebody who decided, collected, or answered it before."""

from datetime import timedelta

import pytest

from app.collections.rules import ContactOutcome
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.origination import operations as origination
from app.support import operations
from app.support.errors import AssigneeHasInterest
from app.support.operations import AssignTicket
from app.support.rules import TicketState
from app.support.rules.complaints import VisitState
from tests.collections.conftest import Desk, desk
from tests.origination.conftest import World, small_catalog, world
from tests.origination.operations.test_deciding import review
from tests.support.conftest import answer, enroll
from tests.support.test_complaints import close, complain, refused, take, visit

__all__ = ["desk", "small_catalog", "world"]


@pytest.mark.parametrize("is_approved", [True, False])
async def test_whoever_decided_on_an_application_hears_no_complaint_of_its_borrower(
    world: World, *, is_approved: bool
) -> None:
    borrower_id, application_id = await world.decide("young_migrant")
    decider = await enroll(StaffRole.SUPERVISOR)
    other = await enroll(StaffRole.SUPERVISOR, name="wang.leader")
    await origination.review_application(
        review(world, application_id, is_approved=is_approved, staff_id=decider.staff_id)
    )
    ticket = await complain(borrower_id)
    await refused(take(decider, ticket.ticket_id), AssigneeHasInterest)
    await refused(answer(decider, ticket.ticket_id), AssigneeHasInterest)
    given = AssignTicket(
        caller_id=other.staff_id,
        ticket_id=ticket.ticket_id,
        staff_id=decider.staff_id,
        idempotency_key="give",
    )
    await refused(operations.assign_ticket(other, given), AssigneeHasInterest)
    assert (await take(other, ticket.ticket_id)).assignee_id == other.staff_id


async def test_whoever_called_about_late_money_hears_no_complaint_of_that_borrower(
    desk: Desk,
) -> None:
    await desk.assign(desk.agent)
    await desk.record(await desk.ask(), ContactOutcome.NO_ANSWER)
    ticket = await complain(desk.mei)
    await refused(take(desk.agent, ticket.ticket_id), AssigneeHasInterest)
    await refused(answer(desk.agent, ticket.ticket_id), AssigneeHasInterest)
    assert (await take(desk.second, ticket.ticket_id)).assignee_id == desk.second.staff_id


async def test_whoever_answered_before_it_was_closed_neither_asks_after_it_nor_takes_it_again(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    leader = await enroll(StaffRole.SUPERVISOR)
    closer = await enroll(StaffRole.AGENT, name="wang.agent")
    ticket = await complain(mei)
    await answer(agent, ticket.ticket_id, key="first")
    await answer(agent, ticket.ticket_id, key="more")  # goes on with what they began
    given = AssignTicket(
        caller_id=leader.staff_id,
        ticket_id=ticket.ticket_id,
        staff_id=closer.staff_id,
        idempotency_key="give",
    )
    reply = operations.ReplyToTicket(
        caller_id=mei, ticket_id=ticket.ticket_id, text="还没解决", idempotency_key="reply"
    )
    await operations.reply_to_ticket(reply)
    await operations.assign_ticket(leader, given)
    await answer(closer, ticket.ticket_id, key="second")
    await close(closer, ticket.ticket_id)
    clock.advance(timedelta(days=7))
    for one in (agent, closer):
        await refused(visit(one, VisitState.SATISFIED, key=one.staff_id), AssigneeHasInterest)
    assert (await visit(leader, VisitState.DISSATISFIED)).state is TicketState.REOPENED
    for one in (agent, closer):
        await refused(take(one, ticket.ticket_id, key=f"{one.staff_id}2"), AssigneeHasInterest)
    assert (await take(leader, ticket.ticket_id)).assignee_id == leader.staff_id
