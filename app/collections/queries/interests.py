"""Who of us was in touch with a borrower about late money, so that others hear complaints."""

from app.foundation.database import fetch

_COLLECTED = (
    "SELECT asked_by AS staff_id FROM contact_permit WHERE borrower_id = ?"
    " UNION SELECT by_staff FROM contact_attempt WHERE borrower_id = ?"
)


async def collectors_of(borrower_id: str) -> frozenset[str]:
    """Return the staff who asked to contact a borrower, or recorded that they did."""
    rows = await fetch(_COLLECTED, [borrower_id] * _COLLECTED.count("?"))
    return frozenset(row["staff_id"] for row in rows if row["staff_id"] is not None)
