"""How complaints went: how many, why, how fast, and how content those who complained are."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from app.foundation.clock import SHANGHAI
from app.foundation.database import fetch
from app.support.rules import Category

HOURS_OF_A_DAY = 24

_SUMS = (
    "COUNT(*) AS opened,"
    " COUNT(hours_to_answer) AS answered,"
    " COALESCE(SUM(hours_to_answer), 0) AS hours,"
    " COALESCE(SUM(CASE WHEN hours_to_answer IS NOT NULL AND NOT was_late THEN 1 ELSE 0 END), 0)"
    " AS in_time,"
    " COALESCE(SUM(CASE WHEN was_late THEN 1 ELSE 0 END), 0) AS late,"
    " COALESCE(SUM(CASE WHEN was_escalated THEN 1 ELSE 0 END), 0) AS escalated,"
    " COALESCE(SUM(CASE WHEN round > 1 THEN 1 ELSE 0 END), 0) AS reopened,"
    " COALESCE(SUM(CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END), 0) AS closed,"
    " COUNT(score) AS rated,"
    " COALESCE(SUM(score), 0) AS score_sum"
)


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
    total = await _tallies("NULL", since, until)
    return ComplaintFigures(
        since=since,
        until=until,
        total=total[0] if total else _tally({}),
        by_subcategory=await _tallies("subcategory", since, until),
        by_county=await _tallies("county", since, until),
        by_root_cause=await _tallies("root_cause", since, until),
        by_outcome=await _tallies("outcome", since, until),
    )


async def _tallies(by: str, since: date, until: date) -> tuple[ComplaintTally, ...]:
    grouped = "" if by == "NULL" else f" GROUP BY {by}"
    rows = await fetch(
        f"SELECT {by} AS name, {_SUMS} FROM ticket"
        f" WHERE category = ? AND opened_at >= ? AND opened_at < ?{grouped}",
        [Category.COMPLAINT.value, _begins(since), _begins(until + timedelta(days=1))],
    )
    tallies = [_tally(row) for row in rows]
    return tuple(sorted(tallies, key=lambda one: (-one.opened, one.name or "")))


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def _tally(row: Any) -> ComplaintTally:  # noqa: ANN401 - a row of the database's
    found = dict(row)
    return ComplaintTally(
        name=found.get("name"),
        opened=int(found.get("opened", 0)),
        answered=int(found.get("answered", 0)),
        in_time=int(found.get("in_time", 0)),
        late=int(found.get("late", 0)),
        escalated=int(found.get("escalated", 0)),
        reopened=int(found.get("reopened", 0)),
        closed=int(found.get("closed", 0)),
        hours_to_answer=int(found.get("hours", 0)),
        rated=int(found.get("rated", 0)),
        score_sum=int(found.get("score_sum", 0)),
    )
