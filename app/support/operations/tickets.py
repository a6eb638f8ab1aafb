"""Tickets: a borrower brings something up, we answer in time, and they say how well we did."""

from dataclasses import asdict

import msgspec

from app.foundation import idempotency, outbox
from app.foundation.caller import StaffCaller
from app.foundation.clock import local_date
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.idempotency import Answer, Claim
from app.foundation.revision import revise
from app.foundation.sealing import seal
from app.foundation.text import DEFAULT_LANGUAGE, text
from app.identity import queries as identity
from app.identity.rules import StaffMember
from app.messaging.operations import Notify, notify
from app.messaging.rules import Kind
from app.servicing import queries as servicing
from app.servicing.events import HardshipReferred
from app.servicing.rules import LoanRef
from app.support import queries
from app.support.errors import TicketFull, TooManyOpenTickets
from app.support.events import TicketAnswered
from app.support.models import TicketMessageRow, TicketRow
from app.support.operations.commands import (
    AnswerTicket,
    CloseTicket,
    LogTicket,
    OpenTicket,
    RateTicket,
    ReplyToTicket,
)
from app.support.operations.desk import staff_at_desk
from app.support.queries import Ticket
from app.support.rules import (
    MESSAGES_MAX,
    OPEN_TICKETS_MAX,
    SCORES,
    WAITING,
    WRITERS,
    Author,
    Category,
    Step,
    TicketState,
    due_at,
    next_state,
)


async def open_ticket(command: OpenTicket) -> Ticket:
    """
    Open a ticket; the clock for our answer starts.

    Raises:
        NotFound: The loan is not the borrower's.
        TooManyOpenTickets: Ten are waiting already.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        row = await _opened(
            tx, command.caller_id, category=command.category, loan_id=command.loan_id
        )
        await _write(tx, row, command.text, by=None)
        return await _settled(tx, claim, row)


async def log_ticket(caller: StaffCaller, command: LogTicket) -> Ticket:
    """
    Open a ticket for a borrower who called or came by, and tell them that it is written down.

    Raises:
        Forbidden: The role only reads.
        NotFound: There is no such borrower, or the loan is not theirs.
        TooManyOpenTickets: Ten are waiting already.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, WRITERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        await _check_borrower(command.borrower_id)
        row = await _opened(
            tx, command.borrower_id, category=command.category, loan_id=command.loan_id
        )
        await _write(tx, row, command.text, by=staff)
        await _tell_logged(tx, row)
        return await _settled(tx, claim, row)


async def bring_to_staff(tx: Transaction, fact: HardshipReferred) -> None:
    """
    Open a ticket for an arrangement that a borrower chose and staff must look at.

    It says in the borrower's stead what was chosen; however many tickets wait, this one is opened.
    """
    name = f"support.hardship.{fact.kind}"
    words = text(name, DEFAULT_LANGUAGE, periods=fact.periods) + text(
        "support.hardship.figures",
        DEFAULT_LANGUAGE,
        request_id=fact.request_id,
        difference_fen=fact.difference_fen,
        ends_on=fact.ends_on,
    )
    await revise(tx, fact.borrower_id)
    row = await _created(tx, fact.borrower_id, category=Category.HARDSHIP, loan_id=fact.loan_id)
    _ = await _write(tx, row, words, by=None)


async def open_for_borrower(
    tx: Transaction, borrower_id: str, *, category: Category, words: str
) -> str:
    """Open a ticket in a borrower's stead, however many wait, and return its id."""
    row = await _created(tx, borrower_id, category=category, loan_id=None)
    await _write(tx, row, words, by=None)
    return row.id


async def _opened(
    tx: Transaction, borrower_id: str, *, category: Category, loan_id: str | None
) -> TicketRow:
    await revise(tx, borrower_id)
    await _check_room_for_one_more(borrower_id)
    if loan_id is not None:
        await _check_own_loan(LoanRef(borrower_id, loan_id))
    return await _created(tx, borrower_id, category=category, loan_id=loan_id)


async def _created(
    tx: Transaction, borrower_id: str, *, category: Category, loan_id: str | None
) -> TicketRow:
    days = await queries.answer_days(category, local_date(tx.now))
    return await TicketRow.create(
        id=tx.new_id("tk"),
        borrower_id=borrower_id,
        category=category,
        state=TicketState.OPEN,
        loan_id=loan_id,
        opened_at=tx.now,
        due_at=due_at(tx.now, days),
    )


async def _check_borrower(borrower_id: str) -> None:
    if (await identity.profiles_by_id([borrower_id]))[0] is None:
        raise NotFound("input.borrowerId")


async def _check_own_loan(ref: LoanRef) -> None:
    try:
        await servicing.loan(ref)
    except NotFound:
        raise NotFound("input.loanId") from None


