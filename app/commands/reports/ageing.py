"""How late the book is, month after month, and what rolls on from one stage into the next."""

from collections.abc import Mapping
from datetime import date

from app.commands.reports.names import Names, names_on
from app.commands.reports.shapes import (
    Column,
    Named,
    Plot,
    PlotKind,
    Report,
    Table,
    Unit,
    share_of,
)
from app.loanmath.life import Bucket
from app.support.queries.ageing import STAGES, Ageing, ageing


async def ageing_report(since: date, on: date, language: str) -> Report:
    """Report on lateness at the ends of the months from a day on, and on another."""
    months = max(1, (on.year - since.year) * 12 + on.month - since.month)
    found = await ageing(on, months=months)
    names = await names_on(on, language)
    return Report(
        name="ageing",
        language=language,
        since=since,
        on=on,
        tables=(_today(found, names), _months(found), _rolls(found, names)),
        plots=_plots(found, names),
        notes=("roll", "morning"),
        problems=found.problems,
    )


def _today(found: Ageing, names: Names) -> Table:
    last = found.days[-1] if found.days and found.days[-1].on == found.on else None
    by_bucket = {} if last is None else last.by_bucket
    total_fen = 0 if last is None else last.total_fen
    return by_lateness(
        by_bucket, names, loans=sum(one for one, _ in by_bucket.values()), total_fen=total_fen
    )


def by_lateness(
    by_bucket: Mapping[Bucket, tuple[int, int]], names: Names, *, loans: int, total_fen: int
) -> Table:
    """Show how many loans, and how much of what is owed, are how late; and the sums."""
    rows: list[tuple[Named | int | None, ...]] = []
    for bucket in Bucket:
        count, fen = by_bucket.get(bucket, (0, 0))
        rows.append((names.bucket(bucket), count, fen, share_of(fen, total_fen)))
    return Table(
        name="buckets",
        columns=(
            Column("lateness", Unit.NAME),
            Column("loans", Unit.COUNT),
            Column("outstanding"),
            Column("share", Unit.SHARE),
        ),
        rows=tuple(rows),
        total=(names.all_together, loans, total_fen, None),
    )


def _months(found: Ageing) -> Table:
    columns = (
        Column("day", Unit.DAY),
        *(Column(f"bucket_{one.value}") for one in Bucket),
        Column("outstanding"),
    )
    rows = tuple(
        (
            day.on,
            *(day.by_bucket.get(bucket, (0, 0))[1] for bucket in Bucket),
            day.total_fen,
        )
        for day in found.days
    )
    return Table(name="months", columns=columns, rows=rows)


def _rolls(found: Ageing, names: Names) -> Table:
    stages = [_stage(stage, names) for stage in range(len(STAGES))]
    return Table(
        name="rolls",
        columns=(
            Column("from_day", Unit.DAY),
            Column("to_day", Unit.DAY),
            Column("from_stage", Unit.NAME),
            Column("to_stage", Unit.NAME),
            Column("from_amount"),
            Column("to_amount"),
            Column("roll", Unit.SHARE),
        ),
        rows=tuple(
            (
                roll.since,
                roll.until,
                stages[roll.stage],
                stages[roll.stage + 1],
                roll.from_fen,
                roll.to_fen,
                roll.basis_points,
            )
            for roll in found.rolls
        ),
    )


def _stage(stage: int, names: Names) -> Named:
    return names.line(f"stage_{stage}")


def _plots(found: Ageing, names: Names) -> tuple[Plot, ...]:
    labels = tuple(day.on.isoformat() for day in found.days)
    late = [one for one in Bucket if one is not Bucket.CURRENT]
    plots = [
        Plot(
            name="late_by_month",
            kind=PlotKind.STACKED,
            labels=labels,
            series={
                names.bucket(one).name: tuple(
                    day.by_bucket.get(one, (0, 0))[1] for day in found.days
                )
                for one in late
            },
        )
    ]
    ends = sorted({roll.until for roll in found.rolls})
    if ends:
        rates = {(roll.until, roll.stage): roll.basis_points for roll in found.rolls}
        plots.append(
            Plot(
                name="rolls",
                kind=PlotKind.LINES,
                labels=tuple(day.isoformat() for day in ends),
                series={
                    f"{_stage(stage, names).name} → {_stage(stage + 1, names).name}": tuple(
                        rates.get((day, stage)) for day in ends
                    )
                    for stage in range(len(STAGES) - 1)
                },
                unit=Unit.SHARE,
            )
        )
    return tuple(plots)
