"""What a debit's end means for its mandate: another attempt, a pause, or nothing left to do."""

from datetime import date

from app.foundation.database import Transaction
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.payments.events import DebitFailed, MandatePaused, RepaymentFailed, RepaymentTaken
from app.payments.models import DebitAttemptRow, MandateRow
from app.payments.operations.mandates.planning import policy_of, stop
from app.payments.ports import FailureReason
from app.payments.rules import RepaymentChannel
from app.payments.rules.mandates import (
    DEBIT_STEPS,
    OURS,
    DebitStatus,
    MandateStatus,
    first_moment,
)


async def follow_taken(tx: Transaction, fact: RepaymentTaken) -> None:
    """Note that a debit went well: its due needs no other attempt, and failures are forgotten."""
    if fact.channel != RepaymentChannel.AUTO_DEBIT:
        return
    row, attempt = await _held(fact.repayment_id)
    if not _moved(attempt, DebitStatus.SUCCEEDED):
        return
    attempt.reason = None
    await attempt.save()
    row.failures = 0
    if row.round_on == attempt.due_on:
        row.next_on = None
    await row.save()
    await revise(tx, row.borrower_id)


async def follow_failed(tx: Transaction, fact: RepaymentFailed) -> None:
    """Note that nothing was taken: try again as the policy says, or pause; it costs nothing."""
    if fact.channel != RepaymentChannel.AUTO_DEBIT:
        return
    row, attempt = await _held(fact.repayment_id)
    if not _moved(attempt, DebitStatus.FAILED):
        return
    attempt.reason = fact.reason
    await attempt.save()
    if row.status == MandateStatus.ACTIVE:
        await _go_on(tx, row, attempt)
    await revise(tx, row.borrower_id)


async def tell_failed(
    tx: Transaction, row: MandateRow, attempt: DebitAttemptRow, next_on: date | None
) -> None:
    """Tell the borrower that an attempt took nothing, and whether there will be another."""
    await announce(
        tx,
        DebitFailed(
            mandate_id=row.id,
            consent_id=attempt.consent_id,
            attempt_id=attempt.id,
            borrower_id=row.borrower_id,
            loan_id=row.loan_id,
            amount_fen=attempt.amount_fen,
            reason=str(attempt.reason),
            next_on="" if next_on is None else next_on.isoformat(),
        ),
    )


async def pause(tx: Transaction, row: MandateRow, attempt: DebitAttemptRow) -> None:
    """Stop debiting until the borrower has agreed anew, and say why."""
    await stop(tx, row, MandateStatus.PAUSED)
    await announce(
        tx,
        MandatePaused(
            mandate_id=row.id,
            consent_id=attempt.consent_id,
            attempt_id=attempt.id,
            borrower_id=row.borrower_id,
            loan_id=row.loan_id,
            amount_fen=attempt.amount_fen,
            reason=str(attempt.reason),
        ),
    )


async def _go_on(tx: Transaction, row: MandateRow, attempt: DebitAttemptRow) -> None:
    policy = await policy_of(row)
    row.failures += attempt.reason not in OURS
    if row.failures >= policy.failures_max:
        await pause(tx, row, attempt)
        return
    next_on = None
    if row.round_on == attempt.due_on:
        next_on = policy.next_attempt_on(
            due_on=attempt.due_on, number=row.round_number, today=tx.today
        )
        row.next_on = next_on
        row.next_at = first_moment(policy, tx.now)
    await row.save()
    if attempt.reason != FailureReason.WITHDRAWN:
        await tell_failed(tx, row, attempt, next_on)


async def _held(repayment_id: str) -> tuple[MandateRow, DebitAttemptRow]:
    """Hold a mandate, then the attempt of a repayment: always in this order."""
    known = await DebitAttemptRow.get(repayment_id=repayment_id)
    row = await MandateRow.filter(id=known.mandate_id).select_for_update().get()
    return row, await DebitAttemptRow.filter(id=known.id).select_for_update().get()


def _moved(attempt: DebitAttemptRow, wanted: DebitStatus) -> bool:
    """Take a step of an attempt's table; facts may come late, so what is over stays as it is."""
    if wanted not in DEBIT_STEPS[DebitStatus(attempt.status)]:
        return False
    attempt.status = wanted.value
    return True
