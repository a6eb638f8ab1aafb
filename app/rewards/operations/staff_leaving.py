"""When a member of staff leaves: what they proposed to give or refuse is rejected."""

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.identity.events import StaffEnded
from app.identity.operations import note_withdrawn
from app.rewards.rules.reviewing import ReviewState


async def withdraw_proposals(tx: Transaction, fact: StaffEnded) -> None:
    """Reject what somebody proposed who has left; an invitation waits for another's proposal."""
    rows = await tx.rows(
        "UPDATE reward_review SET state = ?, decided_at = ?, waiting_key = NULL"
        " WHERE maker_id = ? AND state = ? RETURNING id, borrower_id",
        [
            ReviewState.REJECTED.value,
            milliseconds(tx.now),
            fact.staff_id,
            ReviewState.PROPOSED.value,
        ],
    )
    await note_withdrawn(tx, fact.staff_id, rows)
