"""How messages stand now, for operators."""

from app.foundation.clock import milliseconds
from app.foundation.database import current, fetch
from app.foundation.metrics import Gauge

_DAY_MILLISECONDS = 24 * 3_600 * 1_000
_WAITING = Gauge("messages_waiting", "Messages that have not ended", "channel", "state")
_OLDEST = Gauge("messages_overdue_seconds", "How long one has waited to be looked at, at most")
_DEAD = Gauge("messages_dead", "Messages that became dead letters within a day", "channel")


async def measure_messages() -> None:
    """Read what waits and what died; both have an index of their own, which stays small."""
    now = milliseconds(current().clock.now())
    rows = await fetch(
        "SELECT channel, state, COUNT(*) AS messages, MIN(look_at) AS oldest"
        " FROM message_delivery WHERE look_at >= 0 GROUP BY channel, state"
    )
    _WAITING.put_all({(row["channel"], row["state"]): row["messages"] for row in rows})
    _OLDEST.put(max([0, *(now - row["oldest"] for row in rows)]) // 1_000)
    dead = await fetch(
        "SELECT channel, COUNT(*) AS messages FROM message_delivery WHERE dead_at >= ?"
        " GROUP BY channel",
        [now - _DAY_MILLISECONDS],
    )
    _DEAD.put_all({(row["channel"],): row["messages"] for row in dead})
