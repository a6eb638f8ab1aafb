"""What happens to loans, as collections hears of it: cases follow, and relief asked for holds."""

from typing import Any

from app.collections.models import CollectionCaseRow
from app.collections.operations.casing import follow, is_over, open_case_of, take_step_if_any
from app.collections.operations.holding import hold, release
from app.collections.operations.promising import settle_promise_of
from app.collections.operations.staff_leaving import give_cases_back
from app.collections.rules import CaseStep, HoldReason
from app.foundation.database import Transaction
from app.foundation.outbox import Fact, LocalEffect
from app.foundation.revision import revise
from app.identity.events import StaffEnded, StaffRoleChanged
from app.payments.events import RepaymentTaken
from app.servicing import queries as servicing
from app.servicing.events import (
    BucketChanged,
    HardshipArranged,
    HardshipReferred,
    InstallmentOverdue,
    LoanCorrected,
    LoanPaidOff,
)
from app.servicing.rules.corrections import ActKind

RELIEF = frozenset({ActKind.DEFERRAL.value, ActKind.RESCHEDULING.value})
"""What staff do about a loan that answers a request for relief."""


async def follow_loan(tx: Transaction, fact: InstallmentOverdue | BucketChanged) -> None:
    """Open, move or close the case of a loan whose lateness changed, by how it stands now."""
    await settle_promise_of(tx, fact.loan_id, fact.borrower_id)
    _ = await follow(tx, fact.loan_id, fact.borrower_id)


async def follow_paid(tx: Transaction, fact: RepaymentTaken | LoanPaidOff) -> None:
    """Look after a loan that is over, or late when something came in; any other costs a read."""
    if isinstance(fact, LoanPaidOff) or await open_case_of(fact.loan_id) is not None:
        await settle_promise_of(tx, fact.loan_id, fact.borrower_id)
        _ = await follow(tx, fact.loan_id, fact.borrower_id)


async def hold_for_relief(tx: Transaction, fact: HardshipReferred) -> None:
    """Leave a borrower in peace whose request for relief waits for us, unless its loan is over."""
    await revise(tx, fact.borrower_id)
    (loan,) = await servicing.loans_by_id([fact.loan_id])
    if loan is not None and is_over(loan):
        return
    await hold(
        tx,
        borrower_id=fact.borrower_id,
        reason=HoldReason.HARDSHIP,
        reference=fact.loan_id,
    )
    row = await open_case_of(fact.loan_id)
    if row is not None:
        await take_step_if_any(tx, row, CaseStep.ASK_RELIEF)


async def end_relief(tx: Transaction, fact: HardshipArranged | LoanCorrected) -> None:
    """Go on where a request for relief is answered; often nothing is past due any more."""
    if isinstance(fact, LoanCorrected) and fact.act not in RELIEF:
        _ = await follow(tx, fact.loan_id, fact.borrower_id)
        return
    await end_hardship(tx, fact.loan_id, fact.borrower_id)


async def end_hardship(
    tx: Transaction, loan_id: str, borrower_id: str, *, by: str | None = None
) -> None:
    """End the hold of a request for relief, and bring its case up to how the loan stands."""
    await revise(tx, borrower_id)
    _ = await release(
        tx, borrower_id=borrower_id, reason=HoldReason.HARDSHIP, reference=loan_id, by=by
    )
    row: CollectionCaseRow | None = await follow(tx, loan_id, borrower_id)
    if row is not None:
        await take_step_if_any(tx, row, CaseStep.END_RELIEF)


LOCAL_EFFECTS: tuple[tuple[type[Fact], str, LocalEffect[Any]], ...] = (
    (InstallmentOverdue, "collections.overdue", follow_loan),
    (BucketChanged, "collections.bucket_changed", follow_loan),
    (LoanPaidOff, "collections.paid_off", follow_paid),
    (RepaymentTaken, "collections.repayment_taken", follow_paid),
    (HardshipReferred, "collections.hardship_referred", hold_for_relief),
    (HardshipArranged, "collections.hardship_arranged", end_relief),
    (LoanCorrected, "collections.corrected", end_relief),
    (StaffEnded, "collections.staff_ended", give_cases_back),
    (StaffRoleChanged, "collections.staff_role_changed", give_cases_back),
)
"""Fact, consumer's name for ever, effect."""
