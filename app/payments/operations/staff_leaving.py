"""When a member of staff leaves: what they noted of cash and of differences counts no more."""

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.identity.events import StaffEnded
from app.identity.operations import note_withdrawn
from app.payments.rules.cash import HandoverState
from app.payments.rules.reconciling import DifferenceState


async def withdraw_proposals(tx: Transaction, fact: StaffEnded) -> None:
    """
    Decline handovers of cash that somebody noted who has left, and let differences begin anew.

    The slip of a handover is free for whoever notes it again.
    """
    declined = await tx.rows(
        "UPDATE cash_handover SET state = ?, decided_at = ? WHERE proposed_by = ? AND state = ?"
        " RETURNING id",
        [
            HandoverState.DECLINED.value,
            milliseconds(tx.now),
            fact.staff_id,
            HandoverState.PROPOSED.value,
        ],
    )
    open_again = await tx.rows(
        "UPDATE reconciliation_difference SET resolution = NULL, proposed_by = NULL"
        " WHERE proposed_by = ? AND state = ? RETURNING id",
        [fact.staff_id, DifferenceState.OPEN.value],
    )
    await note_withdrawn(tx, fact.staff_id, [*declined, *open_again])
