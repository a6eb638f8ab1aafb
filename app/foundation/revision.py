"""
A borrower's revision: a number that grows with every change they can see.

Its row is all that is kept of the changes, one for each subject. What changed is told by what is
there now: a phone's answer against the one it holds, a subscription's loan against the one before.
So whoever was away needs no history of what happened meanwhile, and none has to be pruned.
"""

from collections.abc import Iterable

from app.foundation.changes import revisions_of, tell_after
from app.foundation.database import Transaction

CATALOG = "catalog"
"""The subject whose revision grows with all that is published for everybody."""
_COUNT_UP = (
    "INSERT INTO revision (subject_id, revision) VALUES (?, 1)"
    " ON CONFLICT (subject_id) DO UPDATE SET revision = revision.revision + 1"
)


async def revise(tx: Transaction, subject_id: str) -> int:
    """Count one more visible change, in the transaction that makes it; return the new number."""
    rows = await tx.rows(f"{_COUNT_UP} RETURNING revision", [subject_id])
    tell_after(tx, subject_id)
    return rows[0]["revision"]


async def revise_all(tx: Transaction, subject_ids: Iterable[str]) -> None:
    """Count one more visible change for each of many, in the transaction that makes them."""
    subjects = sorted(set(subject_ids))
    await tx.run_many(_COUNT_UP, [[subject_id] for subject_id in subjects])
    for subject_id in subjects:
        tell_after(tx, subject_id)


async def revision_of(subject_id: str) -> int:
    """Return the number; 0 for somebody to whom nothing has happened."""
    return (await revisions_of([subject_id]))[subject_id]
