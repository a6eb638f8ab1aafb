"""Receipts of pushes: signed ones are believed, twice as once; forged ones change nothing."""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from hmac import digest
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.adapters.push.makers import Makers
from app.foundation import outbox
from app.foundation.clock import FixedClock, milliseconds
from app.foundation.database import Database, transaction
from app.foundation.outbox import Subscription
from app.gateway.push_receipts import HuaweiReceipts, XiaomiReceipts
from app.identity.queries import sessions_of
from app.messaging import queries
from app.messaging.operations import MessageQueued, Notify, deliver, notify
from app.messaging.operations.pushing import RegisterPush, register_push
from app.messaging.ports import Answer, Channel, Providers
from app.messaging.rules import Kind, Reason, State
from app.messaging.rules.push_receipts import (
    HUAWEI_HEADER,
    huawei_nonce,
    parse_huawei,
    parse_xiaomi,
    xiaomi_param,
)
from app.settings import PushSettings
from tests.adapters.push.conftest import CALLBACK_KEY, CALLBACK_NAME
from tests.adapters.push.server import KEY, MakerServices
from tests.conftest import START
from tests.messaging.conftest import Carrier, join
from tests.published import publish_catalog

REQUEST = "ms00000abcdefghi.1"
Said = tuple[Channel, State, Reason | None]


def header(
    nonce: str = "a07bfa17-6d82-4b53-a9a2-07cfef5ceef1",
    *,
    key: bytes = b64decode(CALLBACK_KEY),
    name: str = CALLBACK_NAME,
    moment: str = str(milliseconds(START)),
) -> str:
    """Sign as Huawei's page says: Base64(HMAC-SHA256(secret, timestamp + nonce + userName))."""
    value = b64encode(digest(key, f"{moment}{nonce}{name}".encode(), "sha256")).decode()
    return f"timestamp={moment}; nonce={nonce}; value={value}"


def checked(said: str) -> str | None:
    return huawei_nonce(said, name=CALLBACK_NAME, key=CALLBACK_KEY, now=START)


def test_a_header_is_believed_under_both_kinds_of_keys_and_both_kinds_of_moments() -> None:
    assert checked(header("n-1")) == "n-1"
    assert checked(header("n-1", key=CALLBACK_KEY.encode())) == "n-1"
    assert checked(header("n-1", moment=str(int(START.timestamp())))) == "n-1"
    assert checked(header("n-1").replace("; ", ";")) == "n-1"
    short = header("n-1", key=b"no base64!")
    assert huawei_nonce(short, name=CALLBACK_NAME, key="no base64!", now=START) == "n-1"


@pytest.mark.parametrize(
    "said",
    [
        "",
        "timestamp=1;nonce=n;value=",
        header(key=b"another"),
        header(key=b""),
        header(name="somebody"),
        header(moment=str(milliseconds(START) - 301_000)),
        header(moment=str(milliseconds(START) + 301_000)),
        header("n-1").replace("n-1", "n-2"),
        header() + "\n;",
    ],
)
def test_a_header_that_is_forged_or_old_is_not_believed(said: str) -> None:
    assert checked(said) is None
    assert huawei_nonce(said, name="", key=CALLBACK_KEY, now=START) is None
    assert huawei_nonce(said, name=CALLBACK_NAME, key="", now=START) is None


