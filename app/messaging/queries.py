"""Reading messaging: a borrower's inbox, how many are unread, their switches, their messages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

import orjson

from app.catalog.queries import policy_book
from app.foundation.database import fetch
from app.foundation.database.stored import moment_in, moment_or_none
from app.foundation.errors import NotFound
from app.foundation.holding import Held, Holding, held_by
from app.foundation.paging import Key, Page, PageAsk
from app.foundation.text import LANGUAGES, text
from app.identity.queries.leaving import is_leaving
from app.literacy.queries import lesson_title
from app.messaging.models import NotificationPreferenceRow, NotificationRow, SmsRow
from app.messaging.rules import (
    ALWAYS_ON,
    SWITCHES,
    Category,
    Kind,
    QuietHours,
    SmsReason,
    SmsState,
    body_of,
)
from app.payments.queries import card_tails

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
        data = self.data | self._lesson_title(language) | self._because(language)
        name = body_of(self.kind, data)
        return text(f"messaging.{self.kind.lower()}.{name}", language, **data)

    def sms(self, language: str) -> str:
        """Return the text message of the same content."""
        return text(f"messaging.{self.kind.lower()}.sms", language, **self.data)

    def _lesson_title(self, language: str) -> Data:
        slug = self.link("lesson_slug")
        if slug is None:
            return {}
        try:
            return {"lesson_title": lesson_title(slug, language)}
        except NotFound:
            return {}

    def _because(self, language: str) -> Data:
        reason = self.link("correction_reason")
        return {} if reason is None else {"because": text(f"servicing.because.{reason}", language)}

    def link(self, name: str) -> str | None:
        """Return the id that a tap leads to, such as `loan_id`, where there is one."""
        value = self.data.get(name)
        return None if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """How far one text message has got, and why it went no further."""

    message_id: str
    notification_id: str
    state: SmsState
    reason: SmsReason | None
    attempts: int
    not_before: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """One switch: whether text messages of a category are wanted."""

    category: Category
    is_sms_on: bool
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


async def sms_by_notification(notification_ids: list[str]) -> list[Sms | None]:
    """Return each notification's text message with one query, None where none was due."""
    rows = await SmsRow.filter(notification_id__in=notification_ids)
    found = {row.notification_id: _sms(row) for row in rows}
    return [found.get(notification_id) for notification_id in notification_ids]


async def preferences_of(borrower_id: str) -> list[Preference]:
    """Return every switch of a borrower; what they never touched is on."""
    rows = await NotificationPreferenceRow.filter(borrower_id=borrower_id)
    moved = {row.category: bool(row.is_sms_on) for row in rows}
    return [
        preference_from(category, is_sms_on=category in ALWAYS_ON or moved.get(category, True))
        for category in SWITCHES
    ]


def preference_from(category: Category, *, is_sms_on: bool) -> Preference:
    """Return a switch in a position."""
    can_change = category not in ALWAYS_ON
    return Preference(category=category, is_sms_on=is_sms_on, can_change=can_change)


async def wants_sms(borrower_id: str, category: Category) -> bool:
    """Tell whether a borrower has a category's text messages on; who closed their account, none."""
    if await is_leaving(borrower_id):
        return False
    switches = await preferences_of(borrower_id)
    return any(one.is_sms_on for one in switches if one.category is category)


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


def _sms(row: SmsRow) -> Sms:
    return Sms(
        message_id=row.id,
        notification_id=row.notification_id,
        state=SmsState(row.state),
        reason=None if row.reason is None else SmsReason(row.reason),
        attempts=row.attempts,
        not_before=row.not_before,
        settled_at=row.settled_at,
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
        section="notification_preferences",
        model=NotificationPreferenceRow,
        columns=("category", "is_sms_on"),
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
