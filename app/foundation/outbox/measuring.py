"""What the outbox is like now, for operators."""

from app.foundation.clock import milliseconds
from app.foundation.database import current, fetch
from app.foundation.metrics import Gauge
from app.foundation.outbox.delivering import BACKOFF_SECONDS_MAX, LEASE_SECONDS

_WAITING = Gauge("outbox_waiting", "Deliveries that are due or were tried, and are not done")
_LAG = Gauge("outbox_lag_seconds", "How late the latest of them is")
_SELECT = (
    "SELECT d.attempts, COUNT(*) AS waiting, MIN(d.due_at) AS due,"
    " MIN(f.announced_at) AS announced"
    " FROM outbox_delivery d JOIN outbox_fact f ON f.id = d.fact_id"
    " WHERE d.due_at >= 0 AND (d.due_at <= ? OR d.attempts > 0) GROUP BY d.attempts"
)
"""`due_at` is null for whatever is done or dead, so its index has the few that wait."""


async def measure_outbox() -> None:
    """Read how much waits to be delivered, and since when."""
    now = milliseconds(current().clock.now())
    rows = await fetch(_SELECT, [now])
    _WAITING.put(sum(row["waiting"] for row in rows))
    late = [late_by(now, row["attempts"], row["due"], row["announced"]) for row in rows]
    _LAG.put(max([0, *late]) / 1_000)


def late_by(now: int, attempts: int, due: int, announced: int) -> int:
    """
    Return how late a delivery is, all in milliseconds.

    What was announced for later, such as a message for the morning, is not late before that; when
    that was is forgotten at the first attempt. So many attempts account for so much and no more.
    """
    waits = sum(2 * min(2**attempt, BACKOFF_SECONDS_MAX) for attempt in range(1, attempts))
    tried_for = 1_000 * (attempts * LEASE_SECONDS + waits)
    return max(now - due, min(now - announced, tried_for))