def test_both_versions_of_huaweis_batches_are_read_and_what_is_not_ours_is_left_out() -> None:
    """Sources: "消息回执API" (HMS-References) and "消息回执" (harmonyos-references)."""
    batch = [
        {"biTag": REQUEST, "appid": "1", "token": "t", "status": 0, "requestId": "r 1"},
        {"biTag": REQUEST, "token": "t", "requestId": "r2", "deliveryStatus": {"result": 5}},
        {"biTag": REQUEST, "token": "t", "status": 6, "timestamp": 1489993883189},
        {"biTag": "131415", "token": "t", "status": 0, "requestId": "test"},
        {"biTag": f"{REQUEST}\n\0", "token": "t", "status": 0},
        {"token": "t", "formStatus": {"formId": 1, "result": 0}},
    ]
    read = parse_huawei(json.dumps({"statuses": batch}).encode())
    assert [(one.answer, one.provider_ref, one.why, one.is_address_gone) for one in read] == [
        (Answer.DELIVERED, "", "", False),
        (Answer.UNDELIVERED, "r2", "HUAWEI_5", True),
        (Answer.UNDELIVERED, "", "HUAWEI_6", False),
    ]
    for body in (b"", b"[]", b'{"statuses":7}', b"\xff", b'{"statuses":[' + b"[" * 5_000):
        with pytest.raises(ValueError, match=r"."):
            parse_huawei(body)


def told(kind: int, *, param: str = xiaomi_param(KEY, REQUEST)) -> dict[str, Any]:
    return {"param": param, "type": kind, "targets": "t", "jobkey": "j", "barStatus": "Enable"}


def form(batch: dict[str, Any]) -> bytes:
    return urlencode({"data": json.dumps(batch)}).encode()


