"""Reading the course, and what borrowers have made of it."""

from app.literacy.queries.answering import answer
from app.literacy.queries.asking import figure_question
from app.literacy.queries.certificates import certificates_of, check_track_certificate
from app.literacy.queries.contests import contest_of, reads_plain
from app.literacy.queries.earned import points_earned
from app.literacy.queries.effect import Effect, LessonEffect, PaymentEffect, effect
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
from app.literacy.queries.published import (
    changes_by_proposal,
    course_proposal,
    course_versions,
    published_version,
)
from app.literacy.queries.reviewing import review_of, reviews_due
from app.literacy.queries.taught import (
    course,
    hand_out,
    lesson,
    lesson_title,
    lessons_page,
    newest_packs,
    packs,
    taught_version,
    teach,
)

__all__ = [
    "HOLDINGS",
    "Effect",
    "Learning",
    "LessonEffect",
    "PaymentEffect",
    "TrackLearning",
    "answer",
    "certificates_of",
    "changes_by_proposal",
    "check_track_certificate",
    "completed_slugs",
    "contest_of",
    "course",
    "course_proposal",
    "course_versions",
    "effect",
    "figure_question",
    "hand_out",
    "held_of",
    "learning_of",
    "lesson",
    "lesson_title",
    "lessons_page",
    "newest_packs",
    "packs",
    "points_earned",
    "progress_by_lesson",
    "progress_of",
    "published_version",
    "reads_plain",
    "review_of",
    "reviews_due",
    "suggestions_of",
    "taught_version",
    "teach",
]
