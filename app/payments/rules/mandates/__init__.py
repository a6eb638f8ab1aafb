"""Auto-debit mandates: what a borrower agrees to, and what may be taken, when and how often."""

from app.payments.rules.mandates.explaining import bound_explained, debit_explained
from app.payments.rules.mandates.states import (
    DEBIT_STEPS,
    DEBITED,
    LIVE,
    MANDATE_STEPS,
    OURS,
    DebitStatus,
    MandateStatus,
    NotSent,
    mandate_step,
)
from app.payments.rules.mandates.terms import (
    CAP_FEN_MIN,
    FLOOR_FEN_MAX,
    Caps,
    DebitPolicy,
    attempt_key,
    check_caps,
    first_moment,
)
from app.payments.rules.mandates.values import (
    AttemptView,
    ConsentView,
    MandateView,
    NextDebit,
)
from app.payments.rules.mandates.words import (
    TEXT_SINCE,
    TEXT_VERSION,
    MandateText,
    agreed_text,
    mandate_text,
)

__all__ = [
    "CAP_FEN_MIN",
    "DEBITED",
    "DEBIT_STEPS",
    "FLOOR_FEN_MAX",
    "LIVE",
    "MANDATE_STEPS",
    "OURS",
    "TEXT_SINCE",
    "TEXT_VERSION",
    "AttemptView",
    "Caps",
    "ConsentView",
    "DebitPolicy",
    "DebitStatus",
    "MandateStatus",
    "MandateText",
    "MandateView",
    "NextDebit",
    "NotSent",
    "agreed_text",
    "attempt_key",
    "bound_explained",
    "check_caps",
    "debit_explained",
    "first_moment",
    "mandate_step",
    "mandate_text",
]
