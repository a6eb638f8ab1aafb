"""How many people stand behind the complaints of each county."""

from datetime import UTC, date, datetime, time, timedelta

from app.foundation.clock import SHANGHAI
from app.foundation.database import fetch
from app.support.rules import Category


async def complainants_by_county(since: date, until: date) -> dict[str | None, int]:
    """Count the borrowers who complained from one day to another, both included, by county."""
    begins, ends = (
        datetime.combine(day, time(), SHANGHAI).astimezone(UTC)
        for day in (since, until + timedelta(days=1))
    )
    rows = await fetch(
        "SELECT county, COUNT(DISTINCT borrower_id) AS people FROM ticket"
        " WHERE category = ? AND opened_at >= ? AND opened_at < ? GROUP BY county",
        [Category.COMPLAINT.value, begins, ends],
    )
    return {row["county"]: int(row["people"]) for row in rows}
