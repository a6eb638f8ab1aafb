"""Complaints: how many, about what, why, how fast they were answered, how content people are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date

from app.commands.reports.names import Names, names_on
from app.commands.reports.shapes import (
    Cell,
    Column,
    Named,
    Plot,
    PlotKind,
    Report,
    Table,
    Unit,
    share_of,
)
from app.foundation.anonymity import without_small_groups
from app.foundation.text import text
from app.support.queries.complainants import complainants_by_county
from app.support.queries.figures import ComplaintTally, complaint_figures
from app.support.queries.reporting import UNKNOWN

COLUMNS = (
    Column("complaints", Unit.COUNT),
    Column("replied", Unit.COUNT),
    Column("in_time", Unit.SHARE),
    Column("was_late", Unit.COUNT),
    Column("escalated", Unit.COUNT),
    Column("reopened", Unit.COUNT),
    Column("closed", Unit.COUNT),
    Column("hours", Unit.COUNT),
    Column("rated", Unit.COUNT),
    Column("score", Unit.HUNDREDTHS),
)
SUMMED = tuple(one for one in ComplaintTally.__dataclass_fields__ if one != "name")


@dataclass(frozen=True, slots=True)
class _County:
    """A county's complaints, and how many people made them."""

    people: int
    tally: ComplaintTally

    def with_other(self, other: "_County") -> "_County":
        """Return both as one."""
        values = {name: getattr(self.tally, name) + getattr(other.tally, name) for name in SUMMED}
        return _County(self.people + other.people, replace(self.tally, **values))


async def complaints_report(since: date, on: date, language: str) -> Report:
    """Report on the complaints that were opened from a day to another."""
    found = await complaint_figures(since, on)
    names = await names_on(on, language)
    people = await complainants_by_county(since, on)
    counties = without_small_groups(
        {one.name or UNKNOWN: _County(people.get(one.name, 0), one) for one in found.by_county},
        people=lambda one: one.people,
        together=lambda one, other: one.with_other(other),
    )

    def named(section: str) -> Callable[[str | None], Named]:
        return lambda code: _named(section, code, language)

    total = _line(names.all_together, found.total)
    ways = (
        ("by_subject", found.by_subcategory, named("subject")),
        ("by_cause", found.by_root_cause, named("cause")),
        ("by_outcome", found.by_outcome, named("outcome")),
    )
    return Report(
        name="complaints",
        language=language,
        since=since,
        on=on,
        tables=(
            *(_table(name, tallies, called, total) for name, tallies, called in ways),
            Table(
                name="by_county",
                columns=(Column("group", Unit.NAME), *COLUMNS),
                rows=tuple(_line(names.county(code), one.tally) for code, one in counties.items()),
                total=total,
            ),
        ),
        plots=(
            _plot("complaints_by_subject", found.by_subcategory, named("subject"), names),
            _plot("complaints_by_cause", found.by_root_cause, named("cause"), names),
        ),
        notes=("anonymity", "in_time"),
    )


def _named(section: str, code: str | None, language: str) -> Named:
    if code is None:
        return Named("NONE", text("report.word.not_said", language))
    return Named(code, text(f"report.{section}.{code}", language))


def _line(head: Named, one: ComplaintTally) -> tuple[Cell, ...]:
    return (
        head,
        one.opened,
        one.answered,
        share_of(one.in_time, one.answered),
        one.late,
        one.escalated,
        one.reopened,
        one.closed,
        one.hours_to_answer // one.answered if one.answered else None,
        one.rated,
        one.score_sum * 100 // one.rated if one.rated else None,
    )


def _table(
    name: str,
    tallies: Iterable[ComplaintTally],
    called: Callable[[str | None], Named],
    total: tuple[Cell, ...],
) -> Table:
    return Table(
        name=name,
        columns=(Column("group", Unit.NAME), *COLUMNS),
        rows=tuple(_line(called(one.name), one) for one in tallies),
        total=total,
    )


def _plot(
    name: str,
    tallies: tuple[ComplaintTally, ...],
    called: Callable[[str | None], Named],
    names: Names,
) -> Plot:
    return Plot(
        name=name,
        kind=PlotKind.BARS,
        labels=tuple(called(one.name).name for one in tallies),
        series={names.word("complaints"): tuple(one.opened for one in tallies)},
        unit=Unit.COUNT,
    )
