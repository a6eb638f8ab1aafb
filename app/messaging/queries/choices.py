"""What a borrower wishes of messages: switches, hours, where their apps are reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import cast

from app.catalog.queries import policy_book
from app.foundation.clock import moment_of
from app.foundation.day_hours import DayHours
from app.foundation.sealing import Sealed
from app.identity.queries.leaving import is_leaving
from app.messaging.models import (
    ContactWishRow,
    NotificationPreferenceRow,
    PushTokenRow,
)
from app.messaging.ports import Channel
from app.messaging.rules import (
    ALWAYS_ON,
    SMS_SWITCHES,
    SWITCHES,
    Category,
    QuietHours,
)


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


async def wishes_of(borrower_id: str) -> Wishes:
    """Return what a borrower wishes; without a word of theirs, the law's night is all there is."""
    row = await ContactWishRow.get_or_none(borrower_id=borrower_id)
    return Wishes(quiet_hours=None, is_news_personal=False) if row is None else _wishes(row)


async def wishes_by_borrower(borrower_ids: Sequence[str]) -> dict[str, Wishes]:
    """Return what those of some wish who said a word; one query for any number."""
    rows = await ContactWishRow.filter(borrower_id__in=list(borrower_ids))
    return {row.borrower_id: _wishes(row) for row in rows}


def _wishes(row: ContactWishRow) -> Wishes:
    hours = None
    if row.quiet_from is not None and row.quiet_to is not None:
        hours = QuietHours(
            begins=time.fromisoformat(row.quiet_from), ends=time.fromisoformat(row.quiet_to)
        )
    return Wishes(quiet_hours=hours, is_news_personal=bool(row.is_news_personal))


async def own_quiet_hours(borrower_id: str) -> DayHours | None:
    """Return a borrower's own quiet hours, for rooms below."""
    return (await wishes_of(borrower_id)).quiet_hours


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
