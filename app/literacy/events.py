"""Facts of literacy."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonSuggested(Fact):
    """A lesson fits what is happening to a borrower right now."""

    borrower_id: str
    lesson_slug: str
    moment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsEarned(Fact):
    """
    A right answer brought points.

    `source` names what was answered, the same as in `queries.points_earned`: a lesson brings points
    once ever, a question about the own plan once a day.
    """

    borrower_id: str
    source: str
    points: int
