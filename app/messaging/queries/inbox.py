"""Reading messaging: a borrower's inbox, how many are unread, their switches, their messages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, cast

import orjson
from tortoise.expressions import Q

from app.catalog.queries import policy_book
from app.foundation.clock import moment_of
from app.foundation.database import fetch
from app.foundation.database.stored import moment_in, moment_or_none
from app.foundation.errors import NotFound
from app.foundation.holding import Held, Holding, held_by
from app.foundation.paging import Key, Page, PageAsk
from app.foundation.sealing import Sealed
from app.foundation.text import LANGUAGES, Sentence, sentence_of, text
from app.identity.queries.leaving import is_leaving
from app.literacy.queries import lesson_title
from app.messaging.models import (
    ContactCountRow,
    ContactWishRow,
    DeliveryRow,
    NotificationPreferenceRow,
    NotificationRow,
    PushTokenRow,
    SmsRow,
)
from app.messaging.ports import Channel
from app.messaging.rules import (
    ALWAYS_ON,
    SMS_SWITCHES,
    SWITCHES,
    Category,
    Kind,
    QuietHours,
    Reason,
    Standing,
    State,
    body_of,
)
from app.payments.queries import card_tails

_ORDER = {channel.value: place for place, channel in enumerate(Channel)}

Data = dict[str, str | int]
"""What a notification's sentences mention: ids, whole fen, numbers, ISO dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One thing a borrower was told."""

    notification_id: str
    borrower_id: str
    kind: Kind
    data: Data
    created_at: datetime
    read_at: datetime | None

    def title(self, language: str) -> str:
        """Return the headline in a language."""
        return text(f"messaging.{self.kind.lower()}.title", language, **self.data)

    def body(self, language: str) -> str:
        """Return the sentence or two below it; lessons and reasons are named in that language."""
        named = self._lesson_title(language) | self._product_name(language)
        data = self.data | named | self._because(language)
        name = body_of(self.kind, data)
        return text(f"messaging.{self.kind.lower()}.{name}", language, **data)

    def sentence(self, name: str, language: str) -> Sentence:
        """Return the text message or the voice script of the same content, by its name."""
        return sentence_of(f"messaging.{self.kind.lower()}.{name}", language, **self.data)

    def _lesson_title(self, language: str) -> Data:
        slug = self.link("lesson_slug")
        if slug is None:
            return {}
        try:
            return {"lesson_title": lesson_title(slug, language)}
        except NotFound:
            return {}

    def _product_name(self, language: str) -> Data:
        name = self.link(f"product_name_{language}")
        return {} if name is None else {"product_name": name}

    def _because(self, language: str) -> Data:
        reason = self.link("correction_reason")
        return {} if reason is None else {"because": text(f"servicing.because.{reason}", language)}

    def link(self, name: str) -> str | None:
        """Return the id that a tap leads to, such as `loan_id`, where there is one."""
        value = self.data.get(name)
        return None if value is None else str(value)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """A borrower's own quiet hours, and whether news of products may be chosen for them."""

    quiet_hours: QuietHours | None
    is_news_personal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PushToken:
    """That an app on a phone can be reached by push."""

    token_id: str
    session_id: str
    device_id: str | None
    vendor: str
    is_sealed: bool
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """One switch: whether text messages and pushes of a category are wanted."""

    category: Category
    is_sms_on: bool
    is_push_on: bool
    has_sms: bool
    can_change: bool


_TOLD = (
    "SELECT id, borrower_id, kind, data, created_at, read_at FROM notification"
    " WHERE borrower_id = ?"
)
_NEWEST = " ORDER BY created_at DESC, id DESC LIMIT ?"
_INBOX = _TOLD + _NEWEST
_INBOX_AFTER = f"{_TOLD} AND (created_at < ? OR created_at = ? AND id < ?){_NEWEST}"
_UNREAD = "SELECT COUNT(*) AS unread FROM notification WHERE borrower_id = ? AND read_at IS NULL"


async def inbox_of(borrower_id: str, ask: PageAsk) -> Page[Notification]:
    """Return a page of a borrower's notifications, newest first."""
    if ask.after is None:
        rows = await fetch(_INBOX, [borrower_id, ask.first + 1])
    else:
        moment, last_id = datetime.fromisoformat(str(ask.after[0])), str(ask.after[1])
        rows = await fetch(_INBOX_AFTER, [borrower_id, moment, moment, last_id, ask.first + 1])
    told = await _with_card_tails([_notification(row) for row in rows])
    keys: list[Key] = [(one.created_at.isoformat(), one.notification_id) for one in told]
    return Page[Notification].cut(list(zip(keys, told, strict=True)), ask)


async def unread_count(borrower_id: str) -> int:
    """Return how many notifications a borrower has not read."""
    return (await fetch(_UNREAD, [borrower_id]))[0]["unread"]


async def notification(borrower_id: str, notification_id: str) -> Notification | None:
    """Return one of a borrower's notifications; None when missing or somebody else's."""
    row = await NotificationRow.get_or_none(id=notification_id, borrower_id=borrower_id)
    return None if row is None else await told_by(row)


async def deliveries_by_notification(notification_ids: list[str]) -> list[list[Delivery]]:
    """Return how each notification went out, channel by channel, with one query."""
    found: dict[str, list[Delivery]] = {one: [] for one in notification_ids}
    rows = await DeliveryRow.filter(notification_id__in=notification_ids).order_by("queued_at")
    for row in sorted(rows, key=lambda one: _ORDER[one.channel]):
        found[str(row.notification_id)].append(delivery_from(row))
    return [found[one] for one in notification_ids]


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


