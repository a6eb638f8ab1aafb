"""The whole course as its publishers want it: what a file alone, or two of them, cannot show."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal

from app.literacy.errors import CourseInconsistent
from app.literacy.rules.course import Course, Lesson, LessonText, course_from
from app.literacy.rules.lesson import LANGUAGES, SPOKEN_LANGUAGE, Moment, Track

LESSONS_MIN = 60
"""How many lessons a course has at least, over its seven tracks."""

PLACE_PERCENT_MAX = 40
"""How often the right answer may stand in one place, so that nobody learns the place."""

FIGURE_MIN = 10
"""Whole numbers below may be spelled out in one language and written in figures in the other."""

_FIGURE = re.compile(r"(\d+(?:\.\d+)?) ?([万亿]?)")
_TIMES = {"": 1, "万": 10_000, "亿": 100_000_000}
_GROUPED = re.compile(r"(?<=\d),(?=\d{3})")
_MONTHS = {
    "十二月": "12",
    "十一月": "11",
    "十月": "10",
    "October": "10",
    "November": "11",
    "December": "12",
}


JARGON = ("IRR", "APR", "逾期率", "授信额度", "贷后", "标的", "敞口")
"""Words of the trade that no villager says."""

_CHINESE = re.compile(r"[\u4e00-\u9fff，。；：？！]")
_SPACED = re.compile(r"[\u4e00-\u9fff] [\u4e00-\u9fff]")
_FOREIGN_STOP = re.compile(r"[\u4e00-\u9fff][,;:?!]")


def course_findings(contents: Mapping[str, str]) -> tuple[str, ...]:
    """
    Return everything that keeps a folder's files from being published as the course.

    Args:
        contents: Each file's text by its path relative to the content folder.
    """
    try:
        course = course_from(contents)
    except CourseInconsistent as failure:
        return failure.problems
    return (*_findings_of_lessons(course), *_findings_of_course(course))


def figures_of(text: str) -> frozenset[Decimal]:
    """Return the numbers a text states from 10 up, and every one that is not whole."""
    plain = _GROUPED.sub("", text)
    for month, number in _MONTHS.items():
        plain = plain.replace(month, number)
    values = (Decimal(digits) * _TIMES[unit] for digits, unit in _FIGURE.findall(plain))
    return frozenset(value for value in values if value >= FIGURE_MIN or value % 1)


def _findings_of_lessons(course: Course) -> Iterator[str]:
    places = {lesson.slug: place for place, lesson in enumerate(course.lessons)}
    for lesson in course.lessons:
        yield from _figure_findings(lesson)
        yield from _word_findings(lesson)
        for slug in lesson.prerequisites:
            if places[slug] > places[lesson.slug]:
                yield f"{lesson.slug}: builds on {slug}, which is taught after it"


def _word_findings(lesson: Lesson) -> Iterator[str]:
    for language, words in lesson.texts.items():
        said = "\n".join((_full(words), _plain(words), words.audio or ""))
        where = f"{lesson.slug}: in {language}, it"
        if language != SPOKEN_LANGUAGE:
            if found := _CHINESE.search(said):
                yield f"{where} says {found.group()}"
            continue
        if "您" not in _full(words):
            yield f"{where} does not speak to the reader, who is 您"
        for word in JARGON:
            if word in said:
                yield f"{where} says {word}, which no villager says"
        if found := _SPACED.search(said):
            yield f"{where} puts a space between characters: {found.group()}"
        if found := _FOREIGN_STOP.search(said):
            yield f"{where} has foreign punctuation: {found.group()}"


def _figure_findings(lesson: Lesson) -> Iterator[str]:
    first, *others = LANGUAGES
    for version, text_of in (("full", _full), ("plain", _plain)):
        said = figures_of(text_of(lesson.texts[first]))
        for language in others:
            here = figures_of(text_of(lesson.texts[language]))
            for missing, where in ((said - here, language), (here - said, first)):
                if missing:
                    told = ", ".join(f"{one:f}" for one in sorted(missing))
                    yield f"{lesson.slug}: its {version} version in {where} does not say {told}"


def _full(words: LessonText) -> str:
    parts = (words.title, words.summary, words.body, words.question, words.explanation)
    return "\n".join((*parts, *words.options))


def _plain(words: LessonText) -> str:
    return words.plain


def _findings_of_course(course: Course) -> Iterator[str]:
    count = len(course.lessons)
    if count < LESSONS_MIN:
        yield f"the course has {count} lessons; it needs {LESSONS_MIN}"
    for track in Track:
        orders = [lesson.order for lesson in course.lessons if lesson.track is track]
        if not orders or orders != list(range(1, len(orders) + 1)):
            yield f"{track}: its lessons are not numbered from 1 without a gap"
    for moment in Moment:
        fitting = (lesson for lesson in course.lessons if lesson.moment is moment)
        if not any(lesson.prerequisites == () for lesson in fitting):
            yield f"{moment}: no lesson of this moment can be read without another"
    for place, times in sorted(Counter(lesson.answer for lesson in course.lessons).items()):
        if times * 100 > PLACE_PERCENT_MAX * count:
            yield f"the right answer is option {place} in {times} of {count} lessons"
