"""Who handles a ticket: one person at a time, and a complaint nobody with an interest."""

from app.foundation import idempotency
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import Forbidden, InvalidInput
from app.identity import operations as identity
from app.identity.rules import StaffMember
from app.support.errors import AssigneeHasInterest, TicketTaken, TicketWithSupervisor
from app.support.models import TicketRow
from app.support.operations.commands import AssignTicket, TakeTicket
from app.support.operations.desk import staff_at_desk
from app.support.operations.steps import locked_ticket, note_step, settled, ticket_answered
from app.support.queries import Ticket
from app.support.queries.interests import interest_of
from app.support.rules import WRITERS, Category, TicketState, check_waits
from app.support.rules.complaints import Happened

ASSIGNERS = frozenset({StaffRole.SUPERVISOR})


async def take_ticket(caller: StaffCaller, command: TakeTicket) -> Ticket:
    """
    Take a ticket that waits and that nobody has; of two at once one gets it.

    Whoever has it already keeps it, with the time at which they took it.

    Raises:
        Forbidden: The role only reads, or the caller has left.
        NotFound: There is no such ticket.
        TicketClosed: It is over.
        TicketAnswered: It is answered and waits for the borrower.
        TicketTaken: Somebody else has it.
        TicketWithSupervisor: Its time ran short; only a supervisor takes it now.
        AssigneeHasInterest: It may be about what the caller did.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, WRITERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        row = await _waiting(command.ticket_id)
        await check_may_handle(row, staff)
        if row.assignee_id is None:
            await check_at_work(tx, staff)
            await _give(tx, row, staff, Happened.TAKEN)
        elif row.assignee_id != staff.staff_id:
            raise TicketTaken
        return await settled(tx, claim, row)


async def assign_ticket(caller: StaffCaller, command: AssignTicket) -> Ticket:
    """
    Give a ticket that waits to somebody, whoever had it before; for supervisors.

    Raises:
        Forbidden: The caller assigns no tickets.
        NotFound: There is no such ticket.
        TicketClosed: It is over.
        TicketAnswered: It is answered and waits for the borrower.
        InvalidInput: There is nobody of this id who answers tickets.
        AssigneeHasInterest: It may be about what that person did.
        IdempotencyConflict: The key was used for another command.
    """
    await staff_at_desk(caller, ASSIGNERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        row = await _waiting(command.ticket_id)
        chosen = await _writer(tx, command.staff_id)
        await check_no_interest(row, chosen)
        await _give(tx, row, chosen, Happened.ASSIGNED)
        return await settled(tx, claim, row)


async def check_may_handle(row: TicketRow, staff: StaffMember) -> None:
    """
    Check that somebody may answer or take a ticket as it stands.

    What is no complaint is anybody's who is at the desk, even where somebody took it.

    Raises:
        TicketTaken: Somebody else has it.
        TicketWithSupervisor: Its time ran short, and nobody gave it to them.
        AssigneeHasInterest: It may be about what they did.
    """
    if row.category != Category.COMPLAINT:
        return
    if row.assignee_id is not None and row.assignee_id != staff.staff_id:
        raise TicketTaken
    is_theirs = row.assignee_id == staff.staff_id
    if row.escalated_at is not None and not is_theirs and staff.role is not StaffRole.SUPERVISOR:
        raise TicketWithSupervisor
    await check_no_interest(row, staff)


async def check_at_work(tx: Transaction, staff: StaffMember) -> None:
    """
    Check that whoever takes a ticket still works here, and let nobody end them before they have it.

    Raises:
        Forbidden: They have left, or only read by now.
    """
    if await identity.at_work(tx, staff.staff_id, WRITERS) is None:
        raise Forbidden


async def check_no_interest(row: TicketRow, staff: StaffMember) -> None:
    """
    Check that a complaint is not about what somebody did.

    Raises:
        AssigneeHasInterest: It may be.
    """
    if row.category == Category.COMPLAINT and await interest_of(staff.staff_id, row) is not None:
        raise AssigneeHasInterest


async def _waiting(ticket_id: str) -> TicketRow:
    row = await locked_ticket(ticket_id)
    check_waits(TicketState(row.state))
    return row


async def _writer(tx: Transaction, staff_id: str) -> StaffMember:
    found = await identity.at_work(tx, staff_id, WRITERS)
    if found is None:
        raise InvalidInput("input.staffId", "support.reason.no_writer")
    return found


async def _give(tx: Transaction, row: TicketRow, staff: StaffMember, how: Happened) -> None:
    row.assignee_id, row.assignee_name = staff.staff_id, staff.name
    row.taken_at = milliseconds(tx.now)
    await row.save(update_fields=["assignee_id", "assignee_name", "taken_at"])
    await note_step(tx, row, how, about=staff)
