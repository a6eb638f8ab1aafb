"""WeChat Pay against a server that signs with its own keys and checks ours."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from app.adapters.wechat_pay.client import WeChatClient
from app.adapters.wechat_pay.keys import PlatformKeys
from app.adapters.wechat_pay.notices import PAID, TRANSFERRED, WeChatNotices
from app.adapters.wechat_pay.rail import Scene, WeChatRail
from app.adapters.wechat_pay.signing import Merchant
from app.foundation.clock import FixedClock
from app.payments.ports import (
    DebitAsk,
    FailureReason,
    GiveBackAsk,
    OrderAsk,
    OrderRefused,
    RailStatus,
    RailUnavailable,
    StatementBroken,
)
from app.payments.rules import NoticeForged, NoticeMalformed, RailOrderKind
from tests.adapters.wechat_pay.provider import (
    API_V3_KEY,
    APP_ID,
    MCH_ID,
    OUR_SERIAL,
    PLACE,
    Platform,
    Provider,
    new_platform,
    rsa_key,
)

ORDER, MONEY, BACK = "rp1i9uw0bbtbxdnk", "db1i9uw0bbtbxdnk", "rf1i9uw0bbtbxdnk"
WALLET = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"


@dataclass(slots=True)
class Both:
    """Our side and theirs."""

    theirs: Provider
    rail: WeChatRail
    notices: WeChatNotices
    clock: FixedClock

    async def told(self, body: bytes, **how: object) -> object:
        """Have a notice read that was signed as said."""
        return await self.notices.read(self.theirs.signed(body, **how), body)  # pyright: ignore[reportArgumentType]

    def paid(self, **changes: object) -> bytes:
        values = {
            "mchid": MCH_ID,
            "appid": APP_ID,
            "out_trade_no": ORDER,
            "transaction_id": "4200000001",
            "trade_state": "SUCCESS",
            "success_time": "2026-11-21T10:00:05+08:00",
            "amount": {"total": 12_345, "payer_total": 12_345, "currency": "CNY"},
        }
        return self.theirs.notice(PAID, values | changes)


@pytest.fixture
async def both() -> AsyncIterator[Both]:
    clock = FixedClock(datetime(2026, 11, 21, 2, 0, tzinfo=UTC))
    theirs = Provider(clock, new_platform("first", 0x5A01))
    transport = httpx.ASGITransport(theirs.app())
    async with httpx.AsyncClient(transport=transport, base_url=PLACE) as http:
        client = WeChatClient(
            merchant=Merchant(mch_id=MCH_ID, serial=OUR_SERIAL, key=rsa_key("merchant")),
            keys=PlatformKeys(api_v3_key=API_V3_KEY),
            http=http,
            clock=clock,
            entropy=secrets.token_bytes,
        )
        rail = WeChatRail(
            client=client,
            app_id=APP_ID,
            notify_url="https://qingmiao.example/callbacks/rail",
            scene=Scene(scene_id="1005", reports=(("岗位类型", "农户"),)),
        )
        yield Both(theirs, rail, WeChatNotices(client=client, app_id=APP_ID), clock)


def ask(both: Both, amount_fen: int = 12_345, wallet: str | None = None) -> OrderAsk:
    return OrderAsk(
        order_id=ORDER,
        amount_fen=amount_fen,
        description="还款",
        expires_at=both.clock.now() + timedelta(minutes=25),
        wallet=wallet,
    )


async def test_money_in_and_out_is_ordered_once_under_our_own_ids(both: Both) -> None:
    both.theirs.fails = 1  # the first call is carried out, and its answer lost: certificates
    assert str((await both.rail.create_order(ask(both))).pay_link).startswith("weixin://")
    assert (await both.rail.order_status(ORDER)).status is RailStatus.PENDING
    both.theirs.fails = 1
    first = await both.rail.pay_out(MONEY, 1_500_000, "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o 会小东")
    assert await both.rail.pay_out(MONEY, 1_500_000, "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o 会小东") == first
    assert first.accept_in_app == {"mchId": MCH_ID, "appId": APP_ID, "package": f"pkg-{MONEY}"}
    assert "pkg-" not in repr(first), "what opens the wallet is in no log"
    (bill,) = both.theirs.transfers.values()
    assert (bill["transfer_amount"], bill["user_name"]) == (1_500_000, "会小东")
    for state, status in (
        ("WAIT_USER_CONFIRM", RailStatus.PENDING),
        ("SUCCESS", RailStatus.SUCCEEDED),
    ):
        bill["state"] = state
        report = await both.rail.order_status(MONEY)
        assert (report.status, report.provider_ref, report.amount_fen) == (
            status, first.provider_ref, 1_500_000,
        )  # fmt: skip
        assert report.awaits_payee is (state == "WAIT_USER_CONFIRM")
    again = await both.rail.pay_out(MONEY, 1_500_000, "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o 会小东")
    assert again.accept_in_app is None, "nothing is left to accept"
    bill |= {"state": "FAIL", "fail_reason": "ACCOUNT_FROZEN"}
    assert (await both.rail.order_status(MONEY)).reason is FailureReason.PAYEE_UNREACHABLE
    assert (await both.rail.order_status("db00000000000000")).status is RailStatus.UNKNOWN
    assert both.theirs.downloads == 2


async def test_a_no_ends_an_order_only_if_it_is_not_there_and_never_will_be(both: Both) -> None:
    both.theirs.declines = (400, "PARAM_ERROR")
    with pytest.raises(OrderRefused):
        await both.rail.pay_out(MONEY, 100, "oUpF8")
    both.theirs.declines = (400, "NOT_ENOUGH")
    with pytest.raises(RailUnavailable):
        await both.rail.pay_out(MONEY, 100, "oUpF8")
    both.theirs.declines = None
    number = await both.rail.pay_out(MONEY, 100, "oUpF8")
    both.theirs.declines = (400, "PARAM_ERROR")
    assert (await both.rail.pay_out(MONEY, 100, "oUpF8")).provider_ref == number.provider_ref
    both.theirs.declines = (429, "FREQUENCY_LIMITED")
    with pytest.raises(RailUnavailable):
        await both.rail.create_order(ask(both))
    asked = len(both.theirs.asked)
    for payee, amount_fen in (("6200000000000021", 100), ("oUpF8", 200_000)):
        with pytest.raises(OrderRefused):
            await both.rail.pay_out(MONEY, amount_fen, payee)
    debit = DebitAsk(
        debit_id=ORDER,
        amount_fen=1,
        card="6200000000000021",
        floor_fen=0,
        description="",
        expires_at=both.clock.now(),
    )
    with pytest.raises(OrderRefused):
        await both.rail.debit(debit)
    assert len(both.theirs.asked) == asked


async def test_whose_wallet_is_known_pays_in_the_app_with_what_we_signed(both: Both) -> None:
    order = await both.rail.create_order(ask(both, wallet=WALLET))
    assert order.pay_link is None
    assert order.takes_refunds
    given = order.pay_in_app
    assert given is not None
    assert given["package"] == f"prepay_id=wx21{ORDER}"
    signed = "".join(f"{one}\n" for one in (APP_ID, given["timeStamp"], given["nonceStr"]))
    rsa_key("merchant").public_key().verify(
        base64.b64decode(given["paySign"]),
        f"{signed}{given['package']}\n".encode(),
        padding.PKCS1v15(),
        hashes.SHA256(),
    )
    assert WALLET not in repr(ask(both, wallet=WALLET))
    assert "prepay_id" not in repr(order)
    await both.rail.create_order(ask(both, wallet=WALLET))
    assert len(both.theirs.trades) == 1


async def test_a_closed_order_is_paid_by_nobody_and_a_paid_one_is_not_closed(both: Both) -> None:
    await both.rail.close_order(ORDER)  # never made: nobody can pay it either
    await both.rail.create_order(ask(both))
    both.theirs.fails = 1  # carried out, and the answer lost
    await both.rail.close_order(ORDER)
    report = await both.rail.order_status(ORDER)
    assert (report.status, report.reason) == (RailStatus.FAILED, FailureReason.EXPIRED)
    both.theirs.pay(ORDER, at=both.clock.now())
    await both.rail.close_order(ORDER)
    assert (await both.rail.order_status(ORDER)).status is RailStatus.SUCCEEDED
    both.theirs.declines = (400, "SYSTEM_ERROR")
    with pytest.raises(RailUnavailable):
        await both.rail.close_order(ORDER)


async def test_money_goes_back_the_way_it_came_once_and_never_more_than_came(both: Both) -> None:
    back = GiveBackAsk(refund_id=BACK, amount_fen=2_000, order_id=ORDER, order_fen=12_345)
    with pytest.raises(OrderRefused):
        await both.rail.give_back(back)
    assert (await both.rail.order_status(BACK)).status is RailStatus.UNKNOWN
    await both.rail.create_order(ask(both))
    both.theirs.pay(ORDER, at=both.clock.now())
    both.theirs.fails = 2  # both tries are carried out, both answers lost
    with pytest.raises(RailUnavailable):
        await both.rail.give_back(back)
    number = await both.rail.give_back(back)
    assert len(both.theirs.refunds) == 1
    rest = GiveBackAsk(
        refund_id="rf1i9uw0bbtbxdnm", amount_fen=10_346, order_id=ORDER, order_fen=12_345
    )
    with pytest.raises(OrderRefused):
        await both.rail.give_back(rest)
    refund = both.theirs.refunds[BACK]
    for state, status in (
        ("PROCESSING", RailStatus.PENDING),
        ("ABNORMAL", RailStatus.PENDING),
        ("CLOSED", RailStatus.FAILED),
        ("SUCCESS", RailStatus.SUCCEEDED),
    ):
        refund["status"] = state
        report = await both.rail.order_status(BACK)
        assert (report.status, report.provider_ref, report.amount_fen) == (status, number, 2_000)
    told = {key: refund[key] for key in ("out_refund_no", "out_trade_no", "refund_id", "amount")}
    told |= {"mchid": MCH_ID, "refund_status": "SUCCESS", "success_time": "2026-11-21T10:09:00Z"}
    notice = await both.told(both.theirs.notice("REFUND.SUCCESS", told))
    assert (notice.kind, notice.order_id, notice.amount_fen, notice.status) == (  # pyright: ignore[reportAttributeAccessIssue]
        RailOrderKind.DISBURSEMENT, BACK, 2_000, RailStatus.SUCCEEDED,
    )  # fmt: skip
    with pytest.raises(NoticeMalformed):
        await both.told(both.theirs.notice("REFUND.SUCCESS", told | {"mchid": "1"}))


async def test_a_provider_that_never_answers_is_given_up_on_in_time(both: Both) -> None:
    await both.rail.create_order(ask(both))
    both.rail.client.deadline_seconds = 0.05
    both.theirs.is_black_hole = True
    async with asyncio.timeout(2):
        with pytest.raises(RailUnavailable):
            await both.rail.order_status(ORDER)


async def test_an_answer_that_was_altered_or_never_came_is_no_answer(both: Both) -> None:
    await both.rail.create_order(ask(both))
    both.theirs.forges = True
    with pytest.raises(RailUnavailable):
        await both.rail.order_status(ORDER)
    both.theirs.forges = False
    both.theirs.fails = 2
    with pytest.raises(RailUnavailable):
        await both.rail.order_status(ORDER)
    both.theirs.trades[ORDER]["trade_state"] = "SOMETHING_NEW"
    with pytest.raises(RailUnavailable):
        await both.rail.order_status(ORDER)


async def test_notices_are_read_only_when_signed_fresh_new_and_ours(both: Both) -> None:
    notice = await both.told(both.paid())
    assert (notice.kind, notice.order_id, notice.amount_fen, notice.provider_ref) == (  # pyright: ignore[reportAttributeAccessIssue]
        RailOrderKind.COLLECTION, ORDER, 12_345, ORDER,
    )  # fmt: skip
    assert await both.told(both.paid()), "the same event, signed again, is theirs"
    assert await both.told(both.theirs.notice("COUPON.USE", {})) is None
    body = both.paid()
    headers = both.theirs.signed(body)
    assert await both.notices.read(headers, body)
    now = both.clock.now()
    stale = both.theirs.signed(body, at=now - timedelta(seconds=301))
    ahead = both.theirs.signed(body, at=now + timedelta(seconds=301))
    thief = Platform("thief", both.theirs.platform.serial, both.theirs.platform.since)
    forged = both.theirs.signed(body, by=thief)
    unknown = both.theirs.signed(body, by=new_platform("thief", 0xBAD))
    for wrong in (
        headers,
        stale,
        ahead,
        forged,
        unknown,
        {},
        {**headers, "Wechatpay-Signature": "!"},
    ):
        with pytest.raises(NoticeForged):
            await both.notices.read(wrong, body)
    altered = body.replace(b"EV-1", b"EV-2")
    with pytest.raises(NoticeForged):
        await both.notices.read(both.theirs.signed(body), altered)
    other_key = orjson.loads(body)
    other_key["resource"]["ciphertext"] = other_key["resource"]["ciphertext"][:-8] + "AAAAAAA="
    with pytest.raises(NoticeForged):
        await both.told(orjson.dumps(other_key))
    for changes in ({"mchid": "1"}, {"appid": "wx2"}, {"trade_state": "ODD"}, {"amount": {}}):
        with pytest.raises(NoticeMalformed):
            await both.told(both.paid(**changes))
    with pytest.raises(NoticeMalformed):
        await both.told(b"[]")


async def test_certificates_turn_over_without_a_restart_and_a_flood_downloads_none(
    both: Both,
) -> None:
    await both.rail.create_order(ask(both))
    old, new = both.theirs.platform, new_platform("second", 0x5A02, month=6)
    both.theirs.listed = [old, new]
    both.clock.advance(timedelta(minutes=2))
    assert await both.told(both.paid(), by=new), "both certificates count while they overlap"
    both.theirs.platform = new
    await both.rail.pay_out(MONEY, 300_000, "oUpF8 会小东")
    both.theirs.listed = [new]
    both.clock.advance(timedelta(hours=13))
    assert (await both.rail.order_status(MONEY)).status is RailStatus.PENDING
    with pytest.raises(NoticeForged):
        await both.told(both.paid(), by=old)
    downloads = both.theirs.downloads
    for serial in range(20):
        with pytest.raises(NoticeForged):
            await both.told(both.paid(), by=new_platform("thief", 0xF00 + serial))
    assert both.theirs.downloads <= downloads + 1
    both.rail.client.keys.public_key_id = "PUB_KEY_ID_01"
    both.rail.client.keys.public_key = rsa_key("first").public_key()
    body = both.paid()
    headers = both.theirs.signed(body, by=old) | {"Wechatpay-Serial": "PUB_KEY_ID_01"}
    assert await both.notices.read(headers, body)


async def test_transfers_tell_how_they_ended(both: Both) -> None:
    values = {
        "mch_id": MCH_ID,
        "out_bill_no": MONEY,
        "transfer_bill_no": "1330001",
        "state": "CANCELLED",
        "fail_reason": "OVERDUE_CLOSE",
        "transfer_amount": 1_500_000,
        "update_time": "2026-11-21T10:00:05+08:00",
    }
    notice = await both.told(both.theirs.notice(TRANSFERRED, values))
    assert (notice.kind, notice.status, notice.reason) == (  # pyright: ignore[reportAttributeAccessIssue]
        RailOrderKind.DISBURSEMENT, RailStatus.FAILED, FailureReason.EXPIRED,
    )  # fmt: skip


TRADES = """\ufeff交易时间,微信订单号,商户订单号,交易状态,商户退款单号,退款金额,订单金额
`2026-11-21 10:00:05,`4200000001,`rp1i9uw0bbtbxdnk,`SUCCESS,`0,`0.00,`123.45
`2026-11-21 10:00:06,`4200000001,`rp1i9uw0bbtbxdnk,`REFUND,`rf1i9uw0bbtbxdnk,`20.00,`0.00
总交易单数,应结订单总金额
`1,`123.45
"""
FLOW = """\ufeff记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）
`2026-11-21 10:00:07,`1330000000,`1,`商家转账,`商家转账,`支出,`15000.00
`2026-11-21 10:00:08,`1330000009,`2,`手续费,`扣除交易手续费,`支出,`0.09
资金流水总笔数,收入笔数
`2,`0
"""


async def test_two_bills_make_a_statement_of_money_in_and_out(both: Both) -> None:
    on = date(2026, 11, 21)
    await both.rail.create_order(ask(both))
    both.theirs.pay(ORDER, at=both.clock.now())
    back = GiveBackAsk(refund_id=BACK, amount_fen=2_000, order_id=ORDER, order_fen=12_345)
    await both.rail.give_back(back)
    both.theirs.refunds[BACK] |= {"status": "SUCCESS", "success_time": "2026-11-21T10:09:00+08:00"}
    await both.rail.pay_out(MONEY, 1_500_000, "oUpF8 会小东")
    both.theirs.transfers[MONEY] |= {"state": "SUCCESS", "transfer_bill_no": "1330000000"}
    assert await both.rail.statement(on) is None
    both.clock.advance(timedelta(days=1))
    nothing = await both.rail.statement(on)
    assert nothing is not None
    assert nothing.lines == ()
    both.theirs.bills = {"tradebill": TRADES.encode(), "fundflowbill": FLOW.encode()}
    statement = await both.rail.statement(on)
    assert statement is not None
    assert [(one.order_id, one.goes_out, one.report.amount_fen) for one in statement.lines] == [
        (ORDER, False, 12_345),
        (BACK, True, 2_000),
        (MONEY, True, 1_500_000),
    ]
    both.theirs.bills["tradebill"] = TRADES.replace("`20.00", "`20.01").encode()
    with pytest.raises(StatementBroken):
        await both.rail.statement(on)
    both.theirs.bills["tradebill"] = TRADES.split("总交易", maxsplit=1)[0].encode()
    with pytest.raises(StatementBroken):
        await both.rail.statement(on)
