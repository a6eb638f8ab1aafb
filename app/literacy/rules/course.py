"""The course: every lesson in every language, checked as a whole and versioned by its content."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from app.literacy.errors import CourseInconsistent
from app.literacy.rules.lesson import (
    LANGUAGES,
    Heading,
    LessonFile,
    LessonFileMalformed,
    Moment,
    Track,
    file_problems,
    lesson_file_from,
)

TRACK_ORDER = tuple(Track)
VERSION_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonText:
    """What a borrower reads, in one language."""

    title: str
    summary: str
    body: str
    plain: str
    """The same in short sentences and everyday words."""
    grade: int
    """The school grade of the plain version."""
    audio: str | None
    """A script to be read aloud, in the language dialects are spoken from."""
    question: str
    options: tuple[str, ...]
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One lesson, the same in every language but for its texts."""

    slug: str
    track: Track
    order: int
    minutes: int
    points: int
    moment: Moment
    prerequisites: tuple[str, ...]
    answer: int
    texts: Mapping[str, LessonText]
    version: str
    """Changes when a word of it does, in any language."""

    @property
    def option_count(self) -> int:
        """Return how many options its quiz offers."""
        return len(self.texts[LANGUAGES[0]].options)

    @property
    def place(self) -> tuple[int, int]:
        """Return where it stands in the course: its track's place, then its own in the track."""
        return TRACK_ORDER.index(self.track), self.order


@dataclass(frozen=True)
class Course:
    """All lessons, in the order they are taught."""

    lessons: tuple[Lesson, ...]
    version: str

    @cached_property
    def by_slug(self) -> Mapping[str, Lesson]:
        """Return the lessons by their names."""
        return {lesson.slug: lesson for lesson in self.lessons}


def course_from(contents: Mapping[str, str]) -> Course:
    """
    Put the lesson files of a content folder together.

    Args:
        contents: Each file's text by its path relative to the folder.

    Raises:
        CourseInconsistent: Something is wrong in or between files; every problem is named.
    """
    files: list[LessonFile] = []
    problems: list[str] = []
    for path, content in sorted(contents.items()):
        try:
            files.append(lesson_file_from(path, content))
        except LessonFileMalformed as failure:
            problems.append(str(failure))
    problems += [problem for file in files for problem in file_problems(file)]
    problems = problems or list(_problems_between(files))
    if problems:
        raise CourseInconsistent(problems)
    lessons = sorted(_lessons(files, contents), key=lambda lesson: lesson.place)
    return Course(tuple(lessons), _version(contents[path] for path in sorted(contents)))


def _lessons(files: Iterable[LessonFile], contents: Mapping[str, str]) -> Iterator[Lesson]:
    for slug, by_language in _by_slug(files).items():
        heading = by_language[LANGUAGES[0]].heading
        yield Lesson(
            slug=slug,
            track=heading.track,
            order=heading.order,
            minutes=heading.minutes,
            points=heading.points,
            moment=heading.moment,
            prerequisites=heading.prerequisites,
            answer=heading.quiz.answer,
            texts={language: _text(file) for language, file in by_language.items()},
            version=_version(contents[by_language[language].path] for language in LANGUAGES),
        )


def _text(file: LessonFile) -> LessonText:
    quiz = file.heading.quiz
    return LessonText(
        title=file.heading.title,
        summary=file.heading.summary,
        body=file.body.strip(),
        plain=file.plain.strip(),
        grade=file.heading.grade,
        audio=None if file.audio is None else file.audio.strip(),
        question=quiz.question,
        options=quiz.options,
        explanation=quiz.explanation,
    )


def _version(contents: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:VERSION_LENGTH]


def _problems_between(files: list[LessonFile]) -> Iterator[str]:
    by_slug = _by_slug(files)
    for slug, by_language in by_slug.items():
        missing = [language for language in LANGUAGES if language not in by_language]
        if missing:
            yield f"{slug}: is missing in {', '.join(missing)}"
        elif len({_shared(file.heading) for file in by_language.values()}) > 1:
            yield f"{slug}: says different things about itself in {' and '.join(LANGUAGES)}"
    places = Counter((file.heading.track, file.heading.order, file.language) for file in files)
    for (track, order, language), count in places.items():
        if count > 1:
            yield f"{track}/{order:02d}: is the place of {count} lessons in {language}"
    yield from _prerequisite_problems(by_slug)
    taken = {file.heading.moment for file in files}
    yield from (f"{moment}: no lesson fits this moment" for moment in Moment if moment not in taken)


def _prerequisite_problems(by_slug: Mapping[str, Mapping[str, LessonFile]]) -> Iterator[str]:
    needs = {
        slug: set(next(iter(files.values())).heading.prerequisites)
        for slug, files in by_slug.items()
    }
    for slug, needed in needs.items():
        for missing in sorted(needed - needs.keys()):
            yield f"{slug}: builds on {missing}, which is no lesson"
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as cycle:
        yield f"these lessons build on each other in a circle: {', '.join(cycle.args[1])}"


def _shared(heading: Heading) -> tuple[object, ...]:
    return (
        heading.track,
        heading.order,
        heading.minutes,
        heading.points,
        heading.moment,
        heading.prerequisites,
        heading.quiz.answer,
        len(heading.quiz.options),
    )


def _by_slug(files: Iterable[LessonFile]) -> Mapping[str, Mapping[str, LessonFile]]:
    grouped: defaultdict[str, dict[str, LessonFile]] = defaultdict(dict)
    for file in files:
        grouped[file.heading.slug][file.language] = file
    return grouped
