"""The service desk sees a value in clear: stepped up, for a reason, on record, and told."""

from dataclasses import dataclass, field
from datetime import datetime

from app.foundation import idempotency
from app.foundation.caller import StaffCaller
from app.foundation.clock import local_date
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.identity import queries as identity
from app.identity.rules import StaffMember
from app.messaging.operations import Notify, notify
from app.messaging.rules import Kind
from app.origination import queries as origination
from app.privacy.errors import RevealOver, SecondPersonNeeded, TicketNeeded
from app.privacy.operations import reveals
from app.privacy.operations.reveals import Asked, DecideReveal
from app.privacy.queries.reveals import RevealRequest, reveal_request, revealed_at
from app.privacy.rules import Reason
from app.privacy.rules.reveals import APPROVED_FOR, APPROVERS, REVEALERS, REVEALS, Field
from app.support import queries
from app.support.errors import TicketClosed
from app.support.operations.browsing import check_no_browsing, noticing_browsing
from app.support.operations.desk import check_borrower, staff_at_desk
from app.support.rules import TicketState

COLUMNS = {
    Field.PHONE: "phone",
    Field.RESIDENT_ID: "resident_id",
    Field.NAME: "name",
    Field.BANK_CARD: "bank_card",
    Field.ADDRESS: "address",
    Field.INCOME: "income",
    Field.PURPOSE: "purpose",
}
"""Where in the profile a value stands; what a decision saw stands with the decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealValue:
    """See one value of a borrower in clear."""

    staff_id: str
    borrower_id: str
    field: Field
    reason: Reason
    ticket_id: str | None
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff."""
        return self.staff_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReveal(RevealValue):
    """Ask for a second person's approval to see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """A value in clear, for the screen and nothing else."""

    reveal_id: str
    value: str = field(repr=False)
    revealed_at: datetime


async def reveal(caller: StaffCaller, command: RevealValue) -> Revealed | SecondPersonNeeded:
    """
    Show a value in clear, once per idempotency key; that a second person is needed is returned.

    The same command sent again within fifteen minutes, because its answer was lost, shows it again
    and counts once. The borrower sees it from the moment the value was there to be seen, and is
    told. Nothing is shown that could not be put on record.

    Raises:
        Forbidden: The role sees nothing in clear.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        TicketNeeded: The value takes a ticket, and none is named.
        TicketClosed: The ticket is over.
        NotFound: There is no such borrower, ticket of theirs, or value.
        RevealOver: The command was carried out more than fifteen minutes ago.
        RateLimited: This member of staff has looked at too many borrowers within the hour.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, REVEALERS)
    async with noticing_browsing(staff), transaction() as tx:
        await identity.check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        answer = claim.answer
        if answer is not None and answer["reveal_id"] is None:
            return SecondPersonNeeded()
        value = await _value_in_clear(command)
        if value is None:
            await check_borrower(command.borrower_id)
            raise NotFound("input.field")
        if answer is not None:
            shown_at = await revealed_at(answer["reveal_id"])
            if tx.now - shown_at > APPROVED_FOR:
                raise RevealOver
            return Revealed(reveal_id=answer["reveal_id"], value=value, revealed_at=shown_at)
        await _check_ticket(command)
        await check_no_browsing(tx, staff)
        reveal_id = await reveals.record_reveal(tx, _asked(staff, command))
        if isinstance(reveal_id, SecondPersonNeeded):
            await claim.settle(tx, {"reveal_id": None})
            return reveal_id
        await _tell_revealed(tx, staff, command)
        await claim.settle(tx, {"reveal_id": reveal_id})
        return Revealed(reveal_id=reveal_id, value=value, revealed_at=tx.now)


async def request_reveal(caller: StaffCaller, command: RequestReveal) -> RevealRequest:
    """
    Ask that a second person approve a reveal, once per idempotency key.

    Raises:
        Forbidden: The role sees nothing in clear.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        TicketNeeded: The value takes a ticket, and none is named.
        TicketClosed: The ticket is over.
        NotFound: There is no such borrower, or no such ticket of theirs.
        TooManyRevealRequests: Ten of this member of staff wait already.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, REVEALERS)
    async with transaction() as tx:
        await identity.check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await reveal_request(claim.answer["request_id"])
        await check_borrower(command.borrower_id)
        await _check_ticket(command)
        request_id = await reveals.request_reveal(tx, _asked(staff, command))
        await claim.settle(tx, {"request_id": request_id})
        return await reveal_request(request_id)


async def decide_reveal(caller: StaffCaller, command: DecideReveal) -> RevealRequest:
    """
    Be the second person: approve or refuse what a colleague asked for.

    Raises:
        Forbidden: The role approves no reveals.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: There is no such request.
        OwnRevealRequest: The caller asked for it.
        RevealRequestNotOpen: It is decided, or has waited for more than a day.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, APPROVERS)
    async with transaction() as tx:
        await identity.check_stepped_up(caller, tx.now)
        await reveals.decide_reveal(tx, command, staff.role)
        return await reveal_request(command.request_id)


async def _value_in_clear(command: RevealValue) -> str | None:
    if command.field is Field.DECISION_DATA:
        return await origination.decision_data(command.borrower_id)
    if command.field is Field.DOCUMENTS:
        return await origination.documents_data(command.borrower_id)
    if command.field is Field.TICKET_PICTURES:
        if command.ticket_id is None:
            raise TicketNeeded
        return await origination.documents_data(command.borrower_id, about=command.ticket_id)
    try:
        return await identity.value_in_clear(command.borrower_id, COLUMNS[command.field])
    except NotFound:
        raise NotFound("input.borrowerId") from None


async def _check_ticket(command: RevealValue) -> None:
    if command.ticket_id is None:
        if REVEALS[command.field].needs_ticket:
            raise TicketNeeded
        return
    ticket = await queries.ticket(command.borrower_id, command.ticket_id)
    if ticket.state is TicketState.CLOSED:
        raise TicketClosed


def _asked(staff: StaffMember, command: RevealValue) -> Asked:
    return Asked(
        staff_id=staff.staff_id,
        staff_role=staff.role,
        staff_name=staff.name,
        borrower_id=command.borrower_id,
        field=command.field,
        reason=command.reason,
        ticket_id=command.ticket_id,
    )


async def _tell_revealed(tx: Transaction, staff: StaffMember, command: RevealValue) -> None:
    """Tell once per member of staff, value and day; the record has every single reveal."""
    told = Notify(
        borrower_id=command.borrower_id,
        kind=Kind.DATA_REVEALED,
        data={},
        dedupe_key=f"{staff.staff_id}:{command.field}:{local_date(tx.now).isoformat()}",
    )
    await notify(tx, told)
