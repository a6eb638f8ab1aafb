"""How refunds end: the money has arrived, or is held for the borrower again."""

from app.foundation.database import Transaction
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.payments.events import RefundFailed, RefundPaid, RefundReturned
from app.payments.models import RefundRow
from app.payments.operations.wallet_requests import drop_wallet_request
from app.payments.rules.refunds import HELD_AGAIN, RefundFailure, RefundStatus, refund_step
from app.servicing import operations as servicing


async def locked(refund_id: str) -> RefundRow:
    """Return a refund we know to exist; its loan and it are held until the transaction ends."""
    known = await RefundRow.get(id=refund_id)
    await servicing.hold_loan(known.loan)
    return await RefundRow.filter(id=refund_id).select_for_update().get()


async def hold_again(
    tx: Transaction, row: RefundRow, status: RefundStatus, failure: RefundFailure | None
) -> None:
    """
    End a held refund whose money did not stay with the borrower, and tell.

    Raises:
        RefundStepRefused: It is past that step; nothing is changed.
    """
    before = RefundStatus(row.status)
    row.status = refund_step(before, status).value
    row.failure = None if failure is None else failure.value
    row.poll_at = row.fault = None
    await row.save()
    await drop_wallet_request(row.id)
    if before not in HELD_AGAIN:
        await _put_back(tx, row, status, failure)
    await revise(tx, row.borrower_id)


async def _put_back(
    tx: Transaction, row: RefundRow, status: RefundStatus, failure: RefundFailure | None
) -> None:
    await servicing.undo_refund(tx, row.loan, refund_id=row.id)
    told = {
        "refund_id": row.id,
        "borrower_id": row.borrower_id,
        "loan_id": row.loan_id,
    }
    if status is RefundStatus.REVERSED:
        await announce(tx, RefundReturned(amount_fen=row.amount_fen, **told))
    else:
        reason = (failure or RefundFailure.UNSTATED).value
        await announce(tx, RefundFailed(amount_fen=row.amount_fen, reason=reason, **told))


async def close_paid(tx: Transaction, row: RefundRow) -> None:
    """
    End a held refund whose money has arrived, and tell.

    Money that arrives after all leaves the loan again; what is not held there any more was lent.

    Raises:
        RefundStepRefused: It is past that step; nothing is changed.
    """
    row.status = refund_step(RefundStatus(row.status), RefundStatus.PAID).value
    row.failure = row.fault = None
    await row.save()
    await drop_wallet_request(row.id)
    await servicing.refund(tx, row.loan, row.amount_fen, refund_id=row.id)
    await announce(
        tx,
        RefundPaid(
            refund_id=row.id,
            borrower_id=row.borrower_id,
            loan_id=row.loan_id,
            amount_fen=row.amount_fen,
        ),
    )
    await revise(tx, row.borrower_id)
