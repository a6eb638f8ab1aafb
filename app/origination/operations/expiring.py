"""What time ends: idle drafts, decisions that never came, and offers nobody took."""

from tortoise.expressions import F, Q

from app.foundation.database import Transaction
from app.foundation.outbox import announce_all
from app.foundation.revision import revise_all
from app.origination.events import ApplicationExpired
from app.origination.models import ApplicationRow
from app.origination.operations.stepping import WAITS_FOR_BORROWER
from app.origination.rules.states import MOVES, ApplicationState, Move

EXPIRED_AT_ONCE_MAX = 500
"""How many one call ends; the close of day calls again until none is left."""


async def expire_due(tx: Transaction) -> int:
    """
    End applications whose time is over by the clock or the business date; return how many.

    At most 500 at once, in one order; none left means none returned.
    """
    can_expire = [state.value for state in ApplicationState if Move.EXPIRE in MOVES[state]]
    is_over = Q(expires_on__lt=tx.today) | Q(expires_at__lte=tx.now)
    over = ApplicationRow.filter(is_over, state__in=can_expire).order_by("id")
    rows = await over.limit(EXPIRED_AT_ONCE_MAX).select_for_update()
    await ApplicationRow.filter(id__in=[row.id for row in rows]).update(
        expired_from=F("state"), state=ApplicationState.EXPIRED.value, changed_at=tx.now
    )
    await revise_all(tx, (row.borrower_id for row in rows))
    await announce_all(
        tx,
        [
            ApplicationExpired(
                application_id=row.id,
                borrower_id=row.borrower_id,
                had_offers=row.state in WAITS_FOR_BORROWER,
                was_submitted=row.state != ApplicationState.DRAFT.value,
            )
            for row in rows
        ],
    )
    return len(rows)
