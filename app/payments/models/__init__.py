"""Rows of payments; they never leave the room."""

from app.payments.models.paying import (
    DebitAttemptRow,
    MandateConsentRow,
    MandateRow,
    PayoffCertificateRow,
    PayoffQuoteRow,
    RailNoticeRow,
    RefundRow,
    RepaymentRow,
    WalletRequestRow,
    certificate_cell,
    consent_cell,
    refund_cell,
    wallet_request_cell,
)
from app.payments.models.statements import DifferenceRow, ReconciliationRow, StatementLineRow

__all__ = [
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
