"""What the rail says about refunds becomes what is true, whatever its words' number and order."""

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.ids import has_id_shape
from app.foundation.log import logger
from app.payments.models import RefundRow
from app.payments.operations.refunding.ending import close_paid, hold_again, locked
from app.payments.operations.settling import is_known, note_word
from app.payments.rules import FAULTS, RailWord, WordOutcome
from app.payments.rules.refunds import (
    RETURNS_ASKED_EVERY,
    RefundFailure,
    RefundStatus,
    confirms,
    contradicts,
    refund_step_on_word,
)

log = logger(__name__)


async def take_refund_word(word: RailWord) -> WordOutcome:
    """
    Take what the rail says of one refund, by a notice or when asked, once.

    A word that does not fit (another amount or reference, an order we never made, two ends at one
    moment) moves nothing and is kept among `queries.faults`.

    Raises:
        TemporarilyUnavailable: Nothing was taken.
    """
    async with transaction() as tx:
        row = await _find_locked(word.order_id)
        if await is_known(word):
            return WordOutcome.NOTHING_NEW
        outcome = WordOutcome.UNKNOWN_ORDER if row is None else await _move(tx, row, word)
        if outcome in FAULTS:
            log.error("rail_word_does_not_fit", order_id=word.order_id, outcome=outcome.value)
        if word.event_id is not None or outcome in FAULTS:
            await note_word(tx, word, outcome)
    return outcome


async def _find_locked(order_id: str) -> RefundRow | None:
    if not has_id_shape(order_id, "rf") or not await RefundRow.exists(id=order_id):
        return None
    return await locked(order_id)


async def _move(tx: Transaction, row: RefundRow, word: RailWord) -> WordOutcome:
    """Take the step the word leads to, if it is a new one and the word fits."""
    status = RefundStatus(row.status)
    if word.occurred_at == row.settled_at and contradicts(status, word.status):
        return await _hold(row, WordOutcome.CONTRADICTS)
    is_later = row.settled_at is None or word.occurred_at > row.settled_at
    wanted = refund_step_on_word(status, word.status, is_later=is_later)
    if wanted is None:
        if is_later and confirms(status, word.status):
            row.settled_at = word.occurred_at
            await row.save(update_fields=["settled_at"])
        return WordOutcome.NOTHING_NEW
    fault = word.fault(amount_fen=row.amount_fen, provider_ref=row.provider_ref)
    if fault is None and row.provider_ref is None:
        fault = await _fault_of_new_reference(word)
    if fault is not None:
        return await _hold(row, fault)
    row.provider_ref = row.provider_ref or word.provider_ref
    if is_later:
        row.settled_at = word.occurred_at
    match wanted:
        case RefundStatus.PAID:
            row.poll_at = milliseconds(tx.now + RETURNS_ASKED_EVERY)
            await close_paid(tx, row)
        case RefundStatus.REVERSED:
            await hold_again(tx, row, wanted, None)
        case _:
            await hold_again(tx, row, wanted, RefundFailure.of(word.reason))
    return WordOutcome.MOVED


async def _hold(row: RefundRow, fault: WordOutcome) -> WordOutcome:
    """Leave a refund where it stands, for a person to look at."""
    row.fault, row.poll_at = fault.value, None
    await row.save(update_fields=["fault", "poll_at"])
    return fault


async def _fault_of_new_reference(word: RailWord) -> WordOutcome | None:
    """One payment at the rail is one refund of ours."""
    is_taken = word.provider_ref is not None and await RefundRow.exists(
        provider_ref=word.provider_ref
    )
    return WordOutcome.REFERENCE_DIFFERS if is_taken else None
