"""Tickets: a borrower brings something up, we answer in time, and they say how well we did."""

from app.collections.operations import hold, hold_for_wish
from app.collections.rules import HoldReason
from app.foundation import idempotency
from app.foundation.caller import StaffCaller
from app.foundation.clock import local_date, milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.revision import revise
from app.foundation.text import DEFAULT_LANGUAGE, text
from app.identity.queries.regions import regions_by_borrower
from app.identity.rules import StaffMember
from app.messaging.rules import Kind
from app.servicing import queries as servicing
from app.servicing.events import HardshipReferred
from app.servicing.rules import LoanRef
from app.support import queries
from app.support.errors import TooManyOpenTickets
from app.support.models import TicketRow
from app.support.operations.commands import (
    AnswerTicket,
    LogTicket,
    OpenTicket,
    RateTicket,
    ReplyToTicket,
)
from app.support.operations.desk import check_borrower, staff_at_desk
from app.support.operations.handling import check_at_work, check_may_handle
from app.support.operations.steps import (
    hours_between,
    locked_ticket,
    settled,
    start_round,
    tell,
    tell_answered,
    ticket_answered,
    write,
)
from app.support.queries import Ticket
from app.support.rules import (
    OPEN_TICKETS_MAX,
    SCORES,
    WAITING,
    WRITERS,
    Category,
    Step,
    Subcategory,
    TicketState,
    due_at,
    next_state,
)
from app.support.rules.complaints import LOOK_AGAIN, Signal


async def open_ticket(command: OpenTicket) -> Ticket:
    """
    Open a ticket; the clock for our answer starts.

    Raises:
        NotFound: The loan or the other ticket is not the borrower's.
        TooManyOpenTickets: Ten are waiting already.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        row = await _opened(tx, command.caller_id, command)
        await write(tx, row, command.text, by=None)
        return await settled(tx, claim, row)


async def log_ticket(caller: StaffCaller, command: LogTicket) -> Ticket:
    """
    Open a ticket for a borrower who called or came by, and tell them that it is written down.

    Raises:
        Forbidden: The role only reads.
        NotFound: There is no such borrower, or the loan or the other ticket is not theirs.
        TooManyOpenTickets: Ten are waiting already.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, WRITERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        await check_borrower(command.borrower_id)
        row = await _opened(tx, command.borrower_id, command)
        await write(tx, row, command.text, by=staff)
        await tell(
            tx,
            row,
            Kind.TICKET_LOGGED,
            key=row.id,
            due_on=local_date(row.due_at).isoformat(),
        )
        return await settled(tx, claim, row)


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
    await open_for_borrower(
        tx, fact.borrower_id, category=Category.HARDSHIP, words=words, loan_id=fact.loan_id
    )


async def open_for_borrower(
    tx: Transaction,
    borrower_id: str,
    *,
    category: Category,
    words: str,
    loan_id: str | None = None,
    subcategory: Subcategory | None = None,
) -> None:
    """Open a ticket in a borrower's stead, however many wait."""
    await revise(tx, borrower_id)
    row = await _created(tx, borrower_id, category, loan_id, subcategory)
    await write(tx, row, words, by=None)


async def _opened(tx: Transaction, borrower_id: str, command: OpenTicket | LogTicket) -> TicketRow:
    await revise(tx, borrower_id)
    await _check_room_for_one_more(borrower_id)
    if command.loan_id is not None:
        await _check_own_loan(LoanRef(borrower_id, command.loan_id))
    if command.about_ticket_id is not None:
        await _check_own_ticket(borrower_id, command.about_ticket_id)
    row = await _created(tx, borrower_id, command.category, command.loan_id, command.subcategory)
    row.about_ticket_id = command.about_ticket_id
    return row


