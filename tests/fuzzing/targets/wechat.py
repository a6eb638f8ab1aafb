"""What WeChat Pay says: signed, and read as if it were not."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from app.adapters.wechat_pay.bills import refunds_in, trades_in, transfers_in
from app.adapters.wechat_pay.reading import Unreadable, read_json
from app.adapters.wechat_pay.words import refund_report, trade_report, transfer_report
from app.foundation.clock import milliseconds
from app.payments.ports import OrderReport, RailUnavailable, StatementBroken
from tests.fuzzing.registry import target

MOMENT = "2026-11-21T10:00:05+08:00"
TRADE = {
    "out_trade_no": "rp1",
    "trade_state": "SUCCESS",
    "success_time": MOMENT,
    "amount": {"total": 12_345, "currency": "CNY"},
}
TRANSFER = {
    "out_bill_no": "db1",
    "transfer_bill_no": "1330001",
    "state": "FAIL",
    "fail_reason": "ACCOUNT_FROZEN",
    "transfer_amount": 12_345,
    "update_time": MOMENT,
}
REFUND = {
    "out_refund_no": "rf1",
    "refund_id": "503",
    "status": "SUCCESS",
    "success_time": MOMENT,
    "amount": {"refund": 20, "total": 100, "currency": "CNY"},
}
TRADES = """交易时间,商户订单号,交易状态,商户退款单号,退款金额,订单金额
`2026-11-21 10:00:05,`rp1,`SUCCESS,`0,`0.00,`123.45
`2026-11-21 10:00:06,`rp1,`REFUND,`rf1,`20.00,`0.00
总交易单数
`1
"""
FLOW = """记账时间,微信支付业务单号,业务名称,业务类型,收支类型,收支金额（元）
`2026-11-21 10:00:07,`1330000000,`商家转账,`商家转账,`支出,`15000.00
资金流水总笔数
`1
"""


def told(
    data: bytes, read: Callable[[Mapping[str, Any], str], OrderReport], order_id: str
) -> OrderReport:
    """Read an answer, and see that no amount is anything but whole fen."""
    report = read(read_json(data, dict[str, Any]), order_id)
    assert report.amount_fen is None or type(report.amount_fen) is int
    assert report.settled_at is None or milliseconds(report.settled_at)
    return report


@target(RailUnavailable, Unreadable, seeds=lambda: [msgspec.json.encode(TRADE)])
def wechat_trade(data: bytes) -> object:
    """Read an order that collects money."""
    return told(data, trade_report, "rp1")


@target(RailUnavailable, Unreadable, seeds=lambda: [msgspec.json.encode(TRANSFER)])
def wechat_transfer(data: bytes) -> object:
    """Read a transfer."""
    return told(data, transfer_report, "db1")


@target(RailUnavailable, Unreadable, seeds=lambda: [msgspec.json.encode(REFUND)])
def wechat_refund(data: bytes) -> object:
    """Read a refund."""
    return told(data, refund_report, "rf1")


@target(StatementBroken, seeds=lambda: [TRADES.encode(), FLOW.encode()])
def wechat_bill(data: bytes) -> object:
    """Read a bill, as any of the three that are looked for in it."""
    return [_tried(read, data) for read in (trades_in, refunds_in, transfers_in)]


def _tried(read: Callable[[bytes], object], data: bytes) -> object:
    try:
        return read(data)
    except StatementBroken:
        return None
