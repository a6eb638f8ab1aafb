"""The course and the packs that this process hands out."""

from collections.abc import Sequence

from app.foundation.errors import NotFound
from app.foundation.paging import Page, PageAsk
from app.literacy.rules import Course, Lesson, Pack, Track, pack_rows


class _Taught:
    course: Course | None = None
    packs: tuple[Pack, ...] = ()


def teach(course: Course) -> None:
    """Make a course the one this process teaches."""
    _Taught.course = course


def course() -> Course:
    """Return the course this process teaches."""
    assert _Taught.course is not None, "the course is loaded at start"
    return _Taught.course


def taught_version() -> str:
    """Return the version of the course this process teaches; empty where it teaches none."""
    return "" if _Taught.course is None else _Taught.course.version


def hand_out(packs: Sequence[Pack]) -> None:
    """Make packs those that this process hands out; of one row the newest comes first."""
    _Taught.packs = tuple(packs)


def packs() -> Sequence[Pack]:
    """Return every pack this process hands out; of one row the newest comes first."""
    return _Taught.packs


def newest_packs(language: str) -> Sequence[Pack]:
    """Return the newest pack of each row in a language, in the order tracks are taught."""
    newest = {one.row: one for one in reversed(packs()) if one.of.language == language}
    return [newest[str(row)] for row in pack_rows() if str(row) in newest]


def lesson(slug: str, *, field: str = "slug") -> Lesson:
    """
    Return a lesson by its name.

    Raises:
        NotFound: There is no such lesson; it may have been withdrawn.
    """
    found = course().by_slug.get(slug)
    if found is None:
        raise NotFound(field)
    return found


def lesson_title(slug: str, language: str) -> str:
    """
    Return a lesson's title, for those who tell a borrower about it.

    Raises:
        NotFound: There is no such lesson; it may have been withdrawn.
    """
    return lesson(slug).texts[language].title


def lessons_page(track: Track | None, ask: PageAsk) -> Page[Lesson]:
    """Return lessons in the order they are taught, of one track or of all."""
    found = [
        (lesson.place, lesson)
        for lesson in course().lessons
        if (track is None or lesson.track is track)
        and (ask.after is None or lesson.place > ask.after)
    ]
    return Page.cut([*found[: ask.first + 1]], ask)
