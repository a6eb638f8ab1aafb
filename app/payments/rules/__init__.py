"""The values and decisions of payments; pure."""

from app.payments.rules.notices import (
    SIGNATURE_HEADER,
    NoticeMalformed,
    RailNotice,
    RailOrderKind,
    parse_notice,
    signature_of,
    verify_signature,
)
from app.payments.rules.states import (
    AWAITED,
    FIRST_POLL_AFTER,
    LIFETIME,
    PAYING_TIME,
    STEPS,
    RepaymentStatus,
    ReversalReason,
    keeps_quoted_price,
    received_on,
    step,
    step_of_reversal,
    step_on_word,
)

__all__ = [
    "AWAITED",
    "FIRST_POLL_AFTER",
    "LIFETIME",
    "PAYING_TIME",
    "SIGNATURE_HEADER",
    "STEPS",
    "NoticeMalformed",
    "RailNotice",
    "RailOrderKind",
    "RepaymentStatus",
    "ReversalReason",
    "keeps_quoted_price",
    "parse_notice",
    "received_on",
    "signature_of",
    "step",
    "step_of_reversal",
    "step_on_word",
    "verify_signature",
]
