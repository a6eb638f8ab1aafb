"""`python -m app content`."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from app.literacy.operations import CONTENT, read_contents
from app.literacy.rules import (
    AUDIO_BYTES_MAX,
    BODY_BYTES_MAX,
    LANGUAGES,
    PLAIN_BYTES_MAX,
    Course,
    LessonFile,
    LessonFileMalformed,
    Track,
    course_findings,
    course_from,
    file_problems,
    grade_of,
    lesson_file_from,
)


@click.group("content")
def command() -> None:
    """Look after the lessons in fixtures/content."""


@command.command("check")
@click.argument(
    "folder", default=CONTENT, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
def check_command(*, folder: Path) -> None:
    """
    Check the whole course, and say in a line each what keeps it from being published.

    Exit code 1 if anything does.
    """
    sys.exit(check(folder, say=click.echo))


def check(folder: Path, *, say: Callable[[str], object]) -> int:
    """Say every finding; return the exit code."""
    contents = read_contents(folder)
    known = {folder / path for path in contents}
    findings = [
        f"{path.relative_to(folder)}: is no lesson: <track>/<number>-<slug>.<language>.md"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path not in known
    ]
    findings += course_findings(contents)
    for finding in findings:
        say(finding)
    if findings:
        say(f"{len(findings)} findings in {len(contents)} files")
        return 1
    say(_summary(course_from(contents)))
    return 0


def _summary(course: Course) -> str:
    grades = {language: [one.texts[language].grade for one in course.lessons]
              for language in LANGUAGES}  # fmt: skip
    told = ", ".join(f"{language} {max(each)}" for language, each in grades.items())
    return (
        f"{len(course.lessons)} lessons in {len(Track)} tracks, version {course.version};"
        f" plain versions are of grade {told} at most"
    )


@command.command("grade")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def grade_command(*, files: tuple[Path, ...]) -> None:
    """
    Measure lesson files: the school grade and the bytes of each version, and what is wrong.

    Files may lie anywhere, as long as their track's folder is above them.
    """
    sys.exit(grade(files, say=click.echo))


def grade(files: tuple[Path, ...], *, say: Callable[[str], object]) -> int:
    """Say what was measured of each file; return the exit code: 1 if one cannot be taught."""
    failed = False
    for file in files:
        path = f"{file.resolve().parent.name}/{file.name}"
        try:
            read = lesson_file_from(path, file.read_text(encoding="utf-8"))
        except LessonFileMalformed as malformed:
            say(str(malformed))
            failed = True
            continue
        say(_measured(read))
        problems = file_problems(read)
        for problem in problems:
            say(f"  {problem}")
        failed = failed or bool(problems)
    return 1 if failed else 0


def _measured(file: LessonFile) -> str:
    versions = (
        ("full", file.body, BODY_BYTES_MAX),
        ("plain", file.plain, PLAIN_BYTES_MAX),
        ("audio", file.audio, AUDIO_BYTES_MAX),
    )
    told = [
        f"{name} grade {grade_of(text, file.language)}, {len(text.encode())} of {most} bytes"
        for name, text, most in versions
        if text
    ]
    return f"{file.path}: {'; '.join(told)}; states {file.heading.grade}"
