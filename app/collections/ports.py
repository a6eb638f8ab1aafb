"""What collections needs to be told by rooms above it."""

from typing import Protocol

from app.foundation.day_hours import DayHours


class OwnQuietHours(Protocol):
    """Knows in which hours borrowers want to be left in peace."""

    async def __call__(self, borrower_id: str) -> DayHours | None:
        """Return a borrower's own quiet hours; None without any."""
        ...
