"""WeChat Pay's words in ours: states, reasons, moments; what we do not know is never guessed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.payments.ports import FailureReason, OrderReport, RailStatus, RailUnavailable
from app.payments.rules.notices import YEARS

TRADE_STATES: Mapping[str, tuple[RailStatus, FailureReason | None]] = {
    "SUCCESS": (RailStatus.SUCCEEDED, None),
    # The money came; what went back afterwards is an order of its own.
    "REFUND": (RailStatus.SUCCEEDED, None),
    "NOTPAY": (RailStatus.PENDING, None),
    "USERPAYING": (RailStatus.PENDING, None),
    "ACCEPT": (RailStatus.PENDING, None),
    "CLOSED": (RailStatus.FAILED, FailureReason.EXPIRED),
    "REVOKED": (RailStatus.FAILED, FailureReason.EXPIRED),
    "PAYERROR": (RailStatus.FAILED, FailureReason.DECLINED),
}
"""`trade_state` of an order that collects money."""

TRANSFER_STATES: Mapping[str, RailStatus] = {
    "ACCEPTED": RailStatus.PENDING,
    "PROCESSING": RailStatus.PENDING,
    "WAIT_USER_CONFIRM": RailStatus.PENDING,
    "TRANSFERING": RailStatus.PENDING,
    "CANCELING": RailStatus.PENDING,
    "SUCCESS": RailStatus.SUCCEEDED,
    "FAIL": RailStatus.FAILED,
    "CANCELLED": RailStatus.FAILED,
}
"""`state` of a transfer bill."""

REFUND_STATES: Mapping[str, RailStatus] = {
    "SUCCESS": RailStatus.SUCCEEDED,
    "PROCESSING": RailStatus.PENDING,
    # The payer's bank did not take it. The merchant sends it elsewhere by hand (发起异常退款), so
    # it may still be paid: calling it failed would let the money go out a second time.
    "ABNORMAL": RailStatus.PENDING,
    "CLOSED": RailStatus.FAILED,
}
"""`status` of a refund when asked, `refund_status` in a notice (查询单笔退款, 退款结果通知)."""

AWAITS_PAYEE = "WAIT_USER_CONFIRM"

_UNREACHABLE = frozenset(
    {
        "ACCOUNT_FROZEN",
        "ACCOUNT_NOT_EXIST",
        "OPENID_INVALID",
        "PAYEE_ACCOUNT_ABNORMAL",
        "REALNAME_ACCOUNT_RECEIVED_QUOTA_EXCEED",
        "REAL_NAME_CHECK_FAIL",
        "RECEIVE_ACCOUNT_NOT_CONFIGURE",
        "RECEIVE_ACCOUNT_NOT_PERMMIT",
    }
)
_ANOTHERS = frozenset({"NAME_NOT_CORRECT"})
_EXPIRED = frozenset({"OVERDUE_CLOSE"})

NOT_THERE = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST", "NOT_FOUND", "RESOURCE_NOT_EXISTS"})
"""Error codes that say: no such order."""
FINAL = frozenset({"APPID_MCHID_NOT_MATCH", "INVALID_REQUEST", "PARAM_ERROR", "RULE_LIMIT"})
"""Error codes after which the same request is refused again: with no order there, there will be
none. Everything else, such as too little money in the merchant's account, may pass."""


def trade_report(said: Mapping[str, Any], order_id: str) -> OrderReport:
    """
    Read a collecting order; its reference is our own number, known before anybody pays.

    Raises:
        RailUnavailable: It is in a state, currency or form we do not know.
    """
    state = TRADE_STATES.get(str(said.get("trade_state")))
    if state is None or said.get("out_trade_no") != order_id:
        raise RailUnavailable
    total = _fen(said, "total")
    if state[0] is RailStatus.SUCCEEDED and total is None:
        raise RailUnavailable
    return OrderReport(
        status=state[0],
        provider_ref=order_id,
        amount_fen=total,
        reason=state[1],
        settled_at=_moment(said.get("success_time")),
    )


def transfer_report(said: Mapping[str, Any], order_id: str) -> OrderReport:
    """
    Read a transfer bill.

    Raises:
        RailUnavailable: It is in a state or form we do not know.
    """
    status = TRANSFER_STATES.get(str(said.get("state")))
    amount, ref = said.get("transfer_amount"), said.get("transfer_bill_no")
    is_whole = type(amount) is int and isinstance(ref, str)
    if status is None or said.get("out_bill_no") != order_id or not is_whole:
        raise RailUnavailable
    is_settled = status is not RailStatus.PENDING
    return OrderReport(
        status=status,
        provider_ref=ref,
        amount_fen=amount,
        reason=reason_of(said.get("fail_reason")) if status is RailStatus.FAILED else None,
        settled_at=_moment(said.get("update_time")) if is_settled else None,
        awaits_payee=said.get("state") == AWAITS_PAYEE,
    )


def refund_report(said: Mapping[str, Any], refund_id: str) -> OrderReport:
    """
    Read a refund of a collected order, as an answer or as a notice has it.

    Raises:
        RailUnavailable: It is in a state, currency or form we do not know.
    """
    status = REFUND_STATES.get(str(said.get("status", said.get("refund_status"))))
    fen, ref = _fen(said, "refund"), said.get("refund_id")
    is_ours = said.get("out_refund_no") == refund_id
    if status is None or fen is None or not isinstance(ref, str) or not is_ours:
        raise RailUnavailable
    return OrderReport(
        status=status,
        provider_ref=ref,
        amount_fen=fen,
        reason=FailureReason.DECLINED if status is RailStatus.FAILED else None,
        settled_at=_moment(said.get("success_time")),
    )


def reason_of(fail_reason: object) -> FailureReason:
    """Return why a transfer failed, in our words."""
    if not isinstance(fail_reason, str):
        return FailureReason.UNSTATED
    if fail_reason in _UNREACHABLE:
        return FailureReason.PAYEE_UNREACHABLE
    if fail_reason in _ANOTHERS:
        return FailureReason.NAME_MISMATCH
    if fail_reason in _EXPIRED:
        return FailureReason.EXPIRED
    return FailureReason.DECLINED if fail_reason else FailureReason.UNSTATED


def _fen(said: Mapping[str, Any], name: str) -> int | None:
    """Return one of an order's amounts; None where there is none in whole fen of yuan."""
    amount = said.get("amount")
    if not isinstance(amount, dict) or amount.get("currency", "CNY") != "CNY":
        return None
    fen: object = amount.get(name)
    return fen if type(fen) is int else None


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RailUnavailable from None
    if moment.tzinfo is None or moment.year not in YEARS:
        raise RailUnavailable
    return moment
