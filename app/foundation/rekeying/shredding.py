"""
Forgetting a person by destroying their keys: what was sealed under them is noise everywhere.

Their wrapped keys go, so no copy of the database taken from now on opens anything. Copies taken
before hold the wrapped keys still; they lose them when the weeks' keys that wrap them are
destroyed (`jobs` of kind REWRAP, then `turning.destroy_epoch`). Records that the law keeps stand
in a class of their own (`KeyClass.HELD`), whose key lives until the date of the hold.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from tortoise.expressions import Subquery

from app.foundation.audit import SYSTEM, Entry, record
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, fetch
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.models import TombstoneRow
from app.foundation.rekeying.jobs.renewing import (
    Change,
    Keys,
    SealedRow,
    opened_under,
    rows_of_subject,
    sealed_whole,
)
from app.foundation.rekeying.jobs.writing import write_changes
from app.foundation.sealing.cells import KeyClass, SealBroken, close_cell
from app.foundation.sealing.data_keys import newest_key, wait_for_writers
from app.foundation.sealing.registry import Declared, declared, marked
from app.foundation.sealing.rows import check_row
from app.foundation.sealing.tombstones import (
    FORGOTTEN,
    HOLD_ENDED,
    Tombstone,
    bury,
    tombstone,
)
from app.foundation.sealing.vault import installed_vault


async def shred(
    tx: Transaction, subject_id: str, *, held_until: date | None = None, actor: str = SYSTEM
) -> Tombstone:
    """
    Destroy a person's keys for good and empty the indexes that lead to them; on record.

    With `held_until`, what the law keeps stays readable until that day, if there is any.

    Raises:
        SealBroken: A record to be kept does not open; nothing was destroyed.
        TemporarilyUnavailable: Somebody writes the person's rows right now; nothing was destroyed.
    """
    stone = await _shred(tx, subject_id, held_until)
    await record(tx, Entry(FORGOTTEN, subject_id, actor, stone.told))
    return stone


async def _shred(tx: Transaction, subject_id: str, held_until: date | None) -> Tombstone:
    await wait_for_writers(tx, subject_id)
    if held_until is not None:
        await keep_held(tx, subject_id)
    spared = "" if held_until is None else " AND key_class <> 'held'"
    await tx.run(f"DELETE FROM data_key WHERE subject_id = ?{spared}", [subject_id])
    held = await tx.run(
        "UPDATE data_key SET held_until = ? WHERE subject_id = ?", [held_until, subject_id]
    )
    await _blank_indexes(tx, subject_id)
    stone = tombstone(subject_id, milliseconds(tx.now), held_until if held else None)
    await bury(tx, stone)
    await count_forgotten(tx)
    return stone


async def replay(tx: Transaction, stone: Tombstone) -> None:
    """
    Forget again, in a database brought back from a copy, whom a tombstone names.

    Nobody else may be writing: the person's keys are not locked first, as there may be thousands
    of people in one transaction.
    """
    spared = "" if stone.held_until is None else " AND key_class <> 'held'"
    await tx.run(f"DELETE FROM data_key WHERE subject_id = ?{spared}", [stone.subject_id])
    await _blank_indexes(tx, stone.subject_id)
    await bury(tx, stone)
    await count_forgotten(tx)


async def end_holds(tx: Transaction, limit: int = 500, *, actor: str = SYSTEM) -> int:
    """
    Destroy keys whose legal hold ended before the business date; return how many people's.

    Only of people whom a tombstone of ours says to be forgotten: a date written beside the keys of
    somebody else destroys nothing.
    """
    rows = await tx.rows(
        "SELECT subject_id, buried_at, held_until, signature FROM tombstone WHERE held_until < ?"
        " AND subject_id IN (SELECT subject_id FROM data_key WHERE held_until < ?)"
        " ORDER BY subject_id LIMIT ?",
        [tx.today, tx.today, limit],
    )
    ended = [stone for stone in map(Tombstone.of, rows) if stone.is_genuine]
    for stone in ended:
        new = await _shred(tx, stone.subject_id, None)
        await record(tx, Entry(HOLD_ENDED, stone.subject_id, actor, new.told))
    return len(ended)


async def is_forgotten(subject_id: str) -> bool:
    """Whether a person's keys were destroyed."""
    return bool(await fetch("SELECT 1 FROM tombstone WHERE subject_id = ?", [subject_id]))


