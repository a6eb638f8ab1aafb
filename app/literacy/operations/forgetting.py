"""What a borrower learned, forgotten at their wish; the lessons themselves stay."""

from app.foundation.database import Transaction
from app.foundation.revision import revise

TABLES = (
    "lesson_progress",
    "quiz_answer",
    "lesson_suggestion",
    "lesson_review",
    "figure_answer",
    "contest_score",
    "track_certificate",
    "taught_loan",
)


async def forget_learning(tx: Transaction, borrower_id: str) -> int:
    """Delete what a borrower read, answered and was shown, points included; return how much."""
    gone = 0
    for table in TABLES:
        gone += await tx.run(f"DELETE FROM {table} WHERE borrower_id = ?", [borrower_id])
    gone += await tx.run("DELETE FROM learner WHERE id = ?", [borrower_id])
    await revise(tx, borrower_id)
    return gone
