"""The course as it is published: complete, in both languages, and telling the same figures."""

import re
from collections import Counter
from decimal import Decimal

import pytest

from app.literacy.operations import CONTENT, read_course
from app.literacy.rules import LANGUAGES, Lesson, LessonText, Moment, Track

COURSE = read_course()
LESSONS = pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.slug)
FIGURE = re.compile(r"\d+\.\d+")
JARGON = ("IRR", "APR", "逾期率", "授信额度", "贷后", "标的", "敞口")


def whole_text(words: LessonText) -> str:
    parts = (words.title, words.summary, words.body, words.question, words.explanation)
    return "\n".join((*parts, *words.options))


def figures(words: LessonText) -> set[Decimal]:
    return {Decimal(one) for one in FIGURE.findall(whole_text(words).replace(",", ""))}


def test_every_track_teaches_and_is_numbered_without_gaps() -> None:
    for track in Track:
        orders = [lesson.order for lesson in COURSE.lessons if lesson.track is track]
        assert orders == list(range(1, len(orders) + 1))
        assert len(orders) >= 5


def test_the_course_is_long_enough_and_every_file_belongs_to_it() -> None:
    files = [path for path in CONTENT.rglob("*") if path.is_file()]
    assert len(files) == len(COURSE.lessons) * len(LANGUAGES)
    assert len(COURSE.lessons) >= 28


def test_a_lesson_builds_on_lessons_taught_before_it() -> None:
    places = {lesson.slug: place for place, lesson in enumerate(COURSE.lessons)}
    for lesson in COURSE.lessons:
        assert all(places[slug] < places[lesson.slug] for slug in lesson.prerequisites)


@pytest.mark.parametrize("moment", Moment)
def test_every_moment_has_a_lesson_that_needs_no_other(moment: Moment) -> None:
    fitting = [lesson for lesson in COURSE.lessons if lesson.moment is moment]
    assert any(lesson.prerequisites == () for lesson in fitting)


def test_right_answers_stand_in_every_place_about_equally_often() -> None:
    counted = Counter(lesson.answer for lesson in COURSE.lessons)
    assert set(counted) == {0, 1, 2, 3}
    assert max(counted.values()) <= 0.4 * len(COURSE.lessons)


@LESSONS
def test_both_languages_tell_the_same_figures(lesson: Lesson) -> None:
    chinese, english = (figures(lesson.texts[language]) for language in LANGUAGES)
    assert chinese == english


@LESSONS
def test_the_chinese_is_said_to_the_reader_without_jargon(lesson: Lesson) -> None:
    words = whole_text(lesson.texts["zh-Hans"])
    assert "您" in words
    assert not any(word in words for word in JARGON)
    assert not re.search(r"[\u4e00-\u9fff] [\u4e00-\u9fff]", words), "no spaces between characters"
    assert not re.search(r"[\u4e00-\u9fff][,;:?!]", words), "Chinese punctuation after Chinese"


@LESSONS
def test_the_english_is_english_throughout(lesson: Lesson) -> None:
    assert not re.search(r"[\u4e00-\u9fff，。；：？！]", whole_text(lesson.texts["en"]))


@LESSONS
def test_the_explanation_says_more_than_the_options(lesson: Lesson) -> None:
    for words in lesson.texts.values():
        assert words.explanation not in words.options
        assert len(words.explanation) > len(words.options[lesson.answer])
