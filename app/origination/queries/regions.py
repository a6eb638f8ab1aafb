"""Where money was borrowed."""

from collections.abc import Sequence

from app.foundation.database import fetch


async def regions_by_application(application_ids: Sequence[str]) -> dict[str, str]:
    """Return the region (GB/T 2260) that each application names; unknown ones are left out."""
    if not application_ids:
        return {}
    rows = await fetch(
        "SELECT id, region_code FROM loan_application"
        f" WHERE id IN ({', '.join('?' for _ in application_ids)})",
        application_ids,
    )
    return {str(row["id"]): str(row["region_code"]) for row in rows}
