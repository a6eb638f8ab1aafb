"""Reading the inbox and choosing text messages; a refusal changes nothing."""

import pytest

from app.foundation.database import transaction
from app.foundation.errors import IdempotencyConflict, InvalidInput
from app.foundation.revision import revision_of
from app.messaging import queries
from app.messaging.errors import CategoryAlwaysOn
from app.messaging.operations import (
    MarkedRead,
    MarkNotificationsRead,
    Notify,
    SetNotificationPreferences,
    Switch,
    mark_notifications_read,
    notify,
    set_notification_preferences,
)
from app.messaging.ports import Channel
from app.messaging.queries import Preference
from app.messaging.rules import Category, Kind

pytestmark = pytest.mark.usefixtures("policies")

MEI = "br00000abcdefghi"
JUN = "br00000jklmnopqr"


async def tell(borrower_id: str = MEI, *, key: str) -> str:
    told = Notify(borrower_id=borrower_id, kind=Kind.LOAN_PAID_OFF, data={}, dedupe_key=key)
    async with transaction() as tx:
        notification_id = await notify(tx, told)
    assert notification_id is not None
    return notification_id


def mark(*ids: str, key: str = "mark") -> MarkNotificationsRead:
    return MarkNotificationsRead(caller_id=MEI, notification_ids=ids, idempotency_key=key)


def mark_all() -> MarkNotificationsRead:
    return MarkNotificationsRead(caller_id=MEI, notification_ids=None, idempotency_key="all")


def switch(category: Category, *, on: bool) -> Switch:
    return Switch(category=category, is_sms_on=on)


def choose(*switches: Switch, key: str = "choose") -> SetNotificationPreferences:
    return SetNotificationPreferences(caller_id=MEI, switches=switches, idempotency_key=key)


def is_on(one: Preference) -> bool:
    """Tell whether all there is of a category is on; lessons have no text messages."""
    return one.is_push_on and one.is_sms_on == one.has_sms


async def test_some_notifications_are_marked_as_read() -> None:
    first, _ = await tell(key="a"), await tell(key="b")
    before = await revision_of(MEI)
    assert await mark_notifications_read(mark(first)) == MarkedRead(marked=1, unread=1)
    assert await revision_of(MEI) == before + 1


async def test_all_notifications_are_marked_as_read() -> None:
    for key in "abc":
        await tell(key=key)
    answer = await mark_notifications_read(mark_all())
    assert answer == MarkedRead(marked=3, unread=0)


async def test_somebody_elses_notification_stays_unread() -> None:
    theirs = await tell(JUN, key="a")
    assert await mark_notifications_read(mark(theirs)) == MarkedRead(marked=0, unread=0)
    assert await queries.unread_count(JUN) == 1


async def test_marking_sent_again_gets_the_first_answer() -> None:
    first = await tell(key="a")
    command = mark(first)
    answer = await mark_notifications_read(command)
    await tell(key="b")
    assert await mark_notifications_read(command) == answer


async def test_marking_others_under_the_same_key_is_refused_and_changes_nothing() -> None:
    first, second = await tell(key="a"), await tell(key="b")
    await mark_notifications_read(mark(first))
    with pytest.raises(IdempotencyConflict):
        await mark_notifications_read(mark(second))
    assert await queries.unread_count(MEI) == 1


async def test_too_many_ids_are_refused_and_change_nothing() -> None:
    first = await tell(key="a")
    with pytest.raises(InvalidInput) as refused:
        await mark_notifications_read(mark(first, *(f"nt{number:014}" for number in range(100))))
    assert refused.value.field == "input.ids"
    assert await queries.unread_count(MEI) == 1


async def test_everything_is_on_until_it_is_switched_off() -> None:
    assert all(is_on(one) for one in await queries.preferences_of(MEI))


async def test_a_switch_moves_alone_and_back() -> None:
    off = await set_notification_preferences(choose(switch(Category.REMINDERS, on=False)))
    assert [one.category for one in off if not is_on(one)] == [Category.REMINDERS]
    assert await queries.preferences_of(MEI) == off

    on = await set_notification_preferences(choose(switch(Category.REMINDERS, on=True), key="back"))
    assert all(is_on(one) for one in on)


async def test_choosing_sent_again_gets_the_first_answer() -> None:
    command = choose(switch(Category.MONEY, on=False))
    first = await set_notification_preferences(command)
    await set_notification_preferences(choose(switch(Category.MONEY, on=True), key="later"))
    assert await set_notification_preferences(command) == first
    assert await queries.wants(MEI, Category.MONEY, Channel.SMS)


@pytest.mark.parametrize(
    ("switches", "refusal"),
    [
        ((), InvalidInput),
        ((switch(Category.MONEY, on=False), switch(Category.MONEY, on=True)), InvalidInput),
        (
            (switch(Category.MONEY, on=False), switch(Category.SAFETY, on=False)),
            CategoryAlwaysOn,
        ),
    ],
)
async def test_a_refused_choice_changes_nothing(
    switches: tuple[Switch, ...], refusal: type[Exception]
) -> None:
    before = await revision_of(MEI)
    with pytest.raises(refusal):
        await set_notification_preferences(choose(*switches))
    assert all(is_on(one) for one in await queries.preferences_of(MEI))
    assert await revision_of(MEI) == before


async def test_safety_may_be_named_as_long_as_it_stays_on() -> None:
    preferences = await set_notification_preferences(choose(switch(Category.SAFETY, on=True)))
    assert [one.category for one in preferences if not one.can_change] == [Category.SAFETY]


async def test_a_push_is_switched_off_alone_and_a_warning_is_not() -> None:
    lessons = Switch(category=Category.LEARNING, is_push_on=False)
    off = await set_notification_preferences(choose(lessons))
    (one,) = (one for one in off if one.category is Category.LEARNING)
    assert (one.is_push_on, one.has_sms, one.can_change) == (False, False, True)
    assert not await queries.wants(MEI, Category.LEARNING, Channel.PUSH)
    for switch_ in (
        Switch(category=Category.MONEY),
        Switch(category=Category.SAFETY, is_push_on=False),
    ):
        with pytest.raises((InvalidInput, CategoryAlwaysOn)):
            await set_notification_preferences(choose(switch_, key="wrong"))
    assert await queries.wants(MEI, Category.SAFETY, Channel.SMS)
