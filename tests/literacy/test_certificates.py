"""A finished track has a certificate that anybody can check, and lessons tell what they changed."""

import hashlib
from typing import Any

import orjson
import pytest

from app.foundation.caller import Anonymous
from app.literacy import queries
from app.literacy.operations import AnswerQuiz, OpenLesson, answer_quiz, open_lesson
from app.literacy.rules import Course, Lesson, Track
from tests.identity.conftest import Person, heard, person, phones
from tests.literacy.conftest import JUN, MEI, run

__all__ = ["heard", "person", "phones"]

MINE = "{ learningCertificates { number track lessons code sha256 document } }"
CHECK = """query Check($number: String!, $code: String!) {
  checkLearningCertificate(number: $number, code: $code) {
    isGenuine explanation track lessons borrower
  }
}"""


async def answer(lesson: Lesson, borrower_id: str = MEI, *, right: bool = True) -> None:
    choice = lesson.answer if right else (lesson.answer + 1) % lesson.option_count
    await answer_quiz(
        AnswerQuiz(
            borrower_id=borrower_id,
            slug=lesson.slug,
            choice=choice,
            version=lesson.version,
            idempotency_key=f"{lesson.slug}-{right}",
        )
    )


async def check(number: str, code: str) -> dict[str, Any]:
    told = await run(CHECK, caller=Anonymous(), language="en", number=number, code=code)
    return told["checkLearningCertificate"]


async def test_a_track_answered_right_to_the_last_quiz_is_certified_once(
    person: Person, course: Course
) -> None:
    signed_in = await person.sign_in()
    mei = signed_in.borrower_id
    await person.complete(mei)
    lessons = [one for one in course.lessons if one.track is Track.FRAUD]
    for lesson in lessons[:-1]:
        await answer(lesson, mei)
    await answer(lessons[-1], mei, right=False)
    assert (await run(MINE, borrower_id=mei))["learningCertificates"] == []
    await answer(lessons[-1], mei)

    (mine,) = (await run(MINE, borrower_id=mei))["learningCertificates"]
    assert (mine["track"], mine["lessons"]) == ("FRAUD", len(lessons))
    assert hashlib.sha256(mine["document"].encode()).hexdigest() == mine["sha256"]
    stated = orjson.loads(mine["document"])
    assert stated["lessons"] == [one.slug for one in lessons]
    assert (stated["number"], stated["issued_on"]) == (mine["number"], "2026-11-21")

    genuine = await check(mine["number"].upper(), mine["code"].replace("-", " ").lower())
    assert genuine["isGenuine"] is True
    assert (genuine["track"], genuine["lessons"]) == ("FRAUD", len(lessons))
    assert "石宝塬" not in genuine["borrower"]
    assert genuine["borrower"].startswith("石") or genuine["borrower"].endswith("塬")
    for number, code in (
        (mine["number"], "0000-0000-0000-0000"),
        ("tc00000000000000", mine["code"]),
        ("nothing", ""),
    ):
        nothing = await check(number, code)
        assert nothing["isGenuine"] is False
        assert nothing["track"] is nothing["borrower"] is None
    assert (await run(MINE, borrower_id=JUN))["learningCertificates"] == []


@pytest.mark.usefixtures("database")
async def test_what_a_lesson_changed_is_told_of_those_who_guessed_before(course: Course) -> None:
    lesson = course.lessons[0]
    wrong = (lesson.answer + 1) % lesson.option_count
    for number, guess in enumerate((wrong, wrong, lesson.answer, None)):
        opened = OpenLesson(
            borrower_id=f"br{number:014d}", slug=lesson.slug, guess=guess, idempotency_key="open"
        )
        assert await open_lesson(opened) == lesson.slug
    again = OpenLesson(
        borrower_id=f"br{0:014d}", slug=lesson.slug, guess=lesson.answer, idempotency_key="again"
    )
    await open_lesson(again)  # they have read it by now
    for number, right in enumerate((True, False, True, True)):
        await answer(lesson, f"br{number:014d}", right=right)
    await answer(lesson, f"br{1:014d}")

    told = (await queries.effect()).lessons[0]
    assert (told.slug, told.opened, told.completed, told.tries) == (lesson.slug, 4, 4, 5)
    assert (told.guessed, told.guessed_right) == (3, 1)
    assert (told.answered_of_guessed, told.first_right_of_guessed) == (3, 2)
    assert (told.answered, told.first_right, told.right_by_now) == (4, 3, 4)
    assert {one.opened for one in (await queries.effect()).lessons[1:]} == {0}
