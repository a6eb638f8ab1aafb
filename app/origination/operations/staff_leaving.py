"""When a member of staff leaves: what they were looking at is free at once."""

from app.foundation.database import Transaction
from app.identity.events import StaffEnded


async def give_reviews_back(tx: Transaction, fact: StaffEnded) -> None:
    """
    Let somebody else take what somebody who has left was looking at.

    What they proposed stays: another person still has to judge the same.
    """
    await tx.run(
        "UPDATE application_review SET taken_by = NULL, taken_until = NULL WHERE taken_by = ?",
        [fact.staff_id],
    )
