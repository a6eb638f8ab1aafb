"""Auto-debit mandates: agreed to by the borrower, planned by due dates, sent to the rail."""

from app.payments.operations.mandates.agreeing import (
    BeginAutoDebit,
    ChangeAutoDebit,
    RevokeAutoDebit,
    SetUpAutoDebit,
    begin_auto_debit,
    change_auto_debit,
    revoke_auto_debit,
    set_up_auto_debit,
)
from app.payments.operations.mandates.following import follow_failed, follow_taken
from app.payments.operations.mandates.planning import (
    announce_debit,
    end_mandate,
    plan_debit,
)
from app.payments.operations.mandates.sending import poll_debits, start_debits
from app.payments.operations.mandates.wiring import MANDATE_EFFECTS

__all__ = [
    "MANDATE_EFFECTS",
    "BeginAutoDebit",
    "ChangeAutoDebit",
    "RevokeAutoDebit",
    "SetUpAutoDebit",
    "announce_debit",
    "begin_auto_debit",
    "change_auto_debit",
    "end_mandate",
    "follow_failed",
    "follow_taken",
    "plan_debit",
    "poll_debits",
    "revoke_auto_debit",
    "set_up_auto_debit",
    "start_debits",
]
