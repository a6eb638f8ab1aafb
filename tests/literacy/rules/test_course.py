"""Files become a course only if they agree with each other; a word changed is a new version."""

import pytest

from app.literacy.errors import CourseInconsistent
from app.literacy.rules import course_from
from tests.literacy.conftest import lesson_file, lesson_files, small_course


def problems_of(files: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(CourseInconsistent) as refused:
        course_from(files)
    assert str(refused.value) == "\n".join(refused.value.problems)
    return refused.value.problems


def test_lessons_come_in_the_order_of_tracks_then_of_their_own() -> None:
    course = course_from(
        small_course(
            lesson_files("later", track="plans", order=1, prerequisites=["second"]),
            lesson_files("second", order=2),
            lesson_files("first", order=1),
        )
    )
    assert [lesson.slug for lesson in course.lessons][:3] == ["first", "second", "later"]
    assert course.by_slug["later"].prerequisites == ("second",)
    assert course.by_slug["first"].texts["en"].options == ("甲", "乙", "丙")
    assert course.by_slug["first"].option_count == 3


def test_a_changed_word_changes_the_version_of_its_lesson_and_of_the_course_only() -> None:
    files = small_course(lesson_files("first", order=1), lesson_files("second", order=2))
    before = course_from(files)
    files["cost/01-first.en.md"] = lesson_file("first", summary="Another word.", audio=None)
    after = course_from(files)

    assert after.version != before.version
    assert after.by_slug["first"].version != before.by_slug["first"].version
    assert after.by_slug["second"].version == before.by_slug["second"].version
    assert course_from(dict(reversed(files.items()))) == after


def test_every_problem_of_every_file_is_named_at_once() -> None:
    files = small_course(lesson_files("first", body="算" * 500))
    files["cost/09-broken.en.md"] = "nothing"
    assert len(problems_of(files)) == 3


def test_a_lesson_missing_in_a_language_is_named() -> None:
    files = small_course(lesson_files("first"))
    del files["cost/01-first.en.md"]
    assert problems_of(files) == ("first: is missing in en",)


@pytest.mark.parametrize(
    "changed",
    [{"answer": 2}, {"points": 20}, {"options": ["甲", "乙", "丙", "丁"]}, {"minutes": 3}],
)
def test_languages_that_disagree_about_a_lesson_are_named(changed: dict[str, object]) -> None:
    files = small_course(lesson_files("first"))
    files["cost/01-first.en.md"] = lesson_file("first", audio=None, **changed)
    assert problems_of(files) == ("first: says different things about itself in zh-Hans and en",)


def test_two_lessons_in_one_place_are_named() -> None:
    files = small_course(lesson_files("first"), lesson_files("second"))
    assert problems_of(files) == (
        "cost/01: is the place of 2 lessons in en",
        "cost/01: is the place of 2 lessons in zh-Hans",
    )


def test_a_prerequisite_that_is_no_lesson_is_named() -> None:
    files = small_course(lesson_files("first", prerequisites=["lost"]))
    assert problems_of(files) == ("first: builds on lost, which is no lesson",)


def test_lessons_that_build_on_each_other_are_named() -> None:
    files = small_course(
        lesson_files("first", order=1, prerequisites=["second"]),
        lesson_files("second", order=2, prerequisites=["first"]),
    )
    (problem,) = problems_of(files)
    assert problem.startswith("these lessons build on each other in a circle: ")


def test_a_moment_without_a_lesson_is_named() -> None:
    files = small_course(lesson_files("first"))
    for path in [path for path in files if "at-before-harvest" in path]:
        del files[path]
    assert problems_of(files) == ("before-harvest: no lesson fits this moment",)
