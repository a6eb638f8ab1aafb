"""Privacy's use cases: putting a look on record with the look itself."""

from dataclasses import dataclass

from app.foundation.caller import StaffRole
from app.foundation.database import Transaction
from app.foundation.revision import revise
from app.privacy.models import LookRow
from app.privacy.rules import Reason, What


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Who looks at whose data, at what of it, and why."""

    staff_id: str
    staff_role: StaffRole
    staff_name: str
    """As the borrower is to read it; a work name, not a secret."""
    borrower_id: str
    what: What
    reason: Reason
    ticket_id: str | None = None


async def record_look(tx: Transaction, look: Look) -> str:
    """
    Put a look on record, in the transaction that reads what is looked at.

    The borrower sees it from the moment the transaction commits. If it does not commit, nothing
    may be shown.

    Returns:
        The look's id.
    """
    row = await LookRow.create(
        id=tx.new_id("lk"),
        borrower_id=look.borrower_id,
        staff_id=look.staff_id,
        staff_role=look.staff_role,
        staff_name=look.staff_name,
        what=look.what,
        reason=look.reason,
        ticket_id=look.ticket_id,
        looked_at=tx.now,
    )
    await revise(tx, look.borrower_id)
    return row.id
