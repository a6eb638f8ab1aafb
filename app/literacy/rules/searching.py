"""
Which lesson answers a question, and which of its sentences: counted, not guessed.

The database finds what has any of a question's words; which of it fits best is worked out here, so
both databases answer alike. A word weighs more the fewer lessons have it (the idf of BM25); where
a lesson has it counts too. The score is the share of the question, by that weight, which a lesson
covers, in thousandths: a question about something else covers little and is not answered.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.literacy.rules.course import Course, Lesson, LessonText
from app.literacy.rules.lesson import LANGUAGES

SCORE_MIN = 335
"""A lesson that covers less than a third of a question does not answer it."""

WHOLE = 1000
NEAR = 970
"""Lessons that cover nearly as much as the best are its equals: then the course's order decides."""
QUOTE_MIN = {LANGUAGES[0]: 45, LANGUAGES[1]: 110}
"""A quote goes on to the next line until it has so many characters: one line says too little."""

TITLE, SUMMARY, QUIZ, BODY = 3.0, 2.0, 1.5, 1.0
_BODY_MOST = 2.0
_HALF_AT = 3.0
_UNKNOWN_AS = 2
"""A word that no lesson has weighs as much as one that two have: it may be beside the point."""


class Part(StrEnum):
    """What a row of the index is."""

    LESSON = "LESSON"
    """A whole lesson, to be chosen by."""
    PLAIN = "PLAIN"
    """A line of its plain version, to be quoted."""
    FULL = "FULL"
    """A paragraph of its full version, to be quoted where no plain line fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A row of the index: a lesson, or a piece of it as it stands in print."""

    language: str
    slug: str
    part: Part
    number: int
    """Of the line or paragraph, from 1; 0 for the lesson."""
    text: str
    weights: Mapping[str, int]
    """Its words, and how much each counts there, in thousandths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A lesson that answers a question, and the words of it that do."""

    slug: str
    part: Part
    number: int
    quote: str


def passages_of(course: Course, words_in: Callable[[str, str], Sequence[str]]) -> Iterator[Passage]:
    """
    Give every row of a course's index.

    Args:
        course: What is taught.
        words_in: Gives all words of a text that count, in a language, as often as they are there.
    """
    for lesson in course.lessons:
        for language in LANGUAGES:
            yield from _of_lesson(lesson, language, words_in)


def _of_lesson(
    lesson: Lesson, language: str, words_in: Callable[[str, str], Sequence[str]]
) -> Iterator[Passage]:
    text = lesson.texts[language]

    def passage(part: Part, number: int, said: str, weights: Mapping[str, int]) -> Passage:
        return Passage(
            language=language,
            slug=lesson.slug,
            part=part,
            number=number,
            text=said,
            weights=weights,
        )

    weights = _weights(text, lambda said: words_in(said, language))
    yield passage(Part.LESSON, 0, text.title, weights)
    pieces = ((Part.PLAIN, lines_of(text.plain)), (Part.FULL, paragraphs_of(text.body)))
    for part, said in pieces:
        for number, one in enumerate(said, start=1):
            if found := Counter(words_in(one, language)):
                yield passage(part, number, one, dict.fromkeys(sorted(found), WHOLE))


def lines_of(plain: str) -> list[str]:
    """Return the lines of a plain version that are not empty."""
    return [line for line in plain.splitlines() if line.strip()]


def paragraphs_of(body: str) -> list[str]:
    """Return the paragraphs of a full version."""
    return [one for one in body.split("\n\n") if one.strip()]


def _weights(text: LessonText, words_in: Callable[[str], Sequence[str]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    quiz = f"{text.question}\n{text.explanation}"
    for said, weight in ((text.title, TITLE), (text.summary, SUMMARY), (quiz, QUIZ)):
        for word in set(words_in(said)):
            found[word] += weight  # pyright: ignore[reportArgumentType] - counters add any number
    for word, times in Counter(words_in(f"{text.plain}\n{text.body}")).items():
        found[word] += min(BODY + 0.3 * math.log(times), _BODY_MOST)  # pyright: ignore[reportArgumentType] - the same
    return {word: round(WHOLE * at / (at + _HALF_AT)) for word, at in sorted(found.items())}


def answers(
    question: Sequence[str], rows: Iterable[Passage], places: Mapping[str, int], *, most: int
) -> list[Found]:
    """
    Return the lessons that answer a question, the best first; nothing if none covers enough of it.

    Args:
        question: Its words.
        rows: Every row that has one of them, in one language.
        places: Where each lesson stands in the course: of equals the earlier comes first.
        most: How many to return.
    """
    whole: dict[str, Passage] = {}
    pieces: dict[str, list[Passage]] = {}
    for row in rows:
        if row.part is Part.LESSON:
            whole[row.slug] = row
        else:
            pieces.setdefault(row.slug, []).append(row)
    rarity = {
        word: _rarity(sum(word in one.weights for one in whole.values()), len(places))
        for word in question
    }
    scores = {slug: _fit(rarity, one, pieces.get(slug, ())) for slug, one in whole.items()}
    fit = [slug for slug, score in scores.items() if score >= SCORE_MIN]
    near = max(scores.values(), default=0) * NEAR // WHOLE
    fit.sort(key=lambda slug: (-min(scores[slug], near), places[slug]))
    return [_found(rarity, whole[slug], pieces.get(slug, ())) for slug in fit[:most]]


def _fit(rarity: Mapping[str, float], lesson: Passage, pieces: Sequence[Passage]) -> int:
    """Two thirds what the whole lesson covers, a third what one line or paragraph of it does."""
    best = max((_score(rarity, one.weights) for one in pieces), default=0)
    return (2 * _score(rarity, lesson.weights) + best) // 3


def _found(rarity: Mapping[str, float], lesson: Passage, pieces: Sequence[Passage]) -> Found:
    def fit(piece: Passage) -> tuple[bool, int, int]:
        return piece.part is Part.FULL, -_score(rarity, piece.weights), piece.number

    best = min(pieces, key=fit, default=lesson)
    return Found(slug=lesson.slug, part=best.part, number=best.number, quote=best.text)


def quoted(text: LessonText, language: str, found: Found) -> str:
    """Return what is quoted: the line and what follows it until it says enough, as printed."""
    if found.part is not Part.PLAIN:
        return found.quote
    lines = lines_of(text.plain)
    end = found.number
    while end < len(lines) and len("\n".join(lines[found.number - 1 : end])) < QUOTE_MIN[language]:
        end += 1
    return "\n".join(lines[found.number - 1 : end])


def _rarity(having: int, lessons: int) -> float:
    known = having or _UNKNOWN_AS
    return math.log(1 + (lessons - known + 0.5) / (known + 0.5))


def _score(rarity: Mapping[str, float], weights: Mapping[str, int]) -> int:
    whole = sum(rarity.values())
    if not whole:
        return 0
    return round(sum(rare * weights.get(word, 0) for word, rare in rarity.items()) / whole)
