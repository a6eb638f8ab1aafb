"""A notice of the rail is taken only when it is signed, fresh and well formed; twice is once."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.foundation.clock import FixedClock
from app.foundation.database import Database
from app.gateway import callbacks
from app.gateway.callbacks import ProviderCallback, RailCallback
from app.gateway.wire import BODY_BYTES_MAX
from app.payments.rules import (
    SIGNATURE_HEADER,
    NoticeForged,
    NoticeMalformed,
    RailNotice,
    parse_notice,
    signature_of,
)

OURS = "between-rail-and-us"
NOTICE: dict[str, Any] = {
    "event_id": "ev1",
    "kind": "collection",
    "order_id": "rp00000000000001",
    "provider_ref": "TW1",
    "status": "SUCCEEDED",
    "amount_fen": 12_345,
    "occurred_at": "2026-11-21T10:00:00+08:00",
}
Taken = dict[str, list[RailNotice]]


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Taken:
    """Listen where the rooms would take a notice."""
    heard: Taken = {"payments": [], "refunds": [], "origination": []}

    def hear(room: str) -> Callable[[RailNotice], Any]:
        async def take(notice: RailNotice) -> None:
            heard[room].append(notice)

        return take

    monkeypatch.setattr(callbacks.payments, "accept_callback", hear("payments"))
    monkeypatch.setattr(callbacks.payments, "accept_refund_notice", hear("refunds"))
    monkeypatch.setattr(callbacks.origination, "accept_disbursement_notice", hear("origination"))
    return heard


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    assert database
    route = Route("/callbacks/rail", RailCallback(OURS).answer, methods=["POST"])
    transport = httpx.ASGITransport(Starlette(routes=[route]))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


async def send(
    client: httpx.AsyncClient, body: bytes, at: datetime, secret: str = OURS
) -> httpx.Response:
    headers = {SIGNATURE_HEADER: signature_of(secret, body, at)}
    return await client.post("/callbacks/rail", content=body, headers=headers)


@pytest.mark.parametrize(
    ("order", "who"),
    [
        (("collection", "rp00000000000001"), "payments"),
        (("collection", "rf00000000000001"), "payments"),
        (("disbursement", "db00000000000001"), "origination"),
        (("disbursement", "rf00000000000001"), "refunds"),
        (("disbursement", "rf1"), "origination"),
    ],
)
async def test_a_signed_notice_goes_to_whoever_made_its_order(
    client: httpx.AsyncClient, clock: FixedClock, taken: Taken, order: tuple[str, str], who: str
) -> None:
    kind, order_id = order
    body = orjson.dumps(NOTICE | {"kind": kind, "order_id": order_id})
    answer = await send(client, body, clock.now())
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert [notice.order_id for notice in taken[who]] == [order_id]
    assert sum(map(len, taken.values())) == 1


async def test_a_forged_notice_is_refused_and_nobody_hears_of_it(
    client: httpx.AsyncClient, clock: FixedClock, taken: Taken
) -> None:
    body, now = orjson.dumps(NOTICE), clock.now()
    stolen = signature_of(OURS, body, now)
    answers = [
        await client.post("/callbacks/rail", content=body),
        await send(client, body, now, secret="a guess"),
        await send(client, body, now - timedelta(minutes=6)),
        await send(client, body, now + timedelta(minutes=6)),
        await client.post(
            "/callbacks/rail",
            content=orjson.dumps(NOTICE | {"amount_fen": 99_999}),
            headers={SIGNATURE_HEADER: stolen},
        ),
    ]
    for answer in answers:
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_SIGNATURE"
    assert not any(taken.values())


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", orjson.dumps(NOTICE | {"amount_fen": -1}), orjson.dumps({"event_id": "e"})],
    ids=["empty", "cut off", "a list", "a negative amount", "fields missing"],
)
async def test_a_signed_body_that_is_no_notice_is_a_400(
    client: httpx.AsyncClient, clock: FixedClock, taken: Taken, body: bytes
) -> None:
    answer = await send(client, body, clock.now())
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_NOTICE"
    assert not any(taken.values())


async def test_a_body_too_large_is_not_even_checked(
    client: httpx.AsyncClient, clock: FixedClock, taken: Taken
) -> None:
    answer = await send(client, b" " * (BODY_BYTES_MAX + 1), clock.now())
    assert answer.status_code == 413
    assert not any(taken.values())


@pytest.mark.parametrize("kind", ["collection", "disbursement"])
async def test_a_notice_about_an_order_we_do_not_know_changes_nothing_however_often_it_comes(
    client: httpx.AsyncClient, clock: FixedClock, database: Database, kind: str
) -> None:
    body = orjson.dumps(NOTICE | {"kind": kind})
    for _ in range(3):
        answer = await send(client, body, clock.now())
        assert answer.status_code < 500
    for table in ("repayment", "disbursement", "ledger_posting", "outbox_fact"):
        rows = await database.connection().execute_query_dict(f"SELECT * FROM {table}")
        assert rows == [], table


class Provider:
    """Reads notices of a form of its own: here a word before the notice."""

    async def read(self, headers: Mapping[str, str], body: bytes) -> RailNotice | None:
        assert "host" in headers
        word, _, rest = body.partition(b" ")
        match word:
            case b"forged":
                raise NoticeForged(word.decode())
            case b"odd":
                raise NoticeMalformed(word.decode())
            case b"other":
                return None
            case _:
                return parse_notice(rest)


async def test_a_provider_reads_its_own_notices_and_each_goes_to_its_room(taken: Taken) -> None:
    route = Route("/callbacks/rail", ProviderCallback(Provider()).answer, methods=["POST"])
    transport = httpx.ASGITransport(Starlette(routes=[route]))
    out = orjson.dumps(NOTICE | {"kind": "disbursement", "order_id": "db00000000000001"})
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        codes = [
            (await client.post("/callbacks/rail", content=body)).status_code
            for body in (
                b"forged",
                b"odd",
                b"other",
                b"fine " + orjson.dumps(NOTICE),
                b"fine " + out,
            )
        ]
    assert codes == [401, 400, 200, 200, 200]
    assert {room: len(notices) for room, notices in taken.items()} == {
        "payments": 1,
        "refunds": 0,
        "origination": 1,
    }
