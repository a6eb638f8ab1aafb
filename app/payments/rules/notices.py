"""Notices of the payment rail: their content, their signature, and nothing taken on trust."""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec

from app.payments.ports import FailureReason, RailStatus

SIGNATURE_HEADER = "Qingmiao-Rail-Signature"
TOLERANCE = timedelta(minutes=5)
"""How far a signature's time may be from ours, before or after; an older one is a replay."""

AMOUNT_FEN_MAX = 2**53 - 1
YEARS = range(2020, 2100)
"""When money of ours can have moved; beyond it, dates are hardly more than overflow."""

_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}\Z")]


class RailOrderKind(StrEnum):
    """Which way an order moves money."""

    COLLECTION = "collection"
    DISBURSEMENT = "disbursement"
    DEBIT = "debit"


class NoticeForged(ValueError):
    """The provider did not send the body, or sent it before; the message says why we think so."""


class NoticeMalformed(ValueError):
    """The body is not a notice; the message says where, without quoting it."""


class RailNotice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    One word of the rail about one order; as JSON, the body of a callback.

    `order_id` is ours, `event_id` and `provider_ref` are the rail's. The same event may come any
    number of times, and events of one order in any order.
    """

    event_id: _Name
    kind: RailOrderKind
    order_id: _Name
    provider_ref: _Name
    status: RailStatus
    amount_fen: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_FEN_MAX)]
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    reason: FailureReason | None = None


def parse_notice(body: bytes) -> RailNotice:
    """
    Read a notice from a callback's body.

    Raises:
        NoticeMalformed: It is not UTF-8 JSON with exactly the fields of a notice, each well formed.
    """
    try:
        notice = msgspec.json.decode(body, type=RailNotice)
    except (msgspec.DecodeError, ValueError, RecursionError) as failure:
        raise NoticeMalformed(type(failure).__name__) from None
    if notice.status is RailStatus.UNKNOWN:
        raise NoticeMalformed("status: a rail knows its own order")
    if notice.occurred_at.year not in YEARS:
        raise NoticeMalformed("occurred_at: not in our time")
    return notice


def verify_signature(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """
    Tell whether whoever holds the secret signed exactly this body within five minutes of now.

    The header is `Qingmiao-Rail-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`.
    Takes the same time however much of a signature is right.
    """
    wanted = SIGNATURE_HEADER.lower()
    header = next((value for name, value in headers.items() if name.lower() == wanted), "")
    match = _SIGNATURE.fullmatch(header)
    if match is None:
        return False
    signed_at, given = match.groups()
    is_ours = hmac.compare_digest(_mac(secret, signed_at, body), given)
    return is_ours and abs(now.timestamp() - int(signed_at)) <= TOLERANCE.total_seconds()


def signature_of(secret: str, body: bytes, now: datetime) -> str:
    """Return the header that signs this body now."""
    signed_at = str(int(now.timestamp()))
    return f"t={signed_at},v1={_mac(secret, signed_at, body)}"


def _mac(secret: str, signed_at: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), f"{signed_at}.".encode() + body, "sha256").hex()