async def _created(
    tx: Transaction,
    borrower_id: str,
    category: Category,
    loan_id: str | None,
    subcategory: Subcategory | None,
) -> TicketRow:
    days = await queries.answer_days(category, local_date(tx.now))
    ticket_id = tx.new_id("tk")
    if category is Category.COMPLAINT:
        # Nobody is pressed for money while we look into what we may have done wrong.
        reason = HoldReason.COMPLAINT
        _ = await hold(tx, borrower_id=borrower_id, reason=reason, reference=ticket_id)
    elif category is Category.HARDSHIP:
        await hold_for_wish(tx, borrower_id=borrower_id, reference=ticket_id)
    return await TicketRow.create(
        id=ticket_id,
        borrower_id=borrower_id,
        category=category,
        state=TicketState.OPEN,
        loan_id=loan_id,
        subcategory=subcategory,
        opened_at=tx.now,
        due_at=due_at(tx.now, days),
        county=(await regions_by_borrower([borrower_id])).get(borrower_id),
        round=1,
        round_began_at=milliseconds(tx.now),
        signaled=Signal.NONE,
        next_signal_at=LOOK_AGAIN if category is Category.COMPLAINT else None,
        was_late=False,
        was_escalated=False,
    )


async def _check_own_loan(ref: LoanRef) -> None:
    try:
        await servicing.loan(ref)
    except NotFound:
        raise NotFound("input.loanId") from None


async def _check_own_ticket(borrower_id: str, ticket_id: str) -> None:
    try:
        await queries.ticket(borrower_id, ticket_id)
    except NotFound:
        raise NotFound("input.aboutTicketId") from None


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
        row = await locked_ticket(command.ticket_id, borrower_id=command.caller_id)
        was = TicketState(row.state)
        row.state = next_state(was, Step.REPLY)
        if was is TicketState.ANSWERED:
            await start_round(tx, row)
        await write(tx, row, command.text, by=None)
        await revise(tx, row.borrower_id)
        return await settled(tx, claim, row)


async def rate_ticket(command: RateTicket) -> Ticket:
    """
    Keep the borrower's score, and what they say about it as a message of theirs.

    Raises:
        InvalidInput: The score is not 1 to 5, or the idempotency key is malformed.
        NotFound: There is no such ticket, or it is somebody else's.
        TicketNotAnswered: There is nothing to rate yet.
        TicketFull: It holds a hundred messages, and words came with the score.
        IdempotencyConflict: The key was used for another command.
    """
    if command.score not in SCORES:
        raise InvalidInput("input.score", "support.reason.score")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        row = await locked_ticket(command.ticket_id, borrower_id=command.caller_id)
        row.state = next_state(TicketState(row.state), Step.RATE)
        row.score = command.score
        if command.text is None:
            await row.save(update_fields=["state", "score"])
        else:
            await write(tx, row, command.text, by=None)
        await revise(tx, row.borrower_id)
        return await settled(tx, claim, row)


async def answer_ticket(caller: StaffCaller, command: AnswerTicket) -> Ticket:
    """
    Write an answer and tell the borrower that it is there.

    Whoever answers a complaint that nobody has takes it by that.

    Raises:
        Forbidden: The role only reads, or the caller has left.
        NotFound: There is no such ticket.
        Forgotten: The borrower's data was deleted at their wish.
        TicketClosed: It is over.
        TicketTaken: It is a complaint that somebody else handles.
        TicketWithSupervisor: It is a complaint whose time ran short.
        AssigneeHasInterest: It is a complaint that may be about what the caller did.
        TicketFull: It holds a hundred messages.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, WRITERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return ticket_answered(claim.answer)
        row = await locked_ticket(command.ticket_id)
        is_our_turn = TicketState(row.state) in WAITING
        reached = next_state(TicketState(row.state), Step.ANSWER)
        await check_may_handle(row, staff)
        row.state = reached
        row.answered_at = tx.now
        if is_our_turn:
            await _note_answered(tx, row, staff)
        message_id = await write(tx, row, command.text, by=staff)
        await tell_answered(tx, row, message_id)
        return await settled(tx, claim, row)


async def _note_answered(tx: Transaction, row: TicketRow, staff: StaffMember) -> None:
    """Keep who answered, and how long it took."""
    if row.assignee_id is None:
        await check_at_work(tx, staff)
        row.assignee_id, row.assignee_name = staff.staff_id, staff.name
        row.taken_at = milliseconds(tx.now)
    row.was_late = row.was_late or tx.now > row.due_at
    if row.first_answered_at is None:
        row.first_answered_at = milliseconds(tx.now)
        row.hours_to_answer = hours_between(row.opened_at, tx.now)
