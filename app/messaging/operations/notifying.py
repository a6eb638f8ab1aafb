"""Telling a borrower something once, and queueing the message that goes with it."""

from dataclasses import dataclass

import orjson

from app.foundation.database import Transaction
from app.foundation.revision import revise
from app.messaging import queries
from app.messaging.operations.steps import About, begin_chain
from app.messaging.operations.wanting import Told
from app.messaging.queries import Notification
from app.messaging.rules import Kind, chain_of


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
    Put a notification into a borrower's inbox, and queue a message if its kind has a channel.

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
    if chain_of(told.kind, by_sms=told.by_sms):
        notification = Notification(
            notification_id=notification_id,
            borrower_id=told.borrower_id,
            kind=told.kind,
            data=told.data,
            created_at=tx.now,
            read_at=None,
        )
        await begin_chain(
            tx,
            Told(kind=told.kind, borrower_id=told.borrower_id, notification=notification),
            About(
                borrower_id=told.borrower_id,
                notification_id=notification_id,
                guarantee_id=None,
                by_sms=told.by_sms,
            ),
        )
    return notification_id
