"""What a borrower was told, in words, and how much of it is unread."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from app.foundation.database import fetch_tuples
from app.foundation.database.stored import moment_in, moment_kept
from app.foundation.errors import NotFound
from app.foundation.paging import Page, PageAsk
from app.foundation.text import LANGUAGES, Sentence, sentence_of, text
from app.literacy.queries import lesson_title
from app.messaging.models import (
    NotificationRow,
)
from app.messaging.rules import (
    Kind,
    body_of,
)
from app.payments.queries import card_tails

_NAMED = frozenset(
    {"lesson_slug", "correction_reason", *(f"product_name_{one}" for one in LANGUAGES)}
)
"""What a sentence shows by a name that is looked up, or is there in each language."""
Data = dict[str, str | int]
"""What a notification's sentences mention: ids, whole fen, numbers, ISO dates."""


class Notification(NamedTuple):
    """One thing a borrower was told; a tuple, since every screen makes some."""

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
        data = self.data
        if not _NAMED.isdisjoint(data):
            named = self._lesson_title(language) | self._product_name(language)
            data = data | named | self._because(language)
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


_CONSENT = "consent_id"
_COLUMNS = ("id", "kind", "data", "created_at", "read_at")
_CREATED_AT = _COLUMNS.index("created_at")
_KINDS: Mapping[str, Kind] = {one.value: one for one in Kind}
_TOLD = f"SELECT {', '.join(_COLUMNS)} FROM notification WHERE borrower_id = ?"
_NEWEST = " ORDER BY created_at DESC, id DESC LIMIT ?"
_INBOX = _TOLD + _NEWEST
_INBOX_AFTER = f"{_TOLD} AND (created_at < ? OR created_at = ? AND id < ?){_NEWEST}"
_UNREAD = "SELECT COUNT(*) AS unread FROM notification WHERE borrower_id = ? AND read_at IS NULL"


async def inbox_of(borrower_id: str, ask: PageAsk) -> Page[Notification]:
    """Return a page of a borrower's notifications, newest first."""
    if ask.after is None:
        rows = await fetch_tuples(_INBOX, [borrower_id, ask.first + 1])
    else:
        moment, last_id = datetime.fromisoformat(str(ask.after[0])), str(ask.after[1])
        after = [borrower_id, moment, moment, last_id, ask.first + 1]
        rows = await fetch_tuples(_INBOX_AFTER, after)
    shown = rows[: ask.first]
    told = await with_card_tails([_notification(borrower_id, row) for row in shown])
    keys = [(moment_kept(row[_CREATED_AT]), row[0]) for row in shown]
    return Page(tuple(zip(keys, told, strict=True)), len(rows) > ask.first)


async def unread_count(borrower_id: str) -> int:
    """Return how many notifications a borrower has not read."""
    return (await fetch_tuples(_UNREAD, [borrower_id]))[0][0]


async def notification(borrower_id: str, notification_id: str) -> Notification | None:
    """Return one of a borrower's notifications; None when missing or somebody else's."""
    row = await NotificationRow.get_or_none(id=notification_id, borrower_id=borrower_id)
    return None if row is None else await told_by(row)


async def told_by(row: NotificationRow) -> Notification:
    """Return what a row tells, with what its sentences mention but the row must not hold."""
    return (await with_card_tails([notification_from(row)]))[0]


async def with_card_tails(told: list[Notification]) -> list[Notification]:
    """Open the ends of the cards that debits are about, all at once."""
    if not any(_CONSENT in one.data for one in told):
        return told
    consents = [one.link(_CONSENT) for one in told]
    tails = await card_tails(sorted({one for one in consents if one}))
    return [
        one._replace(data={**one.data, "card_tail": tails[consent_id]}) if consent_id else one
        for one, consent_id in zip(told, consents, strict=True)
    ]


def notification_from(row: NotificationRow) -> Notification:
    """Turn a row into the value that leaves the room."""
    return _notification(row.borrower_id, [getattr(row, name) for name in _COLUMNS])


def _notification(borrower_id: str, values: Sequence[Any]) -> Notification:
    """Read a row's values in the order of `_COLUMNS`."""
    notification_id, kind, data, created_at, read_at = values
    return Notification(
        notification_id,
        borrower_id,
        _KINDS[kind],
        orjson.loads(data),
        moment_in(created_at),
        None if read_at is None else moment_in(read_at),
    )
