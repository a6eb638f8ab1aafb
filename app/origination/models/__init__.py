"""Rows of origination: applications and what leads from them to an agreement; their documents."""

from app.origination.models.applications import (
    AgreementRow,
    ApplicationRow,
    CertificateRow,
    ComprehensionAnswerRow,
    ConsentRow,
    DecisionRow,
    DisbursementRow,
    OfferRow,
    agreement_cell,
    application_cell,
    decision_cell,
)

__all__ = [
    "AgreementRow",
    "ApplicationRow",
    "CertificateRow",
    "ComprehensionAnswerRow",
    "ConsentRow",
    "DecisionRow",
    "DisbursementRow",
    "OfferRow",
    "agreement_cell",
    "application_cell",
    "decision_cell",
]
