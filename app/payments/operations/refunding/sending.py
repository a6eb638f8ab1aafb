"""Sending a refund: the intent is committed first, and the same id moves no second money."""

from dataclasses import dataclass, field

from app.foundation.database import current, transaction
from app.foundation.revision import revise
from app.foundation.sealing import unseal
from app.identity import queries as identity
from app.payments.events import RefundRequested
from app.payments.models import RefundRow, refund_cell
from app.payments.operations.refunding.ending import hold_again, locked
from app.payments.operations.refunding.words import take_refund_word
from app.payments.ports import OrderRefused, RailStatus, RefundRail
from app.payments.rules import RailWord
from app.payments.rules.refunds import RefundFailure, RefundStatus, refund_step
from app.servicing import operations as servicing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What the rail is asked to pay."""

    refund_id: str
    amount_fen: int
    card: str = field(repr=False)


async def start_refund(fact: RefundRequested, _delivery_id: str, *, rail: RefundRail) -> None:
    """
    Ask the rail to pay a refund out; asking again finds the same order.

    Raises:
        RailUnavailable: No answer; nothing is known, the delivery is tried again.
    """
    await send_refund(fact.refund_id, rail)


async def send_refund(refund_id: str, rail: RefundRail) -> None:
    """
    Send a refund that waits for it, or may have got stuck on its way to the rail.

    Raises:
        RailUnavailable: No answer; the money may or may not be on its way.
    """
    order = await _begin(refund_id)
    if order is None:
        return
    try:
        taken = await rail.pay_out(order.refund_id, order.amount_fen, order.card)
    except OrderRefused as refused:
        refusal = RailWord(
            order_id=refund_id,
            status=RailStatus.FAILED,
            occurred_at=current().clock.now(),
            provider_ref=None,
            amount_fen=order.amount_fen,
            reason=refused.reason,
        )
        await take_refund_word(refusal)
        return
    async with transaction():
        unnamed = RefundRow.filter(id=refund_id, provider_ref__isnull=True)
        await unnamed.update(provider_ref=taken.provider_ref)


async def _begin(refund_id: str) -> _Order | None:
    """Commit the intent to send; None when there is nothing to send any more."""
    async with transaction() as tx:
        row = await locked(refund_id)
        if row.status == RefundStatus.REQUESTED:
            if await identity.is_disbursement_frozen(row.borrower_id):
                return None  # asked about again by polling, until staff let money flow
            if row.payee_freeze_id is not None:  # named by force: nothing goes there, ever
                await hold_again(tx, row, RefundStatus.FAILED, RefundFailure.UNSTATED)
                return None
            if not await servicing.is_refund_covered(row.loan, row.id):
                await hold_again(tx, row, RefundStatus.FAILED, RefundFailure.NO_LONGER_HELD)
                return None
            row.status = refund_step(RefundStatus.REQUESTED, RefundStatus.SENDING).value
            await row.save(update_fields=["status"])
            await revise(tx, row.borrower_id)
        elif row.status != RefundStatus.SENDING:
            return None
        card = await unseal(refund_cell(row.id, row.borrower_id), row.payee)
        return _Order(refund_id=row.id, amount_fen=row.amount_fen, card=card)
