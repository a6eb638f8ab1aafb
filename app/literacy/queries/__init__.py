"""Reading the course, and what borrowers have made of it."""

from app.literacy.queries.holding import HOLDINGS, held_of
from app.literacy.queries.learned import (
    Learning,
    TrackLearning,
    completed_slugs,
    learning_of,
    progress_by_lesson,
    progress_of,
    suggestions_of,
)
from app.literacy.queries.taught import (
    course,
    hand_out,
    lesson,
    lesson_title,
    lessons_page,
    newest_packs,
    packs,
    teach,
)

__all__ = [
    "HOLDINGS",
    "Learning",
    "TrackLearning",
    "completed_slugs",
    "course",
    "hand_out",
    "held_of",
    "learning_of",
    "lesson",
    "lesson_title",
    "lessons_page",
    "newest_packs",
    "packs",
    "progress_by_lesson",
    "progress_of",
    "suggestions_of",
    "teach",
]
