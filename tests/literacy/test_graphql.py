"""The graph tells lessons, progress and answers as a phone needs them."""

from typing import Any

import pytest

from app.foundation.caller import Anonymous, BorrowerCaller
from app.foundation.database import fetch, transaction
from app.foundation.graphql import Context
from app.literacy.operations import suggest_lesson
from app.literacy.rules import Course, Moment, Track
from tests.literacy.conftest import MEI, NOW, SCHEMA, run

pytestmark = pytest.mark.usefixtures("database", "course")

ANSWER = """
mutation Answer($input: AnswerQuizInput!) {
  answerQuiz(input: $input) {
    __typename
    ... on AnswerQuizSuccess {
      isRight explanation pointsGiven points lesson { progress { tries points completedAt } }
    }
    ... on LessonChangedProblem { version }
    ... on Problem { code field message }
  }
}
"""


async def answer(language: str = "zh-Hans", **given: object) -> dict[str, Any]:
    asked = {"slug": "yearly-rate", "choice": 2, "idempotencyKey": "first"} | given
    data = await run(ANSWER, language=language, input=asked)
    return data["answerQuiz"]


async def test_anybody_can_page_through_the_course(course: Course) -> None:
    document = """
    query Page($after: String) {
      lessons(first: 20, after: $after) {
        edges { node { slug progress { tries } } }
        pageInfo { hasNextPage endCursor }
      }
    }
    """
    slugs: list[str] = []
    after: str | None = None
    while True:
        data = await run(document, caller=Anonymous(), after=after)
        slugs += [edge["node"]["slug"] for edge in data["lessons"]["edges"]]
        if not data["lessons"]["pageInfo"]["hasNextPage"]:
            break
        after = data["lessons"]["pageInfo"]["endCursor"]
    assert slugs == [lesson.slug for lesson in course.lessons]


async def test_a_track_is_a_list_of_its_own(course: Course) -> None:
    document = """{
      lessons(track: CREDIT_RECORD) { edges { node { track order } } pageInfo { endCursor } }
    }"""
    lessons = (await run(document))["lessons"]
    assert {edge["node"]["track"] for edge in lessons["edges"]} == {"CREDIT_RECORD"}
    count = sum(lesson.track is Track.CREDIT_RECORD for lesson in course.lessons)
    assert [edge["node"]["order"] for edge in lessons["edges"]] == list(range(1, count + 1))

    foreign = await SCHEMA.execute(
        "query($after: String) { lessons(track: FRAUD, after: $after) { edges { cursor } } }",
        variable_values={"after": lessons["pageInfo"]["endCursor"]},
        context_value=Context(
            caller=BorrowerCaller(borrower_id=MEI, session_id="ss00000abcdefghi"),
            language="en",
            now=NOW,
            today=NOW.date(),
        ),
    )
    assert foreign.errors is not None


async def test_a_lesson_is_told_in_the_callers_language(course: Course) -> None:
    document = """{
      lesson(slug: "yearly-rate") {
        title summary body minutes points moment prerequisites version
        quiz { question options } progress { openedAt }
      }
    }"""
    chinese = (await run(document))["lesson"]
    english = (await run(document, language="en"))["lesson"]
    assert chinese["title"].startswith("年化利率")
    assert english["title"].startswith("The yearly rate")
    assert chinese["moment"] == english["moment"] == "BEFORE_SIGNING"
    assert chinese["version"] == course.by_slug["yearly-rate"].version
    assert len(chinese["quiz"]["options"]) == len(english["quiz"]["options"]) == 4
    assert chinese["progress"] is None


async def test_a_lesson_that_does_not_exist_is_null() -> None:
    assert await run('{ lesson(slug: "no-such-lesson") { slug } }') == {"lesson": None}


async def test_a_wrong_answer_is_explained_and_a_right_one_rewarded() -> None:
    wrong = await answer(choice=0)
    assert wrong["__typename"] == "AnswerQuizSuccess"
    assert (wrong["isRight"], wrong["pointsGiven"], wrong["points"]) == (False, 0, 0)
    assert "18%" in wrong["explanation"]

    right = await answer(idempotencyKey="second", language="en")
    assert (right["isRight"], right["pointsGiven"], right["points"]) == (True, 10, 10)
    assert right["explanation"].startswith("¥0.50")
    assert right["lesson"]["progress"]["tries"] == 2
    assert right["lesson"]["progress"]["completedAt"] is not None


