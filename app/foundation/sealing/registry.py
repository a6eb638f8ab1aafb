"""
Which columns are sealed, and all that renewing, proving or forgetting their values has to know.

Each model with sealed columns declares them once, as its `seals`; a test proves that none is left
out and that every declaration opens what the app's own operations wrote.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.foundation.database import current
from app.foundation.sealing.cells import Cell, KeyClass
from app.foundation.sealing.fields import SealedField


def _as_written(text: str) -> str | None:
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """
    A blind index beside sealed columns.

    `text_of` turns the values in clear of the columns named in `of` into what is indexed; None
    leaves the column empty, as does any of the values missing.
    """

    column: str
    of: tuple[str, ...]
    label: str
    bits: int = 128
    text_of: Callable[..., str | None] = _as_written


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedTable:
    """
    The sealed columns of one table, and whose they are.

    `subject` names the column that holds the person whose keys close the values; with `through`
    it is a column of that other table, found by this table's column named first.
    `formerly` names classes that closed a column before; they open still, until renewed.
    `chained` names columns whose digests also stand in the audit chain (`audit.note_cell`): whoever
    writes one, or writes it under another key, notes it in the same transaction.
    With `has_row_seal` the table has columns `row_seal` and `row_version` (see `rows`);
    `row_seal_since` names the migration that brought them, and `covered` the columns of plain text
    that the row's seal covers beside the sealed ones.
    """

    table: str
    columns: Mapping[str, KeyClass]
    row_id: str = "id"
    subject: str = "borrower_id"
    through: tuple[str, str] | None = None
    formerly: Mapping[str, KeyClass] = field(default_factory=dict[str, KeyClass])
    chained: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    has_row_seal: bool = False
    row_seal_since: str = ""
    covered: tuple[str, ...] = ()
    under_seal: tuple[str, ...] = field(init=False)
    """Every column that the row's seal covers, in its order."""

    def __post_init__(self) -> None:
        """Put the names together once."""
        names = (*self.columns, *(index.column for index in self.indexes), *self.covered)
        object.__setattr__(self, "under_seal", names)

    def cell(self, column: str, row_id: str, subject_id: str) -> Cell:
        """Return the place of one value."""
        return Cell(
            self.table,
            column,
            row_id,
            subject_id,
            self.columns[column],
            self.formerly.get(column),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedTable:
    """
    Columns with keyed marks of a person's values where the values themselves do not stand.

    Each model with such columns declares them as its `marks`: forgetting the person empties them.
    Where the value stands sealed elsewhere, `of` names that table and column, of the same person,
    and `label` the key of the marks: they are made anew when it turns. Other marks fade (`Fading`).
    """

    table: str
    columns: tuple[str, ...]
    subject: str = "borrower_id"
    of: tuple[str, str] | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fading:
    """
    Labels of keyed marks in a table that nothing can make anew, as their values stand nowhere.

    Each model with such marks declares them as its `fades`, with how long a row lives at most.
    When a label turns, its old key is read for so long; what only counts begins anew.
    """

    labels: tuple[str, ...]
    lives: timedelta


@dataclass(frozen=True, slots=True)
class Declared:
    """A table's declaration with its model."""

    model: type[Model]
    seals: SealedTable

    @property
    def sealed_columns(self) -> tuple[str, ...]:
        """Return the names of the sealed columns, in the model's order."""
        return sealed_columns_of(self.model)

    def blank_of(self, index: Index, row_id: str) -> str | None:
        """Return what stands in an index's column once its person is forgotten."""
        column = self.model._meta.fields_map[index.column]  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Tortoise's own way to describe a model
        if column.null:
            return None
        return f"-{row_id}" if column.unique else ""


@dataclass(frozen=True, slots=True)
class Marked:
    """A table's declaration of marks with its model."""

    model: type[Model]
    marks: MarkedTable

    @property
    def blanks(self) -> Mapping[str, str | None]:
        """Return what stands in each column once its person is forgotten."""
        columns: Mapping[str, fields.Field[Any]] = self.model._meta.fields_map  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Tortoise's own way to describe a model
        return {name: None if columns[name].null else "" for name in self.marks.columns}


def sealed_columns_of(model: type[Model]) -> tuple[str, ...]:
    """Return the names of a model's sealed columns."""
    columns: Mapping[str, fields.Field[Any]] = model._meta.fields_map  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as above
    return tuple(name for name, column in columns.items() if isinstance(column, SealedField))


def declared() -> Sequence[Declared]:
    """Return every table with sealed columns of the open database, by name."""
    found = [Declared(model, model.seals) for model in _models() if sealed_columns_of(model)]
    return sorted(found, key=lambda one: one.seals.table)


def marked() -> Sequence[Marked]:
    """Return every table with marks of the open database, by name."""
    found = [Marked(model, model.marks) for model in _models() if hasattr(model, "marks")]
    return sorted(found, key=lambda one: one.marks.table)


def fading() -> Mapping[str, timedelta]:
    """Return every label of marks that fade, and how long the longest-lived of them lasts."""
    found: dict[str, timedelta] = {}
    for model in _models():
        fades: Fading | None = getattr(model, "fades", None)
        for label in fades.labels if fades else ():
            assert fades is not None, "it has labels"
            found[label] = max(fades.lives, found.get(label, fades.lives))
    return dict(sorted(found.items()))


def _models() -> list[Any]:
    apps: Any = current().context.apps
    return [model for models in apps.values() for model in models.values()]
