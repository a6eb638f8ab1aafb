"""
Making rows' sealed values anew: the newest key, suite, class and index, whoever writes meanwhile.

A batch is read and worked out without holding anything. It is written under the condition that
each row still holds what was read, so that whoever wrote in between has the last word; such rows
are read again.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from app.foundation.audit.cells import Found
from app.foundation.database import current, fetch
from app.foundation.ids import Entropy
from app.foundation.sealing.cells import (
    Cell,
    DataKey,
    KeyClass,
    SealBroken,
    Suite,
    close_cell,
    head_of,
    open_cell,
)
from app.foundation.sealing.data_keys import IN_QUERY_MAX, WrappedKey, key_id, opened
from app.foundation.sealing.fields import Sealed
from app.foundation.sealing.indexes import blind_index, blind_indexes
from app.foundation.sealing.registry import Declared, SealedTable
from app.foundation.sealing.rows import check_row, row_seal, seal_cell

ROW_SEAL_COLUMNS = ("row_seal", "row_version")
DRAWN_BYTES = 4096


@dataclass(frozen=True, slots=True)
class SealedRow:
    """One row's sealed, index and row seal columns, whosever they are."""

    seals: SealedTable
    row_id: str
    subject_id: str
    values: Mapping[str, Any] = field(repr=False)

    def cell(self, column: str) -> Cell:
        """Return the place of one of its values."""
        return self.seals.cell(column, self.row_id, self.subject_id)

    def chained(self, values: Mapping[str, Any]) -> list[Found]:
        """Return what the audit chain is to know of these values of the row."""
        found: list[Found] = [
            (self.cell(column), _bytes(values[column])) for column in self.seals.chained
        ]
        if self.seals.has_row_seal:
            place = seal_cell(self.seals.table, self.row_id, self.subject_id)
            found.append((place, _bytes(values["row_seal"])))
        return found


@dataclass(frozen=True, slots=True)
class Change:
    """A row and the values that take the place of its own."""

    row: SealedRow
    values: Mapping[str, Any] = field(repr=False)


@dataclass(slots=True)
class Outcome:
    """What renewing some rows came to."""

    changes: list[Change] = field(default_factory=list[Change])
    broken: list[SealBroken] = field(default_factory=list[SealBroken])


class Keys:
    """The data keys of some people, opened as they are needed."""

    def __init__(self, wrapped: Sequence[WrappedKey], entropy: Entropy) -> None:
        self._entropy = entropy
        self._drawn, self._used = b"", 0
        self._wrapped = {one.id: one for one in wrapped}
        self._opened: dict[str, DataKey] = {}
        self._newest: dict[tuple[str, str], int] = {}
        for one in wrapped:
            owner = (one.subject_id, one.key_class)
            self._newest[owner] = max(one.version, self._newest.get(owner, 0))

    @classmethod
    async def of(cls, subject_ids: set[str]) -> "Keys":
        """Read every version of the keys of some people."""
        rows: list[dict[str, Any]] = []
        ordered = sorted(subject_ids)
        for start in range(0, len(ordered), IN_QUERY_MAX):
            some = ordered[start : start + IN_QUERY_MAX]
            places = ", ".join("?" for _ in some)
            rows += await fetch(
                "SELECT subject_id, key_class, version, epoch, wrapped FROM data_key"
                f" WHERE subject_id IN ({places})",
                some,
            )
        keys = cls([WrappedKey.of(row) for row in rows], current().entropy)
        await keys.open()
        return keys

    def draw(self, count: int) -> bytes:
        """Return so many bytes of chance, of which it fetches many at once."""
        start, self._used = self._used, self._used + count
        if self._used > len(self._drawn):
            self._drawn, start, self._used = self._entropy(DRAWN_BYTES), 0, count
        return self._drawn[start : self._used]

    async def open(self) -> None:
        """Open all that opens: a key that was altered, or whose week is gone, is left out."""
        self.take(await _opened_of(list(self._wrapped.values())))

    def take(self, keys: Mapping[str, DataKey]) -> None:
        """Take opened keys, by their names."""
        self._opened |= keys

    def newest(self, subject_id: str, key_class: KeyClass) -> DataKey | None:
        """Return the key for new cells, if the person has one of the class."""
        version = self._newest.get((subject_id, key_class), 0)
        return self.exact(subject_id, key_class, version)

    def exact(self, subject_id: str, key_class: KeyClass, version: int) -> DataKey | None:
        """Return the key of one version."""
        return self._opened.get(key_id(subject_id, key_class, version))


async def _opened_of(wrapped: Sequence[WrappedKey]) -> dict[str, DataKey]:
    try:
        return await opened(wrapped)
    except SealBroken:
        found: dict[str, DataKey] = {}
        for one in wrapped:
            with suppress(SealBroken):
                found |= await opened([one])
        return found


async def rows_after(one: Declared, after: str, limit: int) -> list[SealedRow]:
    """Read a table's rows behind a key, in the order of keys."""
    return await _rows(one, f"t.{one.seals.row_id} > ?", [after], limit)


async def rows_by_id(one: Declared, row_ids: Sequence[str]) -> list[SealedRow]:
    """Read some rows of a table."""
    places = ", ".join("?" for _ in row_ids)
    return await _rows(one, f"t.{one.seals.row_id} IN ({places})", list(row_ids), len(row_ids))


