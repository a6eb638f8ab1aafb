"""How complaints went: how many, why, how fast, and how content those who complained are."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from app.foundation.clock import beginning_of
from app.foundation.database import fetch
from app.support.rules import Category

HOURS_OF_A_DAY = 24

_COUNTED = {
    "opened": "COUNT(*)",
    "answered": "COUNT(hours_to_answer)",
    "in_time": "COUNT(CASE WHEN hours_to_answer IS NOT NULL AND NOT was_late THEN 1 END)",
    "late": "COUNT(CASE WHEN was_late THEN 1 END)",
    "escalated": "COUNT(CASE WHEN was_escalated THEN 1 END)",
    "reopened": "COUNT(CASE WHEN round > 1 THEN 1 END)",
    "closed": "COUNT(closed_at)",
    "hours_to_answer": "COALESCE(SUM(hours_to_answer), 0)",
    "rated": "COUNT(score)",
    "score_sum": "COALESCE(SUM(score), 0)",
}
_SUMS = ", ".join(f"{counted} AS {name}" for name, counted in _COUNTED.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintTally:
    """Complaints of one kind, counted; `name` is None for those where nothing is said yet."""

    name: str | None
    opened: int
    answered: int
    in_time: int
    """Answered, and no deadline ever passed before."""
    late: int
    """A deadline passed without an answer."""
    escalated: int
    """A supervisor got it because time ran short."""
    reopened: int
    closed: int
    hours_to_answer: int
    """Summed over those answered."""
    rated: int
    score_sum: int

    @property
    def days_to_answer(self) -> Fraction | None:
        """Return how many days the first answer took on average; None before there is one."""
        if not self.answered:
            return None
        return Fraction(self.hours_to_answer, self.answered * HOURS_OF_A_DAY)

    @property
    def satisfaction(self) -> Fraction | None:
        """Return the average score, 1 to 5; None where nobody rated."""
        return Fraction(self.score_sum, self.rated) if self.rated else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintFigures:
    """Complaints opened within some days, as they stand now."""

    since: date
    until: date
    """The last day counted."""
    total: ComplaintTally
    by_subcategory: tuple[ComplaintTally, ...]
    by_county: tuple[ComplaintTally, ...]
    by_root_cause: tuple[ComplaintTally, ...]
    by_outcome: tuple[ComplaintTally, ...]


async def complaint_figures(since: date, until: date) -> ComplaintFigures:
    """
    Count the complaints opened from one day to another, both included; nobody is named.

    Days are China's. Tallies come largest first; a statement for each way of counting.
    """
    (total,) = await _tallies(None, since, until)
    return ComplaintFigures(
        since=since,
        until=until,
        total=total,
        by_subcategory=await _tallies("subcategory", since, until),
        by_county=await _tallies("county", since, until),
        by_root_cause=await _tallies("root_cause", since, until),
        by_outcome=await _tallies("outcome", since, until),
    )


async def _tallies(by: str | None, since: date, until: date) -> tuple[ComplaintTally, ...]:
    """Count by a column, or all together: then there is one tally, even of nothing."""
    name, grouped = ("NULL", "") if by is None else (by, f" GROUP BY {by}")
    rows = await fetch(
        f"SELECT {name} AS name, {_SUMS} FROM ticket"
        f" WHERE category = ? AND opened_at >= ? AND opened_at < ?{grouped}",
        [Category.COMPLAINT.value, beginning_of(since), beginning_of(until + timedelta(days=1))],
    )
    tallies = [
        ComplaintTally(name=row["name"], **{one: int(row[one]) for one in _COUNTED}) for row in rows
    ]
    return tuple(sorted(tallies, key=lambda one: (-one.opened, one.name or "")))
