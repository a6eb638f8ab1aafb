"""Undoing a repayment: the money went back, so the loan is as if it had not come."""

from dataclasses import dataclass

from app.foundation.database import Transaction
from app.foundation.errors import NotFound
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.payments.events import RepaymentReversed
from app.payments.models import RepaymentRow
from app.payments.rules import (
    RepaymentRef,
    RepaymentStatus,
    RepaymentView,
    step,
    step_of_reversal,
)
from app.servicing import operations as servicing
from app.servicing.rules import ReversalReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseRepayment:
    """Undo one repayment of a borrower."""

    repayment: RepaymentRef
    reason: ReversalReason


async def reverse(tx: Transaction, command: ReverseRepayment) -> RepaymentView:
    """
    Undo an allocated repayment in the caller's transaction, and tell the borrower.

    Raises:
        NotFound: There is no such repayment of this borrower.
        RepaymentStepRefused: It was never allocated, or is undone already; nothing is changed.
        RepaymentImpossible: What happened to the loan since cannot stand without it.
    """
    row = (
        await RepaymentRow.filter(
            id=command.repayment.repayment_id, borrower_id=command.repayment.borrower_id
        )
        .select_for_update()
        .get_or_none()
    )
    if row is None:
        raise NotFound
    undone = step(RepaymentStatus(row.status), step_of_reversal(command.reason))
    loan = await servicing.reverse_payment(tx, row.loan, repayment_id=row.id, reason=command.reason)
    row.status = undone.value
    row.reversal = command.reason.value
    await row.save()
    await announce(
        tx,
        RepaymentReversed(
            repayment_id=row.id,
            borrower_id=row.borrower_id,
            loan_id=row.loan_id,
            amount_fen=row.amount_fen,
            balance_fen=loan.balance_fen,
            reason=command.reason.value,
        ),
    )
    await revise(tx, row.borrower_id)
    return row.as_view()
