"""Orders by which borrowers pay: made for a wallet that scans or for the app itself, and closed."""

from typing import Any

from app.adapters.wechat_pay.client import Declined, WeChatClient
from app.adapters.wechat_pay.words import NOT_THERE
from app.foundation.clock import SHANGHAI
from app.payments.ports import OrderAsk, RailOrder, RailUnavailable

NATIVE = "/v3/pay/transactions/native"
JSAPI = "/v3/pay/transactions/jsapi"
TRADE = "/v3/pay/transactions/out-trade-no"
SIGN_TYPE = "RSA"
OVER = NOT_THERE | {"ORDER_CLOSED", "ORDERCLOSED", "ORDERPAID", "ORDER_PAID"}
"""Error codes of closing after which nobody can pay any more: asking tells how it ended."""


async def made_order(
    client: WeChatClient, ask: OrderAsk, *, app_id: str, notify_url: str
) -> RailOrder:
    """
    Make an order, or find the one made under this id.

    Whose wallet is known pays in the mini-program (小程序下单); for others there is a link that any
    wallet scans (Native 下单).

    Raises:
        RailUnavailable: No answer to be believed; the order may or may not exist.
        Declined: A signed no.
    """
    values: dict[str, Any] = {
        "appid": app_id,
        "mchid": client.merchant.mch_id,
        "description": ask.description,
        "out_trade_no": ask.order_id,
        "time_expire": ask.expires_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "notify_url": notify_url,
        "amount": {"total": ask.amount_fen, "currency": "CNY"},
    }
    if ask.wallet is None:
        link = _text(await client.post(NATIVE, values), "code_url")
        return RailOrder(provider_ref=ask.order_id, pay_link=link, takes_refunds=True)
    values["payer"] = {"openid": ask.wallet}
    prepay_id = _text(await client.post(JSAPI, values), "prepay_id")
    return RailOrder(
        provider_ref=ask.order_id,
        pay_in_app=pay_request(client, app_id, prepay_id),
        takes_refunds=True,
    )


def pay_request(client: WeChatClient, app_id: str, prepay_id: str) -> dict[str, str]:
    """Return what `wx.requestPayment` is called with, signed by us (小程序调起支付)."""
    at, nonce = str(int(client.clock.now().timestamp())), client.entropy(16).hex()
    package = f"prepay_id={prepay_id}"
    return {
        "timeStamp": at,
        "nonceStr": nonce,
        "package": package,
        "signType": SIGN_TYPE,
        "paySign": client.merchant.signature(f"{app_id}\n{at}\n{nonce}\n{package}\n".encode()),
    }


async def close_order(client: WeChatClient, order_id: str) -> None:
    """
    Let nobody pay an order any more (关闭订单); one paid, closed or never made is left as it is.

    Raises:
        RailUnavailable: No answer to be believed; it may still be paid.
    """
    try:
        await client.post(f"{TRADE}/{order_id}/close", {"mchid": client.merchant.mch_id})
    except Declined as declined:
        if declined.code not in OVER:
            raise RailUnavailable from None


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise RailUnavailable
    return value
