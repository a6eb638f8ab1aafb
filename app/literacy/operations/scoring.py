"""Points: counted in all, and in the contest of the month."""

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.outbox import announce
from app.literacy.events import PointsEarned
from app.literacy.models import LearnerRow
from app.literacy.rules.contest import contest_key


async def points_of(tx: Transaction, borrower_id: str) -> int:
    """Return all points of a borrower, those of this transaction included."""
    rows = await tx.rows(
        "SELECT COALESCE((SELECT SUM(points) FROM quiz_answer WHERE borrower_id = ?), 0)"
        " + COALESCE((SELECT SUM(points) FROM figure_answer WHERE borrower_id = ?), 0) AS points",
        [borrower_id, borrower_id],
    )
    return int(rows[0]["points"])


async def score(tx: Transaction, borrower_id: str, points: int, *, source: str) -> None:
    """Tell of points, and count them in this month's contest, if the borrower is in one."""
    await announce(tx, PointsEarned(borrower_id=borrower_id, source=source, points=points))
    learner = await LearnerRow.get_or_none(id=borrower_id)
    if learner is None or learner.county is None or learner.team_id is None:
        return
    await tx.run(
        "INSERT INTO contest_score (id, score_key, borrower_id, contest_key, team_id, nickname,"
        " points, reached_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (score_key) DO UPDATE"
        " SET points = contest_score.points + excluded.points, reached_at = excluded.reached_at",
        [
            tx.new_id("sc"),
            f"{tx.today:%Y-%m}:{borrower_id}",
            borrower_id,
            contest_key(tx.today, learner.county),
            learner.team_id,
            learner.nickname,
            points,
            milliseconds(tx.now),
        ],
    )
