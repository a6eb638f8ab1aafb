"""What a borrower does with their inbox: reading it, and choosing their text messages."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.foundation import idempotency
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput
from app.foundation.revision import revise
from app.messaging import queries
from app.messaging.errors import CategoryAlwaysOn
from app.messaging.models import NotificationRow
from app.messaging.queries import Preference, preference_from
from app.messaging.rules import ALWAYS_ON, Category

IDS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkNotificationsRead:
    """Mark some of a borrower's notifications as read, or all of them where no ids are given."""

    caller_id: str
    notification_ids: tuple[str, ...] | None
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedRead:
    """How many were marked now, and how many are still unread."""

    marked: int
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A borrower's wish for one category of text messages."""

    category: Category
    is_sms_on: bool | None = None
    """None leaves it as it is."""

    is_push_on: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNotificationPreferences:
    """Move some of a borrower's switches."""

    caller_id: str
    switches: tuple[Switch, ...]
    idempotency_key: str


async def mark_notifications_read(command: MarkNotificationsRead) -> MarkedRead:
    """
    Mark notifications as read; what is missing, somebody else's or already read stays as it is.

    Raises:
        InvalidInput: More than 100 ids, or the idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    if command.notification_ids is not None and len(command.notification_ids) > IDS_MAX:
        raise InvalidInput("input.ids", "messaging.reason.too_many_ids", most=IDS_MAX)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return MarkedRead(**claim.answer)
        unread = NotificationRow.filter(borrower_id=command.caller_id, read_at=None)
        if command.notification_ids is not None:
            unread = unread.filter(id__in=command.notification_ids)
        marked = await unread.update(read_at=tx.now)
        if marked:
            await revise(tx, command.caller_id)
        answer = MarkedRead(marked=marked, unread=await queries.unread_count(command.caller_id))
        await claim.settle(tx, {"marked": answer.marked, "unread": answer.unread})
    return answer


async def set_notification_preferences(command: SetNotificationPreferences) -> list[Preference]:
    """
    Move a borrower's switches and return all of them as they stand now.

    Raises:
        CategoryAlwaysOn: Safety messages cannot be switched off.
        InvalidInput: No switch is named, or one is named twice, or the key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    _check(command.switches)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return [_from_answer(name, kept) for name, kept in claim.answer.items()]
        for switch in command.switches:
            await _move(tx, command.caller_id, switch)
        await revise(tx, command.caller_id)
        preferences = await queries.preferences_of(command.caller_id)
        await claim.settle(
            tx, {str(one.category): [one.is_sms_on, one.is_push_on] for one in preferences}
        )
    return preferences


def _from_answer(name: str, kept: list[bool] | bool) -> Preference:  # noqa: FBT001 - as kept
    """Read an answer, also one from before there were pushes."""
    is_sms_on, is_push_on = (kept, True) if isinstance(kept, bool) else kept
    return preference_from(Category(name), is_sms_on=is_sms_on, is_push_on=is_push_on)


async def _move(tx: Transaction, borrower_id: str, switch: Switch) -> None:
    before = {one.category: one for one in await queries.preferences_of(borrower_id)}
    one = before[switch.category]
    is_sms_on = one.is_sms_on if switch.is_sms_on is None else switch.is_sms_on
    is_push_on = one.is_push_on if switch.is_push_on is None else switch.is_push_on
    await tx.run(
        "INSERT INTO notification_preference (id, borrower_id, category, is_sms_on, is_push_on)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET is_sms_on = excluded.is_sms_on, is_push_on = excluded.is_push_on",
        [f"{borrower_id}:{switch.category}", borrower_id, switch.category, is_sms_on, is_push_on],
    )


def _check(switches: Sequence[Switch]) -> None:
    categories = [switch.category for switch in switches]
    if not categories or any(one.is_sms_on is None and one.is_push_on is None for one in switches):
        raise InvalidInput("input.switches", "messaging.reason.no_preferences")
    if len(set(categories)) < len(categories):
        raise InvalidInput("input.switches", "messaging.reason.category_twice")
    off = {one.category for one in switches if False in (one.is_sms_on, one.is_push_on)}
    if off & ALWAYS_ON:
        raise CategoryAlwaysOn(field="input.switches")
