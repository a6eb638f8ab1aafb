"""Facts of literacy."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonSuggested(Fact):
    """A lesson fits what is happening to a borrower right now."""

    borrower_id: str
    lesson_slug: str
    moment: str
