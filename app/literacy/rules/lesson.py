"""A lesson as its author writes it: one Markdown file in one language, read and checked."""

import tomllib
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

LANGUAGES = ("zh-Hans", "en")
"""Every lesson stands in each of them; the first is the one most borrowers read."""

BODY_BYTES_MAX = 1200
"""A body fits into one packet on a weak network: about 380 Chinese characters."""

OPTIONS_MIN, OPTIONS_MAX = 3, 4
_FENCE = "+++"


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
    quiz: Quiz


class LessonFile(msgspec.Struct, frozen=True, kw_only=True):
    """One lesson in one language."""

    path: str
    language: str
    heading: Heading
    body: str


class LessonFileMalformed(Exception):
    """A file is no lesson; the message names it and says why."""


def lesson_file_from(path: str, content: str) -> LessonFile:
    """
    Read one file.

    Args:
        path: Relative to the content folder: `cost/01-yearly-rate.zh-Hans.md`.
        content: TOML between two lines of `+++`, then plain Markdown.

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
    return LessonFile(path=path, language=language, heading=heading, body=body)


def file_problems(file: LessonFile) -> list[str]:
    """Return what is wrong with one file on its own; nothing if it can be taught."""
    heading, quiz = file.heading, file.heading.quiz
    named = f"{heading.track}/{heading.order:02d}-{heading.slug}.{file.language}.md"
    body_bytes = len(file.body.encode())
    checks = {
        f"is in a language we teach in, one of {', '.join(LANGUAGES)}": file.language in LANGUAGES,
        f"stands at {named}, as its front matter says": file.path == named,
        "has a body": bool(file.body.strip()),
        f"has a body of at most {BODY_BYTES_MAX} bytes, not {body_bytes}": (
            body_bytes <= BODY_BYTES_MAX
        ),
        "holds plain Markdown, no HTML, pictures or control characters": _is_plain(file.body),
        "offers options that differ": len(set(quiz.options)) == len(quiz.options),
        "has its answer among its options": quiz.answer < len(quiz.options),
    }
    return [f"{file.path}: a lesson {rule}" for rule, holds in checks.items() if not holds]


def _is_plain(body: str) -> bool:
    marks = ("<", "![", "](")
    return not any(mark in body for mark in marks) and all(
        character == "\n" or character.isprintable() for character in body
    )