async def rows_of_subject(one: Declared, subject_id: str) -> list[SealedRow]:
    """Read all rows of a table that hold a person's values."""
    owner = "t" if one.seals.through is None else "p"
    return await _rows(one, f"{owner}.{one.seals.subject} = ?", [subject_id], -1)


async def _rows(one: Declared, where: str, parameters: list[str], limit: int) -> list[SealedRow]:
    seals = one.seals
    source, owner = f"{seals.table} t", "t"
    if seals.through is not None:
        own, parent = seals.through
        source, owner = f"{source} JOIN {parent} p ON p.id = t.{own}", "p"
    columns = "".join(f", t.{name}" for name in columns_of(one))
    most = "" if limit < 0 else f" LIMIT {limit}"
    rows = await fetch(
        f"SELECT t.{seals.row_id} AS the_row, {owner}.{seals.subject} AS the_subject{columns}"
        f" FROM {source} WHERE {where} ORDER BY t.{seals.row_id}{most}",
        parameters,
    )
    found: list[SealedRow] = []
    for row in rows:
        row_id, subject_id = row["the_row"], row["the_subject"]
        values = {**row, seals.row_id: row_id, seals.subject: subject_id}
        found.append(SealedRow(seals, row_id, subject_id, values))
    return found


def columns_of(one: Declared) -> tuple[str, ...]:
    """Return the columns that renewing reads and writes, sealed ones first."""
    indexes = tuple(index.column for index in one.seals.indexes)
    row_seals = ROW_SEAL_COLUMNS if one.seals.has_row_seal else ()
    return (*one.sealed_columns, *indexes, *one.seals.covered, *row_seals)


def renewed(rows: Sequence[SealedRow], keys: Keys, suite: Suite, *, makes_indexes: bool) -> Outcome:
    """Work out what is to change in rows; a broken one is named and left as it is."""
    outcome = Outcome()
    for row in rows:
        try:
            if row.seals.has_row_seal:
                check_row(row.seals, row.values.__getitem__)
            changed = _renewed_row(row, keys, suite, makes_indexes=makes_indexes)
        except SealBroken as broken:
            outcome.broken.append(broken)
            continue
        if changed:
            outcome.changes.append(Change(row, sealed_whole(row, changed)))
    return outcome


def sealed_whole(row: SealedRow, changed: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a row's values with some changed, under a row seal of their own.

    The row's version stays: what its person agreed to of that version is still what it says.
    """
    values = {**row.values, **changed}
    if row.seals.has_row_seal:
        values["row_seal"] = row_seal(row.seals, values.__getitem__)
    return values


def _renewed_row(
    row: SealedRow, keys: Keys, suite: Suite, *, makes_indexes: bool
) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for column in row.seals.columns:
        sealed = row.values[column]
        if sealed is not None:
            fresh = renewed_value(row.cell(column), bytes(sealed), keys, suite)
            if fresh is not None:
                changed[column] = fresh
    if makes_indexes:
        changed |= _renewed_indexes(row, keys)
    return changed


def renewed_value(cell: Cell, sealed: bytes, keys: Keys, suite: Suite) -> Sealed | None:
    """
    Close a value anew under its class's newest key; None if it stands so already.

    Raises:
        SealBroken: It does not open.
    """
    newest = keys.newest(cell.subject_id, cell.key_class)
    old_suite, version = head_of(sealed)
    is_current = newest is not None and (old_suite, version) == (suite, newest.version)
    if is_current and cell.formerly is None:
        return None
    text, opened_class = opened_under(cell, sealed, keys)
    if newest is None or (is_current and opened_class is cell.key_class):
        return None
    return close_cell(cell, text, key=newest, suite=suite, entropy=keys.draw)


def opened_under(cell: Cell, sealed: bytes, keys: Keys) -> tuple[str, KeyClass]:
    """
    Open a value under its class's key or a former class's, and say which it was.

    Raises:
        SealBroken: Neither opens it.
    """
    version = head_of(sealed)[1]
    for key_class in (cell.key_class, cell.formerly):
        if key_class is None:
            continue
        key = keys.exact(cell.subject_id, key_class, version)
        if key is None:
            continue
        try:
            return open_cell(cell, sealed, key=key, key_class=key_class), key_class
        except SealBroken:
            continue
    raise SealBroken(cell)


def _renewed_indexes(row: SealedRow, keys: Keys) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for index in row.seals.indexes:
        sealed = [row.values[name] for name in index.of]
        if None in sealed:
            continue
        texts = [
            opened_under(row.cell(name), bytes(value), keys)[0]
            for name, value in zip(index.of, sealed, strict=True)
        ]
        text = index.text_of(*texts)
        held = row.values[index.column]
        if text is None:
            continue
        if held not in blind_indexes(index.label, text, bits=index.bits):
            raise SealBroken(row.cell(index.of[0]))
        fresh = blind_index(index.label, text, bits=index.bits)
        if held != fresh:
            changed[index.column] = fresh
    return changed


def _bytes(value: bytes | None) -> bytes | None:
    return None if value is None else bytes(value)
