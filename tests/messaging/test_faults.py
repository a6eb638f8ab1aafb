"""Outages, lost answers, clocks and broken texts: nothing is lost, sent twice or sent at night."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.foundation import outbox
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock, milliseconds
from app.foundation.database import Database, fetch, transaction
from app.foundation.errors import Forbidden
from app.foundation.outbox import Subscription
from app.foundation.paging import PageAsk
from app.gateway.message_receipts import AliyunReports, MessageReceipts
from app.messaging import queries
from app.messaging.errors import CannotRepeat
from app.messaging.models import DeliveryRow, SmsRow
from app.messaging.operations import (
    MessageQueued,
    Notify,
    ask_about,
    deliver,
    notify,
    tend,
)
from app.messaging.operations.repeating import RepeatMessage, repeat_message
from app.messaging.ports import Answer, Channel, Outgoing, Providers, Report
from app.messaging.queries import Data, Delivery
from app.messaging.rules import Kind, Reason, State
from app.messaging.rules.receipts import SIGNATURE_HEADER, signature_of
from tests.messaging.conftest import Carrier

DISBURSED: Data = {"loan_id": "ln00000abcdefghi", "amount_fen": 600_000}
SECRET, TOKEN = "secret", "t" * 32


@pytest.fixture
def second() -> Carrier:
    return Carrier(name="second")


@pytest.fixture
def caller() -> Carrier:
    return Carrier(name="caller")


@pytest.fixture
def providers(carrier: Carrier, second: Carrier, caller: Carrier) -> Providers:
    return {Channel.SMS: (carrier, second), Channel.VOICE: (caller,)}


@pytest.fixture(autouse=True)
def listening(database: Database, providers: Providers) -> Iterator[None]:
    assert database.dialect
    carry = partial(deliver, providers=providers)
    outbox.subscribe([Subscription(fact_type=MessageQueued, consumer="sms", outside=carry)])
    yield
    outbox.subscribe([])


async def tell(
    borrower_id: str, kind: Kind = Kind.LOAN_DISBURSED, data: Data = DISBURSED, *, key: str = "a"
) -> str:
    async with transaction() as tx:
        told = Notify(borrower_id=borrower_id, kind=kind, data=data, dedupe_key=key)
        notification_id = await notify(tx, told)
    assert notification_id is not None
    return notification_id


async def deliveries(notification_id: str) -> list[Delivery]:
    return (await queries.deliveries_by_notification([notification_id]))[0]


async def pass_time(clock: FixedClock, providers: Providers, span: timedelta) -> None:
    """Let a span pass in which workers do what they do."""
    steps = max(1, span // timedelta(minutes=10))
    for _ in range(steps):
        clock.advance(span / steps)
        await outbox.drain()
        await tend(providers)


async def test_in_an_hour_without_carriers_nothing_is_lost_or_doubled_and_warnings_are_called(
    mei: str, caller: Carrier, providers: Providers, clock: FixedClock
) -> None:
    carrier, second = (one for one in providers[Channel.SMS] if isinstance(one, Carrier))
    carrier.is_silent = second.is_down = True
    money = await tell(mei)
    warning = await tell(mei, Kind.SESSION_WAITS, {})
    await pass_time(clock, providers, timedelta(hours=1))
    assert [one.state for one in await deliveries(money)] == [State.CALLING]
    sms, voice = await deliveries(warning)
    assert (voice.channel, voice.state, len(caller.taken)) == (Channel.VOICE, State.SENT, 1)
    assert "这里是青苗" in caller.texts[0]
    assert sms.state is State.CALLING, "whether it was taken is still to be learned"

    carrier.is_silent = second.is_down = False
    await pass_time(clock, providers, timedelta(hours=6))
    assert [one.state for one in await deliveries(money)] == [State.SENT]
    assert sum(DISBURSED_WORDS in text for text in carrier.texts + second.texts) == 1
    assert len(caller.taken) == 1


DISBURSED_WORDS = "6,000.00 元已经打到"


async def test_where_one_carrier_refuses_the_other_is_asked_at_once(
    mei: str, carrier: Carrier, second: Carrier
) -> None:
    carrier.is_down = True
    told = await tell(mei)
    await outbox.drain()
    (sms,) = await deliveries(told)
    assert (sms.state, sms.standing.provider) == (State.SENT, "second")
    assert (len(carrier.taken), len(second.taken)) == (0, 1)


@pytest.mark.parametrize("was_taken", [True, False])
async def test_after_a_worker_was_killed_in_a_call_the_carrier_is_asked_before_anything_is_sent(
    mei: str, second: Carrier, clock: FixedClock, *, was_taken: bool
) -> None:
    class Killed(Carrier):
        async def send(self, message: Outgoing) -> Report:
            """Take it or not, and never come back."""
            if was_taken:
                _ = await super().send(message)
            raise asyncio.CancelledError

    killed = Killed()
    providers: Providers = {Channel.SMS: (killed, second)}
    told = await tell(mei)
    (sms,) = await deliveries(told)
    with pytest.raises(asyncio.CancelledError):
        await deliver(MessageQueued(message_id=sms.message_id), "", providers=providers)
    assert [one.state for one in await deliveries(told)] == [State.CALLING]

    again = MessageQueued(message_id=sms.message_id)
    await deliver(again, "", providers=providers)
    await tend(providers)
    assert (killed.asked, second.tries) == (0, 0), "it is not looked at before its time"
    clock.advance(timedelta(minutes=1))
    await tend(providers)
    assert killed.asked == 1
    (sms,) = await deliveries(told)
    if was_taken:
        assert (sms.state, sms.standing.turn, second.tries) == (State.SENT, 1, 0)
    else:
        assert (sms.state, sms.standing.turn) == (State.QUEUED, 2)


async def test_a_carrier_that_never_says_what_it_did_leaves_an_honest_mark(
    mei: str, carrier: Carrier, second: Carrier, providers: Providers, clock: FixedClock
) -> None:
    carrier.is_silent = True
    told = await tell(mei)
    await outbox.drain()
    await pass_time(clock, providers, timedelta(hours=26))
    (sms,) = await deliveries(told)
    assert (sms.state, sms.reason, second.tries) == (State.FAILED, Reason.UNKNOWN, 0)
    page = await queries.dead_letters(PageAsk(first=5))
    assert [one.message_id for _, one in page.items] == [sms.message_id]
    with pytest.raises(CannotRepeat):
        await repeat(sms.message_id)


async def test_forty_days_later_what_waited_has_expired_and_a_day_back_delays_only(
    mei: str, carrier: Carrier, second: Carrier, providers: Providers, clock: FixedClock
) -> None:
    first = await tell(mei)
    clock.advance(timedelta(days=40))
    await outbox.drain()
    (sms,) = await deliveries(first)
    assert (sms.state, sms.reason) == (State.FAILED, Reason.EXPIRED)
    later = await tell(mei, key="b")
    clock.advance(timedelta(days=-1))
    await outbox.drain()
    await tend(providers)
    assert [one.state for one in await deliveries(later)] == [State.QUEUED]
    await pass_time(clock, providers, timedelta(days=1))
    assert [one.state for one in await deliveries(later)] == [State.SENT]
    assert (len(carrier.taken), second.tries) == (1, 0)


async def repeat(message_id: str, role: StaffRole = StaffRole.SUPERVISOR) -> Delivery:
    caller = StaffCaller(staff_id="st00000abcdefghi", session_id="sx00000abcdefghi", role=role)
    command = RepeatMessage(
        staff_id=caller.staff_id, message_id=message_id, idempotency_key=f"again-{role}"
    )
    return await repeat_message(caller, command)


async def test_a_text_that_lacks_a_variable_is_a_dead_letter_that_staff_repeat(
    mei: str, carrier: Carrier
) -> None:
    told = await tell(mei, data={"loan_id": "ln00000abcdefghi"})
    await outbox.drain()
    (sms,) = await deliveries(told)
    assert (sms.state, sms.reason, carrier.tries) == (State.FAILED, Reason.BROKEN_TEXT, 0)
    assert await outbox.dead_letters() == []
    with pytest.raises(Forbidden):
        await repeat(sms.message_id, StaffRole.AGENT)
    await fetch_none("UPDATE notification SET data = '{\"amount_fen\": 600000}'")
    assert (await repeat(sms.message_id)).state is State.QUEUED
    assert (await repeat(sms.message_id)).state is State.QUEUED, "the same click again"
    await outbox.drain()
    assert [one.state for one in await deliveries(told)] == [State.SENT]
    assert (await queries.dead_letters(PageAsk(first=5))).items == ()


async def fetch_none(sql: str) -> None:
    async with transaction() as tx:
        await tx.run(sql)


async def test_what_the_outbox_lost_sight_of_is_delivered_all_the_same(
    mei: str, carrier: Carrier, providers: Providers, clock: FixedClock
) -> None:
    await tell(mei)
    await fetch_none("UPDATE outbox_delivery SET status = 'DEAD', due_at = NULL")
    await outbox.drain()
    assert carrier.tries == 0
    clock.advance(timedelta(minutes=5))
    await tend(providers)
    assert len(carrier.taken) == 1


async def test_a_text_message_queued_before_there_were_channels_still_goes_out(
    mei: str, carrier: Carrier, providers: Providers, clock: FixedClock
) -> None:
    told = [await tell(mei, key=key) for key in "ab"]
    rows = await DeliveryRow.filter(notification_id__in=told).order_by("id")
    await DeliveryRow.all().delete()
    for row, state in zip(rows, ("QUEUED", "SENT"), strict=True):
        await SmsRow.create(
            id=row.id,
            borrower_id=mei,
            notification_id=row.notification_id,
            state=state,
            queued_at=clock.now(),
            not_before=clock.now(),
            settled_at=clock.now() if state == "SENT" else None,
        )
    await SmsRow.create(
        id="ms0000000000long",
        borrower_id=mei,
        notification_id="nt0000000000long",
        state="FAILED",
        reason="OUT_OF_TRIES",
        queued_at=clock.now(),
        not_before=clock.now(),
        settled_at=clock.now(),
    )
    await outbox.drain()
    await tend(providers)
    assert await SmsRow.all().count() == 0
    assert await DeliveryRow.filter(id="ms0000000000long", state=State.FAILED).delete() == 1
    moved = await DeliveryRow.all()
    assert {row.state for row in moved} == {State.SENT}
    assert len(carrier.taken) == 1


def client_of(providers: Providers) -> httpx.AsyncClient:
    signed, hints = MessageReceipts(SECRET, providers), AliyunReports(TOKEN, providers)
    app = Starlette(
        routes=[
            Route("/signed", signed.answer, methods=["POST"]),
            Route("/hints/{token}", hints.answer, methods=["POST"]),
            Route("/deaf", MessageReceipts("", providers).answer, methods=["POST"]),
        ]
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://us")


async def test_receipts_are_believed_signed_once_and_in_any_order(
    mei: str, carrier: Carrier, providers: Providers, clock: FixedClock
) -> None:
    told = await tell(mei)
    await outbox.drain()
    (request,) = carrier.taken

    async def post(
        answer: str, *, path: str = "/signed", secret: str = SECRET, request: str = request
    ) -> int:
        body = f'[{{"request_id":"{request}","answer":"{answer}"}}]'.encode()
        headers = {SIGNATURE_HEADER: signature_of(secret, body, clock.now())}
        return (await client.post(path, content=body, headers=headers)).status_code

    async def states() -> list[State]:
        return [one.state for one in await deliveries(told)]

    async with client_of(providers) as client:
        assert await post("UNDELIVERED", secret="guessed") == 401
        assert await post("UNDELIVERED", path="/deaf") == 401
        assert (await client.post("/signed", content=b"[]")).status_code == 401
        body = b'[{"request_id":"x","answer":"DELIVERED"}]'
        old = {SIGNATURE_HEADER: signature_of(SECRET, body, clock.now() - timedelta(minutes=6))}
        assert (await client.post("/signed", content=body, headers=old)).status_code == 401
        assert await post("DELIVERED", request="nonsense") == 400
        assert await post("REFUSED") == 400
        assert await post("DELIVERED", request=f"{request}0000") == 200
        assert await post("DELIVERED", request="ms99999999999999.1") == 200
        assert await states() == [State.SENT]
        for answer in ("DELIVERED", "DELIVERED", "UNDELIVERED", "ACCEPTED"):
            assert await post(answer) == 200
            assert await states() == [State.DELIVERED]
        await asyncio.gather(*(post("DELIVERED") for _ in range(10)))
    assert await states() == [State.DELIVERED]


async def test_a_report_that_nobody_signed_only_makes_us_ask(
    mei: str, carrier: Carrier, providers: Providers
) -> None:
    told = await tell(mei)
    await outbox.drain()
    (request,) = carrier.taken
    lie = f'[{{"out_id":"{request}","success":false}},{{"out_id":"{request}"}},{{}}]'.encode()
    async with client_of(providers) as client:
        assert (await client.post("/hints/guessed", content=lie)).status_code == 404
        assert carrier.asked == 0
        answer = await client.post(f"/hints/{TOKEN}", content=lie)
        assert (answer.status_code, answer.json()["code"]) == (200, 0)
        assert (carrier.asked, [one.state for one in await deliveries(told)]) == (1, [State.SENT])
        carrier.arrived[request] = Answer.DELIVERED
        await client.post(f"/hints/{TOKEN}", content=lie)
        assert (await client.post(f"/hints/{TOKEN}", content=b"{}")).status_code == 400
    assert [one.state for one in await deliveries(told)] == [State.DELIVERED]


async def test_a_receipt_that_is_lost_is_asked_for(
    mei: str, carrier: Carrier, providers: Providers, clock: FixedClock
) -> None:
    told = await tell(mei)
    await outbox.drain()
    (request,) = carrier.taken
    carrier.arrived[request] = Answer.UNDELIVERED
    await pass_time(clock, providers, timedelta(minutes=10))
    (sms,) = await deliveries(told)
    assert (sms.state, sms.reason) == (State.FAILED, Reason.UNDELIVERED)
    rows = await fetch("SELECT look_at, settled_at FROM message_delivery")
    assert rows[0]["look_at"] is None
    assert rows[0]["settled_at"] <= milliseconds(clock.now())


async def test_while_every_carrier_rests_a_message_waits_and_costs_no_try(
    mei: str, providers: Providers, clock: FixedClock
) -> None:
    carriers = [one for one in providers[Channel.SMS] if isinstance(one, Carrier)]
    for one in carriers:
        one.is_resting = True
    told = await tell(mei)
    await outbox.drain()
    (sms,) = await deliveries(told)
    assert (sms.state, sms.standing.attempts) == (State.QUEUED, 0)
    for one in carriers:
        one.is_resting = False
    clock.advance(timedelta(seconds=30))
    await outbox.drain()
    assert [one.state for one in await deliveries(told)] == [State.SENT]


async def test_a_channel_that_nobody_carries_says_so_at_once(mei: str) -> None:
    told = await tell(mei)
    (sms,) = await deliveries(told)
    await deliver(MessageQueued(message_id=sms.message_id), "", providers={})
    (sms,) = await deliveries(told)
    assert (sms.state, sms.reason) == (State.FAILED, Reason.REJECTED)
    assert await ask_about("ms99999999999999.1", {}) is None
    assert await ask_about("nonsense", {}) is None
    assert await ask_about(f"{sms.message_id}.1", {}) is None
