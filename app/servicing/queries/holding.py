"""What servicing holds on a borrower."""

from app.foundation.holding import Held, Holding, held_by
from app.servicing.models import (
    CorrectionRow,
    HardshipRequestRow,
    InstallmentRow,
    LoanEventRow,
    LoanRow,
    ReductionRow,
)

HOLDINGS = (
    Holding(
        section="loans",
        model=LoanRow,
        columns=(
            "id",
            "application_id",
            "agreement_id",
            "product_code",
            "terms",
            "funders",
            "opened_on",
            "status",
            "annual_rate",
            "disbursed_fen",
            "principal_fen",
            "balance_fen",
            "overdue_fen",
            "penalty_fen",
            "unapplied_fen",
            "past_due_since",
            "bucket",
            "closed_on",
        ),
    ),
    Holding(
        section="loan_events",
        model=LoanEventRow,
        within=("loan_id", "loans"),
        columns=("loan_id", "seq", "kind", "effective_on", "recorded_at", "body"),
    ),
    Holding(
        section="installments",
        model=InstallmentRow,
        within=("loan_id", "loans"),
        columns=(
            "loan_id",
            "number",
            "due_on",
            "principal_fen",
            "interest_fen",
            "fee_fen",
            "cost_fen",
            "penalty_fen",
            "waived_fen",
            "paid_by_others_fen",
            "paid_principal_fen",
            "paid_interest_fen",
            "paid_fee_fen",
            "paid_cost_fen",
            "paid_penalty_fen",
            "status",
        ),
    ),
    Holding(
        section="interest_paid_by_others",
        model=ReductionRow,
        within=("loan_id", "loans"),
        columns=("loan_id", "number", "payer", "code", "due_on", "amount_fen", "is_due"),
    ),
    Holding(
        section="loan_corrections",
        model=CorrectionRow,
        columns=(
            "id",
            "loan_id",
            "kind",
            "reason",
            "amount_fen",
            "state",
            "note",
            "decision_note",
            "proposed_at",
            "decided_at",
        ),
    ),
    Holding(
        section="hardship_requests",
        model=HardshipRequestRow,
        columns=(
            "id",
            "loan_id",
            "kind",
            "periods",
            "state",
            "difference_fen",
            "next_due_on",
            "next_amount_fen",
            "ends_on",
            "asked_at",
        ),
    ),
)
"""Each table, with what of it is handed out."""


async def held_of(borrower_id: str) -> Held:
    """Return everything of a borrower that lives here."""
    return await held_by(borrower_id, HOLDINGS)
