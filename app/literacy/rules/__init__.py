"""Literacy's values and decisions; nothing here touches a file, a database or a clock."""

from app.literacy.rules.checking import course_findings
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
    AUDIO_BYTES_MAX,
    BODY_BYTES_MAX,
    LANGUAGES,
    PLAIN_BYTES_MAX,
    SPOKEN_LANGUAGE,
    LessonFile,
    LessonFileMalformed,
    Moment,
    Quiz,
    Track,
    file_problems,
    lesson_file_from,
)
from app.literacy.rules.packing import (
    PACK_BYTES_MAX,
    Pack,
    PackPart,
    PackRow,
    pack_content,
    pack_row_from,
    pack_rows,
)
from app.literacy.rules.reading import PLAIN_GRADE_MAX, grade_of
from app.literacy.rules.seasons import next_harvest_news

__all__ = [
    "AUDIO_BYTES_MAX",
    "BODY_BYTES_MAX",
    "LANGUAGES",
    "PACK_BYTES_MAX",
    "PLAIN_BYTES_MAX",
    "PLAIN_GRADE_MAX",
    "SPOKEN_LANGUAGE",
    "SUGGESTIONS_MAX",
    "SUGGESTION_DAYS_MIN",
    "Course",
    "Lesson",
    "LessonFile",
    "LessonFileMalformed",
    "LessonText",
    "Moment",
    "Pack",
    "PackPart",
    "PackRow",
    "Progress",
    "Quiz",
    "Suggestion",
    "Track",
    "course_findings",
    "course_from",
    "file_problems",
    "grade_of",
    "is_ready",
    "lesson_file_from",
    "lesson_for",
    "may_suggest_again",
    "next_harvest_news",
    "pack_content",
    "pack_row_from",
    "pack_rows",
    "suggestions_from",
]
