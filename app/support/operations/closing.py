"""The end of a ticket: a complaint's with its cause, and with a visit some days after."""

from datetime import timedelta

from app.catalog.queries import policy_book
from app.collections.operations import hold, release
from app.collections.rules import HoldReason
from app.foundation import idempotency
from app.foundation.caller import StaffCaller
from app.foundation.clock import local_date, milliseconds, moment_of
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.revision import revise
from app.identity.rules import StaffMember
from app.messaging.rules import Kind
from app.support import queries
from app.support.errors import AssigneeHasInterest, ClosingIncomplete, VisitNotOpen
from app.support.models import TicketRow, TicketVisitRow
from app.support.operations.commands import CloseTicket, RecordVisit
from app.support.operations.desk import staff_at_desk
from app.support.operations.handling import check_may_handle
from app.support.operations.steps import (
    locked_ticket,
    note_step,
    settled,
    start_round,
    tell,
    ticket_answered,
    write,
)
from app.support.queries import Ticket
from app.support.rules import WRITERS, Category, Step, TicketState, next_state
from app.support.rules.complaints import VISITS_MAX, Happened, VisitState


async def close_ticket(caller: StaffCaller, command: CloseTicket) -> Ticket:
    """
    End a ticket; a complaint with its subcategory, outcome and root cause, and a visit to come.

    Raises:
        Forbidden: The role only reads.
        NotFound: There is no such ticket.
        TicketNotAnswered: It is our turn to answer first.
        TicketClosed: It is over already.
        ClosingIncomplete: It is a complaint, and something of it is not said.
        TicketTaken: It is a complaint that somebody else handles.
        TicketWithSupervisor: It is a complaint whose time ran short.
        AssigneeHasInterest: It is a complaint that may be about what the caller did.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, WRITERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        row = await locked_ticket(command.ticket_id)
        row.state = next_state(TicketState(row.state), Step.CLOSE)
        row.closed_at = tx.now
        if row.category == Category.COMPLAINT:
            await check_may_handle(row, staff)
            _keep_findings(row, command)
            await _plan_visit(tx, row, attempt=1)
            _ = await release(
                tx, borrower_id=row.borrower_id, reason=HoldReason.COMPLAINT, reference=row.id
            )
            await note_step(tx, row, Happened.CLOSED, about=staff, detail=row.outcome)
            await tell(tx, row, Kind.TICKET_CLOSED, key=f"{row.id}:{row.round}")
        await row.save()
        await revise(tx, row.borrower_id)
        return await settled(tx, claim, row)


def _keep_findings(row: TicketRow, command: CloseTicket) -> None:
    subcategory = command.subcategory or row.subcategory
    if subcategory is None or command.outcome is None or command.root_cause is None:
        missing = {
            "input.subcategory": subcategory,
            "input.outcome": command.outcome,
            "input.rootCause": command.root_cause,
        }
        raise ClosingIncomplete(field=next(name for name, one in missing.items() if one is None))
    row.subcategory, row.outcome = subcategory, command.outcome
    row.root_cause = command.root_cause


async def _plan_visit(tx: Transaction, row: TicketRow, *, attempt: int) -> None:
    days = (await policy_book(local_date(tx.now))).whole("complaint_visit_days")
    after = timedelta(days=days if attempt == 1 else 1)
    await TicketVisitRow.create(
        id=tx.new_id("tv"),
        ticket_id=row.id,
        borrower_id=row.borrower_id,
        round=row.round,
        attempt=attempt,
        due_at=milliseconds(tx.now + after),
        state=VisitState.DUE.value,
    )


async def record_visit(caller: StaffCaller, command: RecordVisit) -> Ticket:
    """
    Write down what came of asking a borrower whether their complaint is really settled.

    Somebody asks who did not close it. Whoever is not content has it open again, under a fresh
    clock and for somebody else. Whoever is not reached is tried again a day later, three times.

    Raises:
        Forbidden: The role only reads.
        NotFound: There is no such visit.
        VisitNotOpen: It is not due yet, was made, or the ticket is open again anyhow.
        AssigneeHasInterest: The caller handled the complaint, or it may be about what they did.
        InvalidInput: What came of it is not said.
        TicketFull: The ticket holds a hundred messages.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, WRITERS)
    if command.state is VisitState.DUE:
        raise InvalidInput("input.state", "support.reason.visit")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        found = await TicketVisitRow.get_or_none(id=command.visit_id)
        if found is None:
            raise NotFound("input.visitId")
        row = await locked_ticket(found.ticket_id)
        visit = await TicketVisitRow.get(id=found.id)
        _check_open(tx, row, visit)
        if staff.staff_id == row.assignee_id or await queries.interest_of(staff.staff_id, row):
            raise AssigneeHasInterest
        await _make(tx, row, visit, command, staff)
        return await settled(tx, claim, row)


def _check_open(tx: Transaction, row: TicketRow, visit: TicketVisitRow) -> None:
    is_open = visit.state == VisitState.DUE and visit.round == row.round
    if not is_open or row.state != TicketState.CLOSED or moment_of(visit.due_at) > tx.now:
        raise VisitNotOpen


async def _make(
    tx: Transaction,
    row: TicketRow,
    visit: TicketVisitRow,
    command: RecordVisit,
    staff: StaffMember,
) -> None:
    visit.state = command.state.value
    visit.staff_id, visit.staff_name = staff.staff_id, staff.name
    visit.made_at = milliseconds(tx.now)
    await visit.save()
    await note_step(tx, row, Happened.VISITED, about=staff, detail=command.state.value)
    match command.state:
        case VisitState.DISSATISFIED:
            await _reopen(tx, row)
        case VisitState.NOT_REACHED if visit.attempt < VISITS_MAX:
            await _plan_visit(tx, row, attempt=visit.attempt + 1)
        case _:
            pass
    if command.text is None:
        await row.save()
    else:
        await write(tx, row, command.text, by=staff)
    await revise(tx, row.borrower_id)


async def _reopen(tx: Transaction, row: TicketRow) -> None:
    """Begin again, under a fresh clock, with nobody who has closed it before."""
    row.state = next_state(TicketState(row.state), Step.REOPEN)
    row.closed_at = None
    row.outcome = row.root_cause = None
    row.assignee_id = row.assignee_name = row.taken_at = None
    await start_round(tx, row)
    _ = await hold(tx, borrower_id=row.borrower_id, reason=HoldReason.COMPLAINT, reference=row.id)
    await note_step(tx, row, Happened.REOPENED)
    due_on = local_date(row.due_at).isoformat()
    await tell(tx, row, Kind.TICKET_REOPENED, key=f"{row.id}:{row.round}", due_on=due_on)
