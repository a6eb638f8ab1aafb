"""The whole course is checked: what no file alone can show is found and named."""

import re
from decimal import Decimal

import pytest

from app.literacy.rules import Moment, Track, course_findings
from app.literacy.rules.checking import figures_of
from tests.literacy.conftest import lesson_file, lesson_files

MOMENTS = tuple(Moment)
CHINESE = re.compile(r"[\u4e00-\u9fff，。？]")


def lesson_of(number: int, **changes: object) -> dict[str, str]:
    """Write one of sixty lessons with all its versions; the English one in letters, whatever."""
    track, order = list(Track)[number % 7], number // 7 + 1
    usual: dict[str, object] = {
        "track": track.value,
        "order": order,
        "moment": MOMENTS[number % len(MOMENTS)].value,
        "answer": number % 3,
        "summary": "您先算一算。",
        "plain": "还钱要早。\n",
        "audio": "还钱要早。",
        "grade": 1,
    }
    files = lesson_files(f"lesson-{number}", **(usual | changes))
    return {
        path: text if "zh-Hans" in path else CHINESE.sub(in_letters, text)
        for path, text in files.items()
    }


def in_letters(found: re.Match[str]) -> str:
    return (
        "." if found.group() in "，。？" else "abcdefghijklmnopqrstuvwxyz"[ord(found.group()) % 26]
    )


def whole_course() -> dict[str, str]:
    return {path: text for number in range(60) for path, text in lesson_of(number).items()}


def test_a_whole_course_has_no_findings() -> None:
    assert course_findings(whole_course()) == ()


def one_language_differs() -> dict[str, str]:
    files = lesson_of(0)
    path = "cost/01-lesson-0.en.md"
    return {path: files[path].replace("+++ plain", "Pay ¥1,200.50 in 12 parts.\n+++ plain")}


@pytest.mark.parametrize(
    ("files", "finding"),
    [
        (lesson_of(0, plain=None), "a plain version of 1 to 700 bytes, not 0"),
        (lesson_of(0, audio=None), "a script in zh-Hans, and there only"),
        (lesson_of(0, grade=None), "missing required field `grade`"),
        (lesson_of(0, grade=2), "states the grade of its plain version, 1, not 2"),
        (lesson_of(0, plain="赊账还贷，催债逾期。\n"), "of grade 4 at most"),
        (lesson_of(0, plain="钱" * 234), "1 to 700 bytes, not 702"),
        (lesson_of(0, audio="还 100 元"), "a script of words alone"),
        (lesson_of(0, audio="算" * 401), "1 to 1200 bytes, not 1203"),
        (lesson_of(0, prerequisites=["lesson-7"]), "taught after it"),
        (one_language_differs(), "full version in zh-Hans does not say 12, 1200.5"),
        (lesson_of(0, summary="先算一算。"), "does not speak to the reader"),
        (lesson_of(0, plain="先 算再借。\n"), "a space between characters: 先 算"),
        (lesson_of(0, summary="看看授信额度"), "says 授信额度, which no villager says"),
        (lesson_of(0, audio="您好,先算。"), "foreign punctuation: 好,"),
        ({"cost/99-x.en.md": "no lesson"}, "two lines of +++"),
    ],
)
def test_each_fault_is_found_and_named(files: dict[str, str], finding: str) -> None:
    findings = course_findings(whole_course() | files)
    assert any(finding in one for one in findings), findings


def test_a_short_course_and_answers_in_one_place_are_found() -> None:
    few = {
        path: text.replace("answer = 1", "answer = 0").replace("answer = 2", "answer = 0")
        for path, text in whole_course().items()
        if "/01-" in path
    }
    findings = "\n".join(course_findings(few))
    assert "the course has 7 lessons; it needs 60" in findings
    assert "the right answer is option 0 in 7 of 7 lessons" in findings


def test_numbers_are_the_same_however_a_language_writes_them() -> None:
    chinese = figures_of("借 5 万元，年化 14.4%，十月还 1200 元，分 3 次")
    english = figures_of("Borrow ¥50,000 at 14.4%, pay ¥1,200 in October, in three parts")
    assert chinese == english == {Decimal(50_000), Decimal("14.4"), Decimal(10), Decimal(1200)}


def test_a_version_that_comes_twice_makes_a_file_malformed() -> None:
    twice = lesson_file() + "+++ plain\n二。\n"
    assert any("once" in one for one in course_findings({"cost/01-first.en.md": twice}))
