"""When a member of staff leaves: what they proposed to answer a borrower is handed back."""

from app.foundation.database import Transaction
from app.foundation.revision import revise
from app.identity.events import StaffEnded
from app.identity.operations import note_withdrawn
from app.privacy.models import CorrectionRequestRow
from app.privacy.rules.requests import CorrectionMove, CorrectionState, moved


async def withdraw_proposals(tx: Transaction, fact: StaffEnded) -> None:
    """Let wishes to have data put right wait for another's look, where who looked has left."""
    theirs = CorrectionRequestRow.filter(
        state=CorrectionState.PROPOSED.value, maker_id=fact.staff_id
    )
    rows = await theirs.order_by("borrower_id", "id").select_for_update()
    for row in rows:
        row.state = moved(CorrectionState.PROPOSED, CorrectionMove.HAND_BACK).value
        await row.save(update_fields=["state"])
        await revise(tx, row.borrower_id)
    proposals = [{"id": row.id, "borrower_id": row.borrower_id} for row in rows]
    await note_withdrawn(tx, fact.staff_id, proposals)
