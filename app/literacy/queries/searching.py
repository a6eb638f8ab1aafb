"""
Finding what published lessons say about a question.

The database's full-text index (FTS5 on SQLite, a GIN index over a tsvector on PostgreSQL) gives
every passage with one of the words; which fits best is worked out from these rows by one rule, so
that both databases give the same lessons in the same order.
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from app.foundation.database import current, fetch
from app.literacy.queries.taught import course
from app.literacy.queries.wording import words, words_version
from app.literacy.rules import Course, searching
from app.literacy.rules.lesson import LANGUAGES
from app.literacy.rules.searching import Found, Part, Passage, answers, lines_of
from app.literacy.rules.wording import ENGLISH, all_words, content_words, mended, stem

WORDS_MAX = 40
"""A question of 200 characters has fewer; what is beyond is not looked for."""
LESSONS_MAX = 3

_COLUMNS = "p.language, p.slug, p.part, p.number, p.text, p.weights"
_SEARCH = {
    "sqlite": (
        f"SELECT {_COLUMNS} FROM lesson_words w JOIN lesson_passage p ON p.id = w.passage_id"
        " WHERE w.words MATCH ? AND p.version = ? AND p.language = ?"
    ),
    "postgres": (
        f"SELECT {_COLUMNS} FROM lesson_passage p"
        " WHERE array_to_tsvector(string_to_array(p.words, ' ')) @@ CAST(? AS tsquery)"
        " AND p.version = ? AND p.language = ?"
    ),
}
_WEIGHTS = msgspec.json.Decoder(dict[str, int])


def index_version(of: Course) -> str:
    """Return the name of a course's index: the course's version and that of the words."""
    return index_of(of.version)


def index_of(course_version: str) -> str:
    """Return the same by the course's version."""
    return f"{course_version}-{words_version()}"


def words_in(text: str, language: str) -> Sequence[str]:
    """Return all words of a lesson's text that count, as often as they are there."""
    stop = words().stop[language]
    found = (one for one in all_words(text, language, words()) if one not in stop)
    if language == ENGLISH:
        found = (one if "-" in one else stem(one) for one in found)
    return list(found)


async def lessons_about(question: str, language: str) -> list[Found]:
    """Return the lessons that answer a question, the best first; nothing where none does."""
    asked = question_words(question, language)[:WORDS_MAX]
    if not asked:
        return []
    rows = await fetch(
        _SEARCH[current().dialect], [_any_of(asked), index_version(course()), language]
    )
    passages = [
        Passage(
            language=row["language"],
            slug=row["slug"],
            part=Part(row["part"]),
            number=row["number"],
            text=row["text"],
            weights=_WEIGHTS.decode(row["weights"]),
        )
        for row in rows
    ]
    places = {lesson.slug: place for place, lesson in enumerate(course().lessons)}
    return answers(asked, passages, places, most=LESSONS_MAX)


def question_words(question: str, language: str) -> Sequence[str]:
    """Return the words that say what a question is about, mended where mistyped."""
    known = _known_words(course().version)
    return content_words(question, language, words(), lambda one: mended(one, known))


def quote(found: Found, language: str) -> str:
    """Return what is quoted of a lesson, as it is printed there."""
    return searching.quoted(course().by_slug[found.slug].texts[language], language, found)


def _any_of(asked: Sequence[str]) -> str:
    """Write the search; words are letters, Chinese characters and hyphens alone."""
    if current().dialect == "sqlite":
        return " OR ".join(f'"{one}"' for one in asked)
    return " | ".join(f"'{one}'" for one in asked)


@lru_cache(maxsize=2)
def _known_words(_version: str) -> frozenset[str]:
    """Return every English word that the course of a version, which is taught now, has."""
    texts = (lesson.texts[LANGUAGES[1]] for lesson in course().lessons)
    said = (
        "\n".join((text.title, text.summary, text.body, *lines_of(text.plain))) for text in texts
    )
    own = (one for one in words().same[ENGLISH].values() if "-" not in one)
    return frozenset(one for text in said for one in words_in(text, ENGLISH)) | frozenset(own)
