"""Borrowers are told of debits before and after, by card and amount, and never twice."""

from datetime import time, timedelta

import pytest

from app.foundation import outbox
from app.foundation.database import fetch
from app.foundation.paging import PageAsk
from app.messaging import operations as messaging
from app.messaging import queries as inbox
from app.messaging.queries import Notification
from app.messaging.rules import Kind
from app.payments import operations
from tests.messaging.conftest import Carrier
from tests.payments.mandates.conftest import CARD, DUE, INSTALLMENT_FEN, World

DAY = timedelta(days=1)


async def all_told(world: World) -> dict[Kind, Notification]:
    page = await inbox.inbox_of(world.loan.borrower_id, PageAsk(first=100))
    return {one.kind: one for _, one in page.items}


async def test_the_notice_names_day_card_and_amount_in_both_languages(world: World) -> None:
    await world.set_up()
    await world.day(DUE - DAY)
    told = (await all_told(world))[Kind.AUTO_DEBIT_SOON]
    assert told.body("zh-Hans").startswith("12月21日会从尾号 0013 的卡自动扣 1,000.00 元还款。")
    assert "¥1,000.00" in told.body("en")
    again = await inbox.notification(world.loan.borrower_id, told.notification_id)
    assert again is not None
    assert again.body("en") == told.body("en")


async def test_what_was_debited_is_told_instead_of_a_reminder_and_a_receipt(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    await world.work()
    told = await all_told(world)
    assert Kind.DUE_TODAY not in told
    assert Kind.REPAYMENT_RECEIVED not in told
    body = told[Kind.AUTO_DEBIT_TAKEN].body("zh-Hans")
    assert body.startswith("从尾号 0013 的卡扣了 1,000.00 元")
    assert told[Kind.AUTO_DEBIT_TAKEN].link("repayment_id")


async def test_without_notice_or_above_a_cap_the_reminder_still_comes(world: World) -> None:
    await world.set_up(cap_fen=INSTALLMENT_FEN - 1)
    await world.day(DUE)
    told = await all_told(world)
    assert Kind.DUE_TODAY in told
    assert "超过您给自动扣款定的上限" in told[Kind.AUTO_DEBIT_ABOVE_CAP].body("zh-Hans")


async def test_a_failure_says_when_it_is_tried_again_and_when_it_is_not(world: World) -> None:
    await world.set_up()
    await world.rail.twin.put_on_card(CARD, 0)
    await world.day(DUE)
    await world.work()
    told = await all_told(world)
    assert Kind.REPAYMENT_FAILED not in told
    assert "12月22日会再试一次" in told[Kind.AUTO_DEBIT_FAILED].body("zh-Hans")
    for day in (1, 3):
        await world.day(DUE + day * DAY)
        await world.work()
    paused = (await all_told(world))[Kind.AUTO_DEBIT_PAUSED]
    assert "还款有困难" in paused.body("zh-Hans")
    assert "nothing is charged" in paused.body("en")


async def test_text_messages_name_the_card_that_no_row_holds(world: World) -> None:
    carrier = Carrier()

    async def deliver(fact: messaging.MessageQueued, delivery_id: str) -> None:
        await messaging.deliver(fact, delivery_id, providers=carrier.providers)

    async def deliver_all() -> None:
        for row in await fetch("SELECT id FROM message_delivery"):
            await deliver(messaging.MessageQueued(message_id=row["id"]), "dl00000abcdefghi")

    await world.set_up()
    await outbox.drain()
    await deliver_all()
    await world.day(DUE - 2 * DAY)
    await deliver_all()
    assert len(carrier.texts) == 2
    assert all("尾号 0013" in sentence for sentence in carrier.texts)
    assert not any("0013" in row["data"] for row in await fetch("SELECT data FROM notification"))


@pytest.mark.parametrize("days", [0, 1])
async def test_a_notice_whose_day_is_over_is_not_sent(world: World, days: int) -> None:
    carrier = Carrier()
    await world.set_up()
    await world.day(DUE - 2 * DAY)
    queued = await fetch(
        "SELECT m.id FROM message_delivery m JOIN notification n ON n.id ="
        " m.notification_id WHERE n.kind = 'AUTO_DEBIT_SOON'"
    )
    await world.day(DUE + days * DAY, time(12))
    await messaging.deliver(
        messaging.MessageQueued(message_id=queued[0]["id"]),
        "dl00000abcdefghi",
        providers=carrier.providers,
    )
    assert len(carrier.texts) == (1 if days == 0 else 0)


async def test_whoever_did_not_agree_learns_of_it_at_once(world: World) -> None:
    view = await world.set_up(floor_fen=90_000)
    await outbox.drain()
    told = (await all_told(world))[Kind.AUTO_DEBIT_ON]
    assert "至少留 900.00 元" in told.body("zh-Hans")
    await operations.revoke_auto_debit(
        operations.RevokeAutoDebit(
            caller_id=world.loan.borrower_id, mandate_id=view.mandate_id, idempotency_key="end"
        )
    )
    await outbox.drain()
    assert Kind.AUTO_DEBIT_OFF in await all_told(world)
