"""When a member of staff leaves: their tickets wait for whoever takes them."""

from app.foundation.database import Transaction
from app.foundation.revision import revise
from app.identity import queries as identity
from app.identity.events import StaffEnded
from app.support.models import TicketRow
from app.support.operations.steps import locked_ticket, note_step
from app.support.rules import TicketState
from app.support.rules.complaints import Happened

OPEN = [state.value for state in TicketState if state is not TicketState.CLOSED]


async def give_tickets_back(tx: Transaction, fact: StaffEnded) -> None:
    """
    Let somebody else take every open ticket of somebody who has left; its history says so.

    Answered ones too: should the borrower reply, nobody else could take them. Deadlines stay.
    """
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
