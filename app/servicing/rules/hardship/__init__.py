"""Hardship: arrangements that make paying easier, worked out before anything is changed."""

from app.servicing.rules.hardship.options import (
    KIND_SHOWN_MAX,
    TOKEN_LENGTH,
    Situation,
    events_of_relief,
    option_of,
    options,
    token_of,
    work_out,
)
from app.servicing.rules.hardship.requests import (
    HardshipRequest,
    HardshipState,
    RequestHardship,
)
from app.servicing.rules.hardship.shortfall import shortfall
from app.servicing.rules.hardship.values import (
    HardshipPolicy,
    Option,
    Relief,
    ReliefKind,
    StaffReason,
    Wish,
)

__all__ = [
    "KIND_SHOWN_MAX",
    "TOKEN_LENGTH",
    "HardshipPolicy",
    "HardshipRequest",
    "HardshipState",
    "Option",
    "Relief",
    "ReliefKind",
    "RequestHardship",
    "Situation",
    "StaffReason",
    "Wish",
    "events_of_relief",
    "option_of",
    "options",
    "shortfall",
    "token_of",
    "work_out",
]
