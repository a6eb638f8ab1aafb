"""What staff do: take and answer tickets, some of them late, close complaints, visit afterwards."""

from app.commands.simulation.world import World
from app.foundation.caller import StaffCaller
from app.foundation.clock import milliseconds
from app.foundation.database import fetch
from app.support import operations as support
from app.support.operations import (
    AnswerTicket,
    AssignTicket,
    CloseTicket,
    ExtendTicket,
    RecordVisit,
    TakeTicket,
)
from app.support.rules.complaints import Extension, Outcome, RootCause, Subcategory, VisitState

ANSWERED_A_DAY = 22
"""Of a hundred tickets that wait and have a handler, how many are answered in a day."""
TAKEN_A_DAY = 45
FORGOTTEN = 7
"""Of a hundred complaints, how many nobody looks at until their time runs out."""


async def serve_a_day(world: World) -> None:
    """Let the desk work for a day."""
    rows = await fetch(
        "SELECT id, category, state, assignee_id, escalated_at FROM ticket"
        " WHERE state IN ('OPEN', 'REOPENED', 'ANSWERED') ORDER BY id"
    )
    for row in rows:
        if row["state"] == "ANSWERED":
            await _maybe_close(world, row)
        elif row["category"] == "COMPLAINT":
            await _handle(world, row)
        elif world.chance.randrange(100) < TAKEN_A_DAY:
            await _answer(world, row["id"], world.chance.choice(agents(world)))
    await _visit(world)


def agents(world: World) -> list[StaffCaller]:
    """Return who answers tickets every day."""
    return [world.staff[f"sim.agent{number}"] for number in range(1, 5)]


def supervisors(world: World) -> list[StaffCaller]:
    """Return who gets what ran short."""
    return [world.staff[f"sim.supervisor{number}"] for number in range(1, 3)]


async def _handle(world: World, row: dict[str, object]) -> None:
    ticket_id = str(row["id"])
    chance = world.chance
    if row["escalated_at"] is not None:
        who = next(
            (one for one in supervisors(world) if one.staff_id == row["assignee_id"]),
            chance.choice(supervisors(world)),
        )
        if row["assignee_id"] is None:
            await world.doing(
                "take an escalated complaint",
                support.assign_ticket(
                    who,
                    AssignTicket(
                        caller_id=who.staff_id,
                        ticket_id=ticket_id,
                        staff_id=who.staff_id,
                        idempotency_key=world.key("assign"),
                    ),
                ),
            )
        if chance.randrange(100) < 60:  # noqa: PLR2004 - of a hundred
            await _answer(world, ticket_id, who)
        return
    if hash_of(ticket_id) < FORGOTTEN:
        return
    whose = next((one for one in agents(world) if one.staff_id == row["assignee_id"]), None)
    if whose is None:
        if row["assignee_id"] is None and chance.randrange(100) < TAKEN_A_DAY:
            who = chance.choice(agents(world))
            await world.doing(
                "take a complaint",
                support.take_ticket(
                    who,
                    TakeTicket(
                        caller_id=who.staff_id,
                        ticket_id=ticket_id,
                        idempotency_key=world.key("take"),
                    ),
                ),
            )
    elif chance.randrange(100) < ANSWERED_A_DAY:
        await _answer(world, ticket_id, whose)
    elif chance.randrange(100) < 2:  # noqa: PLR2004 - of a hundred
        await world.doing(
            "take more time",
            support.extend_ticket(
                whose,
                ExtendTicket(
                    caller_id=whose.staff_id,
                    ticket_id=ticket_id,
                    kind=Extension.COMPLEX,
                    reason="要跟合作银行核对。",
                    idempotency_key=world.key("extend"),
                ),
            ),
        )


def hash_of(ticket_id: str) -> int:
    """Return a number from 0 to 99 that a ticket keeps."""
    return sum(map(ord, ticket_id)) * 37 % 100


async def _answer(world: World, ticket_id: str, who: StaffCaller) -> None:
    answering = AnswerTicket(
        caller_id=who.staff_id,
        ticket_id=ticket_id,
        text="我们核对过了，账是这样算的。",
        idempotency_key=world.key("answer"),
    )
    await world.doing("answer a ticket", support.answer_ticket(who, answering))


async def _maybe_close(world: World, row: dict[str, object]) -> None:
    if world.chance.randrange(100) >= 30:  # noqa: PLR2004 - of a hundred
        return
    staff = [*agents(world), *supervisors(world)]
    who = next((one for one in staff if one.staff_id == row["assignee_id"]), staff[0])
    closing = CloseTicket(
        caller_id=who.staff_id,
        ticket_id=str(row["id"]),
        idempotency_key=world.key("close"),
        subcategory=world.chance.choice(list(Subcategory)),
        outcome=world.chance.choice(list(Outcome)),
        root_cause=world.chance.choice(list(RootCause)),
    )
    await world.doing("close a ticket", support.close_ticket(who, closing))


async def _visit(world: World) -> None:
    rows = await fetch(
        "SELECT v.id, t.assignee_id FROM ticket_visit v JOIN ticket t ON t.id = v.ticket_id"
        " WHERE v.state = 'DUE' AND v.due_at <= ? AND t.state = 'CLOSED' ORDER BY v.id",
        [milliseconds(world.clock.now())],
    )
    for row in rows:
        who = world.chance.choice(
            [one for one in agents(world) if one.staff_id != row["assignee_id"]]
        )
        state = world.chance.choices(
            (VisitState.SATISFIED, VisitState.DISSATISFIED, VisitState.NOT_REACHED), (75, 8, 17)
        )[0]
        visit = RecordVisit(
            caller_id=who.staff_id,
            visit_id=row["id"],
            state=state,
            text=None,
            idempotency_key=world.key("visit"),
        )
        await world.doing("visit after closing", support.record_visit(who, visit))
