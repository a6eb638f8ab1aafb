"""When a member of staff leaves: a course they proposed is rejected."""

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.identity.events import StaffEnded
from app.identity.operations import note_withdrawn
from app.literacy.rules.publishing import CourseState


async def withdraw_proposals(tx: Transaction, fact: StaffEnded) -> None:
    """Reject what somebody proposed who has left, so that another may propose the same files."""
    rows = await tx.rows(
        "UPDATE course_version SET state = ?, decided_at = ?, waiting_key = NULL"
        " WHERE proposed_by = ? AND state = ? RETURNING id",
        [
            CourseState.REJECTED.value,
            milliseconds(tx.now),
            fact.staff_id,
            CourseState.WAITING.value,
        ],
    )
    await note_withdrawn(tx, fact.staff_id, rows)
