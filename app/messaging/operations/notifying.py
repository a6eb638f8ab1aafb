"""Telling a borrower something once, and queueing the text message that goes with it."""

from dataclasses import dataclass

import orjson

from app.foundation import outbox
from app.foundation.clock import local_date
from app.foundation.database import Transaction
from app.foundation.revision import revise
from app.messaging import queries
from app.messaging.events import MessageQueued
from app.messaging.models import SmsRow
from app.messaging.rules import MANNERS, Kind, SmsReason, SmsState


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """What to tell whom; `data` holds ids, whole fen, numbers and ISO dates, nothing personal."""

    borrower_id: str
    kind: Kind
    data: queries.Data
    dedupe_key: str
    """What happened, within the kind, such as a repayment's id; it is told once."""

    by_sms: bool = True
    """False where another text message says the same."""


async def notify(tx: Transaction, told: Notify) -> str | None:
    """
    Put a notification into a borrower's inbox, and a text message in the queue if its kind has one.

    Returns:
        The notification's id, or None when the borrower has been told before.
    """
    inserted = await tx.rows(
        "INSERT INTO notification (id, borrower_id, kind, data, dedupe_key, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (dedupe_key) DO NOTHING RETURNING id",
        [
            tx.new_id("nt"),
            told.borrower_id,
            told.kind,
            orjson.dumps(told.data).decode(),
            f"{told.borrower_id}:{told.kind}:{told.dedupe_key}",
            tx.now,
        ],
    )
    if not inserted:
        return None
    notification_id: str = inserted[0]["id"]
    await revise(tx, told.borrower_id)
    if told.by_sms and MANNERS[told.kind].by_sms:
        await _queue_sms(tx, told, notification_id)
    return notification_id


async def _queue_sms(tx: Transaction, told: Notify, notification_id: str) -> None:
    is_wanted = await queries.wants_sms(told.borrower_id, MANNERS[told.kind].category)
    quiet_hours = await queries.quiet_hours(local_date(tx.now))
    not_before = quiet_hours.first_allowed(tx.now)
    message = await SmsRow.create(
        id=tx.new_id("ms"),
        borrower_id=told.borrower_id,
        notification_id=notification_id,
        state=SmsState.QUEUED if is_wanted else SmsState.SUPPRESSED,
        reason=None if is_wanted else SmsReason.SWITCHED_OFF,
        queued_at=tx.now,
        not_before=not_before,
        settled_at=None if is_wanted else tx.now,
    )
    if is_wanted:
        await outbox.announce(tx, MessageQueued(message_id=message.id), not_before=not_before)
