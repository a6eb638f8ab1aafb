"""Corrections by staff: proposed by one, decided by another, done in the decision's transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import msgspec
import orjson

from app.catalog.queries import policy_book
from app.catalog.rules import PolicyBook
from app.foundation.database import Transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.sealing import seal
from app.identity.rules import StaffMember
from app.ledger import queries as ledger
from app.ledger.errors import ChargeNotInCertificate
from app.loanmath.life.preview import PREVIEW_ID
from app.servicing.errors import (
    CorrectionProposedAlready,
    CorrectionStale,
    OwnCorrection,
    TooManyCorrections,
)
from app.servicing.events import LoanCorrected
from app.servicing.models import CorrectionRow, HardshipRequestRow, LoanEventRow, LoanRow
from app.servicing.operations.applying import apply_event
from app.servicing.queries import events_of
from app.servicing.queries.corrections import (
    Outlook,
    outlook,
    outlook_today,
    taken_event,
)
from app.servicing.rules import INTEREST_CHARGE, PENALTY_CHARGE, LoanRef, ReversalReason
from app.servicing.rules.corrections import (
    CHECKERS,
    CORRECTION_PREFIX,
    MAKERS,
    REASONS,
    Act,
    ActKind,
    Charge,
    Correction,
    CorrectionReason,
    CorrectionState,
    CorrectionStep,
    DecideCorrection,
    ProposeCorrection,
    Stamp,
    UndoRepayment,
    Waive,
    WithdrawCorrection,
    act_as_json,
    act_from_json,
    approver_of,
    check_may_approve,
    event_of,
    kind_of,
    next_state,
)
from app.servicing.rules.hardship import HardshipState

log = logger(__name__)

RELIEF = frozenset({ActKind.DEFERRAL, ActKind.RESCHEDULING})
"""What staff do that answers a borrower's waiting request for an arrangement."""

Undo = Callable[[Transaction, LoanRef, str, ReversalReason], Awaitable[object]]
"""Undoes a repayment where repayments live, in the same transaction: loan, id, why."""


async def propose_correction(
    tx: Transaction, command: ProposeCorrection, maker: StaffMember
) -> Correction:
    """
    Propose a correction of a loan; nothing about the loan changes before somebody else approves.

    It keeps the loan's figures as they stand and as the correction would make them today.

    Raises:
        Forbidden: The role does not propose corrections.
        InvalidInput: The reason is none for such a correction.
        NotFound: There is no such loan or repayment.
        ChargeNotInCertificate: The charge is not in the loan's confirmed cost certificate.
        CorrectionImpossible: It would do nothing, or not what it says.
        CorrectionProposedAlready: The same waits to be decided.
        TooManyCorrections: As many of this loan wait as may.
    """
    if maker.role not in MAKERS:
        raise Forbidden
    if command.reason not in REASONS[command.kind]:
        raise InvalidInput("input.reason", "servicing.reason.correction_reason")
    act, loan_id = await _resolved(command)
    loan = await _locked_loan(loan_id)
    await _check_charge(loan, act)
    await _check_room(tx, loan, act)
    events = await events_of(loan.id)
    stamp = Stamp(event_id=PREVIEW_ID, effective_on=tx.today, recorded_at=tx.now)
    seen = outlook(loan, events, act, stamp, on=max(tx.today, loan.as_of))
    row = _row(tx, command, maker, seen)
    row.act, row.loan_id, row.borrower_id = _text(act), loan.id, loan.borrower_id
    row.events_count = len(events)
    await _keep(tx, row, command.note)
    log.info("correction_proposed", correction_id=row.id, loan_id=loan.id, kind=row.kind)
    return row.as_correction(tx.today)


