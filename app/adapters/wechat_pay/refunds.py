"""Money of an order sent back the way it came: asked for under our own id, and asked about."""

from app.adapters.wechat_pay.client import Declined, WeChatClient
from app.adapters.wechat_pay.words import FINAL, NOT_THERE, refund_report
from app.foundation.log import logger
from app.payments.ports import (
    FailureReason,
    GiveBackAsk,
    OrderRefused,
    OrderReport,
    RailUnavailable,
)

log = logger(__name__)

REFUNDS = "/v3/refund/domestic/refunds"
NEVER = FINAL | NOT_THERE | {"INVALID_REQUEST", "USER_ACCOUNT_ABNORMAL"}
"""Error codes after which no refund of that order will ever be made under our id."""


async def given_back(client: WeChatClient, ask: GiveBackAsk, *, notify_url: str) -> str:
    """
    Ask for a refund (申请退款), or find the one made under this id; return WeChat Pay's number.

    Raises:
        RailUnavailable: No answer to be believed; the money may or may not be on its way.
        OrderRefused: No money moves under this id, now or later.
    """
    values = {
        "out_trade_no": ask.order_id,
        "out_refund_no": ask.refund_id,
        "notify_url": notify_url,
        "amount": {"refund": ask.amount_fen, "total": ask.order_fen, "currency": "CNY"},
    }
    try:
        said = await client.post(REFUNDS, values)
    except Declined as declined:
        report = await refund_status(client, ask.refund_id)
        if report is not None:
            return report.provider_ref or ""
        log.warning("wechat_declined", order_id=ask.refund_id, code=declined.code)
        if declined.code in NEVER:
            raise OrderRefused(FailureReason.DECLINED) from None
        raise RailUnavailable from None
    report = refund_report(said, ask.refund_id)
    if report.amount_fen != ask.amount_fen or report.provider_ref is None:
        raise RailUnavailable
    return report.provider_ref


async def refund_status(client: WeChatClient, refund_id: str) -> OrderReport | None:
    """
    Ask how a refund stands (查询单笔退款); None where there is none under this id.

    Raises:
        RailUnavailable: No answer to be believed.
    """
    try:
        said = await client.get(f"{REFUNDS}/{refund_id}")
    except Declined as declined:
        if declined.code in NOT_THERE:
            return None
        raise RailUnavailable from None
    return refund_report(said, refund_id)
