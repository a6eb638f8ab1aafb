"""Permits: nobody is contacted about late money without one, whoever asks, ourselves included."""

from dataclasses import dataclass, field

from app.catalog.queries import policy_book
from app.collections import queries
from app.collections.models import CollectionCaseRow, ContactPermitRow
from app.collections.operations.casing import locked_case
from app.collections.operations.roles import COLLECTORS, check_role
from app.collections.ports import OwnQuietHours
from app.collections.queries import Permit
from app.collections.queries.contacts import permit_from
from app.collections.rules import (
    OVER,
    Asked,
    CaseState,
    Circumstances,
    ContactChannel,
    ContactPerson,
    ContactPurpose,
    HoldReason,
    Stage,
    limits_of,
    refusals,
    to_record_until,
    usable_until,
)
from app.foundation import idempotency
from app.foundation.audit import SYSTEM, Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.clock import local_date, milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.day_hours import DayHours
from app.identity import queries as identity
from app.identity.rules import phone_of
from app.partners import queries as partners
from app.partners.rules import PartnerKind


class _Installed:
    own_quiet_hours: OwnQuietHours | None = None


def heed_quiet_hours(known_by: OwnQuietHours) -> None:
    """Name who knows borrowers' own quiet hours; `main` does, once."""
    _Installed.own_quiet_hours = known_by


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPermit:
    """Somebody wants to contact a debtor once; `agency` where they do it for one."""

    caller_id: str
    case_id: str
    channel: ContactChannel
    purpose: ContactPurpose
    person: ContactPerson = ContactPerson.DEBTOR
    phone: str | None = field(default=None, repr=False)
    """The number they mean to call, if they named one."""
    agency: str | None = None
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """An automated message about late money, right before it goes out."""

    borrower_id: str
    loan_id: str
    channel: ContactChannel
    message_id: str
    own_quiet: DayHours | None


async def request_permit(caller: StaffCaller, command: RequestPermit) -> Permit:
    """
    Ask for leave to contact a debtor once; what is refused is on record as well.

    All is looked at under the borrower's lock, so that of any number who ask at once, in any
    processes and for any agencies, no more get leave than the day has places.

    Returns:
        The permit; with `reasons` it is none.

    Raises:
        Forbidden: The role does not collect.
        NotFound: There is no such case.
        InvalidInput: The phone number is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    check_role(caller, COLLECTORS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await queries.permit(str(claim.answer["permit_id"]))
        case = await locked_case(tx, command.case_id)
        asked = Asked(
            channel=command.channel,
            purpose=command.purpose,
            person=command.person,
            is_own_number=await _is_own_number(case.borrower_id, command.phone),
        )
        seen = await circumstances(
            tx,
            case,
            is_assigned=_is_assigned(case, command),
            is_listed=command.agency is None or await is_agency_listed(tx, command.agency),
            own_quiet=await _own_quiet_hours(case.borrower_id),
        )
        row = await give_or_refuse(
            tx, case, asked, seen, asked_by=command.caller_id, agency=command.agency
        )
        await claim.settle(tx, {"permit_id": row.id})
    return permit_from(row)


async def circumstances(
    tx: Transaction,
    case: CollectionCaseRow,
    *,
    own_quiet: DayHours | None,
    is_assigned: bool = True,
    is_listed: bool = True,
) -> Circumstances:
    """Gather all that a permit hangs on, under the lock of the borrower."""
    borrower_id, today = case.borrower_id, local_date(tx.now)
    book = await policy_book(tx.today)
    holds = await queries.holds_of(borrower_id, today)
    agreement = await queries.agreement_of(borrower_id)
    return Circumstances(
        now=tx.now,
        state=CaseState(case.state),
        stage=Stage(case.stage),
        is_over=CaseState(case.state) in OVER,
        is_offered=case.offered_at is not None,
        is_assigned=is_assigned,
        is_listed=is_listed,
        is_number_stopped=await identity.is_number_stopped(borrower_id),
        is_special=bool(await queries.specials_by_borrower([borrower_id], book, today)),
        holds=frozenset(one.reason for one in holds),
        is_death_confirmed=any(
            one.reason is HoldReason.DEATH and one.confirmed_by is not None for one in holds
        ),
        own_quiet=own_quiet,
        agreed=agreement.hours,
        agrees_to_visits=agreement.agrees_to_visits,
        calls=await queries.calls_of_day(borrower_id, today.isoformat()),
        limits=limits_of(book),
    )


async def give_or_refuse(
    tx: Transaction,
    case: CollectionCaseRow,
    asked: Asked,
    seen: Circumstances,
    *,
    asked_by: str | None = None,
    agency: str | None = None,
    message_id: str | None = None,
) -> ContactPermitRow:
    """Write the permit down, given or refused, and put it on the chain."""
    against = refusals(asked, seen)
    until = tx.now if against else usable_until(asked, seen)
    row = await ContactPermitRow.create(
        id=tx.new_id("pe"),
        borrower_id=case.borrower_id,
        case_id=case.id,
        on_date=local_date(tx.now).isoformat(),
        channel=asked.channel.value,
        purpose=asked.purpose.value,
        asked_by=asked_by,
        agency=agency,
        message_id=message_id,
        reasons=",".join(against),
        by_agreement=seen.agreed is not None,
        asked_at=milliseconds(tx.now),
        expires_at=milliseconds(until),
        record_until=milliseconds(tx.now if against else to_record_until(until, seen.limits)),
    )
    kind = "collections.refused" if against else "collections.permitted"
    about = {"permit": row.id, "channel": asked.channel.value, "purpose": asked.purpose.value}
    await record(tx, Entry(kind, case.borrower_id, asked_by or SYSTEM, about))
    return row


async def is_agency_listed(tx: Transaction, code: str) -> bool:
    """Tell whether an agency is on the partner list today."""
    return any(
        one.code == code and one.kind is PartnerKind.COLLECTION_AGENCY
        for one in await partners.partners(tx.today)
    )


def _is_assigned(case: CollectionCaseRow, command: RequestPermit) -> bool:
    wanted = command.caller_id if command.agency is None else command.agency
    return case.assigned_to == wanted and bool(case.is_with_agency) == (command.agency is not None)


async def _is_own_number(borrower_id: str, phone: str | None) -> bool:
    """
    Tell whether a number is the borrower's own verified one; true where none is named.

    Raises:
        InvalidInput: It is no mobile number.
    """
    if phone is None:
        return True
    return (await identity.contact_of(borrower_id)).phone == phone_of(phone)


async def _own_quiet_hours(borrower_id: str) -> DayHours | None:
    assert _Installed.own_quiet_hours is not None, "main names who knows of quiet hours"
    return await _Installed.own_quiet_hours(borrower_id)