async def decide_correction(
    tx: Transaction, command: DecideCorrection, checker: StaffMember, *, undo: Undo
) -> Correction:
    """
    Approve or reject a correction; approved, it happens to the loan in this transaction.

    A decision already taken by the same checker is answered as it was. Whatever has happened to
    the loan since the proposal is taken into account: only if the correction still does exactly
    what it would have done without that, it is done.

    Raises:
        Forbidden: The role decides no corrections.
        NotFound: There is no such correction.
        OwnCorrection: The checker proposed it.
        CorrectionStepRefused: It is decided, withdrawn or out of time.
        CorrectionAboveLimit: It is about more than the role may approve.
        CorrectionStale: It would do something else than proposed.
        CorrectionImpossible: It can no longer be done.
        RepaymentStepRefused: The repayment to be undone is undone already.
    """
    if checker.role not in CHECKERS:
        raise Forbidden
    row = await _locked(command.correction_id)
    if row.maker_id == checker.staff_id:
        raise OwnCorrection
    step = CorrectionStep.APPROVE if command.is_approved else CorrectionStep.REJECT
    if _is_decided_so(row, step, checker):
        return row.as_correction(tx.today)
    reached = next_state(row.state_on(tx.today), step)
    if reached is CorrectionState.APPROVED:
        await _carry_out(tx, row, checker, undo)
    row.state = reached.value
    row.checker_id, row.checker_name = checker.staff_id, checker.name
    row.decided_at = tx.now
    row.decision_note = await seal(tx, row.cell("decision_note"), command.note)
    await row.save()
    log.info("correction_decided", correction_id=row.id, loan_id=row.loan_id, state=row.state)
    return row.as_correction(tx.today)


async def withdraw_correction(
    tx: Transaction, command: WithdrawCorrection, maker: StaffMember
) -> Correction:
    """
    Take an open correction back; only whoever proposed it may.

    Raises:
        Forbidden: Somebody else proposed it.
        NotFound: There is no such correction.
        CorrectionStepRefused: It is decided, withdrawn or out of time.
    """
    row = await _locked(command.correction_id)
    if row.maker_id != maker.staff_id:
        raise Forbidden
    row.state = next_state(row.state_on(tx.today), CorrectionStep.WITHDRAW).value
    row.decided_at = tx.now
    await row.save(update_fields=["state", "decided_at"])
    return row.as_correction(tx.today)


async def expire_corrections(tx: Transaction) -> int:
    """End the open corrections whose last day has passed; return how many."""
    return await tx.run(
        "UPDATE servicing_correction SET state = ? WHERE state = ? AND expires_on < ?",
        [CorrectionState.EXPIRED.value, CorrectionState.PROPOSED.value, tx.today],
    )


async def _resolved(command: ProposeCorrection) -> tuple[Act, str]:
    """Return the act and the loan it is about; an undoing names only the repayment."""
    act = command.act
    assert kind_of(act) is command.kind, "a command's kind is its act's"
    if not isinstance(act, UndoRepayment):
        return act, command.loan_id
    taken = await taken_event(act)
    return replace(act, event_id=taken.id), taken.loan_id


async def _locked_loan(loan_id: str) -> LoanRow:
    row = await LoanRow.filter(id=loan_id).select_for_update().get_or_none()
    if row is None:
        raise NotFound("input.loanId")
    return row


async def _locked(correction_id: str) -> CorrectionRow:
    row = await CorrectionRow.filter(id=correction_id).select_for_update().get_or_none()
    if row is None:
        raise NotFound("input.correctionId")
    return row


async def _check_charge(loan: LoanRow, act: Act) -> None:
    """Refuse at once what the ledger would refuse only when it is paid."""
    if not isinstance(act, Charge):
        return
    permitted = await ledger.permitted_charges(loan.id) - {INTEREST_CHARGE, PENALTY_CHARGE}
    if act.code not in permitted:
        raise ChargeNotInCertificate(loan_id=loan.id, charge_code=act.code)


async def _check_room(tx: Transaction, loan: LoanRow, act: Act) -> None:
    """Look at what waits for the same loan, whose row is held, so that two at once count right."""
    waiting = await CorrectionRow.filter(
        loan_id=loan.id, state=CorrectionState.PROPOSED.value, expires_on__gte=tx.today
    )
    for row in waiting:
        if (row.kind, row.act) == (kind_of(act).value, _text(act)):
            raise CorrectionProposedAlready(row.id)
    open_max = (await policy_book(tx.today)).whole("correction_open_max")
    if len(waiting) >= open_max:
        raise TooManyCorrections(open_max=open_max)


def _row(
    tx: Transaction, command: ProposeCorrection, maker: StaffMember, seen: Outlook
) -> CorrectionRow:
    return CorrectionRow(
        id=tx.new_id(CORRECTION_PREFIX),
        kind=command.kind.value,
        reason=command.reason.value,
        amount_fen=seen.amount_fen,
        state=CorrectionState.PROPOSED.value,
        maker_id=maker.staff_id,
        maker_name=maker.name,
        proposed_at=tx.now,
        proposed_on=tx.today,
        before=msgspec.json.encode(seen.before).decode(),
        after=msgspec.json.encode(seen.after).decode(),
    )


