"""Literacy's values and decisions; nothing here touches a file, a database or a clock."""

from app.literacy.rules.course import Course, Lesson, LessonText, course_from
from app.literacy.rules.learning import (
    SUGGESTION_DAYS_MIN,
    SUGGESTIONS_MAX,
    Progress,
    Suggestion,
    is_ready,
    lesson_for,
    may_suggest_again,
    suggestions_from,
)
from app.literacy.rules.lesson import (
    BODY_BYTES_MAX,
    LANGUAGES,
    LessonFile,
    LessonFileMalformed,
    Moment,
    Quiz,
    Track,
    file_problems,
    lesson_file_from,
)
from app.literacy.rules.packing import PACK_BYTES_MAX, Pack, pack_content

__all__ = [
    "BODY_BYTES_MAX",
    "LANGUAGES",
    "PACK_BYTES_MAX",
    "SUGGESTIONS_MAX",
    "SUGGESTION_DAYS_MIN",
    "Course",
    "Lesson",
    "LessonFile",
    "LessonFileMalformed",
    "LessonText",
    "Moment",
    "Pack",
    "Progress",
    "Quiz",
    "Suggestion",
    "Track",
    "course_from",
    "file_problems",
    "is_ready",
    "lesson_file_from",
    "lesson_for",
    "may_suggest_again",
    "pack_content",
    "suggestions_from",
]
