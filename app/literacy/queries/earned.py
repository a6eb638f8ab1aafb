"""What brought a borrower points, each by one name wherever it is told."""

from app.foundation.database import fetch


async def points_earned(borrower_id: str) -> list[tuple[str, int]]:
    """Return every source of a borrower's points and what it brought; what brought none is left."""
    rows = await fetch(
        "SELECT 'lesson' AS kind, slug AS name, points FROM quiz_answer"
        " WHERE borrower_id = ? AND points > 0 UNION ALL"
        " SELECT 'figure' AS kind, answer_key AS name, points FROM figure_answer"
        " WHERE borrower_id = ? AND points > 0",
        [borrower_id, borrower_id],
    )
    return sorted((f"{row['kind']}:{row['name']}", int(row["points"])) for row in rows)


def source_of_lesson(slug: str) -> str:
    """Name the points of a lesson's quiz."""
    return f"lesson:{slug}"


def source_of_figure(answer_key: str) -> str:
    """Name the points of a day's answer about the own plan."""
    return f"figure:{answer_key}"
