"""What a borrower has made of the course: progress, points, and what to show them next."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.foundation.database import business_date, fetch, fetch_tuples
from app.literacy.models import (
    LessonProgressRow,
    QuizAnswerRow,
)
from app.literacy.queries.taught import course
from app.literacy.rules import (
    Moment,
    Progress,
    Suggestion,
    Track,
    suggestions_from,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackLearning:
    """How many lessons of a track a borrower has read, and how many quizzes they have solved."""

    track: Track
    lessons: int
    completed: int
    solved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """What a borrower has learned; points count even if their lesson is withdrawn later."""

    points: int
    tracks: tuple[TrackLearning, ...]

    @property
    def lessons(self) -> int:
        """Return how many lessons there are."""
        return sum(one.lessons for one in self.tracks)

    @property
    def completed(self) -> int:
        """Return how many of them the borrower has read to the end."""
        return sum(one.completed for one in self.tracks)

    @property
    def solved(self) -> int:
        """Return how many of their quizzes the borrower has answered right."""
        return sum(one.solved for one in self.tracks)


async def progress_of(borrower_id: str) -> dict[str, Progress]:
    """Return a borrower's progress by lesson; a lesson never opened is not in it."""
    return (await _progress_by_borrower([borrower_id]))[borrower_id]


async def progress_by_lesson(keys: list[tuple[str, str]]) -> Sequence[Progress | None]:
    """Return progress for pairs of borrower and lesson, in the order asked, in two reads."""
    known = await _progress_by_borrower(sorted({borrower_id for borrower_id, _ in keys}))
    return [known[borrower_id].get(slug) for borrower_id, slug in keys]


async def _progress_by_borrower(borrower_ids: list[str]) -> dict[str, dict[str, Progress]]:
    progress: defaultdict[str, dict[str, Progress]] = defaultdict(dict)
    opened = await LessonProgressRow.filter(borrower_id__in=borrower_ids)
    answers = await QuizAnswerRow.filter(borrower_id__in=borrower_ids)
    answer_by_key = {row.answer_key: row for row in answers}
    for row in opened:
        answer = answer_by_key.get(row.progress_key)
        progress[row.borrower_id][row.slug] = Progress(
            slug=row.slug,
            opened_at=row.opened_at,
            completed_at=row.completed_at,
            tries=answer.tries if answer else 0,
            answered_right_at=answer.answered_right_at if answer else None,
            points=answer.points if answer else 0,
        )
    return progress


async def learning_of(borrower_id: str) -> Learning:
    """Return a borrower's points and how far they are in each track, read at once."""
    rows = await fetch(
        "SELECT p.slug, CASE WHEN p.completed_at IS NULL THEN 0 ELSE 1 END AS completed,"
        " CASE WHEN q.answered_right_at IS NULL THEN 0 ELSE 1 END AS solved,"
        " COALESCE(q.points, 0) AS points FROM lesson_progress p"
        " LEFT JOIN quiz_answer q ON q.answer_key = p.progress_key WHERE p.borrower_id = ?"
        " UNION ALL SELECT '', 0, 0, points FROM figure_answer WHERE borrower_id = ?",
        [borrower_id, borrower_id],
    )
    known = {str(row["slug"]): row for row in rows}
    return Learning(
        points=sum(int(row["points"]) for row in rows),
        tracks=tuple(_track_learning(track, known) for track in Track),
    )


def _track_learning(track: Track, rows: Mapping[str, Mapping[str, Any]]) -> TrackLearning:
    lessons = [one for one in course().lessons if one.track is track]
    known = [rows[one.slug] for one in lessons if one.slug in rows]
    return TrackLearning(
        track=track,
        lessons=len(lessons),
        completed=sum(int(one["completed"]) for one in known),
        solved=sum(int(one["solved"]) for one in known),
    )


_COMPLETED, _DUE = "", "DUE"
"""What stands in a moment's place where a row says something else."""
_MOMENTS: Mapping[str, Moment] = {one.value: one for one in Moment}
_SUGGESTED = (
    "SELECT suggested_on AS day, id, slug, moment FROM lesson_suggestion WHERE borrower_id = ?"
    f" UNION ALL SELECT '', id, slug, '{_COMPLETED}' FROM lesson_progress"
    " WHERE borrower_id = ? AND completed_at IS NOT NULL"
    f" UNION ALL SELECT due_on, id, slug, '{_DUE}' FROM lesson_review"
    " WHERE borrower_id = ? AND due_on <= ?"
)


async def suggestions_of(borrower_id: str, on: date | None = None) -> tuple[Suggestion, ...]:
    """Return what to show now: what their moments call for, what comes back, the next lessons."""
    today = on or await business_date()
    rows = await fetch_tuples(
        _SUGGESTED, [borrower_id, borrower_id, borrower_id, today.isoformat()]
    )
    told, due = [], []
    completed: set[str] = set()
    for day, row_id, slug, moment in rows:
        if moment == _COMPLETED:
            completed.add(slug)
        elif moment == _DUE:
            due.append((day, row_id, slug))
        else:
            told.append((day, row_id, slug, _MOMENTS[moment]))
    told.sort(reverse=True)
    due.sort()
    return suggestions_from(
        course(),
        [(slug, moment, date.fromisoformat(day)) for day, _, slug, moment in told],
        completed=completed,
        due=[slug for _, _, slug in due],
    )


async def completed_slugs(borrower_id: str) -> frozenset[str]:
    """Return the names of the lessons a borrower has read to the end."""
    rows = await fetch(
        "SELECT slug FROM lesson_progress WHERE borrower_id = ? AND completed_at IS NOT NULL",
        [borrower_id],
    )
    return frozenset(str(row["slug"]) for row in rows)
