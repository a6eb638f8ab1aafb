"""Undoing a repayment: the money went back, so the loan is as if it had not come."""

from dataclasses import dataclass

from app.foundation.database import Transaction
from app.foundation.errors import NotFound
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.ledger import operations as ledger
from app.payments.errors import RepaymentStepRefused
from app.payments.events import RepaymentReversed
from app.payments.models import CashRow, RepaymentRow
from app.payments.operations.cash.confirming import POSTED
from app.payments.rules import (
    RepaymentChannel,
    RepaymentRef,
    RepaymentStatus,
    RepaymentView,
    step,
    step_of_reversal,
)
from app.payments.rules.cash import CashState
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
        RepaymentStepRefused: It was never allocated, is undone already, or is cash, which only we
            can have booked in error and no bank takes back; nothing is changed.
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
    is_cash = row.channel == RepaymentChannel.AGENT_CASH
    if is_cash and command.reason is not ReversalReason.BOOKED_IN_ERROR:
        raise RepaymentStepRefused(row.status, undone.value)
    loan = await servicing.reverse_payment(tx, row.loan, repayment_id=row.id, reason=command.reason)
    if is_cash:
        await _undo_cash(tx, row)
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


async def _undo_cash(tx: Transaction, row: RepaymentRow) -> None:
    """Let the agent's partner owe it to us no more; their receipt says so from now on."""
    cash = await CashRow.filter(repayment_id=row.id).select_for_update().get()
    cash.state = CashState.REVERSED.value
    await cash.save(update_fields=["state"])
    await ledger.reverse(
        tx,
        kind=POSTED,
        source=cash.id,
        reversal_kind=f"{POSTED}_reversal",
        reversal_source=cash.id,
        effective_on=tx.today,
    )
