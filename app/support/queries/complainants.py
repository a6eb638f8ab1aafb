"""How many people stand behind the complaints of each county."""

from datetime import date, timedelta

from app.foundation.clock import beginning_of
from app.foundation.database import fetch
from app.support.rules import Category


async def complainants_by_county(since: date, until: date) -> dict[str | None, int]:
    """Count the borrowers who complained from one day to another, both included, by county."""
    rows = await fetch(
        "SELECT county, COUNT(DISTINCT borrower_id) AS people FROM ticket"
        " WHERE category = ? AND opened_at >= ? AND opened_at < ? GROUP BY county",
        [Category.COMPLAINT.value, beginning_of(since), beginning_of(until + timedelta(days=1))],
    )
    return {row["county"]: int(row["people"]) for row in rows}
