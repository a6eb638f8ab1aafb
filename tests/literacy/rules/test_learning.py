"""Which lesson is shown when, and which never again."""

from datetime import date

import pytest

from app.literacy.rules import (
    SUGGESTIONS_MAX,
    Course,
    Moment,
    course_from,
    is_ready,
    lesson_for,
    may_suggest_again,
    suggestions_from,
)
from tests.literacy.conftest import lesson_files, small_course

TODAY = date(2026, 11, 21)
SIGNING = Moment.BEFORE_SIGNING


@pytest.fixture
def course() -> Course:
    """Five lessons of costs; two fit before signing, one of them builds on another."""
    signing = {"moment": "before-signing"}
    return course_from(
        small_course(
            lesson_files("one", order=1),
            lesson_files("deep", order=2, prerequisites=["one"], **signing),
            lesson_files("plain", order=3, **signing),
            lesson_files("four", order=4),
            lesson_files("five", order=5),
        )
    )


def chosen(course: Course, *, completed: set[str], told: set[str]) -> str | None:
    lesson = lesson_for(course, SIGNING, completed=completed, told=told)
    return lesson.slug if lesson else None


def test_a_lesson_the_borrower_is_ready_for_comes_before_one_they_are_not(course: Course) -> None:
    assert chosen(course, completed=set(), told=set()) == "plain"
    assert chosen(course, completed={"one"}, told=set()) == "deep"
    assert is_ready(course.by_slug["deep"], {"one"})


def test_a_told_or_completed_lesson_is_not_chosen_again(course: Course) -> None:
    assert chosen(course, completed=set(), told={"plain"}) == "deep"
    assert chosen(course, completed={"plain"}, told={"deep"}) is None


@pytest.mark.parametrize(
    ("last", "may"), [(None, True), (date(2026, 11, 14), True), (date(2026, 11, 15), False)]
)
def test_a_moment_is_quiet_for_seven_days(last: date | None, *, may: bool) -> None:
    assert may_suggest_again(last, TODAY) is may


def test_what_a_moment_calls_for_comes_first_then_three_next_lessons(course: Course) -> None:
    told = [("plain", SIGNING, TODAY), ("plain", Moment.AFTER_MISSED, TODAY)]
    shown = suggestions_from(course, told, completed=set())

    assert [(one.lesson.slug, one.moment, one.suggested_on) for one in shown] == [
        ("plain", SIGNING, TODAY),
        ("one", Moment.NONE, None),
        ("four", Moment.NONE, None),
        ("five", Moment.NONE, None),
    ]


def test_completed_and_withdrawn_lessons_are_not_shown(course: Course) -> None:
    told = [("plain", SIGNING, TODAY), ("withdrawn", SIGNING, TODAY)]
    shown = suggestions_from(course, told, completed={"plain", "one"})
    assert [one.lesson.slug for one in shown] == ["deep", "four", "five"]


def test_no_more_than_five_are_shown(course: Course) -> None:
    told = [(lesson.slug, SIGNING, TODAY) for lesson in course.lessons]
    shown = suggestions_from(course, told, completed=set())
    assert len(shown) == SUGGESTIONS_MAX
    assert all(one.moment is SIGNING for one in shown)
