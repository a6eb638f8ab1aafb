"""Rows of payments; they never leave the room."""

from app.payments.models.cash import (
    CashCodeRow,
    CashHandoverRow,
    CashMissRow,
    CashRow,
    CashTillRow,
)
from app.payments.models.debits import CardDebitRow
from app.payments.models.paying import (
    DebitAttemptRow,
    MandateConsentRow,
    MandateRow,
    PayoffCertificateRow,
    PayoffQuoteRow,
    RailNoticeRow,
    RefundRow,
    RepaymentRow,
    certificate_cell,
    consent_cell,
    refund_cell,
)
from app.payments.models.statements import DifferenceRow, ReconciliationRow, StatementLineRow
from app.payments.models.wallets import WalletRequestRow, wallet_request_cell

__all__ = [
    "CardDebitRow",
    "CashCodeRow",
    "CashHandoverRow",
    "CashMissRow",
    "CashRow",
    "CashTillRow",
    "DebitAttemptRow",
    "DifferenceRow",
    "MandateConsentRow",
    "MandateRow",
    "PayoffCertificateRow",
    "PayoffQuoteRow",
    "RailNoticeRow",
    "ReconciliationRow",
    "RefundRow",
    "RepaymentRow",
    "StatementLineRow",
    "WalletRequestRow",
    "certificate_cell",
    "consent_cell",
    "refund_cell",
    "wallet_request_cell",
]
