"""What a room holds on one person, opened and in plain values, for that person to take away."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import orjson
from tortoise.models import Model

from app.foundation.clock import moment_of
from app.foundation.sealing import Cell, Sealed, SealedTable, unseal_all

Plain = str | int | bool | None | list["Plain"] | dict[str, "Plain"]
"""What JSON has, without fractions: amounts are whole fen."""

Record = dict[str, Plain]
Held = dict[str, list[Record]]
"""Records by section, such as `loans`; every section is there, an empty one too."""

HoldsData = Callable[[str], Awaitable[Held]]
"""Returns what one room holds on a person."""


class Withheld(StrEnum):
    """Why something about a person is not handed to whoever has their phone."""

    WAY_IN = "WAY_IN"
    """A means of signing in: handed out, it would sign somebody else in."""
    PROTECTS_THE_PERSON = "PROTECTS_THE_PERSON"
    """Whoever forced the person to sign in must not learn of it."""
    NOT_THEIRS = "NOT_THEIRS"
    """It is about somebody who said that they are not this person."""
    USED_ONCE = "USED_ONCE"
    """Only the wallet it was made for can use it, once, within a day."""
    SAME_ELSEWHERE = "SAME_ELSEWHERE"
    """The same value stands elsewhere in the copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """
    One table's part of what a room holds.

    Rows are found by `of`, a column with the person's id; or by `within`: a column that holds the
    id of a row of an earlier section. `amounts` names sealed columns that hold whole fen;
    `withheld` the sealed columns that stay here, and why.
    """

    section: str
    model: type[Model]
    columns: tuple[str, ...]
    of: str = "borrower_id"
    within: tuple[str, str] | None = None
    amounts: tuple[str, ...] = ()
    withheld: Mapping[str, Withheld] = field(default_factory=dict[str, Withheld])


async def held_by(person_id: str, holdings: Sequence[Holding]) -> Held:
    """Return what tables hold on a person, oldest first, sealed values opened."""
    found: Held = {}
    row_ids: dict[str, list[Any]] = {}
    for holding in holdings:
        wanted: dict[str, Any] = {holding.of: person_id}
        if holding.within is not None:
            column, section = holding.within
            wanted = {f"{column}__in": row_ids[section]}
        rows = sorted(await holding.model.filter(**wanted), key=lambda row: str(row.pk))
        row_ids[holding.section] = [row.pk for row in rows]
        found[holding.section] = await _records(holding, rows, person_id)
    return found


async def _records(holding: Holding, rows: Sequence[Model], person_id: str) -> list[Record]:
    records: list[Record] = []
    closed: list[tuple[Cell, bytes]] = []
    places: list[tuple[int, str]] = []
    for number, row in enumerate(rows):
        record: Record = {}
        for column in holding.columns:
            value: Any = getattr(row, column)
            if isinstance(value, Sealed):
                closed.append((_cell(holding.model, column, row, person_id), value))
                places.append((number, column))
                record[column] = None
            else:
                record[column] = _plain(column, value)
        records.append(record)
    for (number, column), text in zip(places, await unseal_all(closed), strict=True):
        is_amount = column in holding.amounts
        records[number][column] = int(text) if is_amount else decoded(text)
    return records


def _cell(model: type[Model], column: str, row: Model, person_id: str) -> Cell:
    seals: SealedTable = model.seals  # pyright: ignore[reportAttributeAccessIssue] - declared by every model with sealed columns
    return seals.cell(column, str(getattr(row, seals.row_id)), person_id)


def _plain(column: str, value: object) -> Plain:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str):
        return decoded(value)
    assert value is None or isinstance(value, int), f"{column} is plain"
    if value is not None and column.endswith("_at"):
        return moment_of(value).isoformat()
    return value


def decoded(text: str) -> Plain:
    """Return what a text says where it is a JSON document of ours, and the text itself if not."""
    if not text.startswith(("{", "[")):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
