"""Where borrowers say they live, by county alone."""

from collections.abc import Sequence

from app.foundation.database import fetch


async def regions_by_borrower(borrower_ids: Sequence[str]) -> dict[str, str]:
    """Return the region (GB/T 2260) of each borrower who named one; the others are left out."""
    if not borrower_ids:
        return {}
    rows = await fetch(
        "SELECT id, region_code FROM borrower WHERE region_code IS NOT NULL"
        f" AND id IN ({', '.join('?' for _ in borrower_ids)})",
        borrower_ids,
    )
    return {str(row["id"]): str(row["region_code"]) for row in rows}


async def is_lived_in(region_code: str) -> bool:
    """Tell whether any borrower says that they live in a region (GB/T 2260)."""
    rows = await fetch(
        "SELECT 1 AS found FROM borrower WHERE region_code = ? LIMIT 1", [region_code]
    )
    return bool(rows)
