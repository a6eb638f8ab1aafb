"""What collections needs to be told by rooms above it."""

from datetime import time
from typing import Protocol


class OwnQuietHours(Protocol):
    """Knows in which hours borrowers want to be left in peace."""

    async def __call__(self, borrower_id: str) -> tuple[time, time] | None:
        """Return from when to when a borrower's own quiet hours last; None without any."""
        ...
