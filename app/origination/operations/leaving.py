"""What becomes of the applications of a borrower who closes their account."""

from app.foundation.database import Transaction
from app.foundation.outbox import announce
from app.origination.events import ApplicationWithdrawn
from app.origination.models import ApplicationRow
from app.origination.operations.guaranteeing import step_back_everywhere
from app.origination.operations.handing_over import let_go_of_handovers
from app.origination.operations.stepping import advance
from app.origination.queries.settled import ON_ITS_WAY
from app.origination.rules.states import ENDED, ApplicationState, Move


async def take_back_all(tx: Transaction, borrower_id: str) -> int:
    """
    Withdraw every application that is not signed yet, and lock the others; return how many.

    Guarantees given for loans that others have not signed yet are taken back as well, and whoever
    something was handed over to is told to delete it.
    """
    await step_back_everywhere(tx, borrower_id)
    await let_go_of_handovers(tx, borrower_id)
    rows = await ApplicationRow.filter(borrower_id=borrower_id).order_by("id").select_for_update()
    count = 0
    for row in rows:
        if ApplicationState(row.state) in ENDED or row.state in ON_ITS_WAY:
            continue
        await advance(tx, row, Move.WITHDRAW)
        await announce(tx, ApplicationWithdrawn(application_id=row.id, borrower_id=row.borrower_id))
        count += 1
    return count
