"""What somebody had proposed who leaves: it waits for no second person, and is on record."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.foundation.audit import SYSTEM, Entry, record
from app.foundation.database import Transaction


async def note_withdrawn(
    tx: Transaction, staff_id: str, proposals: Iterable[Mapping[str, Any]]
) -> None:
    """
    Put on the audit chain what was withdrawn because whoever proposed it has left.

    Two people agree to what one of them proposes; who left answers for it no more.

    Args:
        tx: The transaction that withdraws it.
        staff_id: Who left.
        proposals: Each with its `id`, and with `borrower_id` where it is about one.
    """
    for one in proposals:
        about = {"proposal": str(one["id"]), "staff": staff_id}
        await record(tx, Entry("staff.proposal_withdrawn", one.get("borrower_id"), SYSTEM, about))
