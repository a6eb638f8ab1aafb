"""Disbursements as a provider's statement sees them."""

from collections.abc import Collection, Mapping
from datetime import datetime

from app.foundation.ids import least_id
from app.origination.models import DisbursementRow
from app.origination.operations.disbursing import take_disbursement_report
from app.origination.ports import DisbursementRail
from app.origination.rules.states import DisbursementState
from app.payments.rules.reconciling import OrderBook, OurOrder, OurState

_STATE: Mapping[DisbursementState, OurState] = {
    DisbursementState.RESERVED: OurState.AWAITED,
    DisbursementState.SENT: OurState.AWAITED,
    DisbursementState.DISPUTED: OurState.AWAITED,
    DisbursementState.SUCCEEDED: OurState.MOVED,
    DisbursementState.FAILED: OurState.NOT_MOVED,
    DisbursementState.CANCELLED: OurState.NOT_MOVED,
    DisbursementState.EXPIRED: OurState.NOT_MOVED,
}


def disbursement_book(rail: DisbursementRail) -> OrderBook:
    """Return the book of disbursements."""
    return OrderBook(
        prefix="db",
        goes_out=True,
        orders=_orders,
        moved_since=_moved_since,
        take=take_disbursement_report,
        ask=rail.order_status,
    )


async def _orders(order_ids: Collection[str]) -> Mapping[str, OurOrder]:
    rows = await DisbursementRow.filter(id__in=list(order_ids))
    return {row.id: _of(row) for row in rows}


async def _moved_since(moment: datetime) -> list[OurOrder]:
    rows = DisbursementRow.filter(
        id__gte=least_id("db", moment), state=DisbursementState.SUCCEEDED.value
    )
    return [_of(row) for row in await rows]


def _of(row: DisbursementRow) -> OurOrder:
    state = _STATE[DisbursementState(row.state)]
    return OurOrder(order_id=row.id, state=state, amount_fen=row.amount_fen)
