"""Which facts of the rooms below literacy listens to."""

from typing import Any

from app.foundation.outbox import Fact, LocalEffect
from app.identity.events import SessionFamilyRevoked, SessionWaits
from app.literacy.operations.following import count_missed, follow_loan
from app.literacy.operations.suggesting import (
    suggest_after_decision,
    suggest_after_disbursement,
    suggest_after_missed,
    suggest_at_fraud_signal,
    suggest_before_first_due,
)
from app.origination.events import ApplicationDecided, ApplicationRecalled, LoanDisbursed
from app.servicing.events import InstallmentDueSoon, InstallmentOverdue

LOCAL_EFFECTS: tuple[tuple[type[Fact], str, LocalEffect[Any]], ...] = (
    (ApplicationDecided, "literacy.suggest_after_decision", suggest_after_decision),
    (LoanDisbursed, "literacy.suggest_after_disbursement", suggest_after_disbursement),
    (LoanDisbursed, "literacy.follow_loan", follow_loan),
    (InstallmentDueSoon, "literacy.suggest_before_first_due", suggest_before_first_due),
    (InstallmentOverdue, "literacy.suggest_after_missed", suggest_after_missed),
    (InstallmentOverdue, "literacy.count_missed", count_missed),
    (SessionFamilyRevoked, "literacy.suggest_at_copied_session", suggest_at_fraud_signal),
    (SessionWaits, "literacy.suggest_at_unknown_phone", suggest_at_fraud_signal),
    (ApplicationRecalled, "literacy.suggest_at_shared_marks", suggest_at_fraud_signal),
)
"""Fact, consumer's name for ever, effect."""
