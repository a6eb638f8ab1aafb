"""Whether a borrower's complaint waits for us."""

from collections.abc import Sequence

from app.privacy.errors import ClosingObstacle
from app.support.models import TicketRow
from app.support.rules import WAITING, Category


async def obstacles_of(borrower_id: str) -> Sequence[ClosingObstacle]:
    """Return what must be settled at the desk before an account can be closed."""
    waiting = TicketRow.filter(
        borrower_id=borrower_id, category=Category.COMPLAINT.value, state__in=WAITING
    )
    return (ClosingObstacle.COMPLAINT_OPEN,) if await waiting.exists() else ()
