"""Packs: a track's lessons in one language, or its scripts, as one file that never changes."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import orjson

from app.literacy.rules.course import Course, Lesson, LessonText
from app.literacy.rules.lesson import LANGUAGES, SPOKEN_LANGUAGE, Track

PACK_BYTES_MAX = 40 * 1024
"""What a phone on 2G fetches in the background before its owner has read one lesson."""


class PackPart(StrEnum):
    """What a pack holds; scripts ship apart, so that who reads needn't fetch them."""

    LESSONS = "lessons"
    AUDIO = "audio"


@dataclass(frozen=True, kw_only=True)
class PackRow:
    """What packs are versions of: `fraud.zh-Hans`, or `fraud.zh-Hans.audio` for the scripts."""

    track: Track
    language: str
    part: PackPart = PackPart.LESSONS

    def __str__(self) -> str:
        ending = "" if self.part is PackPart.LESSONS else f".{self.part}"
        return f"{self.track}.{self.language}{ending}"


def pack_rows() -> Iterator[PackRow]:
    """Go through every row there is: each track in each language, then its scripts."""
    for track in Track:
        for language in LANGUAGES:
            yield PackRow(track=track, language=language)
        yield PackRow(track=track, language=SPOKEN_LANGUAGE, part=PackPart.AUDIO)


def pack_row_from(name: str) -> PackRow:
    """Read a row's name."""
    track, language, *part = name.split(".")
    return PackRow(
        track=Track(track),
        language=language,
        part=PackPart(part[0]) if part else PackPart.LESSONS,
    )


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A published pack; its name is made of its hash."""

    of: PackRow
    number: int
    """Counts the versions of its row."""
    content: bytes = field(repr=False)

    @cached_property
    def name(self) -> str:
        """The first sixteen hexadecimal digits of its SHA-256."""
        return hashlib.sha256(self.content).hexdigest()[:16]

    @property
    def row(self) -> str:
        """The name of what it is a version of."""
        return str(self.of)

    @property
    def path(self) -> str:
        """Where it is downloaded."""
        return f"/packs/{self.row}/{self.name}"


def pack_content(course: Course, of: PackRow) -> bytes:
    """
    Return the content of a row's pack as JSON, lessons in the order they are taught.

    The same course gives the same bytes. What solves a quiz is not among it: `answerQuiz` tells.
    """
    taught = [
        (lesson, lesson.texts[of.language])
        for lesson in sorted(course.lessons, key=lambda one: one.place)
        if lesson.track is of.track
    ]
    show = _script if of.part is PackPart.AUDIO else _shown
    return orjson.dumps(
        {
            "track": of.track.name,
            "language": of.language,
            "lessons": [show(lesson, words) for lesson, words in taught],
        }
    )


def _shown(lesson: Lesson, words: LessonText) -> dict[str, object]:
    return {
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
        "plainBody": words.plain,
        "grade": words.grade,
        "quiz": {"question": words.question, "options": list(words.options)},
    }


def _script(lesson: Lesson, words: LessonText) -> dict[str, object]:
    return {"slug": lesson.slug, "version": lesson.version, "audioScript": words.audio}