async def test_an_answer_to_an_old_version_names_the_new_one(course: Course) -> None:
    changed = await answer(version="0123456789ab", language="en")
    assert changed["__typename"] == "LessonChangedProblem"
    assert changed["code"] == "LESSON_CHANGED"
    assert changed["field"] == "input.version"
    assert changed["version"] == course.by_slug["yearly-rate"].version
    assert changed["message"].startswith("This lesson was just updated")
    assert await fetch("SELECT 1 FROM quiz_answer") == []


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"choice": 9}, "INVALID_INPUT", "input.choice"),
        ({"slug": ""}, "INVALID_INPUT", "input.slug"),
        ({"slug": "a" * 41}, "INVALID_INPUT", "input.slug"),
        ({"slug": "no-such-lesson"}, "NOT_FOUND", "input.slug"),
        ({"idempotencyKey": "中"}, "INVALID_INPUT", "input.idempotencyKey"),
    ],
)
async def test_a_bad_answer_is_a_typed_problem(
    given: dict[str, object], code: str, field: str
) -> None:
    asked: dict[str, Any] = given
    problem = await answer(**asked)
    assert (problem["__typename"], problem["code"], problem["field"]) == (
        "PlainProblem",
        code,
        field,
    )
    assert problem["message"]
    assert await fetch("SELECT 1 FROM quiz_answer") == []


@pytest.mark.parametrize("mutation", ["openLesson", "completeLesson"])
async def test_nobody_signed_in_is_told_to(mutation: str) -> None:
    document = f"""mutation {{
      {mutation}(input: {{slug: "yearly-rate", idempotencyKey: "a"}}) {{
        ... on Problem {{ code message }}
      }}
    }}"""
    problem = (await run(document, caller=Anonymous()))[mutation]
    assert problem == {"code": "UNAUTHENTICATED", "message": "请先登录。"}


async def test_progress_is_fresh_after_each_command_of_one_request() -> None:
    data = await run(
        """mutation {
          openLesson(input: {slug: "yearly-rate", idempotencyKey: "a"}) {
            ... on OpenLessonSuccess { lesson { progress { openedAt completedAt } } }
          }
          completeLesson(input: {slug: "yearly-rate", idempotencyKey: "b"}) {
            ... on CompleteLessonSuccess { lesson { progress { openedAt completedAt } } }
          }
          missing: completeLesson(input: {slug: "no-such-lesson", idempotencyKey: "c"}) {
            ... on PlainProblem { code field }
          }
        }"""
    )
    opened = data["openLesson"]["lesson"]["progress"]
    completed = data["completeLesson"]["lesson"]["progress"]
    assert opened["completedAt"] is None
    assert completed["completedAt"] is not None
    assert data["missing"] == {"code": "NOT_FOUND", "field": "input.slug"}


async def test_suggestions_say_why() -> None:
    async with transaction() as tx:
        await suggest_lesson(tx, MEI, Moment.AFTER_MISSED)
    document = "{ lessonSuggestions { moment reason suggestedOn lesson { slug } } }"
    shown = (await run(document, language="en"))["lessonSuggestions"]

    assert shown[0] == {
        "moment": "AFTER_MISSED",
        "reason": "One payment late? Here is what to do",
        "suggestedOn": "2026-11-21",
        "lesson": {"slug": "one-payment-missed"},
    }
    assert [one["moment"] for one in shown[1:]] == ["NONE"] * 3


async def test_what_was_learned_is_summed_up(course: Course) -> None:
    await answer()
    document = """{
      myLearning { points lessons completed solved tracks { track lessons completed solved } }
    }"""
    learning = (await run(document))["myLearning"]
    assert learning["points"] == 10
    assert learning["lessons"] == len(course.lessons)
    assert (learning["completed"], learning["solved"]) == (1, 1)
    count = sum(lesson.track is Track.COST for lesson in course.lessons)
    first = {"track": "COST", "lessons": count, "completed": 1, "solved": 1}
    assert learning["tracks"][0] == first
    assert len(learning["tracks"]) == 7
