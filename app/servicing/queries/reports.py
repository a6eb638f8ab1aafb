"""Reports of closed days."""

from datetime import date

from app.servicing.models import DayReportRow
from app.servicing.rules import DayReport


async def day_report(day: date) -> DayReport | None:
    """Return what a closed day left behind; None if it was not closed."""
    row = await DayReportRow.get_or_none(on_date=day.isoformat())
    return None if row is None else row.as_report()
