"""Lessons are opened, read and answered once, whatever is sent how often."""

import asyncio
from pathlib import Path

import pytest

from app.foundation.database import fetch
from app.foundation.errors import IdempotencyConflict, InvalidInput, NotFound, Refusal
from app.foundation.revision import revision_of
from app.literacy import queries
from app.literacy.errors import CourseInconsistent, LessonChanged
from app.literacy.operations import (
    AnswerQuiz,
    CompleteLesson,
    OpenLesson,
    answer_quiz,
    complete_lesson,
    load_course,
    open_lesson,
)
from app.literacy.rules import Course, Progress, Track
from tests.literacy.conftest import JUN, MEI, lesson_file

SLUG = "yearly-rate"

pytestmark = pytest.mark.usefixtures("database", "course")


def answer(choice: int, *, key: str = "first", borrower_id: str = MEI, **more: str) -> AnswerQuiz:
    return AnswerQuiz(
        borrower_id=borrower_id,
        slug=more.get("slug", SLUG),
        choice=choice,
        version=more.get("version"),
        idempotency_key=key,
    )


def opening(*, slug: str = SLUG, key: str = "open") -> OpenLesson:
    return OpenLesson(borrower_id=MEI, slug=slug, idempotency_key=key)


def completing(*, slug: str = SLUG, key: str = "complete") -> CompleteLesson:
    return CompleteLesson(borrower_id=MEI, slug=slug, idempotency_key=key)


async def progress(borrower_id: str = MEI, slug: str = SLUG) -> Progress:
    found = (await queries.progress_by_lesson([(borrower_id, slug)]))[0]
    assert found is not None
    return found


async def rows_kept() -> int:
    counted = await fetch(
        "SELECT (SELECT COUNT(*) FROM lesson_progress) + (SELECT COUNT(*) FROM quiz_answer)"
        " + (SELECT COUNT(*) FROM idempotency_claim) AS count"
    )
    return counted[0]["count"]


async def test_an_opened_lesson_is_remembered_once() -> None:
    assert await open_lesson(opening()) == SLUG
    assert await open_lesson(opening()) == SLUG
    assert await open_lesson(opening(key="again")) == SLUG

    assert await revision_of(MEI) == 1
    found = await progress()
    assert (found.completed_at, found.tries, found.points) == (None, 0, 0)


async def test_a_completed_lesson_keeps_its_first_moment() -> None:
    assert await complete_lesson(completing()) == SLUG
    first = await progress()
    assert await complete_lesson(completing()) == SLUG
    assert await complete_lesson(completing(key="again")) == SLUG

    assert first.completed_at is not None
    assert await progress() == first
    assert await revision_of(MEI) == 2


async def test_a_wrong_answer_may_be_followed_by_a_right_one(course: Course) -> None:
    lesson = course.by_slug[SLUG]
    wrong = await answer_quiz(answer(lesson.answer - 1))
    assert (wrong.is_right, wrong.points_given, wrong.points) == (False, 0, 0)
    assert (await progress()).completed_at is None

    right = await answer_quiz(answer(lesson.answer, key="second"))
    assert (right.is_right, right.points_given, right.points) == (True, 10, 10)
    found = await progress()
    assert (found.tries, found.points) == (2, 10)
    assert found.answered_right_at is not None
    assert found.completed_at is not None


async def test_points_come_once_for_each_lesson(course: Course) -> None:
    right = course.by_slug[SLUG].answer
    await answer_quiz(answer(right))
    again = await answer_quiz(answer(right, key="again"))
    assert (again.is_right, again.points_given, again.points) == (True, 0, 10)

    other = course.by_slug["monthly-fee"]
    more = await answer_quiz(answer(other.answer, key="other", slug=other.slug))
    assert (more.points_given, more.points) == (10, 20)


async def test_an_answer_sent_again_gets_the_same_reply(course: Course) -> None:
    command = answer(course.by_slug[SLUG].answer)
    first = await answer_quiz(command)
    assert await answer_quiz(command) == first
    assert (await progress()).tries == 1


async def test_right_answers_at_the_same_moment_bring_points_once(course: Course) -> None:
    right = course.by_slug[SLUG].answer
    outcomes = await asyncio.gather(
        *(answer_quiz(answer(right, key=f"tap-{number}")) for number in range(8))
    )
    assert sum(outcome.points_given for outcome in outcomes) == 10
    found = await progress()
    assert (found.tries, found.points) == (8, 10)


async def test_borrowers_learn_apart(course: Course) -> None:
    await answer_quiz(answer(course.by_slug[SLUG].answer))
    await answer_quiz(answer(0, borrower_id=JUN))

    assert (await queries.learning_of(MEI)).points == 10
    assert (await queries.learning_of(JUN)).points == 0
    assert await queries.completed_slugs(MEI) == {SLUG}
    assert await queries.completed_slugs(JUN) == frozenset()


async def test_learning_is_counted_by_track(course: Course) -> None:
    await answer_quiz(answer(course.by_slug[SLUG].answer))
    await complete_lesson(completing(slug="fee-before-the-loan"))
    await open_lesson(opening(slug="how-to-complain"))

    learning = await queries.learning_of(MEI)
    assert (learning.lessons, learning.completed, learning.solved) == (len(course.lessons), 2, 1)
    by_track = {one.track: (one.completed, one.solved) for one in learning.tracks}
    assert tuple(by_track) == tuple(Track)
    assert by_track[Track.COST] == (1, 1)
    assert by_track[Track.FRAUD] == (1, 0)
    assert by_track[Track.RIGHTS] == (0, 0)


@pytest.mark.parametrize(
    ("choice", "more", "refusal", "field"),
    [
        (0, {"slug": "no-such-lesson"}, NotFound, "input.slug"),
        (0, {"slug": "x' OR '1'='1"}, NotFound, "input.slug"),
        (4, {}, InvalidInput, "input.choice"),
        (-1, {}, InvalidInput, "input.choice"),
        (2, {"version": "0123456789ab"}, LessonChanged, "input.version"),
        (2, {"key": ""}, InvalidInput, "input.idempotencyKey"),
    ],
)
async def test_a_refused_answer_changes_nothing(
    choice: int, more: dict[str, str], refusal: type[Refusal], field: str
) -> None:
    with pytest.raises(refusal) as refused:
        await answer_quiz(answer(choice, **more))
    assert refused.value.field == field
    assert await rows_kept() == 0
    assert await revision_of(MEI) == 0


async def test_a_refused_opening_or_completion_changes_nothing() -> None:
    with pytest.raises(NotFound):
        await open_lesson(opening(slug="no-such-lesson"))
    with pytest.raises(NotFound):
        await complete_lesson(completing(slug="no-such-lesson"))
    assert await rows_kept() == 0


async def test_a_key_used_for_another_command_is_refused_and_changes_nothing() -> None:
    await open_lesson(opening(key="same"))
    with pytest.raises(IdempotencyConflict):
        await complete_lesson(completing(key="same"))
    assert (await progress()).completed_at is None


async def test_an_answer_to_the_version_on_show_is_taken(course: Course) -> None:
    lesson = course.by_slug[SLUG]
    outcome = await answer_quiz(answer(lesson.answer, version=lesson.version))
    assert outcome.is_right


async def test_a_broken_folder_teaches_nothing_new(course: Course, tmp_path: Path) -> None:
    (tmp_path / "cost").mkdir()
    (tmp_path / "cost" / "01-first.en.md").write_text(lesson_file(audio=None), encoding="utf-8")
    with pytest.raises(CourseInconsistent):
        load_course(tmp_path)
    assert queries.course() is course
