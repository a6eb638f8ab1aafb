"""Receipts as carriers of our own form post them: signed, fresh, and many in one body."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from app.messaging.ports import Answer, Receipt

SIGNATURE_HEADER = "Message-Signature"
FRESH = timedelta(minutes=5)
RECEIPTS_MAX = 100
_SHAPE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_REPORTED = {Answer.ACCEPTED, Answer.DELIVERED, Answer.UNDELIVERED}


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    request_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z]{4,32}\.[1-9][0-9]{0,5}\Z")]
    answer: Answer
    provider_ref: Annotated[str, msgspec.Meta(max_length=80)] = ""
    why: Annotated[str, msgspec.Meta(max_length=80)] = ""


def signature_of(secret: str, body: bytes, now: datetime) -> str:
    """Return the header that signs a body at a moment."""
    moment = str(int(now.timestamp()))
    return f"t={moment},v1={_mac(secret, moment, body)}"


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Tell whether whoever knows the secret signed a body within five minutes of now."""
    found = _SHAPE.fullmatch(headers.get(SIGNATURE_HEADER, ""))
    if not secret or found is None:
        return False
    moment, mac = found.groups()
    is_fresh = abs(now.timestamp() - int(moment)) <= FRESH.total_seconds()
    return hmac.compare_digest(mac, _mac(secret, moment, body)) and is_fresh


def parse_receipts(body: bytes) -> list[Receipt]:
    """
    Read a batch of receipts.

    Raises:
        ValueError: It is no list of at most a hundred, or one of them says nothing we know.
    """
    said = msgspec.json.decode(body, type=list[_Said])
    if len(said) > RECEIPTS_MAX or any(one.answer not in _REPORTED for one in said):
        raise ValueError("no batch of receipts")
    return [
        Receipt(
            request_id=one.request_id,
            answer=one.answer,
            provider_ref=one.provider_ref,
            why=one.why,
        )
        for one in said
    ]


class _Reported(msgspec.Struct, frozen=True):
    out_id: Annotated[str, msgspec.Meta(max_length=64)] = ""


def parse_status_reports(body: bytes) -> list[str]:
    """
    Read whom Aliyun's status reports are about, by our own ids; each id once.

    Source: SmsReport (help.aliyun.com): a JSON array whose `out_id` is what the call had as OutId.

    Raises:
        ValueError: It is no list of at most a hundred reports.
    """
    said = msgspec.json.decode(body, type=list[_Reported])
    if len(said) > RECEIPTS_MAX:
        raise ValueError("no batch of reports")
    return list(dict.fromkeys(one.out_id for one in said if one.out_id))


def _mac(secret: str, moment: str, body: bytes) -> str:
    return hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
