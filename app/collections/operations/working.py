"""Working on cases: who has them, how firmly they are pursued, pauses and marks."""

from dataclasses import dataclass
from datetime import date

from app.catalog.queries import policy_book
from app.collections import queries
from app.collections.errors import AgencyNotListed, ConflictOfInterest, HardshipNotOffered, OwnMark
from app.collections.models import CollectionCaseRow, CollectionHoldRow, ContactAttemptRow
from app.collections.operations.casing import locked_case, take_step
from app.collections.operations.following import end_hardship
from app.collections.operations.holding import end_permits, hold, release
from app.collections.operations.permitting import is_agency_listed
from app.collections.operations.roles import COLLECTORS, LEADERS, check_role
from app.collections.queries.holds import hold_from
from app.collections.rules import (
    BY_STAFF,
    NEEDS_ANOTHER,
    Case,
    CaseStep,
    Hold,
    HoldReason,
    Stage,
    check_stage,
)
from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound
from app.foundation.revision import revise
from app.identity import operations as identity
from app.origination.queries.interests import deciders_of
from app.servicing import queries as servicing


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCase:
    """A case is given to a member of staff, or to an agency; exactly one of the two is named."""

    caller_id: str
    case_id: str
    to_staff: str | None
    to_agency: str | None
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceCase:
    """A case is pursued more firmly, or less."""

    caller_id: str
    case_id: str
    stage: Stage
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkCase:
    """Somebody learned what keeps us from contacting a borrower, or lets a case rest."""

    caller_id: str
    case_id: str
    reason: HoldReason
    until_on: date | None
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideMark:
    """A mark is found right by a second person, or ended."""

    caller_id: str
    hold_id: str
    is_confirmed: bool
    idempotency_key: str


async def assign_case(caller: StaffCaller, command: AssignCase) -> Case:
    """
    Give a case to whoever works on it from now on; permits of whoever had it end.

    Raises:
        Forbidden: The role does not assign cases.
        NotFound: There is no such case, or nobody of this id who collects.
        InvalidInput: Not exactly one of staff and agency is named, or an agency before its stage.
        ConflictOfInterest: They decided on the loan, or the borrower contested them.
        AgencyNotListed: No agency of this code is on the list today.
        HardshipNotOffered: An agency is named, and relief was not offered yet.
        CaseOver: The case has ended.
        CaseStepOutOfOrder: The borrower asked for relief.
        IdempotencyConflict: The key was used for another command.
    """
    check_role(caller, LEADERS)
    if (command.to_staff is None) == (command.to_agency is None):
        raise InvalidInput("input.toStaff", "collections.reason.one_of_two")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            row = await locked_case(tx, command.case_id)
            await _check_assignee(tx, row, command)
            await take_step(tx, row, CaseStep.WORK)
            row.assigned_to = command.to_staff or command.to_agency
            row.is_with_agency = command.to_agency is not None
            row.assigned_at = milliseconds(tx.now)
            await row.save(update_fields=["assigned_to", "is_with_agency", "assigned_at"])
            await end_permits(tx, case_id=row.id)
            about = {"case": row.id, "to": str(row.assigned_to)}
            await record(
                tx, Entry("collections.assigned", row.borrower_id, command.caller_id, about)
            )
            await claim.settle(tx, {})
    return await queries.case(command.case_id)


