"""What borrowers are told of money given back or waiting: where it is, and what to do."""

from app.foundation.database import Transaction
from app.messaging.operations.notifying import Notify, notify
from app.messaging.queries import Data
from app.messaging.rules import Kind
from app.payments.events import MoneyAwaitsAcceptance, RefundFailed, RefundPaid, RefundReturned


async def tell_refund_paid(tx: Transaction, fact: RefundPaid) -> None:
    """Say that the money has arrived."""
    await _tell(tx, fact, Kind.REFUND_PAID)


async def tell_refund_failed(tx: Transaction, fact: RefundFailed) -> None:
    """Say that the money did not go out, and what to do about it."""
    await _tell(tx, fact, Kind.REFUND_FAILED, refund_failure=fact.reason)


async def tell_refund_returned(tx: Transaction, fact: RefundReturned) -> None:
    """Say that the bank sent the money back."""
    await _tell(tx, fact, Kind.REFUND_RETURNED)


async def tell_money_waits(tx: Transaction, fact: MoneyAwaitsAcceptance) -> None:
    """Say that money waits in WeChat, and goes back unless it is accepted there in time."""
    data: Data = {"amount_fen": fact.amount_fen}
    kind = Kind.MONEY_TO_ACCEPT
    told = Notify(borrower_id=fact.borrower_id, kind=kind, data=data, dedupe_key=fact.order_id)
    await notify(tx, told)


async def _tell(
    tx: Transaction, fact: RefundPaid | RefundFailed | RefundReturned, kind: Kind, **more: str
) -> None:
    data: Data = {"loan_id": fact.loan_id, "amount_fen": fact.amount_fen, **more}
    told = Notify(borrower_id=fact.borrower_id, kind=kind, data=data, dedupe_key=fact.refund_id)
    await notify(tx, told)


REFUND_EFFECTS = (
    (MoneyAwaitsAcceptance, "messaging.money_to_accept", tell_money_waits),
    (RefundPaid, "messaging.refund_paid", tell_refund_paid),
    (RefundFailed, "messaging.refund_failed", tell_refund_failed),
    (RefundReturned, "messaging.refund_returned", tell_refund_returned),
)
"""Fact, consumer's name, effect: what messaging tells of refunds."""
