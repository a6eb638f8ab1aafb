"""WeChat Pay's notices as the rail's notices: signed, fresh, never sent before, decrypted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from app.adapters.wechat_pay.client import WeChatClient
from app.adapters.wechat_pay.reading import Unreadable, read_json
from app.adapters.wechat_pay.signing import ForgedMessage, SignedHeaders, opened
from app.adapters.wechat_pay.words import refund_report, trade_report, transfer_report
from app.payments.ports import OrderReport, RailUnavailable
from app.payments.rules import NoticeForged, NoticeMalformed, RailNotice, RailOrderKind

PAID = "TRANSACTION.SUCCESS"
TRANSFERRED = "MCHTRANSFER.BILL.FINISHED"
REFUNDED = frozenset({"REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"})


@dataclass(frozen=True, slots=True)
class _Kind:
    """Where a kind of notice has our id and the merchant, and how it is read."""

    order_id: str
    mch_id: str
    kind: RailOrderKind
    report: Callable[[Mapping[str, Any], str], OrderReport]


_COLLECTED = _Kind("out_trade_no", "mchid", RailOrderKind.COLLECTION, trade_report)
_PAID_OUT = _Kind("out_bill_no", "mch_id", RailOrderKind.DISBURSEMENT, transfer_report)
_GIVEN_BACK = _Kind("out_refund_no", "mchid", RailOrderKind.DISBURSEMENT, refund_report)
_KINDS: Mapping[str, _Kind] = {
    PAID: _COLLECTED,
    TRANSFERRED: _PAID_OUT,
    **dict.fromkeys(REFUNDED, _GIVEN_BACK),
}


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
            envelope = read_json(body, _Envelope)
            kind = _KINDS.get(envelope.event_type)
            if kind is None:
                return None
            plain = opened(envelope.resource, self.client.keys.api_v3_key)
            said = read_json(plain, dict[str, Any])
        except ForgedMessage as forged:
            raise NoticeForged(str(forged)) from None
        except Unreadable as failure:
            raise NoticeMalformed(str(failure)) from None
        return self._notice(envelope.id, kind, said)

    def _notice(self, event_id: str, kind: _Kind, said: dict[str, Any]) -> RailNotice:
        order_id = str(said.get(kind.order_id))
        is_ours = said.get(kind.mch_id) == self.client.merchant.mch_id
        if not is_ours or said.get("appid", self.app_id) != self.app_id:
            raise NoticeMalformed("another merchant's")
        try:
            report = kind.report(said, order_id)
        except RailUnavailable:
            raise NoticeMalformed("a state we do not know") from None
        return self._checked(event_id, kind.kind, order_id, report)

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