async def _check_room_for_one_more(borrower_id: str) -> None:
    """Count after `revise` has locked the borrower's revision, so that two at once count right."""
    waiting = await TicketRow.filter(borrower_id=borrower_id, state__in=WAITING).count()
    if waiting >= OPEN_TICKETS_MAX:
        raise TooManyOpenTickets(OPEN_TICKETS_MAX)


async def reply_to_ticket(command: ReplyToTicket) -> Ticket:
    """
    Add the borrower's words; an answered ticket is reopened and its clock starts again.

    Raises:
        NotFound: There is no such ticket, or it is somebody else's.
        TicketClosed: It is over.
        TicketFull: It holds a hundred messages.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        row = await _locked(command.ticket_id, borrower_id=command.caller_id)
        was = TicketState(row.state)
        row.state = next_state(was, Step.REPLY)
        if was is TicketState.ANSWERED:
            days = await queries.answer_days(Category(row.category), local_date(tx.now))
            row.due_at = due_at(tx.now, days)
        await _write(tx, row, command.text, by=None)
        await revise(tx, row.borrower_id)
        return await _settled(tx, claim, row)


async def rate_ticket(command: RateTicket) -> Ticket:
    """
    Keep the borrower's score.

    Raises:
        InvalidInput: The score is not 1 to 5, or the idempotency key is malformed.
        NotFound: There is no such ticket, or it is somebody else's.
        TicketNotAnswered: There is nothing to rate yet.
        IdempotencyConflict: The key was used for another command.
    """
    if command.score not in SCORES:
        raise InvalidInput("input.score", "support.reason.score")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        row = await _locked(command.ticket_id, borrower_id=command.caller_id)
        row.state = next_state(TicketState(row.state), Step.RATE)
        row.score = command.score
        await row.save(update_fields=["state", "score"])
        await revise(tx, row.borrower_id)
        return await _settled(tx, claim, row)


async def answer_ticket(caller: StaffCaller, command: AnswerTicket) -> Ticket:
    """
    Write an answer and tell the borrower that it is there.

    Raises:
        Forbidden: The role only reads.
        NotFound: There is no such ticket.
        Forgotten: The borrower's data was deleted at their wish.
        TicketClosed: It is over.
        TicketFull: It holds a hundred messages.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, WRITERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        row = await _locked(command.ticket_id)
        row.state = next_state(TicketState(row.state), Step.ANSWER)
        row.answered_at = tx.now
        message_id = await _write(tx, row, command.text, by=staff)
        await _tell_answered(tx, row, message_id)
        return await _settled(tx, claim, row)


async def close_ticket(caller: StaffCaller, command: CloseTicket) -> Ticket:
    """
    End a ticket.

    Raises:
        Forbidden: The role only reads.
        NotFound: There is no such ticket.
        TicketNotAnswered: It is our turn to answer first.
        TicketClosed: It is over already.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    await staff_at_desk(caller, WRITERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        row = await _locked(command.ticket_id)
        row.state = next_state(TicketState(row.state), Step.CLOSE)
        row.closed_at = tx.now
        await row.save(update_fields=["state", "closed_at"])
        await revise(tx, row.borrower_id)
        return await _settled(tx, claim, row)


async def _settled(tx: Transaction, claim: Claim, row: TicketRow) -> Ticket:
    """Keep the answer; it holds ids, states and times, and nothing that was written."""
    ticket = queries.ticket_from(row)
    await claim.settle(tx, asdict(ticket))
    return ticket


def ticket_answered(answer: Answer) -> Ticket:
    """Return the ticket as it stood when the command was first carried out."""
    return msgspec.convert(answer, Ticket)


async def _locked(ticket_id: str, *, borrower_id: str | None = None) -> TicketRow:
    found = TicketRow.filter(id=ticket_id).select_for_update()
    if borrower_id is not None:
        found = found.filter(borrower_id=borrower_id)
    row = await found.first()
    if row is None:
        raise NotFound("input.ticketId")
    return row


async def _write(tx: Transaction, row: TicketRow, words: str, *, by: StaffMember | None) -> str:
    """Add a message and save the ticket as it stands."""
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
    await row.save(update_fields=["state", "due_at", "answered_at", "message_count"])
    return message_id


async def _tell_logged(tx: Transaction, row: TicketRow) -> None:
    told = Notify(
        borrower_id=row.borrower_id,
        kind=Kind.TICKET_LOGGED,
        data={"ticket_id": row.id, "due_on": local_date(row.due_at).isoformat()},
        dedupe_key=row.id,
    )
    await notify(tx, told)


async def _tell_answered(tx: Transaction, row: TicketRow, message_id: str) -> None:
    told = Notify(
        borrower_id=row.borrower_id,
        kind=Kind.TICKET_ANSWERED,
        data={"ticket_id": row.id},
        dedupe_key=message_id,
    )
    await notify(tx, told)
    await outbox.announce(tx, TicketAnswered(ticket_id=row.id, borrower_id=row.borrower_id))
