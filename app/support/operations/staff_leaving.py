"""When a member of staff leaves or does other work: what they had waits for somebody else."""

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.revision import revise
from app.identity import queries as identity
from app.identity.events import StaffEnded, StaffRoleChanged
from app.identity.operations import note_withdrawn
from app.support.models import TicketRow
from app.support.operations.steps import locked_ticket, note_step
from app.support.rules import WRITERS, TicketState
from app.support.rules.complaints import ExtensionState, Happened
from app.support.rules.exports import ExportState

OPEN = [state.value for state in TicketState if state is not TicketState.CLOSED]


async def give_tickets_back(tx: Transaction, fact: StaffEnded | StaffRoleChanged) -> None:
    """
    Let somebody else take every open ticket of somebody who answers none any more.

    Answered ones too: should the borrower reply, nobody else could take them. Deadlines stay, and
    the history of each says so.
    """
    if await identity.works_as(fact.staff_id, WRITERS):
        return
    theirs = TicketRow.filter(state__in=OPEN, assignee_id=fact.staff_id)
    left = (await identity.staff_by_id([fact.staff_id]))[0]
    for found in await theirs.order_by("borrower_id", "id"):
        await revise(tx, found.borrower_id)
        row = await locked_ticket(found.id)
        if row.assignee_id != fact.staff_id or row.state not in OPEN:
            continue
        row.assignee_id = row.assignee_name = row.taken_at = None
        await row.save(update_fields=["assignee_id", "assignee_name", "taken_at"])
        await note_step(tx, row, Happened.GIVEN_BACK, about=left)


async def withdraw_proposals(tx: Transaction, fact: StaffEnded) -> None:
    """Refuse the extensions and the lists that somebody asked for who has left."""
    now = milliseconds(tx.now)
    extensions = await tx.rows(
        "UPDATE ticket_extension SET state = ?, decided_at = ? WHERE asked_by = ? AND state = ?"
        " RETURNING id",
        [ExtensionState.REFUSED.value, now, fact.staff_id, ExtensionState.ASKED.value],
    )
    lists = await tx.rows(
        "UPDATE desk_export SET state = ?, decided_at = ? WHERE asked_by = ? AND state = ?"
        " RETURNING id",
        [ExportState.REFUSED.value, now, fact.staff_id, ExportState.ASKED.value],
    )
    await note_withdrawn(tx, fact.staff_id, [*extensions, *lists])
