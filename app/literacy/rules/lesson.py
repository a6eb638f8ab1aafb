"""
A lesson as its author writes it: one Markdown file in one language, read and checked.

TOML front matter between two lines of `+++`, the full version, a line `+++ plain` and the plain
version, and in Chinese a line `+++ audio` and the script that is read aloud in dialects.
"""

import re
import tomllib
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from app.literacy.rules.reading import PLAIN_GRADE_MAX, grade_of

LANGUAGES = ("zh-Hans", "en")
"""Every lesson stands in each of them; the first is the one most borrowers read."""

BODY_BYTES_MAX = 1200
"""A body fits into one packet on a weak network: about 380 Chinese characters."""

PLAIN_BYTES_MAX = 700
AUDIO_BYTES_MAX = 1200
"""A plain version is about half of it; a script takes about two minutes to read aloud."""

SPOKEN_LANGUAGE = LANGUAGES[0]
"""The language whose files hold a script: dialects are spoken from Chinese."""

OPTIONS_MIN, OPTIONS_MAX = 3, 4
_FENCE = "+++"
_UNSPOKEN = re.compile(r"[0-9A-Za-z*_#`|>%¥$+=~^\[\]{}/\\-]")
_VERSION_LINE = re.compile(r"^\+\+\+ (plain|audio)\n", re.MULTILINE)


class Track(StrEnum):
    """A row of lessons on one subject; this is the order in which the course teaches them."""

    COST = "cost"
    PLANS = "plans"
    TROUBLE = "trouble"
    CREDIT_RECORD = "credit-record"
    FRAUD = "fraud"
    RIGHTS = "rights"
    SEASONS = "seasons"


class Moment(StrEnum):
    """What is happening to a borrower when a lesson helps most."""

    NONE = "none"
    BEFORE_SIGNING = "before-signing"
    AFTER_DISBURSEMENT = "after-disbursement"
    BEFORE_FIRST_DUE = "before-first-due"
    AFTER_MISSED = "after-missed"
    FRAUD_WARNING = "fraud-warning"
    BEFORE_HARVEST = "before-harvest"


Slug = Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Sentence = Annotated[str, Meta(min_length=1, max_length=240)]


class Quiz(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question with one right answer, and why it is right."""

    question: Sentence
    options: Annotated[tuple[Sentence, ...], Meta(min_length=OPTIONS_MIN, max_length=OPTIONS_MAX)]
    answer: Annotated[int, Meta(ge=0, lt=OPTIONS_MAX)]
    """Which option is right, counted from 0."""
    explanation: Sentence


class Heading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The front matter of a lesson file."""

    slug: Slug
    track: Track
    order: Annotated[int, Meta(ge=1, le=99)]
    title: Annotated[str, Meta(min_length=1, max_length=80)]
    summary: Annotated[str, Meta(min_length=1, max_length=160)]
    minutes: Annotated[int, Meta(ge=1, le=5)]
    points: Annotated[int, Meta(ge=1, le=100)]
    moment: Moment
    prerequisites: tuple[Slug, ...]
    grade: Annotated[int, Meta(ge=1, le=12)]
    """The school grade its author states for the plain version."""
    quiz: Quiz


class LessonFile(msgspec.Struct, frozen=True, kw_only=True):
    """One lesson in one language."""

    path: str
    language: str
    heading: Heading
    body: str
    plain: str = ""
    audio: str | None = None
    """In the language that is spoken only."""


class LessonFileMalformed(Exception):
    """A file is no lesson; the message names it and says why."""


def lesson_file_from(path: str, content: str) -> LessonFile:
    """
    Read one file.

    Args:
        path: Relative to the content folder: `cost/01-yearly-rate.zh-Hans.md`.
        content: TOML between two lines of `+++`, then plain Markdown and its further versions.

    Raises:
        LessonFileMalformed: The front matter is missing, is no TOML, or lacks or oversteps
            something a lesson has.
    """
    fence, _, rest = content.partition("\n")
    front, closing, body = rest.partition(f"\n{_FENCE}\n")
    if fence != _FENCE or not closing:
        raise LessonFileMalformed(f"{path}: begins with TOML between two lines of {_FENCE}")
    try:
        heading = msgspec.convert(tomllib.loads(front), Heading)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as failure:
        raise LessonFileMalformed(f"{path}: {failure}") from None
    language = path.removesuffix(".md").rpartition(".")[2]
    body, *versions = _VERSION_LINE.split(body)
    named = dict(zip(versions[::2], versions[1::2], strict=True))
    if len(named) * 2 < len(versions):
        raise LessonFileMalformed(f"{path}: has each of plain and audio once")
    return LessonFile(path=path, language=language, heading=heading, body=body, **named)


def file_problems(file: LessonFile) -> list[str]:
    """Return what is wrong with one file on its own; nothing if it can be taught."""
    heading, quiz = file.heading, file.heading.quiz
    named = f"{heading.track}/{heading.order:02d}-{heading.slug}.{file.language}.md"
    body_bytes = _bytes(file.body)
    checks = {
        f"is in a language we teach in, one of {', '.join(LANGUAGES)}": file.language in LANGUAGES,
        f"stands at {named}, as its front matter says": file.path == named,
        "has a body": bool(file.body.strip()),
        f"has a body of at most {BODY_BYTES_MAX} bytes, not {body_bytes}": (
            body_bytes <= BODY_BYTES_MAX
        ),
        f"has a plain version of 1 to {PLAIN_BYTES_MAX} bytes, not {_bytes(file.plain)}": (
            0 < _bytes(file.plain) <= PLAIN_BYTES_MAX
        ),
        f"has a script of 1 to {AUDIO_BYTES_MAX} bytes, not {_bytes(file.audio)}": (
            file.audio is None or 0 < _bytes(file.audio) <= AUDIO_BYTES_MAX
        ),
        f"has a script in {SPOKEN_LANGUAGE}, and there only": (
            (file.audio is not None) is (file.language == SPOKEN_LANGUAGE)
        ),
        "has a script of words alone, without marks, figures or Latin letters": (
            file.audio is None or not _UNSPOKEN.search(file.audio)
        ),
        **_grade_checks(file),
        "holds plain Markdown, no HTML, pictures or control characters": all(
            _is_plain(text) for text in (file.body, file.plain, file.audio or "")
        ),
        "has no line of +++ in its text but those that begin a version": not any(
            line.startswith(_FENCE)
            for text in (file.body, file.plain, file.audio or "")
            for line in text.splitlines()
        ),
        "offers options that differ": len(set(quiz.options)) == len(quiz.options),
        "has its answer among its options": quiz.answer < len(quiz.options),
    }
    return [f"{file.path}: a lesson {rule}" for rule, holds in checks.items() if not holds]


def _grade_checks(file: LessonFile) -> dict[str, bool]:
    if not file.plain or file.language not in LANGUAGES:
        return {}
    grade, most = grade_of(file.plain, file.language), PLAIN_GRADE_MAX[file.language]
    full = grade_of(file.body, file.language)
    return {
        f"has a plain version no harder than grade {full} as the full one, not {grade}": (
            grade <= full
        ),
        f"has a plain version of grade {most} at most, not {grade}": grade <= most,
        f"states the grade of its plain version, {grade}, not {file.heading.grade}": (
            grade == file.heading.grade
        ),
    }


def _bytes(text: str | None) -> int:
    return len((text or "").strip().encode())


def _is_plain(body: str) -> bool:
    marks = ("<", "![", "](")
    return not any(mark in body for mark in marks) and all(
        character == "\n" or character.isprintable() for character in body
    )
