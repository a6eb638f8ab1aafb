"""Loans by the day they were opened, for lists at the desk."""

from datetime import date

from app.foundation.database import fetch


async def loan_ids_opened(since: date, until: date, *, after: str, most: int) -> list[str]:
    """Return some loans opened from one day to another, both included, by id, from after one on."""
    rows = await fetch(
        "SELECT id FROM servicing_loan WHERE opened_on >= ? AND opened_on <= ? AND id > ?"
        " ORDER BY id LIMIT ?",
        [since, until, after, most],
    )
    return [row["id"] for row in rows]
