"""Money in and out by WeChat Pay: orders collect, refunds give back, transfers pay out."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.adapters.wechat_pay.client import Declined, WeChatClient
from app.adapters.wechat_pay.orders import TRADE, close_order, made_order
from app.adapters.wechat_pay.refunds import given_back, refund_status
from app.adapters.wechat_pay.signing import UnknownSerial, encrypted_name
from app.adapters.wechat_pay.statements import TRANSFERS, statement_of
from app.adapters.wechat_pay.words import (
    AWAITS_PAYEE,
    FINAL,
    NOT_THERE,
    trade_report,
    transfer_report,
)
from app.foundation.log import logger
from app.payments.ports import (
    DebitAsk,
    FailureReason,
    GiveBackAsk,
    OrderAsk,
    OrderRefused,
    OrderReport,
    PayOutOrder,
    RailOrder,
    RailStatus,
    RailUnavailable,
    Statement,
)

log = logger(__name__)

NAME_NEEDED_FROM_FEN = 200_000
"""From ¥2,000 on WeChat Pay checks the payee's name and wants it, encrypted."""
REFRESH_SECONDS = 600
REFUND_PREFIX = "rf"
OUT_PREFIXES = ("db", REFUND_PREFIX)
"""What our ids of money going out begin with."""
UNKNOWN = OrderReport(status=RailStatus.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What an approved transfer scene is called, and what it must report of each transfer."""

    scene_id: str
    reports: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatRail:
    """
    WeChat Pay as `CollectionRail`, `DisbursementRail`, `RefundRail` and `StatementSource`.

    Our ids are its merchant order numbers, so asking twice makes one order. A payee is the openid
    of a wallet under our app id, with the owner's name after a blank from ¥2,000 on; bank cards
    cannot be paid this way, nor debited: those orders are refused.
    """

    client: WeChatClient
    app_id: str
    notify_url: str
    scene: Scene

    async def create_order(self, ask: OrderAsk) -> RailOrder:
        """
        Make an order, or find the one made under this id: in the app, or by a link to scan.

        Raises:
            RailUnavailable: No answer to be believed; the order may or may not exist.
            OrderRefused: There is and will be no such order.
        """
        try:
            return await made_order(
                self.client, ask, app_id=self.app_id, notify_url=self.notify_url
            )
        except Declined as declined:
            await self._refused_or_there(ask.order_id, declined)
            return RailOrder(provider_ref=ask.order_id, takes_refunds=True)

    async def close_order(self, order_id: str) -> None:
        """
        Let nobody pay an order any more.

        Raises:
            RailUnavailable: No answer to be believed; it may still be paid.
        """
        await close_order(self.client, order_id)

    async def give_back(self, ask: GiveBackAsk) -> str:
        """
        Ask for a refund, or find the one made under this id; return WeChat Pay's number.

        Raises:
            RailUnavailable: No answer to be believed; the money may or may not be on its way.
            OrderRefused: No money moves under this id, now or later.
        """
        return await given_back(self.client, ask, notify_url=self.notify_url)

    async def pay_out(
        self, disbursement_id: str, amount_fen: int, payee_reference: str
    ) -> PayOutOrder:
        """
        Ask for a transfer to a wallet (发起转账), or find the one made under this id.

        Where the payee has to accept it first, their app calls `wx.requestMerchantTransfer` with
        what is returned (JSAPI 调起用户确认收款); asked again with the same values, WeChat Pay
        names the same order, and what accepts it while it waits.

        Raises:
            RailUnavailable: No answer to be believed; the money may or may not be on its way.
            OrderRefused: No money moves under this id, now or later.
        """
        openid, _, name = payee_reference.partition(" ")
        is_wallet = not openid.isdecimal() and openid.isascii()
        if not is_wallet or (amount_fen >= NAME_NEEDED_FROM_FEN and not name):
            raise OrderRefused(FailureReason.PAYEE_UNREACHABLE)
        values: dict[str, Any] = {
            "appid": self.app_id,
            "out_bill_no": disbursement_id,
            "transfer_scene_id": self.scene.scene_id,
            "openid": openid,
            "transfer_amount": amount_fen,
            "transfer_remark": disbursement_id,
            "notify_url": self.notify_url,
            "transfer_scene_report_infos": [
                {"info_type": kind, "info_content": content} for kind, content in self.scene.reports
            ],
        }
        serial = ""
        if amount_fen >= NAME_NEEDED_FROM_FEN:
            serial, values["user_name"] = await self._encrypted(name)
        try:
            said = await self.client.post(TRANSFERS, values, serial=serial)
        except Declined as declined:
            there = await self._refused_or_there(disbursement_id, declined)
            return PayOutOrder(provider_ref=there.provider_ref or "")
        number, package = said.get("transfer_bill_no"), said.get("package_info")
        if not isinstance(number, str) or said.get("out_bill_no") != disbursement_id:
            raise RailUnavailable
        if said.get("state") != AWAITS_PAYEE or not isinstance(package, str):
            return PayOutOrder(provider_ref=number)
        accept = {"mchId": self.client.merchant.mch_id, "appId": self.app_id, "package": package}
        return PayOutOrder(provider_ref=number, accept_in_app=accept)

    async def debit(self, ask: DebitAsk) -> str:
        """
        Take no debit: WeChat Pay's mandates are another product, with other consents.

        Raises:
            OrderRefused: Always.
        """
        log.warning("wechat_takes_no_debits", order_id=ask.debit_id)
        raise OrderRefused(FailureReason.DECLINED)

    async def order_status(self, order_id: str) -> OrderReport:
        """
        Ask how an order stands, money in or out, as its id tells.

        What is held goes back by a refund or by a transfer, under ids of one kind: both are asked.

        Raises:
            RailUnavailable: No answer to be believed.
        """
        if not order_id.startswith(OUT_PREFIXES):
            target = f"{TRADE}/{order_id}?mchid={self.client.merchant.mch_id}"
            said = await self._asked(target)
            return UNKNOWN if said is None else trade_report(said, order_id)
        if order_id.startswith(REFUND_PREFIX):
            refund = await refund_status(self.client, order_id)
            if refund is not None:
                return refund
        said = await self._asked(f"{TRANSFERS}/out-bill-no/{order_id}")
        return UNKNOWN if said is None else transfer_report(said, order_id)

    async def statement(self, on: date) -> Statement | None:
        """
        Return a day's statement out of its bills; None while they are being made.

        Raises:
            RailUnavailable: No answer to be believed.
            StatementBroken: A bill is not what its hash says, or not in a bill's form.
        """
        return await statement_of(self.client, on)

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the platform certificates fresh until told to stop."""
        try:
            while not stop.is_set():
                with contextlib.suppress(RailUnavailable):
                    await self.client.refresh()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), REFRESH_SECONDS)
        finally:
            await self.client.http.aclose()

    async def _encrypted(self, name: str) -> tuple[str, str]:
        await self.client.refresh()
        try:
            serial, key = self.client.keys.newest(self.client.clock.now())
        except UnknownSerial:
            raise RailUnavailable from None
        return serial, encrypted_name(key, name)

    async def _refused_or_there(self, order_id: str, declined: Declined) -> OrderReport:
        """
        Find out what a no means: the order is there already, or never will be, or nobody knows.

        Raises:
            RailUnavailable: It may still be made.
            OrderRefused: It is not there and never will be.
        """
        report = await self.order_status(order_id)
        if report.status is not RailStatus.UNKNOWN:
            return report
        log.warning("wechat_declined", order_id=order_id, code=declined.code)
        if declined.code in FINAL:
            raise OrderRefused(FailureReason.DECLINED)
        raise RailUnavailable

    async def _asked(self, target: str) -> dict[str, Any] | None:
        """Ask about an order; None where there is none."""
        try:
            return await self.client.get(target)
        except Declined as declined:
            if declined.code in NOT_THERE:
                return None
            raise RailUnavailable from None
