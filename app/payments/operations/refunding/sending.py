"""Sending a refund: the intent is committed first, and the same id moves no second money."""

from dataclasses import dataclass, field

from app.foundation.database import current, transaction
from app.foundation.revision import revise
from app.foundation.sealing import SealBroken, unseal
from app.identity import queries as identity
from app.payments.events import RefundRequested
from app.payments.models import RefundRow, RepaymentRow, refund_cell
from app.payments.operations.refunding.ending import hold_again, locked
from app.payments.operations.refunding.words import take_refund_word
from app.payments.operations.wallet_requests import let_accept
from app.payments.ports import GiveBackAsk, OrderRefused, PayOutOrder, RailStatus, RefundRail
from app.payments.rules import RailWord
from app.payments.rules.refunds import RefundFailure, RefundStatus, refund_step
from app.servicing import operations as servicing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What the rail is asked to pay."""

    refund_id: str
    amount_fen: int
    borrower_id: str
    payee: str = field(repr=False)
    give_back: GiveBackAsk | None
    """Where the money goes back the way it came."""


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
        taken = await _sent(order, rail)
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
    async with transaction() as tx:
        unnamed = RefundRow.filter(id=refund_id, provider_ref__isnull=True)
        await unnamed.update(provider_ref=taken.provider_ref)
        waits = RefundRow.filter(id=refund_id, status=RefundStatus.SENDING.value)
        if taken.accept_in_app is not None and await waits.exists():
            await let_accept(
                tx, refund_id, order.borrower_id, order.amount_fen, taken.accept_in_app
            )


async def _sent(order: _Order, rail: RefundRail) -> PayOutOrder:
    if order.give_back is not None:
        return PayOutOrder(provider_ref=await rail.give_back(order.give_back))
    return await rail.pay_out(order.refund_id, order.amount_fen, order.payee)


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
        return _Order(
            refund_id=row.id,
            amount_fen=row.amount_fen,
            borrower_id=row.borrower_id,
            payee=await unseal(refund_cell(row.id, row.borrower_id), row.payee),
            give_back=await _give_back(row),
        )


async def _give_back(row: RefundRow) -> GiveBackAsk | None:
    """Say which order the money goes back by; the seal of the payee names it, or nothing goes."""
    if row.source_id is None:
        return None
    if await unseal(refund_cell(row.id, row.borrower_id), row.payee) != row.source_id:
        raise SealBroken  # the link was altered: the money would be another payer's
    source = await RepaymentRow.get(
        id=row.source_id, borrower_id=row.borrower_id, loan_id=row.loan_id
    )
    return GiveBackAsk(
        refund_id=row.id,
        amount_fen=row.amount_fen,
        order_id=source.id,
        order_fen=source.amount_fen,
    )
