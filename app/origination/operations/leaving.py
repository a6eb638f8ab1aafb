"""What becomes of the applications of a borrower who closes their account."""

from tortoise.expressions import Q

from app.foundation.database import Transaction
from app.foundation.outbox import announce
from app.origination.events import ApplicationWithdrawn
from app.origination.models import ApplicationRow, GuaranteeRow, HandoverRow
from app.origination.operations.guaranteeing import step_back_everywhere
from app.origination.operations.handing_over import let_go_of_handovers
from app.origination.operations.stepping import advance
from app.origination.rules.guarantees import GuaranteeState
from app.origination.rules.states import AWAITS_MONEY, ENDED, ApplicationState, Move


async def hold_what_ends(borrower_id: str) -> None:
    """
    Lock what `take_back_all` may end: applications in one order, then hand-overs.

    Whoever closes an account does this first. Every step of an application or a hand-over holds it
    before it counts the borrower's change, so nobody waits in a circle.
    """
    guaranteed = GuaranteeRow.filter(
        guarantor_id=borrower_id, state=GuaranteeState.GIVEN.value, live_key__not_isnull=True
    )
    ids = [str(one) for one in await guaranteed.values_list("application_id", flat=True)]
    meant = ApplicationRow.filter(Q(borrower_id=borrower_id) | Q(id__in=ids))
    await meant.order_by("id").select_for_update()
    await HandoverRow.filter(borrower_id=borrower_id).order_by("id").select_for_update()


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
        if ApplicationState(row.state) in ENDED | AWAITS_MONEY:
            continue
        await advance(tx, row, Move.WITHDRAW)
        await announce(tx, ApplicationWithdrawn(application_id=row.id, borrower_id=row.borrower_id))
        count += 1
    return count
