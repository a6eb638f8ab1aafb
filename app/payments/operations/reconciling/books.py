"""Repayments (debits among them) and refunds as a provider's statement sees them."""

from collections.abc import Collection, Mapping
from datetime import datetime

from app.foundation.database import current
from app.foundation.ids import least_id
from app.payments.models import RefundRow, RepaymentRow
from app.payments.operations.refunding.words import take_refund_word
from app.payments.operations.settling import take_word
from app.payments.ports import CollectionRail, DebitRail, OrderReport, RefundRail
from app.payments.rules import BY_PROVIDER, DEBITS, RailWord, RepaymentChannel, RepaymentStatus
from app.payments.rules.reconciling import OrderBook, OurOrder, OurState
from app.payments.rules.refunds import RefundStatus

_REPAYMENT: Mapping[RepaymentStatus, OurState] = {
    RepaymentStatus.INITIATED: OurState.AWAITED,
    RepaymentStatus.PENDING: OurState.AWAITED,
    RepaymentStatus.RECEIVED: OurState.MOVED,
    RepaymentStatus.ALLOCATED: OurState.MOVED,
    # What came in and was undone by us did come in; the provider's own line says so.
    RepaymentStatus.REVERSED: OurState.MOVED,
    RepaymentStatus.CHARGED_BACK: OurState.MOVED,
    RepaymentStatus.FAILED: OurState.NOT_MOVED,
    RepaymentStatus.EXPIRED: OurState.NOT_MOVED,
}
_REFUND: Mapping[RefundStatus, OurState] = {
    RefundStatus.REQUESTED: OurState.AWAITED,
    RefundStatus.SENDING: OurState.AWAITED,
    RefundStatus.PAID: OurState.MOVED,
    RefundStatus.FAILED: OurState.NOT_MOVED,
    RefundStatus.REVERSED: OurState.NOT_MOVED,
}


def repayment_book(collections: CollectionRail, debits: DebitRail) -> OrderBook:
    """Return the book of repayments, by whichever way they come in."""

    async def ask(order_id: str) -> OrderReport:
        row = await RepaymentRow.get(id=order_id)
        is_debit = RepaymentChannel(row.channel) in DEBITS
        return await (debits if is_debit else collections).order_status(order_id)

    return OrderBook(
        prefix="rp",
        goes_out=False,
        orders=_repayments,
        moved_since=_repaid_since,
        take=_take_repayment,
        ask=ask,
    )


def refund_book(refunds: RefundRail) -> OrderBook:
    """Return the book of refunds."""
    return OrderBook(
        prefix="rf",
        goes_out=True,
        orders=_refunds,
        moved_since=_refunded_since,
        take=_take_refund,
        ask=refunds.order_status,
    )


async def _repayments(order_ids: Collection[str]) -> Mapping[str, OurOrder]:
    rows = await RepaymentRow.filter(id__in=list(order_ids))
    return {row.id: _of_repayment(row) for row in rows}


async def _repaid_since(moment: datetime) -> list[OurOrder]:
    moved = [one.value for one in RepaymentStatus if _REPAYMENT[one] is OurState.MOVED]
    # Cash does not come by the provider, so no statement of theirs has it.
    rows = await RepaymentRow.filter(
        id__gte=least_id("rp", moment),
        status__in=moved,
        channel__in=[one.value for one in BY_PROVIDER],
    )
    return [_of_repayment(row) for row in rows]


def _of_repayment(row: RepaymentRow) -> OurOrder:
    state = _REPAYMENT[RepaymentStatus(row.status)]
    return OurOrder(order_id=row.id, state=state, amount_fen=row.amount_fen)


async def _take_repayment(order_id: str, report: OrderReport) -> object:
    return await take_word(RailWord.of_report(order_id, report, asked_at=current().clock.now()))


async def _refunds(order_ids: Collection[str]) -> Mapping[str, OurOrder]:
    return {row.id: _of_refund(row) for row in await RefundRow.filter(id__in=list(order_ids))}


async def _refunded_since(moment: datetime) -> list[OurOrder]:
    rows = RefundRow.filter(id__gte=least_id("rf", moment), status=RefundStatus.PAID.value)
    return [_of_refund(row) for row in await rows]


def _of_refund(row: RefundRow) -> OurOrder:
    state = _REFUND[RefundStatus(row.status)]
    return OurOrder(order_id=row.id, state=state, amount_fen=row.amount_fen)


async def _take_refund(order_id: str, report: OrderReport) -> object:
    word = RailWord.of_report(order_id, report, asked_at=current().clock.now())
    return await take_refund_word(word)
