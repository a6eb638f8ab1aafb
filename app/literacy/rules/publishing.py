"""A version of the course on its way to being taught: one proposes it, another decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.literacy.rules.course import Course


class CourseState(StrEnum):
    """How a proposed version of the course stands."""

    WAITING = "WAITING"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseProposal:
    """
    A version of the course that somebody proposed.

    Attributes:
        proposal_id: Its id.
        version: The course's version: a hash of all its files.
        state: How it stands.
        lessons: How many lessons it has.
        maker_id: Who proposed it.
        proposed_at: When.
        checker_id: Who decided; None while it waits.
        decided_at: When.
    """

    proposal_id: str
    version: str
    state: CourseState
    lessons: int
    maker_id: str
    proposed_at: datetime
    checker_id: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseChanges:
    """What is different between two versions of the course, lesson by lesson."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    withdrawn: tuple[str, ...]


def changes_between(before: Course | None, after: Course) -> CourseChanges:
    """Compare a course with the one taught before; without one, every lesson is new."""
    old: Mapping[str, str] = (
        {} if before is None else {one.slug: one.version for one in before.lessons}
    )
    new = {one.slug: one.version for one in after.lessons}
    return CourseChanges(
        added=tuple(slug for slug in new if slug not in old),
        changed=tuple(slug for slug in new if slug in old and old[slug] != new[slug]),
        withdrawn=tuple(slug for slug in old if slug not in new),
    )
