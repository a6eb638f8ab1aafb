"""How late the book is, month after month, and how much of it rolls on into worse."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from app.foundation.database import business_date
from app.loanmath.life import Bucket
from app.loanmath.money import round_ratio
from app.servicing.queries import day_report
from app.servicing.rules import DayReport
from app.support.queries.reporting import Lateness, portfolio

MONTHS = 6
"""How many ends of months are looked back at."""
STAGES: tuple[tuple[Bucket, ...], ...] = (
    (Bucket.CURRENT,),
    (Bucket.DAYS_1_7, Bucket.DAYS_8_30),
    (Bucket.DAYS_31_60,),
    (Bucket.DAYS_61_90,),
    (Bucket.DAYS_OVER_90,),
)
"""Buckets as months of lateness: a loan that pays nothing moves by one stage in a month."""
BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """The book by lateness as a day began, or, of the business date, as it is now."""

    on: date
    by_bucket: Lateness

    @property
    def total_fen(self) -> int:
        """All principal in it."""
        return sum(fen for _, fen in self.by_bucket.values())

    def stage_fen(self, stage: int) -> int:
        """Return the principal of a stage."""
        return sum(self.by_bucket.get(one, (0, 0))[1] for one in STAGES[stage])


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """
    What of one stage stood in the next a month later, by sums: the net flow rate.

    It is made of the book's sums, not of single loans: what was paid, and what came from elsewhere,
    is in it, so it can be above one where little was in the stage before.
    """

    since: date
    until: date
    stage: int
    """The stage it starts from, 0 for what was not late."""
    from_fen: int
    to_fen: int

    @property
    def basis_points(self) -> int | None:
        """Return the rate in ten-thousandths, rounded; None where nothing was in the stage."""
        if not self.from_fen:
            return None
        return round_ratio(BASIS_POINTS * self.to_fen, self.from_fen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """The ends of months that are known and the day asked for, oldest first, and what rolled."""

    on: date
    days: tuple[Aged, ...]
    rolls: tuple[Roll, ...]
    problems: tuple[str, ...] = ()


async def ageing(on: date, *, months: int = MONTHS) -> Ageing:
    """Return how late the book was at the ends of the months before a day, and on the day."""
    found: list[Aged] = []
    for day in month_ends(on, months):
        kept = await day_report(day)
        if kept is not None:
            found.append(_aged(kept))
    problems: tuple[str, ...] = ()
    if on >= await business_date():
        book = await portfolio(on, on)
        found.append(Aged(on=on, by_bucket=book.whole.by_bucket))
        problems = book.problems
    elif (kept := await day_report(on)) is not None:
        found.append(_aged(kept))
    return Ageing(on=on, days=tuple(found), rolls=rolls_of(found), problems=problems)


def rolls_of(days: Sequence[Aged]) -> tuple[Roll, ...]:
    """Return what rolled from each stage into the next between days about a month apart."""
    return tuple(
        Roll(
            since=before.on,
            until=after.on,
            stage=stage,
            from_fen=before.stage_fen(stage),
            to_fen=after.stage_fen(stage + 1),
        )
        for before, after in pairwise(days)
        if (after.on - before.on).days >= 28  # noqa: PLR2004 - the shortest month
        for stage in range(len(STAGES) - 1)
    )


def month_ends(on: date, months: int) -> list[date]:
    """Return the ends of the months before a day, oldest first."""
    found: list[date] = []
    day = on.replace(day=1) - timedelta(days=1)
    for _ in range(months):
        found.append(day.replace(day=calendar.monthrange(day.year, day.month)[1]))
        day = day.replace(day=1) - timedelta(days=1)
    return found[::-1]


def _aged(report: DayReport) -> Aged:
    loans, fen = report.loans_by_bucket, report.principal_by_bucket_fen
    return Aged(on=report.on_date, by_bucket={one: (loans[one], fen[one]) for one in Bucket})
