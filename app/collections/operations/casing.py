"""Cases: opened when a loan is late, moved by one table of steps, closed when it no longer is."""

from app.collections.models import CollectionCaseRow, PaymentPromiseRow
from app.collections.operations.holding import end_permits, release
from app.collections.rules import (
    OVER,
    CaseState,
    CaseStep,
    HoldReason,
    OfferedBy,
    PromiseState,
    Stage,
    has_step,
    next_state,
)
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.errors import NotFound
from app.foundation.revision import revise
from app.loanmath.life import LoanStatus
from app.servicing import queries as servicing
from app.servicing.rules import LoanSummary


async def follow(tx: Transaction, loan_id: str, borrower_id: str) -> CollectionCaseRow | None:
    """
    Bring a loan's case up to how the loan stands now; whichever fact came first or twice.

    Relief asked for ends with its loan, late or not: nobody is left to answer it, and its hold
    would keep us from the borrower's other loans.

    Returns:
        The open case; None where nothing is past due.
    """
    await revise(tx, borrower_id)
    loan = (await servicing.loans_by_id([loan_id]))[0]
    if loan is None:
        return None
    is_late = loan.days_past_due > 0 and loan.status is not LoanStatus.WRITTEN_OFF
    row = await open_case_of(loan_id)
    if is_late:
        row = row or await _opened(tx, loan)
        if row.bucket != loan.bucket.value:
            row.bucket = loan.bucket.value
            await row.save(update_fields=["bucket"])
        return row
    has_ended = is_over(loan)
    if has_ended:
        _ = await release(
            tx, borrower_id=borrower_id, reason=HoldReason.HARDSHIP, reference=loan_id
        )
    if row is not None:
        await take_step(tx, row, CaseStep.CLOSE if has_ended else CaseStep.CURE)
    return None


def is_over(loan: LoanSummary) -> bool:
    """Tell whether a loan is paid off or given up, so that nobody asks for anything any more."""
    return loan.is_closed or loan.status is LoanStatus.WRITTEN_OFF


async def take_step(tx: Transaction, row: CollectionCaseRow, step: CaseStep) -> None:
    """
    Move a case by a step and save it.

    Raises:
        CaseOver: The case has ended.
        CaseStepOutOfOrder: The step does not follow from where the case stands.
    """
    row.state = next_state(CaseState(row.state), step).value
    if CaseState(row.state) in OVER:
        row.open_key = None
        row.closed_at = milliseconds(tx.now)
        await _end_with_case(tx, row)
    await row.save(update_fields=["state", "open_key", "closed_at"])


async def take_step_if_any(tx: Transaction, row: CollectionCaseRow, step: CaseStep) -> None:
    """Move a case by a step where it follows; otherwise the case stands as it did."""
    if has_step(CaseState(row.state), step):
        await take_step(tx, row, step)


async def record_offer(tx: Transaction, *, borrower_id: str, loan_id: str, by: OfferedBy) -> bool:
    """
    Write down that relief was offered to a late borrower, when and how; the first time counts.

    Returns:
        Whether it is the first offer of the loan's case; False too where nothing is late.
    """
    row = await follow(tx, loan_id, borrower_id)
    if row is None or row.offered_at is not None:
        return False
    row.offered_at, row.offered_by = milliseconds(tx.now), by.value
    await row.save(update_fields=["offered_at", "offered_by"])
    return True


async def end_promise(tx: Transaction, case_id: str) -> None:
    """End a case's open promise: another takes its place, or nothing is late any more."""
    await PaymentPromiseRow.filter(open_key=case_id).update(
        state=PromiseState.CHANGED.value, open_key=None, settled_at=milliseconds(tx.now)
    )


async def open_case_of(loan_id: str) -> CollectionCaseRow | None:
    """Return the open case of a loan."""
    return await CollectionCaseRow.get_or_none(open_key=loan_id)


async def locked_case(tx: Transaction, case_id: str) -> CollectionCaseRow:
    """
    Return a case as it stands once nobody else can change anything about its borrower.

    Raises:
        NotFound: There is none of this id.
    """
    row = await CollectionCaseRow.get_or_none(id=case_id)
    if row is None:
        raise NotFound("input.caseId")
    await revise(tx, row.borrower_id)
    return await CollectionCaseRow.get(id=case_id)


async def _opened(tx: Transaction, loan: LoanSummary) -> CollectionCaseRow:
    return await CollectionCaseRow.create(
        id=tx.new_id("cc"),
        borrower_id=loan.ref.borrower_id,
        loan_id=loan.ref.loan_id,
        open_key=loan.ref.loan_id,
        state=CaseState.OPEN.value,
        stage=Stage.CARE.value,
        bucket=loan.bucket.value,
        opened_on=tx.today.isoformat(),
        opened_at=milliseconds(tx.now),
    )


async def _end_with_case(tx: Transaction, row: CollectionCaseRow) -> None:
    """End what was about the case alone: its pause, permits not used, and the open promise."""
    _ = await release(
        tx, borrower_id=row.borrower_id, reason=HoldReason.STAFF_PAUSE, reference=row.id
    )
    await end_permits(tx, case_id=row.id)
    await end_promise(tx, row.id)
