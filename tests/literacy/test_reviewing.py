"""A quiz answered wrong comes back after 1, 3, 7 and 21 days, until it was right four times."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.literacy.rules.reviewing import REVIEW_DAYS, Review, review_after
from tests.literacy.conftest import run, today_is

TODAY = date(2026, 11, 21)
REVIEWS = "{ reviewsDue { dueOn round lesson { slug } } }"
SUGGESTED = "{ lessonSuggestions { isReview reason lesson { slug } } }"
ANSWER = """
mutation Answer($input: AnswerQuizInput!) {
  answerQuiz(input: $input) { ... on AnswerQuizSuccess { isRight nextReviewOn pointsGiven } }
}
"""


async def answer(choice: int, key: str) -> dict[str, object]:
    asked = {"slug": "yearly-rate", "choice": choice, "idempotencyKey": key}
    return (await run(ANSWER, input=asked))["answerQuiz"]


@pytest.mark.usefixtures("database", "course")
async def test_a_wrong_answer_comes_back_on_its_days_and_is_done_after_four_right_ones() -> None:
    wrong = await answer(0, "wrong")
    assert wrong == {"isRight": False, "nextReviewOn": "2026-11-22", "pointsGiven": 0}
    assert (await answer(2, "at-once"))["nextReviewOn"] == "2026-11-22", "nothing is proved yet"
    assert (await run(REVIEWS))["reviewsDue"] == []

    day = TODAY
    for place, days in enumerate(REVIEW_DAYS):
        day += timedelta(days=days)
        await today_is(day)
        (due,) = (await run(REVIEWS))["reviewsDue"]
        expected = {"dueOn": day.isoformat(), "round": place + 1, "lesson": {"slug": "yearly-rate"}}
        assert due == expected
        again = (await run(SUGGESTED))["lessonSuggestions"][0]
        assert again == {
            "isReview": True,
            "reason": "上次答错的题，再试一次",
            "lesson": {"slug": "yearly-rate"},
        }
        told = await answer(2, f"right-{place}")
        comes = REVIEW_DAYS[place + 1 :][:1]
        next_on = (day + timedelta(days=comes[0])).isoformat() if comes else None
        assert told == {"isRight": True, "nextReviewOn": next_on, "pointsGiven": 0}
        assert (await run(REVIEWS))["reviewsDue"] == []


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=30))
def test_only_four_right_answers_in_a_row_each_when_due_end_it(
    answers: list[tuple[bool, int]],
) -> None:
    review: Review | None = None
    on, in_a_row = TODAY, 0
    for is_right, days in answers:
        on += timedelta(days=days)
        was_due = review is not None and review.due_on <= on
        was = review
        review = review_after(review, slug="s", is_right=is_right, on=on)
        in_a_row = 0 if not is_right else in_a_row + was_due
        if review is None:
            assert is_right
            assert was is None or in_a_row == len(REVIEW_DAYS)
            in_a_row = 0
        elif not is_right or was_due:
            assert review == Review(
                slug="s", box=in_a_row, due_on=on + timedelta(days=REVIEW_DAYS[in_a_row])
            )
        else:
            assert review == was
