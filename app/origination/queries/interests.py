"""Who of our staff had a hand in a borrower's applications, so that others look at complaints."""

from app.foundation.database import fetch

_DECIDED = (
    "SELECT reviewed_by AS staff_id FROM decision WHERE borrower_id = ?"
    " UNION SELECT settled_by FROM application_recall WHERE borrower_id = ?"
    " UNION SELECT proposed_by FROM application_review WHERE borrower_id = ?"
    " UNION SELECT settled_by FROM application_review WHERE borrower_id = ?"
    " UNION SELECT decided_by FROM second_decision WHERE borrower_id = ?"
)


async def deciders_of(borrower_id: str) -> frozenset[str]:
    """Return the staff who proposed, settled or reviewed a decision about a borrower."""
    rows = await fetch(_DECIDED, [borrower_id] * _DECIDED.count("?"))
    return frozenset(row["staff_id"] for row in rows if row["staff_id"] is not None)
