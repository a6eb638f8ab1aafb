"""A lesson file is read strictly, and what is wrong with it is named."""

import pytest

from app.literacy.rules import (
    BODY_BYTES_MAX,
    LessonFileMalformed,
    Moment,
    Track,
    file_problems,
    lesson_file_from,
)
from tests.literacy.conftest import lesson_file

PATH = "cost/01-first.zh-Hans.md"


def test_a_file_becomes_a_lesson() -> None:
    file = lesson_file_from(PATH, lesson_file(moment="before-signing", prerequisites=["other"]))

    assert (file.language, file.heading.slug, file.heading.track) == (
        "zh-Hans",
        "first",
        Track.COST,
    )
    assert file.heading.moment is Moment.BEFORE_SIGNING
    assert file.heading.prerequisites == ("other",)
    assert file.heading.quiz.options == ("甲", "乙", "丙")
    assert file.body == "借钱之前，先算一算。\n"
    assert file_problems(file) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("借钱之前，先算一算。", "two lines"),
        ("+++\nslug = 'first'\n", "two lines"),
        ("+++\nslug = \n+++\n", "Invalid value"),
        (lesson_file(grade=None), "missing required field `grade`"),
        (lesson_file(title=None), "missing required field `title`"),
        (lesson_file(extra=1), "unknown field `extra`"),
        (lesson_file(track="gossip"), "Invalid enum value 'gossip'"),
        (lesson_file(moment="at-noon"), "Invalid enum value 'at-noon'"),
        (lesson_file("Bad Slug"), "regex"),
        (lesson_file(order=0), ">= 1"),
        (lesson_file(minutes=60), "<= 5"),
        (lesson_file(points=0), ">= 1"),
        (lesson_file(title=""), "length >= 1"),
        (lesson_file(options=["甲", "乙"]), "length >= 3"),
        (lesson_file(options=["甲", "乙", "丙", "丁", "戊"]), "length <= 4"),
        (lesson_file(answer=-1), ">= 0"),
        (lesson_file(answer="1"), "Expected `int`"),
    ],
)
def test_a_malformed_file_is_refused_by_name_and_reason(content: str, reason: str) -> None:
    with pytest.raises(LessonFileMalformed) as refused:
        lesson_file_from(PATH, content)
    assert str(refused.value).startswith(PATH)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("path", "content", "rule"),
    [
        ("cost/01-first.fr.md", lesson_file(), "is in a language we teach in"),
        ("cost/02-first.zh-Hans.md", lesson_file(), "stands at cost/01-first.zh-Hans.md"),
        ("plans/01-first.zh-Hans.md", lesson_file(), "stands at cost/01-first.zh-Hans.md"),
        (PATH, lesson_file(body=" \n"), "has a body"),
        (PATH, lesson_file(body="算" * 401), "at most 1200 bytes, not 1203"),
        (PATH, lesson_file(body="<script>alert(1)</script>"), "plain Markdown"),
        (PATH, lesson_file(body="点[这里](https://example.com)"), "plain Markdown"),
        (PATH, lesson_file(body="听\x00"), "plain Markdown"),
        (PATH, lesson_file(options=["甲", "甲", "丙"]), "options that differ"),
        (PATH, lesson_file(plain=None), "a plain version of 1 to 700 bytes, not 0"),
        (PATH, lesson_file(audio=None), "a script in zh-Hans, and there only"),
        (PATH, lesson_file(answer=3), "answer among its options"),
    ],
)
def test_a_file_that_cannot_be_taught_says_why(path: str, content: str, rule: str) -> None:
    problems = file_problems(lesson_file_from(path, content))
    assert any(rule in problem for problem in problems), problems


def test_a_body_may_be_as_long_as_a_packet_and_no_longer() -> None:
    longest = lesson_file_from(PATH, lesson_file(body="算" * (BODY_BYTES_MAX // 3)))
    assert file_problems(longest) == []
