"""When a member of staff leaves: news they proposed does not go out."""

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.identity.events import StaffEnded
from app.identity.operations import note_withdrawn
from app.messaging.operations.campaigning import NewsState


async def withdraw_proposals(tx: Transaction, fact: StaffEnded) -> None:
    """Refuse news of somebody who has left that nobody has let go out yet."""
    rows = await tx.rows(
        "UPDATE news_campaign SET state = ?, decided_at = ? WHERE asked_by = ? AND state = ?"
        " RETURNING id",
        [
            NewsState.REFUSED.value,
            milliseconds(tx.now),
            fact.staff_id,
            NewsState.ASKED.value,
        ],
    )
    await note_withdrawn(tx, fact.staff_id, rows)
