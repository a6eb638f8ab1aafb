"""Who of our staff changed a borrower's loans, so that others look at complaints."""

from app.foundation.database import fetch

_CORRECTED = (
    "SELECT maker_id AS staff_id FROM servicing_correction WHERE borrower_id = ?"
    " UNION SELECT checker_id FROM servicing_correction WHERE borrower_id = ?"
)


async def correctors_of(borrower_id: str) -> frozenset[str]:
    """Return the staff who proposed or decided a correction of one of a borrower's loans."""
    rows = await fetch(_CORRECTED, [borrower_id] * _CORRECTED.count("?"))
    return frozenset(row["staff_id"] for row in rows if row["staff_id"] is not None)
