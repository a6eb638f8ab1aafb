"""Having one's data put right: at once, or by two people where it is about who one is."""

from dataclasses import dataclass, field
from datetime import date

from app.catalog.queries import policy_book
from app.foundation import audit, idempotency
from app.foundation.clock import local_date
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import Sealed, seal
from app.foundation.working_days import somebody_works
from app.identity import operations as identity
from app.identity.rules import StaffMember
from app.identity.rules.correcting import ProfileField, checked_value
from app.privacy.errors import CorrectionWaits, NothingToCorrect, OwnProposal
from app.privacy.events import DataCorrectionAsked
from app.privacy.models import CorrectionRequestRow
from app.privacy.queries.requests import correction_view, correction_words
from app.privacy.rules.requests import (
    AT_ONCE,
    CorrectionMove,
    CorrectionState,
    CorrectionView,
    moved,
    working_days_after,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCorrection:
    """Have a field of the profile put right."""

    caller_id: str
    which: ProfileField
    value: str = field(repr=False)
    reason: str = field(repr=False)
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeAnswer:
    """Say whether the evidence is enough, for somebody else to decide."""

    caller_id: str
    request_id: str
    is_right: bool
    note: str = field(repr=False)
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAnswer:
    """Confirm what somebody else proposed, with the words the borrower reads, or hand it back."""

    caller_id: str
    request_id: str
    is_confirmed: bool
    answer: str = field(repr=False)
    idempotency_key: str


async def request_correction(command: RequestCorrection) -> CorrectionView:
    """
    Put a field right at once, or bring the wish to staff, who answer within fifteen working days.

    Raises:
        InvalidInput: The value is malformed, or the idempotency key is.
        UnderAge: The resident ID is of somebody not yet eighteen.
        NothingToCorrect: It stands there already, or nothing was ever given there.
        CorrectionWaits: Staff look at the same field already.
        NotFound: There is no such borrower.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return correction_view(await CorrectionRequestRow.get(id=claim.answer["request_id"]))
        borrower_id = command.caller_id
        value = checked_value(command.which, command.value, tx.today)
        now = await identity.profile_value(tx, borrower_id, command.which)
        if now == value or (now is None and command.which is not ProfileField.ADDRESS):
            raise NothingToCorrect
        await revise(tx, borrower_id)
        row = await _written(tx, command, value)
        if command.which in AT_ONCE:
            await identity.correct_profile(tx, borrower_id, command.which, value)
            await _note(tx, row, "privacy.corrected", borrower_id)
        else:
            await announce(
                tx,
                DataCorrectionAsked(
                    request_id=row.id, borrower_id=borrower_id, field=command.which.value
                ),
            )
        await claim.settle(tx, {"request_id": row.id})
    return correction_view(row)


async def _written(tx: Transaction, command: RequestCorrection, value: str) -> CorrectionRequestRow:
    is_made = command.which in AT_ONCE
    open_key = f"{command.caller_id}:{command.which}"
    if await CorrectionRequestRow.filter(open_key=open_key).exists():
        raise CorrectionWaits
    request_id = tx.new_id("cq")
    days = (await policy_book(tx.today)).whole("data_correction_working_days")
    return await CorrectionRequestRow.create(
        id=request_id,
        borrower_id=command.caller_id,
        open_key=None if is_made else open_key,
        field=command.which.value,
        state=(CorrectionState.MADE if is_made else CorrectionState.WAITING).value,
        value=await _sealed(tx, request_id, command.caller_id, "value", value),
        reason=await _sealed(tx, request_id, command.caller_id, "reason", command.reason),
        asked_at=tx.now,
        due_on=due_on(local_date(tx.now), days),
        decided_at=tx.now if is_made else None,
    )


async def propose_answer(
    tx: Transaction, command: ProposeAnswer, staff: StaffMember
) -> CorrectionView:
    """
    Note what one member of staff makes of the evidence.

    Raises:
        NotFound: There is no such request.
        CorrectionNotOpen: It is proposed on or decided already.
    """
    row = await _locked(command.request_id)
    row.state = moved(CorrectionState(row.state), CorrectionMove.PROPOSE).value
    row.maker_id, row.maker_name = staff.staff_id, staff.name
    row.is_proposed_right = command.is_right
    row.maker_note = await _sealed(tx, row.id, row.borrower_id, "maker_note", command.note)
    row.proposed_at = tx.now
    await row.save()
    await _note(tx, row, "privacy.correction_proposed", staff.staff_id)
    return correction_view(row)


async def decide_answer(
    tx: Transaction, command: DecideAnswer, staff: StaffMember
) -> CorrectionView:
    """
    Confirm a proposal: the field is put right, or the wish refused; or hand it back.

    Raises:
        NotFound: There is no such request.
        CorrectionNotOpen: Nothing is proposed, or it is decided already.
        OwnProposal: The same person proposed it.
        ResidentIdTaken: Another borrower has this resident ID.
    """
    row = await _locked(command.request_id)
    if row.state == CorrectionState.PROPOSED.value and row.maker_id == staff.staff_id:
        raise OwnProposal
    move = CorrectionMove.HAND_BACK
    if command.is_confirmed:
        move = CorrectionMove.MAKE if row.is_proposed_right else CorrectionMove.REFUSE
    row.state = moved(CorrectionState(row.state), move).value
    row.checker_id, row.checker_name = staff.staff_id, staff.name
    if move is CorrectionMove.MAKE:
        words = await correction_words(row.id)
        await identity.correct_profile(tx, row.borrower_id, ProfileField(row.field), words.value)
    if move is not CorrectionMove.HAND_BACK:
        row.open_key = None
        row.decided_at = tx.now
        row.answer = await _sealed(tx, row.id, row.borrower_id, "answer", command.answer)
    await row.save()
    await revise(tx, row.borrower_id)
    await _note(tx, row, f"privacy.correction_{move.value.lower()}", staff.staff_id)
    return correction_view(row)


def due_on(day: date, count: int) -> date:
    """Return the so-manyth working day after; in a year without published holidays, weekdays."""
    return working_days_after(day, count, somebody_works)


async def _locked(request_id: str) -> CorrectionRequestRow:
    row = await CorrectionRequestRow.filter(id=request_id).select_for_update().first()
    if row is None:
        raise NotFound("input.requestId")
    return row


async def _sealed(
    tx: Transaction, request_id: str, borrower_id: str, column: str, text: str
) -> Sealed:
    return await seal(tx, CorrectionRequestRow.seals.cell(column, request_id, borrower_id), text)


async def _note(tx: Transaction, row: CorrectionRequestRow, kind: str, actor: str) -> None:
    about = {"request_id": row.id, "field": row.field}
    await audit.record(tx, audit.Entry(kind, row.borrower_id, actor, about))
