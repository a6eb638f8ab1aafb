"""Money set aside by a signature: sent in time, or given up and told, never kept for ever."""

from datetime import timedelta

from app.catalog import queries as catalog
from app.foundation.database import Transaction, current, transaction
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.origination.events import DisbursementFailed
from app.origination.models import ApplicationRow, CertificateRow, DisbursementRow
from app.origination.operations.stepping import advance, held
from app.origination.rules.certificate import certificate_from
from app.origination.rules.states import DisbursementState, Move, stepped
from app.payments.ports import FailureReason

log = logger(__name__)

TOO_LATE = "TOO_LATE"
"""The reason when the money was not sent in time for the first due date."""
RUN_OUT = FailureReason.EXPIRED.value
"""The reason when a reservation's own time ran out."""
LAPSED_AT_ONCE_MAX = 100


async def held_both(disbursement_id: str) -> tuple[ApplicationRow, DisbursementRow]:
    """Lock an application, then its disbursement: always in this order."""
    known = await DisbursementRow.get(id=disbursement_id)
    row = await held(known.application_id)
    disbursement = await DisbursementRow.filter(id=disbursement_id).select_for_update().get()
    return row, disbursement


async def is_over(tx: Transaction, disbursement: DisbursementRow) -> bool:
    """Tell whether a reservation's time is over: from then on nothing is asked of the rail."""
    return tx.now >= disbursement.reserved_at + await _lifetime(tx)


async def is_too_late(tx: Transaction, row: ApplicationRow) -> bool:
    """Tell whether the signed plan would begin too soon after the money: then none is sent."""
    certificate = certificate_from((await CertificateRow.get(live_key=row.id)).content)
    book = await catalog.policy_book(tx.today)
    days = (certificate.plan[0][1] - tx.today).days
    return days < book.whole("first_due_days_min")


async def give_up(
    tx: Transaction,
    row: ApplicationRow,
    disbursement: DisbursementRow,
    reason: str,
    after: DisbursementState = DisbursementState.CANCELLED,
) -> None:
    """
    End a reservation that was never sent, and tell the borrower.

    Raises:
        DisbursementStepRefused: The rail has been asked.
    """
    disbursement.state = stepped(DisbursementState(disbursement.state), after).value
    disbursement.failure_reason = reason
    disbursement.settled_at = tx.now
    await disbursement.save()
    await fail(tx, row, reason)


async def fail(tx: Transaction, row: ApplicationRow, reason: str) -> None:
    """End an application whose money did not go out; nothing is owed, and the borrower is told."""
    await advance(tx, row, Move.FAIL)
    await announce(
        tx,
        DisbursementFailed(application_id=row.id, borrower_id=row.borrower_id, reason=reason),
    )


async def lapse_reservations() -> int:
    """
    End reservations whose time ran out before they were sent; return how many.

    Those held back because their borrower was forced end too: the words are the same as for every
    other, so that they tell nothing to whoever stands beside them.
    """
    async with transaction() as tx:
        since = tx.now - await _lifetime(tx)
    over = DisbursementRow.filter(
        state=DisbursementState.RESERVED.value, reserved_at__lte=since
    ).order_by("id")
    ended = 0
    for disbursement_id in [row.id for row in await over.limit(LAPSED_AT_ONCE_MAX)]:
        async with transaction() as tx:
            row, disbursement = await held_both(disbursement_id)
            if disbursement.state != DisbursementState.RESERVED.value:
                continue
            await give_up(tx, row, disbursement, RUN_OUT, DisbursementState.EXPIRED)
            log.warning("reservation_expired", disbursement_id=disbursement_id)
            ended += 1
    return ended


async def is_lapsed(disbursement_id: str) -> bool:
    """Tell the same of a disbursement by its id, outside a transaction."""
    row = await DisbursementRow.get(id=disbursement_id)
    async with transaction() as tx:
        return current().clock.now() >= row.reserved_at + await _lifetime(tx)


async def _lifetime(tx: Transaction) -> timedelta:
    book = await catalog.policy_book(tx.today)
    return timedelta(days=book.whole("reservation_days"))
