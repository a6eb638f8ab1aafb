"""The service desk looks: it finds, opens and reads, and every look is on the borrower's record."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import local_date
from app.foundation.database import Transaction, transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound
from app.identity import queries as identity
from app.identity.rules import Profile, StaffMember
from app.messaging.operations import Notify, notify
from app.messaging.rules import Kind
from app.privacy.operations import Look, record_looks
from app.privacy.rules import Reason, What
from app.support import queries
from app.support.models import TicketRow
from app.support.operations.browsing import check_no_browsing, noticing_browsing
from app.support.queries import Ticket, TicketMessage
from app.support.rules import MATCHES_MAX, READERS


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedTicket:
    """A ticket, whose it is, masked, and what is written in it."""

    ticket: Ticket
    borrower: Profile | None
    """None once the borrower is forgotten."""
    messages: list[TicketMessage] | None
    """None until one steps up."""


async def find_borrowers(
    caller: StaffCaller,
    *,
    phone: str | None,
    last_four: str | None,
    reason: Reason,
    surname: str | None = None,
) -> list[Profile]:
    """
    Find borrowers by a whole phone number, or its last four digits; at most 20, masked.

    With the last four digits a surname narrows the search; a surname alone is no search.

    Every borrower shown is a look, on record before this returns.

    Raises:
        Forbidden: The role does not sit at the desk.
        InvalidInput: Not exactly one of the two is given, a surname comes without the last four
            digits, or something is malformed.
        RateLimited: This member of staff has looked at too many borrowers within the hour.
    """
    staff = await staff_at_desk(caller, READERS)
    found = await identity.profiles_by_id(await _borrower_ids(phone, last_four, surname))
    profiles = [profile for profile in found if profile is not None]
    async with noticing_browsing(staff), transaction() as tx:
        await check_no_browsing(tx, staff)
        found_ids = [profile.borrower_id for profile in profiles]
        await put_all_on_record(tx, staff, found_ids, what=What.SEARCH_RESULT, reason=reason)
    return profiles


async def _borrower_ids(phone: str | None, last_four: str | None, surname: str | None) -> list[str]:
    if surname is not None and last_four is None:
        raise InvalidInput("surname", "support.reason.surname_alone")
    if phone is not None and last_four is None:
        return await identity.borrower_ids_by_phone(phone)
    if last_four is None or phone is not None:
        raise InvalidInput("phone", "support.reason.one_of_two")
    if surname is None:
        found = await identity.borrower_ids_by_phone_tail(last_four)
    else:
        found = await identity.borrower_ids_by_surname_and_tail(surname, last_four)
    return found[:MATCHES_MAX]


async def check_borrower(borrower_id: str) -> None:
    """
    Check that there is somebody of an id that came as `input.borrowerId`.

    Raises:
        NotFound: There is no such borrower, or they were forgotten.
    """
    if (await identity.profiles_by_id([borrower_id]))[0] is None:
        raise NotFound("input.borrowerId")


async def open_borrower(
    caller: StaffCaller, borrower_id: str, *, reason: Reason, ticket_id: str | None
) -> Profile:
    """
    Open the view of one borrower; the borrower is told.

    Raises:
        Forbidden: The role does not sit at the desk.
        NotFound: There is no such borrower, or the ticket is not theirs.
        RateLimited: This member of staff has looked at too many borrowers within the hour.
    """
    staff = await staff_at_desk(caller, READERS)
    profile = await identity.profile_of(borrower_id)
    if ticket_id is not None:
        await queries.ticket(borrower_id, ticket_id)
    async with noticing_browsing(staff), transaction() as tx:
        await check_no_browsing(tx, staff)
        await put_on_record(
            tx, staff, borrower_id, what=What.WHOLE_VIEW, reason=reason, ticket_id=ticket_id
        )
        await _tell_looked_at(tx, staff, borrower_id)
    return profile


async def open_ticket_at_desk(caller: StaffCaller, ticket_id: str) -> OpenedTicket:
    """
    Open a ticket; what is written in it shows to whoever stepped up within five minutes.

    Raises:
        Forbidden: The role does not sit at the desk.
        NotFound: There is no such ticket.
        RateLimited: This member of staff has looked at too many borrowers within the hour.
    """
    staff = await staff_at_desk(caller, READERS)
    row = await TicketRow.get_or_none(id=ticket_id)
    if row is None:
        raise NotFound
    ticket = queries.ticket_from(row)
    async with noticing_browsing(staff), transaction() as tx:
        await check_no_browsing(tx, staff)
        is_stepped_up = await identity.is_stepped_up(caller, tx.now)
        reason = Reason.AUDIT if staff.role is StaffRole.AUDITOR else Reason.TICKET
        what = What.TICKET if is_stepped_up else What.SEARCH_RESULT
        await put_on_record(
            tx, staff, ticket.borrower_id, what=what, reason=reason, ticket_id=ticket_id
        )
    return OpenedTicket(
        ticket=ticket,
        borrower=(await identity.profiles_by_id([ticket.borrower_id]))[0],
        messages=(await queries.messages_by_ticket([ticket_id]))[0] if is_stepped_up else None,
    )


async def staff_at_desk(caller: StaffCaller, allowed: frozenset[StaffRole]) -> StaffMember:
    """
    Return the member of staff who asks.

    Raises:
        Forbidden: Their role is not among the allowed ones.
    """
    if caller.role not in allowed:
        raise Forbidden
    return await identity.staff_member(caller.staff_id)


async def put_on_record(
    tx: Transaction,
    staff: StaffMember,
    borrower_id: str,
    *,
    what: What,
    reason: Reason,
    ticket_id: str | None = None,
) -> None:
    """Record a look of somebody at the desk; the last thing a transaction does but answer."""
    await put_all_on_record(tx, staff, [borrower_id], what=what, reason=reason, ticket_id=ticket_id)


async def put_all_on_record(
    tx: Transaction,
    staff: StaffMember,
    borrower_ids: Sequence[str],
    *,
    what: What,
    reason: Reason,
    ticket_id: str | None = None,
) -> None:
    """Record a look at each of many, each on their own record, by as many statements as for one."""
    looks = [
        Look(
            staff_id=staff.staff_id,
            staff_role=staff.role,
            staff_name=staff.name,
            borrower_id=borrower_id,
            what=what,
            reason=reason,
            ticket_id=ticket_id,
        )
        for borrower_id in borrower_ids
    ]
    await record_looks(tx, looks)


async def _tell_looked_at(tx: Transaction, staff: StaffMember, borrower_id: str) -> None:
    """Tell once per member of staff and day; the record has every single look."""
    told = Notify(
        borrower_id=borrower_id,
        kind=Kind.DATA_LOOKED_AT,
        data={},
        dedupe_key=f"{staff.staff_id}:{local_date(tx.now).isoformat()}",
    )
    await notify(tx, told)
