"""What the outbox is like now, for operators."""

from app.foundation.clock import milliseconds
from app.foundation.database import current, fetch
from app.foundation.metrics import Gauge

_WAITING = Gauge("outbox_waiting", "Deliveries that are due or were tried, and are not done")
_LAG = Gauge("outbox_lag_seconds", "How long ago the oldest of them was announced")
_SELECT = (
    "SELECT COUNT(*) AS waiting, MIN(f.announced_at) AS oldest"
    " FROM outbox_delivery d JOIN outbox_fact f ON f.id = d.fact_id"
    " WHERE d.due_at >= 0 AND (d.due_at <= ? OR d.attempts > 0)"
)
"""`due_at` is null for whatever is done or dead, so its index has the few that wait."""


async def measure_outbox() -> None:
    """Read how much waits to be delivered, and since when."""
    now = milliseconds(current().clock.now())
    row = (await fetch(_SELECT, [now]))[0]
    _WAITING.put(row["waiting"])
    _LAG.put(max(0, now - (row["oldest"] or now)) / 1_000)
