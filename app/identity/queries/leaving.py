"""Whether a borrower has closed their account."""

from app.foundation.database import fetch


async def is_leaving(borrower_id: str) -> bool:
    """Tell whether a borrower has closed their account: they are told nothing more."""
    return bool(
        await fetch("SELECT 1 FROM borrower WHERE id = ? AND leaves_at IS NOT NULL", [borrower_id])
    )
