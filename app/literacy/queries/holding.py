"""What literacy holds on a borrower, for their copy of it."""

from app.foundation.holding import Held, Holding, held_by
from app.literacy.models import LessonProgressRow, LessonSuggestionRow, QuizAnswerRow

HOLDINGS = (
    Holding(
        section="lessons_read",
        model=LessonProgressRow,
        columns=("slug", "version", "opened_at", "completed_at"),
    ),
    Holding(
        section="quiz_answers",
        model=QuizAnswerRow,
        columns=("slug", "first_choice", "tries", "answered_at", "answered_right_at", "points"),
    ),
    Holding(
        section="lessons_suggested",
        model=LessonSuggestionRow,
        columns=("slug", "moment", "suggested_on"),
    ),
)
"""Each table, with what of it is handed out."""


async def held_of(borrower_id: str) -> Held:
    """Return everything of a borrower that lives here."""
    return await held_by(borrower_id, HOLDINGS)
