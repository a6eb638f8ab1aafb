"""What a report is made of, before anybody decides how it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

BASIS_POINTS = 10_000
"""Shares and rates are whole ten-thousandths, so that no float is near the figures."""


class Unit(StrEnum):
    """What the values of a column are."""

    NAME = "NAME"
    COUNT = "COUNT"
    FEN = "FEN"
    SHARE = "SHARE"
    """Ten-thousandths."""
    HUNDREDTHS = "HUNDREDTHS"
    DAY = "DAY"


@dataclass(frozen=True, slots=True)
class Named:
    """A code for machines, and what people call it in the report's language."""

    code: str
    name: str


Cell = Named | int | date | None
"""None is shown as nothing: not known, or nothing to divide by."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; its heading is the text `report.column.<name>`."""

    name: str
    unit: Unit = Unit.FEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; its heading is the text `report.table.<name>`, `total` its last line if any."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None


class PlotKind(StrEnum):
    """How a plot is drawn."""

    BARS = "BARS"
    """One bar each, from the left."""
    STACKED = "STACKED"
    """Columns of parts."""
    LINES = "LINES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot; its heading is the text `report.plot.<name>`."""

    name: str
    kind: PlotKind
    labels: tuple[str, ...]
    series: Mapping[str, tuple[int | None, ...]]
    """Values by the name people read, as many as there are labels."""
    unit: Unit = Unit.FEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    A report; its heading is the text `report.title.<name>`.

    Attributes:
        name: Which report it is.
        language: The language of all that people read in it.
        since: The first day of what happened.
        on: The last day, and the day of what stands.
        tables: In the order they are read.
        plots: The same.
        notes: Names of sentences `report.note.<name>` on how to read it.
        problems: Each sum that is not the ledger's; none on a sound book.
    """

    name: str
    language: str
    since: date
    on: date
    tables: tuple[Table, ...]
    plots: tuple[Plot, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def share_of(part: int, whole: int) -> int | None:
    """Return a part in ten-thousandths, rounded half up; None of nothing."""
    if whole <= 0:
        return None
    return (2 * BASIS_POINTS * part + whole) // (2 * whole)