async def forgotten_among(subject_ids: Sequence[str]) -> set[str]:
    """Return whose keys of some people were destroyed; one query for any number."""
    rows = await TombstoneRow.filter(subject_id__in=list(subject_ids)).values("subject_id")
    return {str(row["subject_id"]) for row in rows}


def forgotten_people() -> Subquery:
    """Return the ids of everybody forgotten, for `exclude(borrower_id__in=…)`."""
    return Subquery(TombstoneRow.all().values("subject_id"))


async def count_forgotten(tx: Transaction) -> None:
    """Let every process drop the keys it has open: at once here, within a second elsewhere."""
    await tx.run(
        "INSERT INTO sealing_policy (id, suite, forgotten, changed_at) VALUES (1, 1, 1, ?)"
        " ON CONFLICT (id) DO UPDATE SET forgotten = sealing_policy.forgotten + 1",
        [milliseconds(tx.now)],
    )
    vault = installed_vault()
    vault.forget()
    tx.after_commit(vault.forget)


async def keep_held(
    tx: Transaction, subject_id: str, broken: list[SealBroken] | None = None
) -> None:
    """
    Close under the held class what is to be kept and still stands under a former one.

    With `broken`, what does not open is added to it and left as it is.

    Raises:
        SealBroken: Something does not open.
        TemporarilyUnavailable: Somebody writes the person's rows right now.
    """
    for one in declared():
        if KeyClass.HELD not in one.seals.columns.values():
            continue
        rows = await rows_of_subject(one, subject_id)
        keys = await Keys.of({subject_id})
        changes = [
            Change(row, sealed_whole(row, fresh))
            for row in rows
            if (fresh := await _held_values(tx, row, keys, broken))
        ]
        await _write(tx, one, changes)


async def _held_values(
    tx: Transaction, row: SealedRow, keys: Keys, broken: list[SealBroken] | None
) -> dict[str, Any]:
    fresh: dict[str, Any] = {}
    for column, key_class in row.seals.columns.items():
        sealed = row.values[column]
        if key_class is not KeyClass.HELD or sealed is None:
            continue
        try:
            text, opened_class = opened_under(row.cell(column), bytes(sealed), keys)
        except SealBroken as failure:
            if broken is None:
                raise
            broken.append(failure)
            continue
        if opened_class is not KeyClass.HELD:
            key, suite = await newest_key(tx, row.subject_id, KeyClass.HELD)
            fresh[column] = close_cell(
                row.cell(column), text, key=key, suite=suite, entropy=tx.random_bytes
            )
    return fresh


async def _blank_indexes(tx: Transaction, subject_id: str) -> None:
    for one in declared():
        if one.seals.indexes:
            await _blank(tx, one, await rows_of_subject(one, subject_id))
    for one in marked():
        places = ", ".join(f"{column} = ?" for column in one.blanks)
        await tx.run(
            f"UPDATE {one.marks.table} SET {places} WHERE {one.marks.subject} = ?",
            [*one.blanks.values(), subject_id],
        )


async def _blank(tx: Transaction, one: Declared, rows: Sequence[SealedRow]) -> None:
    for row in rows:
        blank = {index.column: one.blank_of(index, row.row_id) for index in one.seals.indexes}
        if all(row.values[name] == value for name, value in blank.items()):
            continue
        change = Change(row, _blanked(row, blank))
        await _write(tx, one, [change])


def _blanked(row: SealedRow, blank: dict[str, Any]) -> dict[str, Any]:
    """Empty a row's indexes; a row that was broken before stays broken."""
    try:
        if row.seals.has_row_seal:
            check_row(row.seals, row.values.__getitem__)
    except SealBroken:
        return {**row.values, **blank}
    return sealed_whole(row, blank)


async def _write(tx: Transaction, one: Declared, changes: Sequence[Change]) -> None:
    written = await write_changes(tx, one, changes)
    if len(written) != len(changes):  # somebody wrote the person's rows at this very moment
        raise TemporarilyUnavailable
