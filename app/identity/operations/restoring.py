"""What identity does again about whoever was forgotten since a copy of the database was taken."""

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.rekeying.joining import OwnRows
from app.identity.rules.devices import EndReason

OWN_ROWS = (OwnRows("one_time_code", "phone"), OwnRows("stopped_number", "phone"))
"""Codes and stopped numbers have a key of their own each, and go with it."""


async def end_ways_in(tx: Transaction, borrower_id: str) -> bool:
    """End every session and device of somebody forgotten; false if there is no such borrower."""
    if not await tx.rows("SELECT 1 FROM borrower WHERE id = ?", [borrower_id]):
        return False
    now = milliseconds(tx.now)
    await tx.run(
        "UPDATE session SET ended_at = ? WHERE borrower_id = ? AND ended_at IS NULL",
        [now, borrower_id],
    )
    await tx.run(
        "UPDATE device SET ended_at = ?, ended_reason = ?"
        " WHERE borrower_id = ? AND ended_at IS NULL",
        [now, EndReason.CLOSED.value, borrower_id],
    )
    return True
