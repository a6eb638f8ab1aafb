"""A quiz answered wrong comes back."""

from app.foundation.database import Transaction
from app.literacy.queries.reviewing import review_of
from app.literacy.rules.reviewing import Review, review_after


async def repeat(tx: Transaction, borrower_id: str, slug: str, *, is_right: bool) -> Review | None:
    """Keep when a quiz comes back after an answer, in the answer's transaction; return it."""
    known = await review_of(borrower_id, slug)
    review = review_after(known, slug=slug, is_right=is_right, on=tx.today)
    key = f"{borrower_id}:{slug}"
    if review is None:
        await tx.run("DELETE FROM lesson_review WHERE review_key = ?", [key])
    elif review != known:
        await tx.run(
            "INSERT INTO lesson_review (id, review_key, borrower_id, slug, box, due_on)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (review_key) DO UPDATE"
            " SET box = excluded.box, due_on = excluded.due_on",
            [tx.new_id("lr"), key, borrower_id, slug, review.box, review.due_on.isoformat()],
        )
    return review