async def advance_case(caller: StaffCaller, command: AdvanceCase) -> Case:
    """
    Pursue a case more firmly, or less; never more before the borrower was offered relief.

    Raises:
        Forbidden: The role does not pass cases on.
        NotFound: There is no such case.
        HardshipNotOffered: The borrower was not offered relief yet.
        StageTooEarly: The loan is not late enough for that.
        CaseOver: The case has ended.
        CaseStepOutOfOrder: The borrower asked for relief.
        IdempotencyConflict: The key was used for another command.
    """
    check_role(caller, LEADERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            row = await locked_case(tx, command.case_id)
            loan = (await servicing.loans_by_id([row.loan_id]))[0]
            days = (await policy_book(tx.today)).table("collection_stage_days")
            check_stage(
                Stage(row.stage),
                command.stage,
                is_offered=row.offered_at is not None,
                days_past_due=0 if loan is None else loan.days_past_due,
                days_from=int(days[command.stage.value]),
            )
            await take_step(tx, row, CaseStep.WORK)
            row.stage = command.stage.value
            if row.is_with_agency and command.stage is not Stage.AGENCY:
                row.assigned_to, row.is_with_agency = None, False
            await row.save(update_fields=["stage", "assigned_to", "is_with_agency"])
            await end_permits(tx, case_id=row.id)
            about = {"case": row.id, "stage": row.stage}
            await record(
                tx, Entry("collections.advanced", row.borrower_id, command.caller_id, about)
            )
            await claim.settle(tx, {})
    return await queries.case(command.case_id)


async def mark_case(caller: StaffCaller, command: MarkCase) -> Case:
    """
    Leave a borrower in peace for what a member of staff learned; it holds from now on.

    Raises:
        Forbidden: The role does not collect.
        NotFound: There is no such case.
        InvalidInput: The reason is none that staff set, or its last day is over.
        IdempotencyConflict: The key was used for another command.
    """
    check_role(caller, COLLECTORS | LEADERS)
    if command.reason not in BY_STAFF:
        raise InvalidInput("input.reason", "collections.reason.mark")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            if command.until_on is not None and command.until_on < tx.today:
                raise InvalidInput("input.untilOn", "collections.reason.until_on")
            row = await locked_case(tx, command.case_id)
            await hold(
                tx,
                borrower_id=row.borrower_id,
                reason=command.reason,
                reference=row.id,
                until_on=None if command.reason in NEEDS_ANOTHER else command.until_on,
                by=command.caller_id,
            )
            await claim.settle(tx, {})
    return await queries.case(command.case_id)


async def decide_mark(caller: StaffCaller, command: DecideMark) -> Hold:
    """
    Confirm a mark as a second person, or end it.

    Whoever set the mark of a death or of a misfortune neither confirms nor ends it.

    Raises:
        Forbidden: The role does not decide marks, or the hold is the borrower's own doing.
        NotFound: There is no such hold, or it has ended.
        OwnMark: The caller set it.
        IdempotencyConflict: The key was used for another command.
    """
    check_role(caller, LEADERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return hold_from(await CollectionHoldRow.get(id=command.hold_id))
        row = await _standing(tx, command.hold_id)
        reason = HoldReason(row.reason)
        if reason not in BY_STAFF | {HoldReason.HARDSHIP}:
            raise Forbidden
        if (reason in NEEDS_ANOTHER or command.is_confirmed) and row.placed_by == caller.staff_id:
            raise OwnMark
        if command.is_confirmed:
            row.confirmed_by = caller.staff_id
            await row.save(update_fields=["confirmed_by"])
            about = {"reason": row.reason, "hold": row.id}
            entry = Entry("collections.confirmed", row.borrower_id, caller.staff_id, about)
            await record(tx, entry)
        elif reason is HoldReason.HARDSHIP:
            await end_hardship(tx, row.reference, row.borrower_id, by=caller.staff_id)
        else:
            _ = await release(
                tx,
                borrower_id=row.borrower_id,
                reason=reason,
                reference=row.reference,
                by=caller.staff_id,
            )
        await claim.settle(tx, {})
    return hold_from(await CollectionHoldRow.get(id=command.hold_id))


async def _standing(tx: Transaction, hold_id: str) -> CollectionHoldRow:
    found = await CollectionHoldRow.get_or_none(id=hold_id)
    if found is None:
        raise NotFound("input.holdId")
    await revise(tx, found.borrower_id)
    row = await CollectionHoldRow.get_or_none(id=hold_id, place__not_isnull=True)
    if row is None:
        raise NotFound("input.holdId")
    return row


async def _check_assignee(tx: Transaction, row: CollectionCaseRow, command: AssignCase) -> None:
    if command.to_agency is not None:
        if row.offered_at is None:
            raise HardshipNotOffered
        if Stage(row.stage) is not Stage.AGENCY:
            raise InvalidInput("input.toAgency", "collections.reason.stage")
        if not await is_agency_listed(tx, command.to_agency):
            raise AgencyNotListed
        contested = ContactAttemptRow.filter(agency=command.to_agency)
    else:
        if await identity.at_work(tx, str(command.to_staff), COLLECTORS) is None:
            raise NotFound("input.toStaff")
        contested = ContactAttemptRow.filter(by_staff=command.to_staff)
    contested = contested.filter(borrower_id=row.borrower_id, contested_at__not_isnull=True)
    if await contested.exists() or command.to_staff in await deciders_of(row.borrower_id):
        raise ConflictOfInterest
