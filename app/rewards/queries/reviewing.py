"""What waits for a second person."""

from app.foundation.errors import NotFound
from app.rewards.models import ReviewRow
from app.rewards.rules import Review, ReviewState

SHOWN_MAX = 100


async def waiting_reviews() -> list[Review]:
    """Return proposals that wait to be decided, oldest first, at most a hundred."""
    rows = ReviewRow.filter(state=ReviewState.PROPOSED.value).order_by("proposed_at", "id")
    return [row.as_review() for row in await rows.limit(SHOWN_MAX)]


async def review(review_id: str) -> Review:
    """
    Return one proposal.

    Raises:
        NotFound: There is none of this id.
    """
    row = await ReviewRow.get_or_none(id=review_id)
    if row is None:
        raise NotFound("input.reviewId")
    return row.as_review()