def test_xiaomis_batches_are_read_as_far_as_we_signed_them() -> None:
    """Source of the form: dev.mi.com, document 1558, as public clients' tests have it."""
    others = told(1, param=xiaomi_param("another", REQUEST))
    moved = told(1, param=xiaomi_param(KEY, REQUEST).replace("ghi.1.", "ghi.2."))
    quota = {"extra": {"ack": "1", "quota": "2"}, "type": 128, "targets": "t"}
    batch = {"m1": told(1), "m2": told(2), "m3": told(16), "m4": told(64)}
    read = parse_xiaomi(form({**batch, "f1": others, "f2": moved, "f3": quota}), KEY)
    assert [(one.provider_ref, one.answer, one.is_address_gone) for one in read] == [
        ("m1", Answer.DELIVERED, False),
        ("m2", Answer.DELIVERED, False),
        ("m3", Answer.UNDELIVERED, True),
        ("m4", Answer.UNDELIVERED, False),
    ]
    assert len(xiaomi_param(KEY, f"{'m' * 16}.999999")) <= 64
    for body in (b"", b"data=", b"data=[]", b"data=%7B%22m%22%3A1%7D", b"\xff", b"&a=1" * 9):
        with pytest.raises(ValueError, match=r"."):
            parse_xiaomi(body, KEY)
    with pytest.raises(ValueError, match="no batch"):
        parse_xiaomi(form({str(number): told(1) for number in range(1_001)}), KEY)


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
async def callbacks(
    database: Database, settings: PushSettings, makers: Makers, carrier: Carrier
) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the callbacks over a database in which messages go out by both makers."""
    assert database.dialect
    await publish_catalog()
    providers: Providers = {Channel.PUSH: (makers,), Channel.SMS: (carrier,)}
    carry = partial(deliver, providers=providers)
    outbox.subscribe([Subscription(fact_type=MessageQueued, consumer="sms", outside=carry)])
    nobody = HuaweiReceipts(None, providers), XiaomiReceipts(None, providers)
    app = Starlette(
        routes=[
            Route(path, one.answer, methods=["POST"])
            for path, one in (
                ("/huawei", HuaweiReceipts(settings.huawei, providers)),
                ("/xiaomi", XiaomiReceipts(settings.xiaomi, providers)),
                ("/no/huawei", nobody[0]),
                ("/no/xiaomi", nobody[1]),
            )
        ]
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
    outbox.subscribe([])


async def pushed(clock: FixedClock, vendor: str, phone: str) -> tuple[str, str]:
    """Tell somebody with a phone of a maker something; return them and the notification."""
    borrower_id = await join(phone)
    session = (await sessions_of(borrower_id, clock.now()))[0]
    command = RegisterPush(
        caller_id=borrower_id,
        session_id=session.session_id,
        device_id=None,
        vendor=vendor,
        token=f"token-of-{vendor}",
        box_key=None,
        box_secret=None,
        idempotency_key="register",
    )
    await register_push(command)
    data: dict[str, str | int] = {"loan_id": "ln00000abcdefghi", "amount_fen": 600_000}
    async with transaction() as tx:
        told = Notify(
            borrower_id=borrower_id, kind=Kind.LOAN_DISBURSED, data=data, dedupe_key=vendor
        )
        notification_id = await notify(tx, told)
    assert notification_id is not None
    await outbox.drain()
    return borrower_id, notification_id


async def states(notification_id: str) -> list[Said]:
    found = (await queries.deliveries_by_notification([notification_id]))[0]
    return [(one.channel, one.state, one.reason) for one in found]


ARRIVED: list[Said] = [(Channel.PUSH, State.DELIVERED, None)]
PASSED_ON: list[Said] = [
    (Channel.PUSH, State.FAILED, Reason.UNDELIVERED),
    (Channel.SMS, State.SENT, None),
]


async def test_a_push_is_marked_by_receipts_that_are_signed_however_often_they_come(
    callbacks: httpx.AsyncClient, services: MakerServices, carrier: Carrier, clock: FixedClock
) -> None:
    mei, of_mei = await pushed(clock, "HUAWEI", "+8613800138000")
    jun, of_jun = await pushed(clock, "XIAOMI", "+8613900139000")
    by_huawei, by_xiaomi = services.pushed

    async def huawei(status: int, *, signed: str) -> int:
        said = {"biTag": by_huawei["android"]["bi_tag"], "status": status, "requestId": "r"}
        body = json.dumps({"statuses": [said]}).encode()
        answer = await callbacks.post("/huawei", content=body, headers={HUAWEI_HEADER: signed})
        return answer.status_code

    async def xiaomi(kind: int, *, param: str = by_xiaomi["extra.callback.param"]) -> int:
        body = form({"scm51b1": told(kind, param=param)})
        return (await callbacks.post("/xiaomi", content=body)).status_code

    assert await huawei(0, signed=header(key=b"another")) == 401
    assert await xiaomi(1, param=f"{by_xiaomi['extra.callback.param'][:-1]}x") == 401
    for path in ("/no/huawei", "/no/xiaomi"):
        assert (await callbacks.post(path)).status_code == 404
    assert (await callbacks.post("/xiaomi", content=b"data=x")).status_code == 400
    assert [*await states(of_mei), *await states(of_jun)] == [(Channel.PUSH, State.SENT, None)] * 2

    at_once = await asyncio.gather(*(huawei(0, signed=header("first")) for _ in range(3)))
    assert set(at_once) == {200}
    assert await huawei(2, signed=header("first")) == 401  # a header serves for one body
    old = header("first")
    clock.advance(timedelta(minutes=11))
    assert await huawei(0, signed=old) == 401
    signed = {HUAWEI_HEADER: header("second", moment=str(milliseconds(clock.now())))}
    assert (await callbacks.post("/huawei", content=b"{}", headers=signed)).status_code == 400
    assert await states(of_mei) == ARRIVED
    assert len(await queries.push_tokens_of(mei)) == 1

    assert [await xiaomi(16) for _ in range(2)] == [200, 200]
    await outbox.drain()
    assert await states(of_jun) == PASSED_ON
    assert await queries.push_tokens_of(jun) == []
    assert len(carrier.taken) == 1


async def test_a_phone_of_no_maker_of_ours_is_told_by_text_message_at_once_and_forgotten(
    callbacks: httpx.AsyncClient, services: MakerServices, carrier: Carrier, clock: FixedClock
) -> None:
    assert not callbacks.is_closed
    mei, of_mei = await pushed(clock, "VIVO", "+8613800138000")
    assert await queries.push_tokens_of(mei) == []
    assert [one[:2] for one in await states(of_mei)] == [
        (Channel.PUSH, State.FAILED),
        (Channel.SMS, State.SENT),
    ]
    assert (services.sends, len(carrier.taken)) == (0, 1)
