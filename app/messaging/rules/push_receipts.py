"""
Receipts as phone makers post them.

Huawei signs a header (developer.huawei.com, "消息回执" and "（可选）开发消息回执", HMS Core and
HarmonyOS). Xiaomi signs nothing (dev.mi.com, document 1558, "消息回执"), but gives back a parameter
of ours with each: so we sign that.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl

import msgspec

from app.messaging.ports import Answer, Receipt
from app.messaging.rules.receipts import FRESH

HUAWEI_HEADER = "X-HUAWEI-CALLBACK-ID"
RECEIPTS_MAX = 1_000
"""In one body: what Huawei's older page says; its newer one says 100, Xiaomi's none."""
_FIELDS_MAX = 8
_MAC_SIGNS = 32
_STAMP = re.compile(
    r"timestamp=([0-9]{10}|[0-9]{13}); *nonce=([0-9A-Za-z-]{1,64}); *value=([0-9A-Za-z+/=]{1,88})"
)
_SECONDS_DIGITS = 10
_REFERENCE = re.compile(r"[!-~]{1,80}")
_REQUEST = re.compile(r"[0-9a-z]{4,32}\.[1-9][0-9]{0,5}")

HUAWEI_ARRIVED = 0
HUAWEI_GONE = frozenset({2, 5})
"""The app was removed, or has another token since."""
XIAOMI_ARRIVED = frozenset({1, 2})
"""It arrived, or was opened."""
XIAOMI_GONE = 16
"""The target is none any more."""
XIAOMI_ASKED_FOR = 1 + 16 + 32 + 64 + 128
"""`callback.type`: arrived, none there, switched off, not the right device, too many that day."""


class _Delivery(msgspec.Struct, frozen=True):
    result: int


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    bi_tag: str | None = None
    request_id: str | None = None
    status: int | None = None
    """Of version 1."""
    delivery_status: _Delivery | None = None
    """Of version 2."""


class _Statuses(msgspec.Struct, frozen=True):
    statuses: Annotated[list[_Status], msgspec.Meta(max_length=RECEIPTS_MAX)]


class _Told(msgspec.Struct, frozen=True):
    type: int
    param: str = ""


def huawei_nonce(said: str, *, name: str, key: str, now: datetime) -> str | None:
    """
    Return the nonce of a header that whoever knows the key signed within five minutes of now.

    What is signed is moment, nonce and our name there, not the body: a nonce is good for one body.
    """
    found = _STAMP.fullmatch(said.strip())
    if found is None or not name or not key:
        return None
    moment, nonce, value = found.groups()
    seconds = int(moment[:_SECONDS_DIGITS])  # in milliseconds, or in seconds on older pages
    is_fresh = abs(now.timestamp() - seconds) <= FRESH.total_seconds()
    signed = f"{moment}{nonce}{name}"
    is_theirs = any(hmac.compare_digest(value, huawei_value(one, signed)) for one in _keys(key))
    return nonce if is_theirs and is_fresh else None


def huawei_value(key: bytes, signed: str) -> str:
    """Return the signature of what is signed."""
    return base64.b64encode(hmac.digest(key, signed.encode(), hashlib.sha256)).decode()


def parse_huawei(body: bytes) -> list[Receipt]:
    """
    Read a batch of either version; what is not about a message of ours is left out.

    Raises:
        ValueError: It is no batch.
    """
    said = msgspec.json.decode(body, type=_Statuses)
    receipts: list[Receipt] = []
    for one in said.statuses:
        result = one.status if one.delivery_status is None else one.delivery_status.result
        request = one.bi_tag or ""
        if result is not None and _REQUEST.fullmatch(request):
            arrived = result == HUAWEI_ARRIVED
            receipt = Receipt(
                request_id=request,
                answer=Answer.DELIVERED if arrived else Answer.UNDELIVERED,
                provider_ref=_reference(one.request_id or ""),
                why="" if arrived else f"HUAWEI_{result}"[:80],
                is_address_gone=result in HUAWEI_GONE,
            )
            receipts.append(receipt)
    return receipts


def xiaomi_param(secret: str, request_id: str) -> str:
    """
    Return what goes along with a message and comes back with its receipts; at most 64 bytes.

    Whoever knows it is Xiaomi, or the phone that the message has reached.
    """
    signed = f"receipt of {request_id}".encode()
    mac = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()[:_MAC_SIGNS]
    return f"{request_id}.{mac}"


def parse_xiaomi(body: bytes, secret: str) -> list[Receipt]:
    """
    Read a batch, a form whose `data` is JSON; what does not carry our signature is left out.

    Raises:
        ValueError: It is no batch.
    """
    form = dict(parse_qsl(body.decode(), max_num_fields=_FIELDS_MAX))
    told: Mapping[str, _Told] = msgspec.json.decode(form.get("data", ""), type=dict[str, _Told])
    if len(told) > RECEIPTS_MAX:
        raise ValueError("no batch of receipts")
    receipts: list[Receipt] = []
    for reference, one in told.items():
        request, _, _ = one.param.rpartition(".")
        is_ours = _REQUEST.fullmatch(request) is not None
        if is_ours and hmac.compare_digest(
            one.param.encode(), xiaomi_param(secret, request).encode()
        ):
            arrived = one.type in XIAOMI_ARRIVED
            receipt = Receipt(
                request_id=request,
                answer=Answer.DELIVERED if arrived else Answer.UNDELIVERED,
                provider_ref=_reference(reference),
                why="" if arrived else f"XIAOMI_{one.type}"[:80],
                is_address_gone=one.type == XIAOMI_GONE,
            )
            receipts.append(receipt)
    return receipts


def _reference(given: str) -> str:
    """Return their own id, where it can be kept."""
    return given if _REFERENCE.fullmatch(given) else ""


def _keys(given: str) -> list[bytes]:
    """Return the keys a given one may mean: its own bytes of old, what its base64 says since."""
    try:
        return [given.encode(), base64.b64decode(given, validate=True)]
    except (binascii.Error, ValueError):
        return [given.encode()]
