"""Whatever literacy keeps of a person is handed out on asking and forgotten on asking."""

import inspect

import pytest
from tortoise.models import MetaInfo, Model

from app.foundation.database import fetch, transaction
from app.literacy import models, queries
from app.literacy.operations import AnswerQuiz, ChooseReading, answer_quiz, choose_reading
from app.literacy.operations.forgetting import TABLES, forget_learning
from app.literacy.rules import Course
from tests.literacy.conftest import JUN, MEI


def about(model: type[Model]) -> MetaInfo:
    return model._meta  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Tortoise's own


def of_people() -> set[str]:
    """Return every table of literacy with a borrower's id in a column."""
    found = (one for _, one in inspect.getmembers(models, inspect.isclass))
    rows = [about(one) for one in found if issubclass(one, Model) and one is not Model]
    return {one.db_table for one in rows if "borrower_id" in one.fields_map}


def test_every_table_with_a_borrower_is_handed_out_and_forgotten() -> None:
    assert of_people() == set(TABLES)
    assert {about(one.model).db_table for one in queries.HOLDINGS} == {*of_people(), "learner"}


@pytest.mark.usefixtures("database")
async def test_what_one_person_learned_is_gone_and_what_another_did_stays(course: Course) -> None:
    lesson = course.lessons[0]
    for borrower_id in (MEI, JUN):
        for choice in (lesson.answer, (lesson.answer + 1) % lesson.option_count):
            await answer_quiz(
                AnswerQuiz(
                    borrower_id=borrower_id,
                    slug=lesson.slug,
                    choice=choice,
                    version=None,
                    idempotency_key=f"answer-{choice}",
                )
            )
        await choose_reading(
            ChooseReading(borrower_id=borrower_id, reads_plain=True, idempotency_key="plain")
        )
    before = await queries.held_of(JUN)
    assert len(before["quizzes_to_repeat"]) == len(before["learning_preferences"]) == 1
    async with transaction() as tx:
        assert await forget_learning(tx, MEI) == 4
    assert not any((await queries.held_of(MEI)).values())
    assert await queries.held_of(JUN) == before
    assert [row["id"] for row in await fetch("SELECT id FROM learner")] == [JUN]
