"""Which quizzes come back to a borrower, and when."""

from collections.abc import Sequence
from datetime import date

from app.foundation.database import business_date
from app.literacy.models import LessonReviewRow
from app.literacy.queries.taught import course
from app.literacy.rules.reviewing import REVIEWS_MAX, Review


async def review_of(borrower_id: str, slug: str) -> Review | None:
    """Return when a lesson's quiz comes back to a borrower; None if it does not."""
    row = await LessonReviewRow.get_or_none(review_key=f"{borrower_id}:{slug}")
    return None if row is None else _review(row)


async def reviews_due(borrower_id: str) -> Sequence[Review]:
    """Return the quizzes that have come back by the business date, longest due first."""
    today = await business_date()
    rows = await (
        LessonReviewRow.filter(borrower_id=borrower_id, due_on__lte=today.isoformat())
        .order_by("due_on", "slug")
        .limit(REVIEWS_MAX)
    )
    return [_review(row) for row in rows if row.slug in course().by_slug]


def _review(row: LessonReviewRow) -> Review:
    return Review(slug=row.slug, box=row.box, due_on=date.fromisoformat(row.due_on))