async def _keep(tx: Transaction, row: CorrectionRow, note: str) -> None:
    book = await policy_book(tx.today)
    row.expires_on = tx.today + timedelta(days=book.whole("correction_days_valid"))
    row.approver = approver_of(row.amount_fen, supervisor_fen_max=_limit_fen(book, row)).value
    row.note = await seal(tx, row.cell("note"), note)
    await row.save(force_create=True)


def _text(act: Act) -> str:
    return orjson.dumps(act_as_json(act), option=orjson.OPT_SORT_KEYS).decode()


def _is_decided_so(row: CorrectionRow, step: CorrectionStep, checker: StaffMember) -> bool:
    decided = {
        CorrectionState.APPROVED: CorrectionStep.APPROVE,
        CorrectionState.REJECTED: CorrectionStep.REJECT,
    }
    is_theirs = row.checker_id == checker.staff_id
    return is_theirs and decided.get(CorrectionState(row.state)) is step


async def _carry_out(tx: Transaction, row: CorrectionRow, checker: StaffMember, undo: Undo) -> None:
    act = act_from_json(ActKind(row.kind), orjson.loads(row.act))
    stamp = Stamp(event_id=tx.new_id("ev"), effective_on=tx.today, recorded_at=tx.now)
    if isinstance(act, UndoRepayment) and not act.is_recovery:
        seen = await _undo(tx, row, act, stamp, undo)
        await _check_limit(tx, row, checker, seen)
        return
    loan = await _locked_loan(row.loan_id)
    events, on = await events_of(loan.id), max(tx.today, loan.as_of)
    seen = outlook_today(loan, events, act, stamp, on=on, known=row.events_count)
    await _check_limit(tx, row, checker, seen)
    _ = await apply_event(
        tx,
        loan,
        event_of(act, stamp),
        source_key=f"correction|{row.id}",
        about=row.id,
        posting=row.kind.lower(),
    )
    if kind_of(act) in RELIEF:
        await HardshipRequestRow.filter(waiting_key=loan.id).update(
            waiting_key=None, state=HardshipState.ANSWERED.value
        )
    row.event_id = stamp.event_id
    await _tell(tx, row, loan, act)


async def _undo(
    tx: Transaction, row: CorrectionRow, act: UndoRepayment, stamp: Stamp, undo: Undo
) -> Outlook:
    """
    Undo a repayment, then look whether that did what was proposed; a refusal rolls all of it back.

    In this order, because whoever takes a repayment locks it before its loan.
    """
    ref = LoanRef(borrower_id=row.borrower_id, loan_id=row.loan_id)
    source_key = f"reversal|{act.repayment_id}"
    if await LoanEventRow.exists(source_key=source_key):
        raise CorrectionStale(events_since=await _events_since(row))
    _ = await undo(tx, ref, act.repayment_id, ReversalReason(row.reason))
    undone = await LoanEventRow.get(source_key=source_key)
    loan = await LoanRow.get(id=row.loan_id)
    events = [event for event in await events_of(loan.id) if event.id != undone.id]
    on = max(tx.today, loan.as_of)
    seen = outlook_today(loan, events, act, stamp, on=on, known=row.events_count)
    row.event_id = undone.id
    return seen


async def _events_since(row: CorrectionRow) -> int:
    return await LoanEventRow.filter(loan_id=row.loan_id).count() - row.events_count


async def _check_limit(
    tx: Transaction, row: CorrectionRow, checker: StaffMember, seen: Outlook
) -> None:
    """Hold the role to what the correction is about today, or was when it was proposed."""
    limit_fen = _limit_fen(await policy_book(tx.today), row)
    amount_fen = max(seen.amount_fen, row.amount_fen)
    check_may_approve(checker.role, amount_fen, supervisor_fen_max=limit_fen)


def _limit_fen(book: PolicyBook, row: CorrectionRow) -> int:
    return int(book.table("correction_supervisor_fen_max")[row.kind])


async def _tell(tx: Transaction, row: CorrectionRow, loan: LoanRow, act: Act) -> None:
    part = act.part.value if isinstance(act, Waive | Charge) else ""
    next_due_on = "" if loan.next_due_on is None else loan.next_due_on.isoformat()
    fact = LoanCorrected(
        correction_id=row.id,
        loan_id=loan.id,
        borrower_id=loan.borrower_id,
        act=row.kind,
        part=part,
        reason=CorrectionReason(row.reason).value,
        amount_fen=row.amount_fen,
        balance_fen=loan.balance_fen,
        next_due_on=next_due_on,
        next_amount_fen=loan.next_amount_fen,
    )
    await announce(tx, fact)
