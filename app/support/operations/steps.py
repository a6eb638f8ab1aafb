"""A ticket's row under a lock, what is written in it, and its history at the desk."""

from dataclasses import asdict
from datetime import datetime

import msgspec

from app.foundation import outbox
from app.foundation.clock import local_date, milliseconds
from app.foundation.database import Transaction
from app.foundation.errors import NotFound
from app.foundation.idempotency import Answer, Claim
from app.foundation.sealing import seal
from app.identity.rules import StaffMember
from app.messaging.operations import Notify, notify
from app.messaging.rules import Kind
from app.support import queries
from app.support.errors import NotAComplaint, TicketFull
from app.support.events import TicketAnswered
from app.support.models import TicketMessageRow, TicketRow, TicketStepRow
from app.support.queries import Ticket
from app.support.rules import MESSAGES_MAX, Author, Category, due_at
from app.support.rules.complaints import LOOK_AGAIN, Happened, Signal


async def locked_ticket(ticket_id: str, *, borrower_id: str | None = None) -> TicketRow:
    """
    Lock a ticket until the transaction ends.

    Raises:
        NotFound: There is none of this id, or it is somebody else's.
    """
    found = TicketRow.filter(id=ticket_id).select_for_update()
    if borrower_id is not None:
        found = found.filter(borrower_id=borrower_id)
    row = await found.first()
    if row is None:
        raise NotFound("input.ticketId")
    return row


async def locked_complaint(ticket_id: str) -> TicketRow:
    """
    Lock a complaint until the transaction ends.

    Raises:
        NotFound: There is no such ticket.
        NotAComplaint: It is about something else.
    """
    row = await locked_ticket(ticket_id)
    if row.category != Category.COMPLAINT:
        raise NotAComplaint
    return row


async def write(tx: Transaction, row: TicketRow, words: str, *, by: StaffMember | None) -> str:
    """
    Add a message, save the ticket as it stands, and return the message's id.

    Raises:
        TicketFull: It holds a hundred messages.
    """
    if row.message_count >= MESSAGES_MAX:
        raise TicketFull
    row.message_count += 1
    message_id = tx.new_id("tm")
    await TicketMessageRow.create(
        id=message_id,
        ticket_id=row.id,
        number=row.message_count,
        author=Author.BORROWER if by is None else Author.STAFF,
        staff_id=None if by is None else by.staff_id,
        staff_name=None if by is None else by.name,
        text=await seal(tx, queries.message_cell(message_id, row.borrower_id), words),
        written_at=tx.now,
    )
    await row.save()
    return message_id


async def start_round(tx: Transaction, row: TicketRow) -> None:
    """Start the clock anew: it is our turn again, and nobody was told yet that time runs short."""
    days = await queries.answer_days(Category(row.category), local_date(tx.now))
    row.round += 1
    row.round_began_at = milliseconds(tx.now)
    row.due_at = due_at(tx.now, days)
    row.signaled, row.next_signal_at = Signal.NONE, LOOK_AGAIN
    row.escalated_at = None


async def note_step(
    tx: Transaction,
    row: TicketRow,
    what: Happened,
    *,
    about: StaffMember | None = None,
    detail: str | None = None,
) -> None:
    """Add a line to a ticket's history at the desk."""
    await TicketStepRow.create(
        id=tx.new_id("ts"),
        ticket_id=row.id,
        borrower_id=row.borrower_id,
        round=row.round,
        what=what.value,
        detail=detail,
        staff_id=None if about is None else about.staff_id,
        staff_name=None if about is None else about.name,
        happened_at=milliseconds(tx.now),
    )


async def tell(tx: Transaction, row: TicketRow, kind: Kind, *, key: str, **data: str | int) -> None:
    """Tell a borrower something of their ticket, once for each key."""
    told = Notify(
        borrower_id=row.borrower_id,
        kind=kind,
        data={"ticket_id": row.id, **data},
        dedupe_key=key,
    )
    await notify(tx, told)


async def tell_answered(tx: Transaction, row: TicketRow, message_id: str) -> None:
    """Tell a borrower that there is an answer."""
    await tell(tx, row, Kind.TICKET_ANSWERED, key=message_id)
    await outbox.announce(tx, TicketAnswered(ticket_id=row.id, borrower_id=row.borrower_id))


async def settled(tx: Transaction, claim: Claim, row: TicketRow) -> Ticket:
    """Keep the answer; it holds ids, states and times, and nothing that was written."""
    ticket = queries.ticket_from(row)
    await claim.settle(tx, asdict(ticket))
    return ticket


def ticket_answered(answer: Answer) -> Ticket:
    """Return the ticket as it stood when the command was first carried out."""
    return msgspec.convert(answer, Ticket)


def hours_between(begins: datetime, ends: datetime) -> int:
    """Return the whole hours from one moment to another; none where the clock was set back."""
    return max(0, int((ends - begins).total_seconds()) // 3_600)
