"""Keyed marks where the values themselves do not stand: made anew, or left to fade."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from app.foundation.database import Transaction
from app.foundation.rekeying.jobs.passing import Batch
from app.foundation.rekeying.jobs.renewing import Keys, SealedRow, opened_under, rows_of_subject
from app.foundation.sealing.cells import SealBroken
from app.foundation.sealing.indexes import INDEX_LABEL, blind_indexes
from app.foundation.sealing.registry import (
    Declared,
    Marked,
    MarkedTable,
    declared,
    fading,
    marked,
)
from app.foundation.sealing.ring import KeyRing
from app.foundation.sealing.turning import SPREAD, LabelInUse, retire_label_version


def renewed_labels() -> list[str]:
    """Return the labels of everything that a pass over all rows can make anew."""
    indexes = [index.label for one in declared() for index in one.seals.indexes]
    marks = [one.marks.label for one in marked() if one.marks.label is not None]
    return [INDEX_LABEL + label for label in sorted({*indexes, *marks})]


def fading_labels() -> dict[str, timedelta]:
    """Return the labels of marks that nothing can make anew, and how long such a mark lives."""
    return {INDEX_LABEL + label: lives for label, lives in fading().items()}


def renewed_marks(after: str) -> list[Marked]:
    """Return the tables, from the one named on, whose marks are made anew from what is sealed."""
    return [one for one in marked() if one.marks.of is not None and one.marks.table >= after]


async def remark(tx: Transaction, one: Marked, after: str, limit: int) -> Batch:
    """
    Make the marks of a table's next rows anew, each from its person's sealed value.

    A mark of another value than the person has now (of a card they no longer use) fits nothing
    under any key, and stays as it is.
    """
    marks = one.marks
    assert marks.of is not None, "the marks have a source"
    assert marks.label is not None, "and a label"
    table, column = marks.of
    source = next(known for known in declared() if known.seals.table == table)
    (name,) = marks.columns
    rows = await tx.rows(
        f"SELECT id, {marks.subject} AS the_subject, {name} AS the_mark FROM {marks.table}"
        " WHERE id > ? ORDER BY id LIMIT ?",
        [after, limit],
    )
    batch = Batch(str(rows[-1]["id"]) if len(rows) == limit else None, done=len(rows))
    keys = await Keys.of({row["the_subject"] for row in rows})
    for row in rows:
        for text in await _values(source, column, row["the_subject"], keys, batch.broken):
            batch.changed += await _write(tx, marks, row, blind_indexes(marks.label, text))
    return batch


async def _values(
    source: Declared, column: str, subject_id: str, keys: Keys, broken: list[SealBroken]
) -> Sequence[str]:
    found: list[str] = []
    for row in await rows_of_subject(source, subject_id):
        sealed = row.values[column]
        if sealed is not None and keys.newest(subject_id, row.seals.columns[column]):
            found += _opened(row, column, bytes(sealed), keys, broken)
    return found


def _opened(
    row: SealedRow, column: str, sealed: bytes, keys: Keys, broken: list[SealBroken]
) -> list[str]:
    try:
        return [opened_under(row.cell(column), sealed, keys)[0]]
    except SealBroken as failure:
        broken.append(failure)
        return []


async def _write(
    tx: Transaction, marks: MarkedTable, row: Mapping[str, Any], fitting: Sequence[str]
) -> int:
    """Write the newest of the marks that fit, where an older one of them stands."""
    if row["the_mark"] not in fitting[1:]:
        return 0
    (name,) = marks.columns
    return await tx.run(
        f"UPDATE {marks.table} SET {name} = ? WHERE id = ? AND {name} = ?",
        [fitting[0], row["id"], row["the_mark"]],
    )


async def retire_faded(ring: KeyRing) -> None:
    """Retire old versions of labels whose last mark under them is deleted by now."""
    for label, lives in fading_labels().items():
        for version in ring.labels.versions(label)[1:2]:
            try:
                await retire_label_version(ring, label, version, in_force=SPREAD + lives)
            except LabelInUse:
                continue
