"""More time for a complaint: each reason once, told to the borrower, the longest granted by two."""

from datetime import datetime

from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.clock import local_date, milliseconds, moment_of
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.foundation.revision import revise
from app.foundation.sealing import seal, unseal
from app.identity import queries as identity
from app.identity.queries import check_stepped_up
from app.messaging.rules import Kind
from app.support import queries
from app.support.errors import ExtensionNotOpen, OwnExtension
from app.support.models import TicketExtensionRow, TicketRow
from app.support.operations.commands import DecideExtension, ExtendTicket
from app.support.operations.desk import staff_at_desk
from app.support.operations.handling import check_may_handle
from app.support.operations.steps import locked_complaint, note_step, tell, write
from app.support.queries import TicketExtension
from app.support.queries.extensions import extension_cell, extension_from
from app.support.rules import WAITING, WRITERS, TicketState
from app.support.rules.complaints import (
    LOOK_AGAIN,
    SPECIAL_CHECKERS,
    Extension,
    ExtensionState,
    Happened,
    Signal,
    check_extension,
    deadline,
)


async def extend_ticket(caller: StaffCaller, command: ExtendTicket) -> TicketExtension:
    """
    Take more time for a complex complaint, or ask a second person for the longest extension.

    The first counts at once, and the borrower is told why and until when; the second once it is
    granted, and until then the clock runs on.

    Raises:
        Forbidden: The role only reads.
        NotFound: There is no such ticket.
        NotAComplaint: It has no such clock.
        TicketTaken: Somebody else handles it.
        TicketWithSupervisor: Its time ran short; only a supervisor handles it.
        AssigneeHasInterest: It may be about what the caller did.
        ExtensionUsed: It was extended for this reason in this round, or that waits.
        ExtensionOutOfTurn: The clock stands still or has run out, or the longest comes first.
        TicketFull: It holds a hundred messages.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, WRITERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await queries.extension(claim.answer["extension_id"])
        row = await locked_complaint(command.ticket_id)
        await check_may_handle(row, staff)
        known = await _of_round(row)
        check_extension(
            command.kind,
            used=_kinds(known, ExtensionState.GRANTED),
            asked=_kinds(known, ExtensionState.ASKED),
            is_running=_is_running(tx, row),
        )
        terms = await queries.clock_terms(local_date(_began(row)))
        is_granted = command.kind is Extension.COMPLEX
        extension_id = tx.new_id("te")
        extension = await TicketExtensionRow.create(
            id=extension_id,
            ticket_id=row.id,
            round=row.round,
            kind=command.kind.value,
            days=terms.more[command.kind],
            reason=await seal(tx, extension_cell(extension_id, row.borrower_id), command.reason),
            state=ExtensionState.GRANTED.value if is_granted else ExtensionState.ASKED.value,
            asked_by=staff.staff_id,
            asked_name=staff.name,
            asked_at=milliseconds(tx.now),
        )
        if is_granted:
            await _grant(tx, row, extension, command.reason)
        await claim.settle(tx, {"extension_id": extension_id})
        return extension_from(extension)


async def decide_extension(caller: StaffCaller, command: DecideExtension) -> TicketExtension:
    """
    Grant or refuse the longest extension, as the second person; granted, the borrower is told.

    One whose complaint was answered or ran out can only be refused, so that none waits forever.

    Raises:
        Forbidden: The role grants no extensions.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: There is no such extension.
        OwnExtension: The caller asked for it.
        ExtensionNotOpen: It is decided, or to be granted when nothing is left to extend.
        TicketFull: The ticket holds a hundred messages.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, SPECIAL_CHECKERS)
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await queries.extension(command.extension_id)
        asked = await TicketExtensionRow.get_or_none(id=command.extension_id)
        if asked is None:
            raise NotFound("input.extensionId")
        row = await locked_complaint(asked.ticket_id)
        extension = await TicketExtensionRow.get(id=asked.id)
        if extension.asked_by == staff.staff_id:
            raise OwnExtension
        can_be_granted = extension.round == row.round and _is_running(tx, row)
        if extension.state != ExtensionState.ASKED or (command.is_granted and not can_be_granted):
            raise ExtensionNotOpen
        state = ExtensionState.GRANTED if command.is_granted else ExtensionState.REFUSED
        extension.state = state.value
        extension.decided_by, extension.decided_at = staff.staff_id, milliseconds(tx.now)
        await extension.save()
        if command.is_granted:
            cell = extension_cell(extension.id, row.borrower_id)
            await _grant(tx, row, extension, await unseal(cell, extension.reason))
        about: dict[str, str | int] = {"ticket": row.id, "days": extension.days}
        kind = f"ticket.extension_{state.value.lower()}"
        await record(tx, Entry(kind, row.borrower_id, staff.staff_id, about))
        await claim.settle(tx, {"extension_id": extension.id})
        return extension_from(extension)


async def _grant(
    tx: Transaction, row: TicketRow, extension: TicketExtensionRow, reason: str
) -> None:
    """Move the deadline on, write why into the ticket, and let the desk be told anew."""
    terms = await queries.clock_terms(local_date(_began(row)))
    row.due_at = deadline(_began(row), terms, _kinds(await _of_round(row), ExtensionState.GRANTED))
    row.signaled, row.next_signal_at = Signal.NONE, LOOK_AGAIN
    asker = await identity.staff_member(extension.asked_by)
    await write(tx, row, reason, by=asker)
    await note_step(tx, row, Happened.EXTENDED, about=asker, detail=extension.kind)
    due_on = local_date(row.due_at).isoformat()
    await tell(tx, row, Kind.TICKET_EXTENDED, key=extension.id, due_on=due_on)
    await revise(tx, row.borrower_id)


def _is_running(tx: Transaction, row: TicketRow) -> bool:
    return TicketState(row.state) in WAITING and tx.now <= row.due_at


def _began(row: TicketRow) -> datetime:
    return row.opened_at if row.round_began_at is None else moment_of(row.round_began_at)


async def _of_round(row: TicketRow) -> list[TicketExtensionRow]:
    return await TicketExtensionRow.filter(ticket_id=row.id, round=row.round)


def _kinds(rows: list[TicketExtensionRow], state: ExtensionState) -> set[Extension]:
    return {Extension(one.kind) for one in rows if one.state == state}
