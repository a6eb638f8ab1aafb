"""How orders with the payment rail stand now, for operators; disbursements tell theirs here too."""

from collections.abc import Sequence
from typing import Any

from app.foundation.database import current, fetch
from app.foundation.database.stored import moment_in
from app.foundation.metrics import Gauge

_PENDING = Gauge("rail_orders_pending", "Orders that the rail has not settled", "order")
_OLDEST = Gauge("rail_orders_oldest_seconds", "How long the oldest of them has waited", "order")
_ORDERS = (
    "SELECT 'repayment' AS name, COUNT(*) AS orders, MIN(initiated_at) AS oldest"
    " FROM repayment WHERE poll_at >= 0"
    " UNION ALL SELECT 'refund', COUNT(*), MIN(requested_at) FROM refund WHERE poll_at >= 0"
)
"""`poll_at` is null once nothing is awaited, so its index has the few that wait."""


async def measure_orders(further: Sequence[dict[str, Any]]) -> None:
    """Read what waits of repayments and refunds, and tell it with what other rooms have."""
    now = current().clock.now()
    rows = [*await fetch(_ORDERS), *further]
    _PENDING.put_all({(row["name"],): row["orders"] for row in rows})
    _OLDEST.put_all(
        {
            (row["name"],): max(0, (now - moment_in(row["oldest"])).total_seconds())
            if row["oldest"]
            else 0
            for row in rows
        }
    )
