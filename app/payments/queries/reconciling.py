"""Differences from providers' statements, and refunds that hang, for staff."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.queryset import QuerySet

from app.foundation.database import current
from app.foundation.paging import Key, Page, PageAsk
from app.payments.models import DifferenceRow, RefundRow
from app.payments.queries.wallet_requests import orders_waiting_for_payees
from app.payments.rules.reconciling import DifferenceState, DifferenceView
from app.payments.rules.refunds import RefundStatus

STUCK_AFTER = timedelta(hours=1)
"""Money usually goes out within seconds; after an hour somebody should look."""
STUCK_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckOrder:
    """Money out that neither arrived nor failed in time, or that a word of the rail contradicts."""

    order_id: str
    amount_fen: int
    state: str
    since: datetime


async def differences(state: DifferenceState, ask: PageAsk) -> Page[DifferenceView]:
    """Return a page of differences in a state, oldest first."""
    found = DifferenceRow.filter(state=state.value)
    if ask.after is not None:
        found = found.filter(id__gt=str(ask.after[0]))
    rows = await found.order_by("id").limit(ask.first + 1)
    items: list[tuple[Key, DifferenceView]] = [((row.id,), row.as_view()) for row in rows]
    return Page[DifferenceView].cut(items, ask)


async def differences_open() -> int:
    """Count the differences that nobody has resolved."""
    return await DifferenceRow.filter(state=DifferenceState.OPEN.value).count()


async def refunds_stuck() -> list[StuckOrder]:
    """Return refunds that hang, and that no payee has to accept yet; oldest first, at most 100."""
    since = current().clock.now() - STUCK_AFTER
    waiting = [RefundStatus.REQUESTED.value, RefundStatus.SENDING.value]
    waited_for = await orders_waiting_for_payees()
    late = RefundRow.filter(status__in=waiting, requested_at__lt=since, id__not_in=waited_for)
    odd = RefundRow.filter(fault__isnull=False)
    rows = {row.id: row for found in (late, odd) for row in await _oldest(found)}
    return [
        StuckOrder(
            order_id=row.id,
            amount_fen=row.amount_fen,
            state=row.fault or row.status,
            since=row.requested_at,
        )
        for row in sorted(rows.values(), key=lambda one: one.id)
    ][:STUCK_MAX]


async def _oldest(found: QuerySet[RefundRow]) -> list[RefundRow]:
    return await found.order_by("id").limit(STUCK_MAX)
