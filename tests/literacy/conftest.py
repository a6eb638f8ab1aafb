"""A small course to try things on, and short forms of what a borrower does with it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.foundation.caller import BorrowerCaller, Caller
from app.foundation.database import business_date, set_business_date, transaction
from app.foundation.graphql import SCALARS, Context, PlainProblem
from app.literacy.graphql import LiteracyMutation, LiteracyQuery
from app.literacy.operations import load_course
from app.literacy.rules import LANGUAGES, SPOKEN_LANGUAGE, Course, Moment

MEI = "br00000abcdefghi"
JUN = "br00000jklmnopqr"


def lesson_file(slug: str = "first", **changed: object) -> str:
    """Write one lesson file; what a test leaves out does not matter to it."""
    front: dict[str, object] = {
        "slug": slug,
        "track": "cost",
        "order": 1,
        "title": "一课",
        "summary": "说一件事。",
        "minutes": 2,
        "points": 10,
        "moment": "none",
        "prerequisites": [],
        "grade": 1,
    } | {name: value for name, value in changed.items() if name in _FRONT}
    quiz: dict[str, object] = {
        "question": "哪个对？",
        "options": ["甲", "乙", "丙"],
        "answer": 1,
        "explanation": "乙才对。",
    } | {name: value for name, value in changed.items() if name in _QUIZ}
    lines = [f"{name} = {value!r}" for name, value in front.items() if value is not None]
    lines += ["[quiz]", *(f"{name} = {value!r}" for name, value in quiz.items())]
    body = str(changed.get("body", "借钱之前，先算一算。")).rstrip("\n") + "\n"
    for version, usual in (("plain", "先算再借。"), ("audio", "先算再借。")):
        if (text := changed.get(version, usual)) is not None:
            body += f"+++ {version}\n{text}\n"
    return "\n".join(["+++", *lines, "+++", body])


_FRONT = {
    "track",
    "order",
    "title",
    "summary",
    "minutes",
    "points",
    "moment",
    "prerequisites",
    "grade",
    "extra",
}
_QUIZ = {"question", "options", "answer", "explanation"}


def lesson_files(slug: str = "first", **changed: object) -> dict[str, str]:
    """Write a lesson in both languages, each under its path."""
    track, order = changed.get("track", "cost"), changed.get("order", 1)
    return {
        f"{track}/{order:02d}-{slug}.{language}.md": lesson_file(
            slug, **(changed if language == SPOKEN_LANGUAGE else changed | {"audio": None})
        )
        for language in LANGUAGES
    }


def small_course(*lessons: Mapping[str, str]) -> dict[str, str]:
    """Write a course of these lessons, and one more for each moment nobody has taken."""
    files = {path: content for lesson in lessons for path, content in lesson.items()}
    for order, moment in enumerate(Moment, start=50):
        if not any(f"moment = {moment.value!r}" in content for content in files.values()):
            files |= lesson_files(f"at-{moment}", track="rights", order=order, moment=moment.value)
    return files


@pytest.fixture
def course() -> Course:
    """Teach the real course."""
    return load_course()


NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SCHEMA = strawberry.Schema(
    query=LiteracyQuery,
    mutation=LiteracyMutation,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS),
)


async def run(
    document: str,
    *,
    borrower_id: str = MEI,
    caller: Caller | None = None,
    language: str = "zh-Hans",
    **variables: object,
) -> dict[str, Any]:
    """Ask the graph as a phone does, on the business date; no field may fail."""
    asking = caller or BorrowerCaller(borrower_id=borrower_id, session_id="ss00000abcdefghi")
    today = await business_date()
    context = Context(caller=asking, language=language, now=NOW, today=today)
    result = await SCHEMA.execute(document, variable_values=variables, context_value=context)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def today_is(day: date) -> None:
    """Move the business date."""
    async with transaction() as tx:
        await set_business_date(tx, day)
