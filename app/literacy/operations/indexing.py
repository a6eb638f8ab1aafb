"""The index that questions are answered from: made with a course, in the same transaction."""

from collections.abc import Sequence

import orjson

from app.foundation.database import Transaction, fetch, transaction
from app.literacy import queries
from app.literacy.models import CourseVersionRow, LessonPassageRow
from app.literacy.operations.teaching import read_course
from app.literacy.queries.searching import index_of, index_version, words_in
from app.literacy.rules import Course
from app.literacy.rules.publishing import CourseState
from app.literacy.rules.searching import Passage, passages_of

PUBLISHED_KEPT = 2
_MADE_ONCE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE IF NOT EXISTS lesson_words USING fts5(passage_id UNINDEXED, words,"
        " tokenize = \"unicode61 remove_diacritics 0 tokenchars '-'\")"
    ),
    "postgres": (
        "CREATE INDEX IF NOT EXISTS lesson_words ON lesson_passage"
        " USING gin (array_to_tsvector(string_to_array(words, ' ')))"
    ),
}
"""Words are cut before they come here, so both take them as they are, parted by spaces."""


async def index_taught() -> None:
    """Index the lessons that came with this release, unless they are; call it when publishing."""
    course = queries.course() if queries.taught_version() else read_course()
    if await _is_indexed(index_version(course)):
        return
    async with transaction() as tx:
        await index_course(tx, course)


async def index_course(tx: Transaction, course: Course) -> None:
    """
    Index a course, in the transaction that publishes it; what was indexed before stays findable.

    Versions that nobody is taught any more, neither published nor of this release, are dropped.
    """
    version = index_version(course)
    await tx.run(_MADE_ONCE[tx.dialect])
    await _drop_but(tx, [version, *await _taught_versions()])
    if await _is_indexed(version):
        return
    rows = [
        _row(tx.new_id("lp"), version, one) for one in passages_of(course, words_in) if one.weights
    ]
    await LessonPassageRow.bulk_create(rows, batch_size=200)
    if tx.dialect == "sqlite":
        await tx.run_many(
            "INSERT INTO lesson_words (passage_id, words) VALUES (?, ?)",
            [[row.id, row.words] for row in rows],
        )


async def _taught_versions() -> Sequence[str]:
    """Return what processes teach now: some still the version before, for a minute."""
    published = CourseVersionRow.filter(state=CourseState.PUBLISHED.value)
    newest = await published.order_by("-decided_at", "-id").limit(PUBLISHED_KEPT)
    own = [queries.taught_version()] if queries.taught_version() else []
    return [index_of(one) for one in (*(row.version for row in newest), *own)]


async def _is_indexed(version: str) -> bool:
    return bool(await fetch("SELECT 1 FROM lesson_passage WHERE version = ? LIMIT 1", [version]))


async def _drop_but(tx: Transaction, kept: Sequence[str]) -> None:
    places = ", ".join("?" for _ in kept)
    if tx.dialect == "sqlite":
        old = f"SELECT id FROM lesson_passage WHERE version NOT IN ({places})"
        await tx.run(f"DELETE FROM lesson_words WHERE passage_id IN ({old})", kept)
    await tx.run(f"DELETE FROM lesson_passage WHERE version NOT IN ({places})", kept)


def _row(row_id: str, version: str, passage: Passage) -> LessonPassageRow:
    return LessonPassageRow(
        id=row_id,
        version=version,
        language=passage.language,
        slug=passage.slug,
        part=passage.part.value,
        number=passage.number,
        text=passage.text,
        words=" ".join(passage.weights),
        weights=orjson.dumps(dict(passage.weights)).decode(),
    )
