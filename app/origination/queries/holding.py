"""What origination holds on a borrower."""

from app.catalog import queries as catalog
from app.foundation.holding import Held, Holding, Plain, Withheld, held_by
from app.origination.models import (
    AgreementRow,
    ApplicationMarkRow,
    ApplicationReviewRow,
    ApplicationRow,
    AssistedRow,
    CertificateRow,
    ComprehensionAnswerRow,
    ConsentRow,
    DecisionRow,
    DisbursementRow,
    DocumentPartRow,
    DocumentRow,
    DrawLimitRow,
    EarlyWarningRow,
    GuaranteeConsentRow,
    GuaranteeRow,
    HandoverRow,
    MonthlyScoreRow,
    OfferRow,
    RecallRow,
    SecondDecisionRow,
)

HOLDINGS = (
    Holding(
        section="applications",
        model=ApplicationRow,
        columns=(
            "id",
            "product_code",
            "region_code",
            "state",
            "amount_fen",
            "months",
            "purpose",
            "monthly_income",
            "debt_payments",
            "income_months",
            "merchant",
            "loan_id",
            "line_id",
            "started_at",
            "submitted_at",
        ),
        amounts=("monthly_income", "debt_payments"),
    ),
    Holding(
        section="application_consents",
        model=ConsentRow,
        columns=(
            "application_id",
            "kind",
            "recipient",
            "version",
            "language",
            "text_sha256",
            "given_at",
            "revoked_at",
        ),
    ),
    Holding(
        section="decisions",
        model=DecisionRow,
        columns=(
            "id",
            "application_id",
            "outcome",
            "reasons",
            "snapshot",
            "verdict",
            "model_version",
            "decided_at",
            "reviewed_outcome",
            "reviewed_at",
        ),
    ),
    Holding(
        section="second_decisions",
        model=SecondDecisionRow,
        columns=(
            "id",
            "application_id",
            "outcome",
            "reason",
            "snapshot",
            "verdict",
            "model_version",
            "decided_at",
        ),
    ),
    Holding(
        section="application_reviews",
        model=ApplicationReviewRow,
        columns=("application_id", "proposed_outcome", "reasons", "note", "settled_at"),
    ),
    Holding(
        section="application_marks",
        model=ApplicationMarkRow,
        columns=("application_id", "kind", "noted_at"),
    ),
    Holding(
        section="application_recalls",
        model=RecallRow,
        columns=("application_id", "noted_at", "outcome", "settled_at"),
    ),
    Holding(
        section="monthly_scores",
        model=MonthlyScoreRow,
        columns=("id", "model_version", "snapshot", "verdict", "seen_on"),
    ),
    Holding(
        section="draw_limits",
        model=DrawLimitRow,
        columns=("limit_fen", "reasons", "set_on"),
    ),
    Holding(
        section="early_warnings",
        model=EarlyWarningRow,
        columns=("kind", "raised_on", "ended_on"),
    ),
    Holding(
        section="offers",
        model=OfferRow,
        columns=(
            "id",
            "application_id",
            "kind",
            "terms",
            "funders",
            "better",
            "made_at",
            "expires_at",
        ),
    ),
    Holding(
        section="cost_certificates",
        model=CertificateRow,
        columns=(
            "id",
            "application_id",
            "content",
            "sha256",
            "made_at",
            "opened_at",
            "confirmed_at",
        ),
    ),
    Holding(
        section="comprehension_answers",
        model=ComprehensionAnswerRow,
        within=("certificate_id", "cost_certificates"),
        columns=("certificate_id", "question", "choice", "is_right", "answered_at"),
    ),
    Holding(
        section="agreements",
        model=AgreementRow,
        columns=(
            "id",
            "application_id",
            "text",
            "sha256",
            "payee",
            "evidence",
            "made_at",
            "signed_at",
        ),
    ),
    Holding(
        section="disbursements",
        model=DisbursementRow,
        columns=(
            "id",
            "application_id",
            "amount_fen",
            "state",
            "failure_reason",
            "reserved_at",
            "sent_at",
            "settled_at",
        ),
    ),
    Holding(
        section="application_documents",
        model=DocumentRow,
        columns=(
            "id",
            "application_id",
            "kind",
            "state",
            "refusal",
            "size_bytes",
            "offset_bytes",
            "digest",
            "width",
            "height",
            "added_at",
            "changed_at",
        ),
    ),
    Holding(
        section="document_parts",
        model=DocumentPartRow,
        columns=("document_id", "place", "content"),
    ),
    Holding(
        section="guarantees",
        model=GuaranteeRow,
        columns=(
            "id",
            "application_id",
            "phone",
            "state",
            "amount_fen",
            "named_at",
            "answered_at",
        ),
    ),
    Holding(
        section="guarantees_given",
        model=GuaranteeConsentRow,
        of="guarantor_id",
        columns=(
            "guarantee_id",
            "amount_fen",
            "text_sha256",
            "text",
            "evidence",
            "given_at",
            "withdrawn_at",
        ),
    ),
    Holding(
        section="handovers",
        model=HandoverRow,
        columns=(
            "id",
            "product_code",
            "partner_code",
            "state",
            "handed",
            "text_sha256",
            "reason",
            "prepared_at",
            "consented_at",
            "sent_at",
            "answered_at",
            "recalled_at",
        ),
    ),
)
"""Each table, with what of it is handed out."""

KEPT_BACK = (
    Holding(
        section="assisted_applications",
        model=AssistedRow,
        columns=(),
        withheld={"phone": Withheld.SAME_ELSEWHERE, "purpose": Withheld.SAME_ELSEWHERE},
    ),
)
"""
What somebody else filled in belongs to a number until its holder confirms it: it is then in their
application, and nothing of it is left here.
"""


async def held_of(borrower_id: str) -> Held:
    """Return everything of a borrower that lives here, decisions with their reasons in words."""
    held = await held_by(borrower_id, HOLDINGS)
    for decision in held["decisions"]:
        decision["reasons_in_words"] = await _in_words(
            decision["model_version"], decision["reasons"]
        )
    return held


async def _in_words(model_version: Plain, reasons: Plain) -> Plain:
    assert isinstance(model_version, int), "a decision names its scorecard"
    assert isinstance(reasons, list), "a decision's reasons are a list"
    if not reasons:
        return []
    card = await catalog.scorecard_version(model_version)
    return [dict(card.reasons[str(code)].words) for code in reasons]
