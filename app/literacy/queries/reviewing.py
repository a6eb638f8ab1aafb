"""Which quizzes come back to a borrower, and when."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.foundation.database import business_date, fetch
from app.literacy.models import LessonReviewRow
from app.literacy.queries.taught import course
from app.literacy.rules.reviewing import REVIEWS_MAX, Review


async def review_of(borrower_id: str, slug: str) -> Review | None:
    """Return when a lesson's quiz comes back to a borrower; None if it does not."""
    row = await LessonReviewRow.get_or_none(review_key=f"{borrower_id}:{slug}")
    return None if row is None else _review(vars(row))


_DUE = (
    "SELECT slug, box, due_on FROM lesson_review WHERE borrower_id = ? AND due_on <= ?"
    f" ORDER BY due_on, slug LIMIT {REVIEWS_MAX}"
)


async def reviews_due(borrower_id: str, on: date | None = None) -> Sequence[Review]:
    """Return the quizzes that have come back by the business date, longest due first."""
    today = on or await business_date()
    rows = await fetch(_DUE, [borrower_id, today.isoformat()])
    return [_review(row) for row in rows if row["slug"] in course().by_slug]


def _review(row: Mapping[str, Any]) -> Review:
    return Review(slug=row["slug"], box=row["box"], due_on=date.fromisoformat(row["due_on"]))
