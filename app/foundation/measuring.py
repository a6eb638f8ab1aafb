"""What the business date is like, for operators."""

from datetime import UTC, datetime, time

from app.foundation.clock import local_date
from app.foundation.database import business_date, current
from app.foundation.metrics import Gauge

_CLOSED = Gauge(
    "business_date_timestamp_seconds",
    "The business date, up to which every day is closed, as its midnight in UTC",
)
_BEHIND = Gauge("business_date_behind_days", "How many days the calendar is ahead of it")


async def measure_day() -> None:
    """Read how far the close of day has got."""
    on = await business_date()
    _CLOSED.put(datetime.combine(on, time(), UTC).timestamp())
    _BEHIND.put((local_date(current().clock.now()) - on).days)
