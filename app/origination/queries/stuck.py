"""Orders that hang: money out that neither arrived nor failed in time, disputes among them."""

from tortoise.expressions import Q

from app.foundation.database import current
from app.origination.models import DisbursementRow
from app.origination.rules.states import DisbursementState
from app.payments import queries as payments
from app.payments.queries.reconciling import STUCK_AFTER, STUCK_MAX, StuckOrder


async def orders_stuck() -> list[StuckOrder]:
    """
    Return disbursements and refunds that hang, oldest first, at most 100.

    Money that its payee still has time to accept in their wallet hangs only after that.
    """
    since = current().clock.now() - STUCK_AFTER
    unsent = Q(state=DisbursementState.RESERVED.value, reserved_at__lt=since)
    waited_for = await payments.orders_waiting_for_payees()
    unheard = Q(state=DisbursementState.SENT.value, sent_at__lt=since, id__not_in=waited_for)
    disputed = Q(state=DisbursementState.DISPUTED.value)
    rows = DisbursementRow.filter(unsent | unheard | disputed).order_by("reserved_at", "id")
    found = [
        StuckOrder(
            order_id=row.id, amount_fen=row.amount_fen, state=row.state, since=row.reserved_at
        )
        for row in await rows.limit(STUCK_MAX)
    ]
    found += await payments.refunds_stuck()
    return sorted(found, key=lambda one: (one.since, one.order_id))[:STUCK_MAX]
