"""What privacy holds on a borrower: who looked, and what became of their rights."""

from app.foundation.holding import Held, Holding, held_by
from app.privacy.models import (
    ClosingRow,
    CorrectionRequestRow,
    DataExportRow,
    HumanReviewRow,
    LookRow,
)

HOLDINGS = (
    Holding(
        section="looks",
        model=LookRow,
        columns=("staff_role", "staff_name", "what", "reason", "ticket_id", "looked_at"),
    ),
    Holding(
        section="corrections_asked",
        model=CorrectionRequestRow,
        columns=(
            "id",
            "field",
            "state",
            "value",
            "reason",
            "asked_at",
            "due_on",
            "maker_note",
            "answer",
            "decided_at",
        ),
    ),
    Holding(
        section="reviews_asked",
        model=HumanReviewRow,
        columns=(
            "id",
            "application_id",
            "state",
            "reason",
            "asked_at",
            "due_on",
            "answer",
            "answered_at",
        ),
    ),
    Holding(
        section="closings",
        model=ClosingRow,
        columns=("id", "state", "asked_at", "leaves_at", "ended_at", "held_until", "kept"),
    ),
    Holding(
        section="copies_made",
        model=DataExportRow,
        columns=("asked_by", "sha256", "bytes_count", "made_at"),
    ),
)
"""Each table, with what of it is handed out."""


async def held_of(borrower_id: str) -> Held:
    """Return everything of a borrower that lives here."""
    return await held_by(borrower_id, HOLDINGS)
