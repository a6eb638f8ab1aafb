"""Another lender's word on a hand-over: a signed callback, and nothing in it taken on trust."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec

from app.origination.ports import LenderAnswer
from app.payments.rules.notices import SIGNATURE_HEADER, signature_of, verify_signature

LENDER_HEADER = "Qingmiao-Lender-Signature"
_Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}\Z")]
_Reason = Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Z0-9_]{0,31}\Z")]


class LenderWord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One word of a lender about one hand-over; as JSON, the body of a callback."""

    event_id: _Name
    handover_id: _Name
    answer: LenderAnswer
    reason: _Reason | None = None


def parse_word(body: bytes) -> LenderWord:
    """
    Read a lender's word from a callback's body.

    Raises:
        ValueError: It is not UTF-8 JSON with exactly the fields of one, each well formed.
    """
    try:
        return msgspec.json.decode(body, type=LenderWord)
    except (msgspec.DecodeError, ValueError, RecursionError) as failure:
        raise ValueError(type(failure).__name__) from None


def lender_secret(root: str, partner_code: str) -> str:
    """Return the secret shared with one lender, so that none can speak for another."""
    return hmac.digest(root.encode(), f"lender:{partner_code}".encode(), "sha256").hex()


def sign_word(secret: str, body: bytes, now: datetime) -> str:
    """Return the header that signs this body now, as the payment rail's does."""
    return signature_of(secret, body, now)


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Tell whether whoever holds the secret signed exactly this body within five minutes of now."""
    wanted = LENDER_HEADER.lower()
    given = next((value for name, value in headers.items() if name.lower() == wanted), "")
    return verify_signature(secret, {SIGNATURE_HEADER: given}, body, now)
