"""The service desk puts loans right: who proposes and who decides, each look on record."""

from dataclasses import dataclass

import msgspec

from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import Transaction, transaction
from app.identity.queries import check_stepped_up
from app.identity.rules import StaffMember
from app.payments import operations as payments
from app.payments.operations import ReverseRepayment
from app.payments.rules import RepaymentRef
from app.privacy.rules import Reason, What
from app.servicing import operations as servicing
from app.servicing import queries as loans
from app.servicing.rules import LoanRef, ReversalReason
from app.servicing.rules.corrections import (
    CHECKERS,
    MAKERS,
    READERS,
    Correction,
    CorrectionNotes,
    CorrectionToday,
    DecideCorrection,
    ProposeCorrection,
    WithdrawCorrection,
)
from app.support.operations.browsing import check_no_browsing, noticing_browsing
from app.support.operations.desk import put_on_record, staff_at_desk


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCorrection:
    """A correction with what was written, and what it would do today while it is open."""

    correction: Correction
    notes: CorrectionNotes
    today: CorrectionToday | None


async def propose_correction(caller: StaffCaller, command: ProposeCorrection) -> Correction:
    """
    Propose a correction of a borrower's loan, once per idempotency key.

    Raises:
        Forbidden: The role does not propose corrections.
        InvalidInput: The reason is none for such a correction, or the key is malformed.
        NotFound: There is no such loan or repayment.
        ChargeNotInCertificate: The charge is not in the loan's confirmed cost certificate.
        CorrectionImpossible: It would do nothing, or not what it says.
        CorrectionProposedAlready: The same waits to be decided.
        TooManyCorrections: As many of this loan wait as may.
        RateLimited: This member of staff has looked at too many borrowers within the hour.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, MAKERS)
    async with noticing_browsing(staff), transaction() as tx:
        await check_no_browsing(tx, staff)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            correction = msgspec.convert(claim.answer, Correction)
        else:
            correction = await servicing.propose_correction(tx, command, staff)
            await _put_in_chain(tx, "correction.proposed", staff, correction)
            await claim.settle(tx, msgspec.to_builtins(correction))
        await _looked(tx, staff, correction)
    return correction


async def decide_correction(caller: StaffCaller, command: DecideCorrection) -> Correction:
    """
    Approve or reject what somebody else proposed, once per idempotency key.

    Approved, it happens in the same transaction, and the borrower is told. A repayment is undone
    where repayments live, so that it ends as reversed or charged back.

    Raises:
        Forbidden: The role decides no corrections.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: There is no such correction.
        OwnCorrection: The caller proposed it.
        CorrectionStepRefused: It is decided, withdrawn or out of time.
        CorrectionAboveLimit: It is about more than the role may approve.
        CorrectionStale: The loan has changed, so it would do something else than proposed.
        CorrectionImpossible: It can no longer be done.
        RepaymentStepRefused: The repayment to be undone is undone already.
        RateLimited: This member of staff has looked at too many borrowers within the hour.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, CHECKERS)
    async with noticing_browsing(staff), transaction() as tx:
        await check_stepped_up(caller, tx.now)
        await check_no_browsing(tx, staff)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            correction = msgspec.convert(claim.answer, Correction)
        else:
            correction = await servicing.decide_correction(tx, command, staff, undo=_undo_repayment)
            await _put_in_chain(tx, "correction.decided", staff, correction)
            await claim.settle(tx, msgspec.to_builtins(correction))
        await _looked(tx, staff, correction)
    return correction


async def withdraw_correction(caller: StaffCaller, command: WithdrawCorrection) -> Correction:
    """
    Take back what one proposed oneself, once per idempotency key.

    Raises:
        Forbidden: Somebody else proposed it.
        NotFound: There is no such correction.
        CorrectionStepRefused: It is decided, withdrawn or out of time.
        RateLimited: This member of staff has looked at too many borrowers within the hour.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, MAKERS)
    async with noticing_browsing(staff), transaction() as tx:
        await check_no_browsing(tx, staff)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            correction = msgspec.convert(claim.answer, Correction)
        else:
            correction = await servicing.withdraw_correction(tx, command, staff)
            await claim.settle(tx, msgspec.to_builtins(correction))
        await _looked(tx, staff, correction)
    return correction


async def open_correction(caller: StaffCaller, correction_id: str) -> OpenedCorrection:
    """
    Read a correction: the loan's figures then and now, and what maker and checker wrote.

    Raises:
        Forbidden: The role does not read corrections.
        NotFound: There is no such correction.
        RateLimited: This member of staff has looked at too many borrowers within the hour.
    """
    staff = await staff_at_desk(caller, READERS)
    async with noticing_browsing(staff), transaction() as tx:
        await check_no_browsing(tx, staff)
        opened = OpenedCorrection(
            correction=await loans.correction(correction_id),
            notes=await loans.correction_notes(correction_id),
            today=await loans.correction_today(correction_id),
        )
        await _looked(tx, staff, opened.correction)
    return opened


async def _put_in_chain(
    tx: Transaction, kind: str, staff: StaffMember, correction: Correction
) -> None:
    about = {
        "correction": correction.correction_id,
        "loan": correction.loan.loan_id,
        "act": correction.kind.value,
        "state": correction.state.value,
    }
    await record(tx, Entry(kind, correction.loan.borrower_id, staff.staff_id, about))


async def _looked(tx: Transaction, staff: StaffMember, correction: Correction) -> None:
    """Record that staff saw a loan's figures; last of all, since it holds the borrower's count."""
    await put_on_record(
        tx,
        staff,
        correction.loan.borrower_id,
        what=What.CORRECTION,
        reason=Reason.AUDIT if staff.role is StaffRole.AUDITOR else Reason.CORRECTION,
    )


async def _undo_repayment(
    tx: Transaction, loan: LoanRef, repayment_id: str, reason: ReversalReason
) -> None:
    repayment = RepaymentRef(borrower_id=loan.borrower_id, repayment_id=repayment_id)
    _ = await payments.reverse(tx, ReverseRepayment(repayment=repayment, reason=reason))
