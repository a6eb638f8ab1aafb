"""Servicing's pure part: its values, and what a loan's row keeps of terms and events."""

from app.loanmath.life import LoanStatus
from app.servicing.rules.early import (
    EarlyEffect,
    closing_day,
    early_effect,
    early_fen_of,
    interest_saved_fen,
)
from app.servicing.rules.happenings import DueNotice, Notice, notices
from app.servicing.rules.position import (
    Position,
    entries_between,
    moved_by,
    position_from_json,
    position_of,
)
from app.servicing.rules.projection import CLOSED, Figures, Projection, Signed, project
from app.servicing.rules.reductions import (
    ReductionLine,
    account_of,
    agreed_events,
)
from app.servicing.rules.values import (
    INTEREST_CHARGE,
    OWN_BOOK,
    PENALTY_CHARGE,
    AgreedReduction,
    AllocationLine,
    DayReport,
    Funder,
    LoanRef,
    LoanSummary,
    OpenLoan,
    PaymentOutcome,
    PaymentPreview,
    PlanLine,
    ProjectionCheck,
    ReversalReason,
    TimelineEntry,
)

__all__ = [
    "CLOSED",
    "INTEREST_CHARGE",
    "OWN_BOOK",
    "PENALTY_CHARGE",
    "AgreedReduction",
    "AllocationLine",
    "DayReport",
    "DueNotice",
    "EarlyEffect",
    "Figures",
    "Funder",
    "LoanRef",
    "LoanStatus",
    "LoanSummary",
    "Notice",
    "OpenLoan",
    "PaymentOutcome",
    "PaymentPreview",
    "PlanLine",
    "Position",
    "Projection",
    "ProjectionCheck",
    "ReductionLine",
    "ReversalReason",
    "Signed",
    "TimelineEntry",
    "account_of",
    "agreed_events",
    "closing_day",
    "early_effect",
    "early_fen_of",
    "entries_between",
    "interest_saved_fen",
    "moved_by",
    "notices",
    "position_from_json",
    "position_of",
    "project",
]
