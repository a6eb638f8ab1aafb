"""What a borrower has learned, and which lesson to show next."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from app.literacy.rules.course import Course, Lesson
from app.literacy.rules.lesson import Moment

SUGGESTION_DAYS_MIN = 7
"""Days of quiet between two suggestions for one moment: a late borrower hears of it daily."""

SUGGESTIONS_MAX = 5
PATH_MAX = 3
AGAIN_MAX = 2
"""How many lessons are shown at most; of those, how many next ones, and how many come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a borrower has got with one lesson; moments are aware, in UTC."""

    slug: str
    opened_at: datetime
    completed_at: datetime | None = None
    """When they had read it to the end."""
    tries: int = 0
    answered_right_at: datetime | None = None
    points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A lesson to show a borrower; without a moment it is simply the next one along the course."""

    lesson: Lesson
    moment: Moment
    suggested_on: date | None
    is_review: bool = False
    """Its quiz was answered wrong, and has come back."""


def lesson_for(
    course: Course, moment: Moment, *, completed: Collection[str], told: Collection[str]
) -> Lesson | None:
    """
    Return the lesson to suggest at a moment, or None if every fitting one is known or told.

    The first in the order of the course whose prerequisites the borrower has; then the first
    without.

    Args:
        course: What can be taught.
        moment: What is happening to the borrower.
        completed: Slugs of lessons the borrower has read.
        told: Slugs already suggested to them for this moment.
    """
    fitting = [
        lesson
        for lesson in course.lessons
        if lesson.moment is moment and lesson.slug not in completed and lesson.slug not in told
    ]
    return min(fitting, key=lambda one: (not is_ready(one, completed), one.place), default=None)


def is_ready(lesson: Lesson, completed: Collection[str]) -> bool:
    """Tell whether the borrower has read what a lesson builds on."""
    return all(slug in completed for slug in lesson.prerequisites)


def may_suggest_again(last: date | None, today: date) -> bool:
    """Tell whether the last suggestion for a moment is long enough ago."""
    return last is None or (today - last).days >= SUGGESTION_DAYS_MIN


def suggestions_from(
    course: Course,
    told: list[tuple[str, Moment, date]],
    *,
    completed: Collection[str],
    due: Sequence[str] = (),
) -> tuple[Suggestion, ...]:
    """
    Return what to show a borrower: what their moments call for, what comes back, then the path.

    A lesson appears once, a withdrawn one not at all, a completed one only if its quiz comes back.

    Args:
        course: What can be taught.
        told: Slug, moment and day of what was suggested, newest first.
        completed: Slugs of lessons the borrower has read.
        due: Slugs of lessons whose quiz has come back, longest due first.
    """
    shown: dict[str, Suggestion] = {}
    for slug, moment, on in told:
        lesson = course.by_slug.get(slug)
        if lesson is not None and slug not in completed and len(shown) < SUGGESTIONS_MAX:
            shown.setdefault(slug, Suggestion(lesson=lesson, moment=moment, suggested_on=on))
    for slug in due[:AGAIN_MAX]:
        lesson = course.by_slug.get(slug)
        if lesson is not None and len(shown) < SUGGESTIONS_MAX:
            again = Suggestion(lesson=lesson, moment=Moment.NONE, suggested_on=None, is_review=True)
            shown.setdefault(slug, again)
    path = (
        Suggestion(lesson=lesson, moment=Moment.NONE, suggested_on=None)
        for lesson in course.lessons
        if lesson.slug not in completed and lesson.slug not in shown and is_ready(lesson, completed)
    )
    room = min(PATH_MAX, SUGGESTIONS_MAX - len(shown))
    return (*shown.values(), *islice(path, room))
