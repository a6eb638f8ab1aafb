"""WeChat Pay's notices as the rail's notices: signed, fresh, never sent before, decrypted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from app.adapters.wechat_pay.client import WeChatClient
from app.adapters.wechat_pay.signing import ForgedMessage, SignedHeaders, opened
from app.adapters.wechat_pay.words import trade_report, transfer_report
from app.payments.ports import OrderReport, RailUnavailable
from app.payments.rules import NoticeForged, NoticeMalformed, RailNotice, RailOrderKind

PAID = "TRANSACTION.SUCCESS"
TRANSFERRED = "MCHTRANSFER.BILL.FINISHED"


class _Envelope(msgspec.Struct):
    id: str
    event_type: str
    resource: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatNotices:
    """Reads what WeChat Pay posts to our callback address."""

    client: WeChatClient
    app_id: str

    async def read(self, headers: Mapping[str, str], body: bytes) -> RailNotice | None:
        """
        Read one notice; None for events that are none of ours, which need no second try.

        Raises:
            NoticeForged: WeChat Pay did not sign it within five minutes of now, or sent it before.
            NoticeMalformed: It did, and it says nothing we can read.
        """
        try:
            signed = SignedHeaders.of(headers)
            await self.client.believe(signed, body, is_notice=True)
            envelope = msgspec.json.decode(body, type=_Envelope)
            if envelope.event_type not in {PAID, TRANSFERRED}:
                return None
            plain = opened(envelope.resource, self.client.keys.api_v3_key)
            said = msgspec.json.decode(plain, type=dict[str, Any])
        except ForgedMessage as forged:
            raise NoticeForged(str(forged)) from None
        except msgspec.DecodeError as failure:
            raise NoticeMalformed(type(failure).__name__) from None
        return self._notice(envelope, said)

    def _notice(self, envelope: _Envelope, said: dict[str, Any]) -> RailNotice:
        is_paid = envelope.event_type == PAID
        order_id = str(said.get("out_trade_no" if is_paid else "out_bill_no"))
        mch_id = said.get("mchid" if is_paid else "mch_id")
        if mch_id != self.client.merchant.mch_id or said.get("appid", self.app_id) != self.app_id:
            raise NoticeMalformed("another merchant's")
        try:
            report = (trade_report if is_paid else transfer_report)(said, order_id)
        except RailUnavailable:
            raise NoticeMalformed("a state we do not know") from None
        kind = RailOrderKind.COLLECTION if is_paid else RailOrderKind.DISBURSEMENT
        return self._checked(envelope.id, kind, order_id, report)

    def _checked(
        self, event_id: str, kind: RailOrderKind, order_id: str, report: OrderReport
    ) -> RailNotice:
        values = {
            "event_id": event_id,
            "kind": kind.value,
            "order_id": order_id,
            "provider_ref": report.provider_ref,
            "status": report.status.value,
            "amount_fen": report.amount_fen,
            "occurred_at": report.settled_at or self.client.clock.now(),
            "reason": None if report.reason is None else report.reason.value,
        }
        try:
            return msgspec.convert(values, RailNotice)
        except msgspec.ValidationError as failure:
            raise NoticeMalformed(str(failure)) from None
