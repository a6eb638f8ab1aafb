"""Money in and out by WeChat Pay: Native orders collect, transfers to wallets pay out."""

import asyncio
import contextlib
import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from app.adapters.wechat_pay.bills import trades_in, transfers_in
from app.adapters.wechat_pay.client import Declined, WeChatClient
from app.adapters.wechat_pay.signing import UnknownSerial, encrypted_name
from app.adapters.wechat_pay.words import FINAL, NOT_THERE, trade_report, transfer_report
from app.foundation.clock import SHANGHAI, local_date
from app.foundation.log import logger
from app.payments.ports import (
    DebitAsk,
    FailureReason,
    OrderAsk,
    OrderRefused,
    OrderReport,
    RailOrder,
    RailStatus,
    RailUnavailable,
    Statement,
    StatementBroken,
    StatementLine,
)

log = logger(__name__)

NATIVE = "/v3/pay/transactions/native"
TRADE = "/v3/pay/transactions/out-trade-no"
TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
NAME_NEEDED_FROM_FEN = 200_000
"""From ¥2,000 on WeChat Pay checks the payee's name and wants it, encrypted."""
BILLS_READY_AT = time(10)
"""Yesterday's bills are made in the morning, by ten o'clock."""
REFRESH_SECONDS = 600
OUT_PREFIXES = ("db", "rf")
"""What our ids of money going out begin with."""


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
        Make a Native order, or find the one made under this id; the link is what a wallet scans.

        Raises:
            RailUnavailable: No answer to be believed; the order may or may not exist.
            OrderRefused: There is and will be no such order.
        """
        values = {
            "appid": self.app_id,
            "mchid": self.client.merchant.mch_id,
            "description": ask.description,
            "out_trade_no": ask.order_id,
            "time_expire": ask.expires_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
            "notify_url": self.notify_url,
            "amount": {"total": ask.amount_fen, "currency": "CNY"},
        }
        try:
            said = await self.client.post(NATIVE, values)
        except Declined as declined:
            await self._refused_or_there(ask.order_id, declined)
            return RailOrder(provider_ref=ask.order_id, pay_link="")
        link = said.get("code_url")
        if not isinstance(link, str) or not link:
            raise RailUnavailable
        return RailOrder(provider_ref=ask.order_id, pay_link=link)

    async def pay_out(self, disbursement_id: str, amount_fen: int, payee_reference: str) -> str:
        """
        Ask for a transfer to a wallet, or find the one made under this id; return its number.

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
            return (await self._refused_or_there(disbursement_id, declined)).provider_ref or ""
        number = said.get("transfer_bill_no")
        if not isinstance(number, str) or said.get("out_bill_no") != disbursement_id:
            raise RailUnavailable
        return number

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

        Raises:
            RailUnavailable: No answer to be believed.
        """
        goes_out = order_id.startswith(OUT_PREFIXES)
        mch_id = self.client.merchant.mch_id
        target = (
            f"{TRANSFERS}/out-bill-no/{order_id}"
            if goes_out
            else f"{TRADE}/{order_id}?mchid={mch_id}"
        )
        try:
            said = await self.client.get(target)
        except Declined as declined:
            if declined.code in NOT_THERE:
                return OrderReport(status=RailStatus.UNKNOWN)
            raise RailUnavailable from None
        return (transfer_report if goes_out else trade_report)(said, order_id)

    async def statement(self, on: date) -> Statement | None:
        """
        Return a day's statement out of its trade bill and its fund flow bill.

        A fund flow names transfers by WeChat Pay's numbers alone, so each is looked up by that.

        Raises:
            RailUnavailable: No answer to be believed.
            StatementBroken: A bill is not what its hash says, or not in a bill's form.
        """
        ready = datetime.combine(on + timedelta(days=1), BILLS_READY_AT, tzinfo=SHANGHAI)
        if self.client.clock.now() < ready or on >= local_date(self.client.clock.now()):
            return None
        trades = await self._bill(f"/v3/bill/tradebill?bill_date={on}&bill_type=ALL")
        flow = await self._bill(f"/v3/bill/fundflowbill?bill_date={on}&account_type=OPERATION")
        if trades is None or flow is None:
            return None
        lines = [*trades_in(trades)] if trades else []
        for number, amount_fen in transfers_in(flow) if flow else ():
            lines.append(await self._transfer_line(number, amount_fen))
        sha256 = hashlib.sha256(trades + b"\n" + flow).hexdigest()
        return Statement(on=on, sha256=sha256, lines=tuple(lines))

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

    async def _bill(self, target: str) -> bytes | None:
        """Fetch a bill; no bytes if nothing happened that day, None while it is being made."""
        try:
            said = await self.client.get(target)
        except Declined as declined:
            if declined.code in {"NO_STATEMENT_EXIST", "NO_BILL_EXIST"}:
                return b""
            if declined.code in {"STATEMENT_CREATING", "BILL_CREATING"}:
                return None
            raise RailUnavailable from None
        url, kind, value = (said.get(name) for name in ("download_url", "hash_type", "hash_value"))
        if not isinstance(url, str) or kind != "SHA1":
            raise RailUnavailable
        bill = await self.client.download(url)
        if hashlib.sha1(bill, usedforsecurity=False).hexdigest() != value:
            raise StatementBroken("the bill is not what its hash says")
        return bill

    async def _transfer_line(self, number: str, amount_fen: int) -> StatementLine:
        try:
            said = await self.client.get(f"{TRANSFERS}/transfer-bill-no/{number}")
        except Declined:
            raise RailUnavailable from None
        report = transfer_report(said, str(said.get("out_bill_no")))
        if report.provider_ref != number or report.amount_fen != amount_fen:
            raise StatementBroken("a transfer is not what the fund flow says")
        return StatementLine(order_id=str(said.get("out_bill_no")), goes_out=True, report=report)
