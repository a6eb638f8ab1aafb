"""Boards of contests, as one of those who take part may see them."""

from datetime import date
from typing import Any

from app.foundation.database import business_date, fetch
from app.literacy.models import ContestScoreRow, LearnerRow, LearningTeamRow
from app.literacy.rules.contest import (
    LINES_MAX,
    PEOPLE_MIN,
    Contest,
    ContestLine,
    TeamLine,
    contest_key,
    nickname_of,
)


async def reads_plain(borrower_id: str) -> bool:
    """Tell whether a borrower chose to be shown the plain versions of lessons first."""
    learner = await LearnerRow.get_or_none(id=borrower_id)
    return learner is not None and learner.reads_plain


async def contest_of(borrower_id: str, month: date | None = None) -> Contest | None:
    """
    Return the contest of a borrower's county in a day's month, this one's by default.

    None for those who take part in none. Boards and villages of fewer than five people are not
    shown, nor how many they are.
    """
    learner = await LearnerRow.get_or_none(id=borrower_id)
    if learner is None or learner.county is None or learner.nickname is None:
        return None
    on = month or await business_date()
    key = contest_key(on, learner.county)
    own = await ContestScoreRow.get_or_none(score_key=f"{on:%Y-%m}:{borrower_id}", contest_key=key)
    people = await ContestScoreRow.filter(contest_key=key).count()
    team = await LearningTeamRow.get(id=learner.team_id)
    is_shown = people >= PEOPLE_MIN
    return Contest(
        month=f"{on:%Y-%m}",
        county=learner.county,
        village=team.village,
        nickname=nickname_of(learner.nickname),
        points=0 if own is None else own.points,
        rank=None if own is None else await _rank(own),
        people=people if is_shown else None,
        board=await _board(key, borrower_id) if is_shown else (),
        teams=await _teams(key, team.id) if is_shown else (),
    )


async def _rank(own: ContestScoreRow) -> int:
    better = await fetch(
        "SELECT COUNT(*) AS better FROM contest_score WHERE contest_key = ? AND (points > ?"
        " OR (points = ? AND (reached_at < ? OR (reached_at = ? AND id < ?))))",
        [own.contest_key, own.points, own.points, own.reached_at, own.reached_at, own.id],
    )
    return int(better[0]["better"]) + 1


async def _board(key: str, borrower_id: str) -> tuple[ContestLine, ...]:
    rows = await (
        ContestScoreRow.filter(contest_key=key)
        .order_by("-points", "reached_at", "id")
        .limit(LINES_MAX)
    )
    return tuple(
        ContestLine(
            rank=rank,
            nickname=nickname_of(row.nickname),
            points=row.points,
            is_me=row.borrower_id == borrower_id,
        )
        for rank, row in enumerate(rows, start=1)
    )


async def _teams(key: str, own_team_id: str) -> tuple[TeamLine, ...]:
    rows: list[dict[str, Any]] = await fetch(
        "SELECT s.team_id, t.village, COUNT(*) AS people, SUM(s.points) AS points"
        " FROM contest_score s JOIN learning_team t ON t.id = s.team_id"
        " WHERE s.contest_key = ? GROUP BY s.team_id, t.village HAVING COUNT(*) >= ?"
        " ORDER BY SUM(s.points) DESC, s.team_id LIMIT ?",
        [key, PEOPLE_MIN, LINES_MAX],
    )
    return tuple(
        TeamLine(
            rank=rank,
            village=row["village"],
            people=int(row["people"]),
            points=int(row["points"]),
            is_mine=row["team_id"] == own_team_id,
        )
        for rank, row in enumerate(rows, start=1)
    )
