"""What a borrower has made of the course: progress, points, and what to show them next."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.literacy.models import (
    FigureAnswerRow,
    LessonProgressRow,
    LessonSuggestionRow,
    QuizAnswerRow,
)
from app.literacy.queries.reviewing import reviews_due
from app.literacy.queries.taught import course
from app.literacy.rules import (
    SUGGESTIONS_MAX,
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
    """Return a borrower's points and how far they are in each track."""
    progress = await progress_of(borrower_id)
    of_figures = await FigureAnswerRow.filter(borrower_id=borrower_id)
    return Learning(
        points=sum(one.points for one in (*progress.values(), *of_figures)),
        tracks=tuple(_track_learning(track, progress) for track in Track),
    )


def _track_learning(track: Track, progress: dict[str, Progress]) -> TrackLearning:
    lessons = [one for one in course().lessons if one.track is track]
    known = [progress[one.slug] for one in lessons if one.slug in progress]
    return TrackLearning(
        track=track,
        lessons=len(lessons),
        completed=sum(one.completed_at is not None for one in known),
        solved=sum(one.answered_right_at is not None for one in known),
    )


async def suggestions_of(borrower_id: str) -> tuple[Suggestion, ...]:
    """Return what to show now: what their moments call for, what comes back, the next lessons."""
    rows = (
        await LessonSuggestionRow.filter(borrower_id=borrower_id)
        .order_by("-suggested_on", "-id")
        .limit(SUGGESTIONS_MAX * len(Moment))
    )
    told = [(row.slug, Moment(row.moment), date.fromisoformat(row.suggested_on)) for row in rows]
    return suggestions_from(
        course(),
        told,
        completed=await completed_slugs(borrower_id),
        due=[one.slug for one in await reviews_due(borrower_id)],
    )


async def completed_slugs(borrower_id: str) -> frozenset[str]:
    """Return the names of the lessons a borrower has read to the end."""
    rows = await LessonProgressRow.filter(
        borrower_id=borrower_id, completed_at__isnull=False
    ).values_list("slug", flat=True)
    return frozenset(str(slug) for slug in rows)
