"""When a member of staff leaves: corrections they proposed are withdrawn."""

from app.foundation.database import Transaction
from app.identity.events import StaffEnded
from app.identity.operations import note_withdrawn
from app.servicing.models import CorrectionRow
from app.servicing.rules.corrections import CorrectionState, CorrectionStep, next_state


async def withdraw_proposals(tx: Transaction, fact: StaffEnded) -> None:
    """Withdraw the open corrections of somebody who has left, as they could have themselves."""
    theirs = CorrectionRow.filter(state=CorrectionState.PROPOSED.value, maker_id=fact.staff_id)
    rows = await theirs.order_by("id").select_for_update()
    for row in rows:
        row.state = next_state(CorrectionState.PROPOSED, CorrectionStep.WITHDRAW).value
        row.decided_at = tx.now
        await row.save(update_fields=["state", "decided_at"])
    proposals = [{"id": row.id, "borrower_id": row.borrower_id} for row in rows]
    await note_withdrawn(tx, fact.staff_id, proposals)
