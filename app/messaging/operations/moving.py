"""Text messages queued before there were other channels, moved to where all messages are now."""

from datetime import timedelta

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.messaging.models import DeliveryRow, SmsRow
from app.messaging.ports import Channel
from app.messaging.rules import Reason, State
from app.messaging.rules.kinds import LIFETIME

BATCH_MAX = 100


async def moved(tx: Transaction, message_id: str) -> DeliveryRow | None:
    """Move one message, where it stands in the old place still, and return it."""
    old = await SmsRow.select_for_update().get_or_none(id=message_id)
    return None if old is None else await _move(tx, old)


async def move_old_messages() -> int:
    """Move a hundred messages; return how many were left to move before."""
    if not await SmsRow.exists():
        return 0
    async with transaction() as tx:
        rows = await SmsRow.select_for_update(skip_locked=True).order_by("id").limit(BATCH_MAX)
        for row in rows:
            _ = await _move(tx, row)
    return len(rows)


async def _move(tx: Transaction, old: SmsRow) -> DeliveryRow:
    """
    Write a message down as it stood; what waits may go on for as long as any other.

    Nothing was written down before a call then, so one that waits is handed over again under its
    next turn: the carriers of then took each id once.
    """
    is_sent = old.state == State.SENT
    settled_at = None if old.settled_at is None else milliseconds(old.settled_at)
    row = await DeliveryRow.create(
        id=old.id,
        borrower_id=old.borrower_id,
        notification_id=old.notification_id,
        place=f"{old.notification_id}:{Channel.SMS}",
        channel=Channel.SMS,
        is_counted=True,
        state=State(old.state),
        reason=None if old.reason is None else Reason(old.reason),
        attempts=old.attempts,
        queued_at=milliseconds(old.queued_at),
        not_before=milliseconds(old.not_before),
        expires_at=milliseconds(max(old.not_before, tx.now) + LIFETIME),
        called_at=settled_at,
        sent_at=settled_at if is_sent else None,
        settled_at=settled_at,
        look_at=milliseconds(tx.now + timedelta(minutes=1)) if old.state == State.QUEUED else None,
    )
    await old.delete()
    return row
