"""What literacy holds on a borrower, for their copy of it."""

from app.foundation.holding import Held, Holding, held_by
from app.literacy.models import (
    ContestScoreRow,
    FigureAnswerRow,
    LearnerRow,
    LessonProgressRow,
    LessonReviewRow,
    LessonSuggestionRow,
    QuizAnswerRow,
    TaughtLoanRow,
    TrackCertificateRow,
)

HOLDINGS = (
    Holding(
        section="lessons_read",
        model=LessonProgressRow,
        columns=("slug", "version", "opened_at", "completed_at", "guessed_right"),
    ),
    Holding(
        section="quiz_answers",
        model=QuizAnswerRow,
        columns=(
            "slug",
            "first_choice",
            "first_right",
            "tries",
            "answered_at",
            "answered_right_at",
            "points",
        ),
    ),
    Holding(
        section="lessons_suggested",
        model=LessonSuggestionRow,
        columns=("slug", "moment", "suggested_on"),
    ),
    Holding(section="quizzes_to_repeat", model=LessonReviewRow, columns=("slug", "box", "due_on")),
    Holding(
        section="answers_about_own_plan",
        model=FigureAnswerRow,
        columns=(
            "loan_id",
            "kind",
            "number",
            "asked_on",
            "choice_fen",
            "right_fen",
            "points",
        ),
    ),
    Holding(
        section="learning_preferences",
        model=LearnerRow,
        columns=("reads_plain", "nickname", "county", "team_id"),
        of="id",
    ),
    Holding(section="contests", model=ContestScoreRow, columns=("contest_key", "points")),
    Holding(
        section="tracks_completed",
        model=TrackCertificateRow,
        columns=("track", "document", "sha256", "issued_at"),
    ),
    Holding(
        section="loans_followed",
        model=TaughtLoanRow,
        columns=("id", "lessons_before", "missed", "harvest_told_from", "closes_on"),
    ),
)
"""Each table, with what of it is handed out."""


async def held_of(borrower_id: str) -> Held:
    """Return everything of a borrower that lives here."""
    return await held_by(borrower_id, HOLDINGS)
