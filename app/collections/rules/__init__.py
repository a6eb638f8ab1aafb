"""Collections' values and decisions; nothing here touches a database or a clock."""

from app.collections.rules.cases import (
    OVER,
    Case,
    CaseState,
    CaseStep,
    NextStep,
    OfferedBy,
    Stage,
    check_stage,
    has_step,
    next_state,
)
from app.collections.rules.holds import BY_STAFF, NEEDS_ANOTHER, Hold, HoldReason, place_of

__all__ = [
    "BY_STAFF",
    "NEEDS_ANOTHER",
    "OVER",
    "Case",
    "CaseState",
    "CaseStep",
    "Hold",
    "HoldReason",
    "NextStep",
    "OfferedBy",
    "Stage",
    "check_stage",
    "has_step",
    "next_state",
    "place_of",
]
