"""The course as it is published has no findings, and the command says so, or what is wrong."""

import shutil
from pathlib import Path

from click.testing import CliRunner

from app.commands import content
from app.literacy.operations import CONTENT, read_contents, read_course
from app.literacy.rules import course_findings

PLAIN = "+++ plain"


def test_the_course_has_no_findings_and_the_command_says_how_large_it_is() -> None:
    assert course_findings(read_contents()) == ()
    checked = CliRunner().invoke(content.command, ["check"])
    assert checked.exit_code == 0, checked.output
    assert checked.output.startswith(f"{len(read_course().lessons)} lessons in 7 tracks")


def test_a_file_that_is_no_lesson_and_a_lesson_that_is_too_hard_are_named(tmp_path: Path) -> None:
    shutil.copytree(CONTENT, tmp_path / "course")
    (tmp_path / "course" / "notes.txt").write_text("mine", encoding="utf-8")
    path = tmp_path / "course" / "cost" / "01-yearly-rate.en.md"
    whole = path.read_text(encoding="utf-8")
    hard = "Borrowers must evaluate contractual obligations independently."
    path.write_text(f"{whole.partition(PLAIN)[0]}{PLAIN}\n{hard}\n", encoding="utf-8")

    checked = CliRunner().invoke(content.command, ["check", str(tmp_path / "course")])
    assert checked.exit_code == 1
    assert "notes.txt: is no lesson" in checked.output
    assert "cost/01-yearly-rate.en.md: a lesson has a plain version of grade 5 at most, not" in (
        checked.output
    )

    graded = CliRunner().invoke(content.command, ["grade", str(path)])
    assert graded.exit_code == 1
    assert graded.output.startswith("cost/01-yearly-rate.en.md: full grade ")
    assert "states the grade of its plain version" in graded.output
    path.write_text("no lesson", encoding="utf-8")
    graded = CliRunner().invoke(content.command, ["grade", str(path)])
    assert (graded.exit_code, "two lines of +++" in graded.output) == (1, True)


def test_the_explanation_says_more_than_the_options() -> None:
    for lesson in read_course().lessons:
        for words in lesson.texts.values():
            assert words.explanation not in words.options
            assert len(words.explanation) > len(words.options[lesson.answer]), lesson.slug
