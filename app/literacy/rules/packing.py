"""Packs: all lessons of a track in one language, as one file that never changes."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import orjson

from app.literacy.rules.course import Course
from app.literacy.rules.lesson import Track

PACK_BYTES_MAX = 40 * 1024
"""What a phone on 2G fetches in the background before its owner has read one lesson."""


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A published pack; its name is made of its hash."""

    track: Track
    language: str
    number: int
    """Counts the versions of one track in one language."""
    content: bytes = field(repr=False)

    @cached_property
    def name(self) -> str:
        """The first sixteen hexadecimal digits of its SHA-256."""
        return hashlib.sha256(self.content).hexdigest()[:16]

    @property
    def row(self) -> str:
        """Which packs it is a version of, such as `fraud.zh-Hans`."""
        return f"{self.track}.{self.language}"

    @property
    def path(self) -> str:
        """Where it is downloaded."""
        return f"/packs/{self.row}/{self.name}"


def pack_content(course: Course, track: Track, language: str) -> bytes:
    """
    Return the lessons of a track as JSON, in the order they are taught; the same give the same.

    What solves a quiz is not among it: `answerQuiz` tells.
    """
    lessons = [
        {
            "slug": lesson.slug,
            "version": lesson.version,
            "order": lesson.order,
            "minutes": lesson.minutes,
            "points": lesson.points,
            "moment": lesson.moment.name,
            "prerequisites": list(lesson.prerequisites),
            "title": words.title,
            "summary": words.summary,
            "body": words.body,
            "quiz": {"question": words.question, "options": list(words.options)},
        }
        for lesson in sorted(course.lessons, key=lambda one: one.place)
        if lesson.track is track
        for words in [lesson.texts[language]]
    ]
    return orjson.dumps({"track": track.name, "language": language, "lessons": lessons})
