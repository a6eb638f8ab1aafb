"""Which facts move mandates."""

from typing import Any

from app.foundation.outbox import Fact, LocalEffect
from app.payments.events import RepaymentFailed, RepaymentTaken
from app.payments.operations.mandates.following import follow_failed, follow_taken
from app.payments.operations.mandates.planning import announce_debit, end_mandate, plan_debit
from app.servicing.events import InstallmentDueSoon, InstallmentDueToday, LoanPaidOff

MANDATE_EFFECTS: tuple[tuple[type[Fact], str, LocalEffect[Any]], ...] = (
    (InstallmentDueSoon, "payments.announce_debit", announce_debit),
    (InstallmentDueToday, "payments.plan_debit", plan_debit),
    (LoanPaidOff, "payments.end_mandate", end_mandate),
    (RepaymentTaken, "payments.follow_taken", follow_taken),
    (RepaymentFailed, "payments.follow_failed", follow_failed),
)
"""Fact, consumer's name, effect: so debits cost nothing on days when no loan of theirs is due."""
