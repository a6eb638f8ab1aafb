"""What came of a contact: written down once under its permit, shown to the borrower, acted on."""

from dataclasses import dataclass, field
from datetime import datetime

from app.collections import queries
from app.collections.errors import PermitNotUsable
from app.collections.models import (
    CollectionCaseRow,
    ContactAttemptRow,
    ContactPermitRow,
    note_cell,
)
from app.collections.operations.casing import locked_case, record_offer, take_step_if_any
from app.collections.operations.contesting import rest_and_tell
from app.collections.operations.holding import hold, hold_for_wish
from app.collections.operations.promising import check_said, take_promise
from app.collections.operations.roles import COLLECTORS, check_role
from app.collections.rules import (
    EFFECTIVE,
    HEARD,
    STEPS,
    Attempt,
    CaseStep,
    ContactChannel,
    ContactOutcome,
    ContestReason,
    HoldReason,
    OfferedBy,
    Promised,
    fits,
)
from app.foundation import idempotency
from app.foundation.audit import SYSTEM, Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.clock import SHANGHAI, milliseconds, moment_of
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.sealing import seal

OFFERED_BY = {
    ContactChannel.VOICE: OfferedBy.VOICE,
    ContactChannel.LETTER: OfferedBy.LETTER,
    ContactChannel.VISIT: OfferedBy.VISIT,
}
"""The ways in which whoever contacts somebody can offer relief."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAttempt:
    """What came of a contact that was permitted."""

    caller_id: str
    permit_id: str
    outcome: ContactOutcome
    began_at: datetime
    offered_relief: bool
    """Whether relief was offered in it, as each script begins by; to nobody else it is no offer."""
    promised: Promised | None
    note: str | None = field(repr=False)
    idempotency_key: str


async def record_attempt(caller: StaffCaller, command: RecordAttempt) -> Attempt:
    """
    Write down what came of a contact; the permit is used up, and the case goes on.

    Raises:
        Forbidden: The role does not collect.
        NotFound: There is no such permit, or somebody else asked for it.
        PermitNotUsable: It was refused or used, the time for writing it down is over, or the
            outcome is none that its channel can have.
        InvalidInput: The contact began outside the permit's time or is yet to begin; or a promise
            is missing, or cannot be made.
        CaseStepOutOfOrder: Nothing can be promised where the case stands.
        IdempotencyConflict: The key was used for another command.
    """
    check_role(caller, COLLECTORS)
    if (command.promised is not None) != (command.outcome is ContactOutcome.PROMISED):
        raise InvalidInput("input.promise", "collections.reason.promise")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await queries.recorded_attempt(
                str(claim.answer["borrower_id"]), str(claim.answer["attempt_id"])
            )
        if command.promised is not None:
            await check_said(tx, command.promised, at="input.promise")
        permit = await ContactPermitRow.get_or_none(id=command.permit_id)
        if permit is None or permit.asked_by != command.caller_id:
            raise NotFound("input.permitId")
        case = await locked_case(tx, permit.case_id)
        await _use(tx, permit, command)
        row = await write_attempt(
            tx, case, permit, outcome=command.outcome, began_at=command.began_at, note=command.note
        )
        await _go_on(tx, case, row, command)
        await claim.settle(tx, {"borrower_id": case.borrower_id, "attempt_id": row.id})
    return await queries.recorded_attempt(case.borrower_id, row.id)


async def write_attempt(
    tx: Transaction,
    case: CollectionCaseRow,
    permit: ContactPermitRow,
    *,
    outcome: ContactOutcome,
    began_at: datetime,
    note: str | None = None,
) -> ContactAttemptRow:
    """Keep what came of a contact, its note sealed, and put it on the chain."""
    attempt_id = tx.new_id("cn")
    cell = note_cell(attempt_id, case.borrower_id)
    row = await ContactAttemptRow.create(
        id=attempt_id,
        borrower_id=case.borrower_id,
        case_id=case.id,
        loan_id=case.loan_id,
        permit_id=permit.id,
        channel=permit.channel,
        purpose=permit.purpose,
        outcome=outcome.value,
        by_staff=permit.asked_by,
        agency=permit.agency,
        note=None if note is None else await seal(tx, cell, note),
        began_at=milliseconds(began_at),
        recorded_at=milliseconds(tx.now),
    )
    about = {"attempt": row.id, "permit": permit.id, "outcome": outcome.value}
    actor = permit.asked_by or SYSTEM
    await record(tx, Entry("collections.contacted", case.borrower_id, actor, about))
    return row


async def _use(tx: Transaction, permit: ContactPermitRow, command: RecordAttempt) -> None:
    """Use the permit up; in one statement, so that it is used once however many try."""
    if command.began_at > tx.now:
        raise InvalidInput("input.beganAt", "collections.reason.began_at_future")
    began = milliseconds(command.began_at)
    is_fitting = fits(ContactChannel(permit.channel), command.outcome)
    if permit.reasons or not is_fitting:
        raise PermitNotUsable
    used = await tx.rows(
        "UPDATE contact_permit SET used_at = ?, is_effective = ? WHERE id = ?"
        " AND used_at IS NULL AND asked_at <= ? AND expires_at > ? AND record_until >= ?"
        " RETURNING id",
        [
            milliseconds(tx.now),
            command.outcome in EFFECTIVE,
            permit.id,
            began,
            began,
            milliseconds(tx.now),
        ],
    )
    if not used:
        await permit.refresh_from_db()
        is_void = permit.used_at is not None or permit.expires_at <= permit.asked_at
        if is_void or permit.record_until < milliseconds(tx.now):
            raise PermitNotUsable
        raise _outside(permit)


def _outside(permit: ContactPermitRow) -> InvalidInput:
    """Return what is wrong with a moment for which a permit that can still be used is none."""
    begins, ends = (
        moment_of(one).astimezone(SHANGHAI) for one in (permit.asked_at, permit.expires_at)
    )
    return InvalidInput(
        "input.beganAt",
        "collections.reason.began_at_span",
        on=begins,
        begins=f"{begins:%H:%M:%S}",
        ends=f"{ends:%H:%M:%S}",
    )


async def _go_on(
    tx: Transaction, case: CollectionCaseRow, row: ContactAttemptRow, command: RecordAttempt
) -> None:
    """Do what follows from the outcome."""
    offered_by = OFFERED_BY.get(ContactChannel(row.channel))
    if command.offered_relief and command.outcome in HEARD and offered_by is not None:
        _ = await record_offer(
            tx, borrower_id=case.borrower_id, loan_id=case.loan_id, by=offered_by
        )
        await case.refresh_from_db()
    if command.promised is not None:
        _ = await take_promise(
            tx, case, command.promised, noted_by=command.caller_id, at="input.promise"
        )
        return
    await take_step_if_any(tx, case, STEPS.get(command.outcome, CaseStep.WORK))
    match command.outcome:
        case ContactOutcome.ASKED_FOR_HARDSHIP:
            await hold_for_wish(tx, borrower_id=case.borrower_id, reference=case.loan_id)
        case ContactOutcome.WRONG_PERSON:
            await hold(
                tx,
                borrower_id=case.borrower_id,
                reason=HoldReason.WRONG_NUMBER,
                reference=row.id,
                by=command.caller_id,
            )
        case ContactOutcome.DISPUTED:
            await rest_and_tell(tx, row, ContestReason.WRONG_DEBT)
        case _:
            pass
