"""When a member of staff leaves: versions they proposed are taken back."""

from app.catalog.rules.proposing import ProposalState
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.identity.events import StaffEnded
from app.identity.operations import note_withdrawn


async def withdraw_proposals(tx: Transaction, fact: StaffEnded) -> None:
    """Take back what somebody proposed who has left, so that another may propose it."""
    rows = await tx.rows(
        "UPDATE version_proposal SET state = ?, decided_at = ?, live_key = NULL"
        " WHERE maker_id = ? AND state = ? RETURNING id",
        [
            ProposalState.TAKEN_BACK.value,
            milliseconds(tx.now),
            fact.staff_id,
            ProposalState.PROPOSED.value,
        ],
    )
    await note_withdrawn(tx, fact.staff_id, rows)