async def preferences_of(borrower_id: str) -> list[Preference]:
    """Return every switch of a borrower; what they never touched is on."""
    rows = await NotificationPreferenceRow.filter(borrower_id=borrower_id)
    moved = {row.category: (bool(row.is_sms_on), bool(row.is_push_on)) for row in rows}
    return [
        preference_from(category, is_sms_on=is_sms_on, is_push_on=is_push_on)
        for category in SWITCHES
        for is_sms_on, is_push_on in [moved.get(category, (True, True))]
    ]


def preference_from(category: Category, *, is_sms_on: bool, is_push_on: bool) -> Preference:
    """Return a switch in a position; warnings are on whatever was said."""
    is_locked, has_sms = category in ALWAYS_ON, category in SMS_SWITCHES
    return Preference(
        category=category,
        is_sms_on=has_sms and (is_locked or is_sms_on),
        is_push_on=is_locked or is_push_on,
        has_sms=has_sms,
        can_change=not is_locked,
    )


async def wants(borrower_id: str, category: Category, channel: Channel) -> bool:
    """
    Tell whether a borrower has a category's messages on; who closed their account, none.

    A call says what the text message would have said, and goes by the same switch.
    """
    if await is_leaving(borrower_id):
        return False
    switches = await preferences_of(borrower_id)
    one = next(one for one in switches if one.category is category)
    return one.is_push_on if channel is Channel.PUSH else one.is_sms_on


async def wants_sms(borrower_id: str, category: Category) -> bool:
    """Tell whether a borrower has a category's text messages on; who closed their account, none."""
    return await wants(borrower_id, category, Channel.SMS)


async def wishes_of(borrower_id: str) -> Wishes:
    """Return what a borrower wishes; without a word of theirs, the law's night is all there is."""
    row = await ContactWishRow.get_or_none(borrower_id=borrower_id)
    if row is None:
        return Wishes(quiet_hours=None, is_news_personal=False)
    hours = None
    if row.quiet_from is not None and row.quiet_to is not None:
        hours = QuietHours(
            begins=time.fromisoformat(row.quiet_from), ends=time.fromisoformat(row.quiet_to)
        )
    return Wishes(quiet_hours=hours, is_news_personal=bool(row.is_news_personal))


async def push_tokens_of(borrower_id: str) -> list[PushToken]:
    """Return where a borrower's apps can be reached, newest first; at most five."""
    rows = await PushTokenRow.filter(borrower_id=borrower_id).order_by("-registered_at", "-id")
    return [
        PushToken(
            token_id=row.id,
            session_id=row.session_id,
            device_id=row.device_id,
            vendor=row.vendor,
            is_sealed=cast("Sealed | None", row.box_key) is not None,
            registered_at=moment_of(row.registered_at),
        )
        for row in rows
    ]


async def quiet_hours(on: date) -> QuietHours:
    """Return the hours of the night that the policy of a day protects."""
    table = (await policy_book(on)).table("quiet_hours")
    return QuietHours(
        begins=time.fromisoformat(str(table["from"])), ends=time.fromisoformat(str(table["to"]))
    )


async def told_by(row: NotificationRow) -> Notification:
    """Return what a row tells, with what its sentences mention but the row must not hold."""
    return (await _with_card_tails([notification_from(row)]))[0]


async def _with_card_tails(told: list[Notification]) -> list[Notification]:
    """Open the ends of the cards that debits are about, all at once."""
    tails = await card_tails(
        sorted({consent_id for one in told if (consent_id := one.link("consent_id"))})
    )
    return [
        replace(one, data={**one.data, "card_tail": tails[consent_id]})
        if (consent_id := one.link("consent_id"))
        else one
        for one in told
    ]


def notification_from(row: NotificationRow) -> Notification:
    """Turn a row into the value that leaves the room."""
    return _notification(vars(row))


def _notification(row: Mapping[str, Any]) -> Notification:
    return Notification(
        notification_id=row["id"],
        borrower_id=row["borrower_id"],
        kind=Kind(row["kind"]),
        data=orjson.loads(row["data"]),
        created_at=moment_in(row["created_at"]),
        read_at=moment_or_none(row["read_at"]),
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


HOLDINGS = (
    Holding(
        section="notifications",
        model=NotificationRow,
        columns=("id", "kind", "data", "created_at", "read_at"),
    ),
    Holding(
        section="text_messages",
        model=SmsRow,
        columns=("notification_id", "state", "reason", "queued_at", "settled_at"),
    ),
    Holding(
        section="messages",
        model=DeliveryRow,
        columns=(
            "notification_id",
            "channel",
            "state",
            "reason",
            "provider",
            "queued_at",
            "sent_at",
            "settled_at",
        ),
    ),
    Holding(
        section="notification_preferences",
        model=NotificationPreferenceRow,
        columns=("category", "is_sms_on", "is_push_on"),
    ),
    Holding(
        section="contact_wishes",
        model=ContactWishRow,
        columns=("quiet_from", "quiet_to", "is_news_personal"),
    ),
    Holding(
        section="contact_counts",
        model=ContactCountRow,
        columns=("id", "count", "ends_on"),
    ),
    Holding(
        section="push_tokens",
        model=PushTokenRow,
        columns=("vendor", "token", "box_key", "registered_at"),
    ),
)
"""Each table, with what of it is handed out."""


async def held_of(borrower_id: str) -> Held:
    """Return everything of a borrower that lives here, with what they were told in words."""
    held = await held_by(borrower_id, HOLDINGS)
    rows = await NotificationRow.filter(borrower_id=borrower_id).order_by("id")
    told = await _with_card_tails([notification_from(row) for row in rows])
    words = {
        one.notification_id: {language: one.body(language) for language in LANGUAGES}
        for one in told
    }
    for record in held["notifications"]:
        record["words"] = dict(words[str(record["id"])])
    return held
