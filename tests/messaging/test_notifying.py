"""A borrower is told once, and a text message waits only where one is due."""

from datetime import UTC, datetime, timedelta

import pytest

from app.foundation.clock import FixedClock
from app.foundation.database import fetch, transaction
from app.foundation.paging import PageAsk
from app.foundation.revision import revision_of
from app.messaging import queries
from app.messaging.operations import (
    Notify,
    SetNotificationPreferences,
    Switch,
    notify,
    set_notification_preferences,
)
from app.messaging.queries import Delivery, Notification
from app.messaging.rules import Category, Kind, Reason, State

pytestmark = pytest.mark.usefixtures("policies")

MEI = "br00000abcdefghi"
JUN = "br00000jklmnopqr"
DISBURSED = {"loan_id": "ln00000abcdefghi", "amount_fen": 600_000}


async def tell(
    borrower_id: str = MEI,
    kind: Kind = Kind.LOAN_DISBURSED,
    *,
    key: str = "ln00000abcdefghi",
    by_sms: bool = True,
) -> str | None:
    told = Notify(
        borrower_id=borrower_id, kind=kind, data=dict(DISBURSED), dedupe_key=key, by_sms=by_sms
    )
    async with transaction() as tx:
        return await notify(tx, told)


async def inbox(borrower_id: str = MEI) -> list[Notification]:
    page = await queries.inbox_of(borrower_id, PageAsk(first=100))
    return [told for _, told in page.items]


async def sms_about(notification_id: str | None) -> Delivery | None:
    assert notification_id is not None
    return (await queries.sms_by_notification([notification_id]))[0]


async def test_what_comes_twice_is_told_once() -> None:
    first = await tell()
    revision = await revision_of(MEI)

    assert await tell() is None

    assert [told.notification_id for told in await inbox()] == [first]
    assert len(await fetch("SELECT id FROM message_delivery")) == 1
    assert await revision_of(MEI) == revision


async def test_two_borrowers_may_be_told_of_the_same_thing() -> None:
    await tell(MEI)
    await tell(JUN)
    assert [len(await inbox(MEI)), len(await inbox(JUN))] == [1, 1]


async def test_one_thing_may_be_told_in_two_kinds() -> None:
    await tell(kind=Kind.LOAN_DISBURSED)
    await tell(kind=Kind.LOAN_PAID_OFF)
    assert len(await inbox()) == 2


async def test_a_borrower_sees_that_something_is_new() -> None:
    before = await revision_of(MEI)
    await tell()
    assert await revision_of(MEI) == before + 1


async def test_by_day_a_text_message_is_due_at_once(clock: FixedClock) -> None:
    message = await sms_about(await tell())
    assert message is not None
    assert message.state is State.QUEUED
    assert message.standing.not_before == clock.now()


async def test_at_night_a_text_message_waits_for_eight_in_the_morning(clock: FixedClock) -> None:
    clock.advance(timedelta(hours=13))  # 23:00 in China
    message = await sms_about(await tell())
    assert message is not None
    assert message.standing.not_before == datetime(2026, 11, 22, 0, 0, tzinfo=UTC)


async def test_what_can_wait_costs_no_text_message() -> None:
    assert await sms_about(await tell(kind=Kind.DUE_SOON)) is None
    assert await sms_about(await tell(key="quiet", by_sms=False)) is None


async def test_a_switched_off_message_is_suppressed_and_says_so() -> None:
    await set_notification_preferences(
        SetNotificationPreferences(
            caller_id=MEI,
            switches=(Switch(category=Category.MONEY, is_sms_on=False),),
            idempotency_key="off",
        )
    )
    message = await sms_about(await tell())
    assert message is not None
    assert (message.state, message.reason) == (State.SUPPRESSED, Reason.SWITCHED_OFF)
    assert await fetch("SELECT id FROM outbox_fact WHERE name = 'MessageQueued'") == []


async def test_nothing_is_told_when_the_change_is_rolled_back() -> None:
    class Stop(Exception):
        pass

    told = Notify(
        borrower_id=MEI, kind=Kind.LOAN_DISBURSED, data=dict(DISBURSED), dedupe_key="rolled-back"
    )
    with pytest.raises(Stop):
        async with transaction() as tx:
            await notify(tx, told)
            raise Stop
    assert await inbox() == []
    assert await fetch("SELECT id FROM message_delivery") == []


async def test_the_same_notification_reads_in_either_language() -> None:
    await tell()
    told = (await inbox())[0]
    assert told.title("zh-Hans") == "钱到账了"
    assert "6,000.00 元" in told.body("zh-Hans")
    assert told.title("en") == "The money is there"
    assert "¥6,000.00" in told.body("en")


async def test_pages_follow_each_other_without_gap_or_overlap(clock: FixedClock) -> None:
    for number in range(7):
        await tell(key=str(number))
        if number % 2:
            clock.advance(timedelta(seconds=1))
    first = await queries.inbox_of(MEI, PageAsk(first=3))
    second = await queries.inbox_of(MEI, PageAsk(first=3, after=first.items[-1][0]))
    third = await queries.inbox_of(MEI, PageAsk(first=3, after=second.items[-1][0]))

    seen = [told for page in (first, second, third) for _, told in page.items]
    assert [page.has_more for page in (first, second, third)] == [True, True, False]
    assert len({told.notification_id for told in seen}) == 7
    assert [told.created_at for told in seen] == sorted(
        (told.created_at for told in seen), reverse=True
    )
