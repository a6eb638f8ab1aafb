"""How messages went out over their channels, and which were given up."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q

from app.collections.queries import permitted_messages
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import fetch
from app.foundation.paging import Page, PageAsk
from app.messaging.models import (
    DeliveryRow,
)
from app.messaging.ports import Channel
from app.messaging.rules import (
    ASKING_FOR_LATE_MONEY,
    Reason,
    Standing,
    State,
)

BATCH_MAX = 500
_ORDER = {channel.value: place for place, channel in enumerate(Channel)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How far one message has got over one channel, and why it went no further."""

    message_id: str
    borrower_id: str
    notification_id: str | None
    channel: Channel
    standing: Standing
    queued_at: datetime

    @property
    def state(self) -> State:
        """Return how far it has got."""
        return self.standing.state

    @property
    def reason(self) -> Reason | None:
        """Return why it went no further."""
        return self.standing.reason


async def deliveries_by_notification(notification_ids: list[str]) -> list[list[Delivery]]:
    """Return how each notification went out, channel by channel, with one query."""
    found: dict[str, list[Delivery]] = {one: [] for one in notification_ids}
    rows = await DeliveryRow.filter(notification_id__in=notification_ids).order_by("queued_at")
    for row in sorted(rows, key=lambda one: _ORDER[one.channel]):
        found[str(row.notification_id)].append(delivery_from(row))
    return [found[one] for one in notification_ids]


async def reminders_without_leave(begins: datetime, ends: datetime) -> list[str]:
    """
    Return the messages about late money that went to a carrier within a time without leave.

    Whoever goes over everything afterwards asks this beside `collections.queries.breaches`.
    """
    rows = await fetch(
        "SELECT d.id FROM message_delivery d JOIN notification n ON n.id = d.notification_id"
        f" WHERE n.kind IN ({', '.join('?' for _ in ASKING_FOR_LATE_MONEY)})"
        " AND d.called_at >= ? AND d.called_at < ? ORDER BY d.id",
        [*sorted(ASKING_FOR_LATE_MONEY), milliseconds(begins), milliseconds(ends)],
    )
    called = [str(row["id"]) for row in rows]
    missing: list[str] = []
    for start in range(0, len(called), BATCH_MAX):
        some = called[start : start + BATCH_MAX]
        permitted = await permitted_messages(some)
        missing += [one for one in some if one not in permitted]
    return missing


async def sms_by_notification(notification_ids: list[str]) -> list[Delivery | None]:
    """Return each notification's text message with one query, None where none was due."""
    return [
        next((one for one in deliveries if one.channel is Channel.SMS), None)
        for deliveries in await deliveries_by_notification(notification_ids)
    ]


async def dead_letters(ask: PageAsk) -> Page[Delivery]:
    """Return a page of messages that were given up, newest first."""
    found = DeliveryRow.filter(dead_at__isnull=False)
    if ask.after is not None:
        at, last_id = int(ask.after[0]), ask.after[1]
        found = found.filter(Q(dead_at__lt=at) | Q(dead_at=at, id__lt=last_id))
    rows = await found.order_by("-dead_at", "-id").limit(ask.first + 1)
    return Page[Delivery].cut(
        [((row.dead_at or 0, row.id), delivery_from(row)) for row in rows], ask
    )


def delivery_from(row: DeliveryRow) -> Delivery:
    """Turn a row into the value that leaves the room."""
    return Delivery(
        message_id=row.id,
        borrower_id=row.borrower_id,
        notification_id=row.notification_id,
        channel=Channel(row.channel),
        standing=row.standing,
        queued_at=moment_of(row.queued_at),
    )
