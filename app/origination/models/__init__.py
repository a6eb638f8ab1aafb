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
from app.origination.models.assisting import AssistedRow, assisted_cell
from app.origination.models.deciding import (
    ApplicationMarkRow,
    ApplicationReviewRow,
    DrawLimitRow,
    EarlyWarningRow,
    MonthlyRunRow,
    MonthlyScoreRow,
    RecallRow,
    SecondDecisionRow,
    review_cell,
    score_cell,
    second_decision_cell,
)
from app.origination.models.documents import (
    DocumentPartRow,
    DocumentRow,
    document_cell,
    part_cell,
)
from app.origination.models.guarantees import (
    GuaranteeConsentRow,
    GuaranteeRow,
    guarantee_cell,
    guarantee_consent_cell,
)
from app.origination.models.handovers import HandoverRow, handover_cell

__all__ = [
    "AgreementRow",
    "ApplicationMarkRow",
    "ApplicationReviewRow",
    "ApplicationRow",
    "AssistedRow",
    "CertificateRow",
    "ComprehensionAnswerRow",
    "ConsentRow",
    "DecisionRow",
    "DisbursementRow",
    "DocumentPartRow",
    "DocumentRow",
    "DrawLimitRow",
    "EarlyWarningRow",
    "GuaranteeConsentRow",
    "GuaranteeRow",
    "HandoverRow",
    "MonthlyRunRow",
    "MonthlyScoreRow",
    "OfferRow",
    "RecallRow",
    "SecondDecisionRow",
    "agreement_cell",
    "application_cell",
    "assisted_cell",
    "decision_cell",
    "document_cell",
    "guarantee_cell",
    "guarantee_consent_cell",
    "handover_cell",
    "part_cell",
    "review_cell",
    "score_cell",
    "second_decision_cell",
]
