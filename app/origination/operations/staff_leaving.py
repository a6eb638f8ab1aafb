"""When a member of staff leaves or does other work: what they were looking at is free at once."""

from app.foundation.database import Transaction
from app.identity.events import StaffEnded, StaffRoleChanged
from app.identity.operations import note_withdrawn
from app.identity.queries import works_as
from app.origination.operations.reviewing import REVIEWERS


async def give_reviews_back(tx: Transaction, fact: StaffEnded | StaffRoleChanged) -> None:
    """
    Let somebody else take what somebody was looking at who judges no more.

    What they proposed stays where they only do other work: another person still has to judge the
    same.
    """
    if await works_as(fact.staff_id, REVIEWERS):
        return
    await tx.run(
        "UPDATE application_review SET taken_by = NULL, taken_until = NULL WHERE taken_by = ?",
        [fact.staff_id],
    )


async def withdraw_proposals(tx: Transaction, fact: StaffEnded) -> None:
    """Let two others judge what somebody who has left judged first, where it takes two."""
    rows = await tx.rows(
        "UPDATE application_review SET proposed_outcome = NULL, proposed_by = NULL,"
        " proposed_at = NULL WHERE proposed_by = ? AND settled_at IS NULL"
        " RETURNING id, borrower_id",
        [fact.staff_id],
    )
    await note_withdrawn(tx, fact.staff_id, rows)
