"""One batch of a pass over everybody: data keys made or wrapped anew, or rows' values renewed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.foundation.audit import check_cells
from app.foundation.database import Transaction, fetch, joined, transaction
from app.foundation.rekeying.jobs.renewing import (
    Change,
    Keys,
    Outcome,
    SealedRow,
    renewed,
    rows_after,
    rows_by_id,
)
from app.foundation.rekeying.jobs.writing import TYPES, write_changes
from app.foundation.sealing.cells import SealBroken, Suite
from app.foundation.sealing.data_keys import (
    Forgotten,
    WrappedKey,
    add_versions,
    newest_key,
    unwrapped,
    wrap,
)
from app.foundation.sealing.registry import Declared
from app.foundation.sealing.ring import epoch_of
from app.foundation.sealing.vault import key_ring

READINGS_MAX = 5
"""How often rows that others keep writing are read again; what they write is new anyhow."""


@dataclass(slots=True)
class Batch:
    """What one batch came to, and where the next begins; `last` is None at the end."""

    last: str | None
    done: int = 0
    changed: int = 0
    broken: list[SealBroken] = field(default_factory=list[SealBroken])


async def suite_now() -> Suite:
    """Return the suite under which new cells are closed."""
    rows = await fetch("SELECT suite FROM sealing_policy WHERE id = 1")
    return Suite(rows[0]["suite"]) if rows else Suite.AES_256_GCM


async def plan_rows(
    one: Declared, after: str, limit: int, *, makes_indexes: bool
) -> tuple[list[SealedRow], Outcome]:
    """Read the next rows of a table and work out what changes; nothing is held meanwhile."""
    rows = await rows_after(one, after, limit)
    return rows, await _worked_out(rows, makes_indexes=makes_indexes)


async def write_rows(
    tx: Transaction, one: Declared, outcome: Outcome, *, makes_indexes: bool
) -> int:
    """Write what changes; rows that somebody else wrote since are read and worked out again."""
    changed = 0
    changes = outcome.changes
    for _ in range(READINGS_MAX):
        written = await write_changes(tx, one, changes)
        changed += len(written)
        left = [change.row.row_id for change in changes if change.row.row_id not in written]
        if not left:
            break
        again = await _worked_out(await rows_by_id(one, left), makes_indexes=makes_indexes)
        outcome.broken += again.broken
        changes = again.changes
    return changed


async def _worked_out(rows: Sequence[SealedRow], *, makes_indexes: bool) -> Outcome:
    if not rows:
        return Outcome()
    suite = await suite_now()
    keys = await _keys_for(rows)
    outcome = renewed(rows, keys, suite, makes_indexes=makes_indexes)
    await _check_chained(outcome)
    outcome.broken = await _without_forgotten(outcome.broken)
    return outcome


async def _keys_for(rows: Sequence[SealedRow]) -> Keys:
    """Open the rows' keys; where a column has another class now, its people get a key of that."""
    subject_ids = {row.subject_id for row in rows}
    keys = await Keys.of(subject_ids)
    wanted = {
        (row.subject_id, row.seals.columns[column])
        for row in rows
        for column in row.seals.formerly
        if row.values[column] is not None
    }
    missing = sorted(pair for pair in wanted if keys.newest(*pair) is None)
    if not missing or joined() is not None:
        return keys
    async with transaction() as tx:
        for subject_id, key_class in missing:
            try:
                await newest_key(tx, subject_id, key_class)
            except Forgotten:
                continue
    return await Keys.of(subject_ids)


async def _check_chained(outcome: Outcome) -> None:
    """Leave alone what is not the newest the audit chain knows: nothing old is sealed anew."""
    try:
        await check_cells([
            found for change in outcome.changes for found in change.row.chained(change.row.values)
        ])  # fmt: skip
    except SealBroken:
        whole: list[Change] = []
        for change in outcome.changes:
            try:
                await check_cells(change.row.chained(change.row.values))
            except SealBroken as broken:
                outcome.broken.append(broken)
            else:
                whole.append(change)
        outcome.changes = whole


async def _without_forgotten(broken: list[SealBroken]) -> list[SealBroken]:
    if not broken:
        return broken
    subject_ids = sorted({one.cell.subject_id for one in broken if one.cell is not None})
    places = ", ".join("?" for _ in subject_ids)
    rows = await fetch(
        f"SELECT subject_id FROM tombstone WHERE subject_id IN ({places})", subject_ids
    )
    forgotten = {row["subject_id"] for row in rows}
    return [one for one in broken if one.cell is None or one.cell.subject_id not in forgotten]


async def make_versions(tx: Transaction, after: str, limit: int, before: int) -> Batch:
    """
    Give the next people's classes a key of a new version, unless their newest is new enough.

    `before` is a moment in milliseconds: keys made since then stand, and so do the keys of records
    that are only kept for the law.
    """
    rows = await tx.rows(
        "SELECT k.id, k.subject_id, k.key_class, k.version, k.made_at FROM data_key k"
        " WHERE k.id > ? ORDER BY k.id LIMIT ?",
        [after, limit],
    )
    newest: dict[tuple[str, str], dict[str, Any] | None] = {}
    for row in rows:
        owner = (row["subject_id"], row["key_class"])
        if owner not in newest:
            newest[owner] = await _newest_row(tx, *owner)
    stale = [
        row
        for row in newest.values()
        if row and (row["made_at"] or 0) < before and row["held_until"] is None
    ]
    wrapped = [WrappedKey.of(row) for row in stale]
    owners = [(one.subject_id, one.key_class, one.version) for one in wrapped]
    made = await add_versions(tx, owners)
    last = str(rows[-1]["id"]) if len(rows) == limit else None
    return Batch(last, done=len(rows), changed=made)


async def _newest_row(tx: Transaction, subject_id: str, key_class: str) -> dict[str, Any] | None:
    """Return a person's newest key; None if they were forgotten just now."""
    rows = await tx.rows(
        "SELECT subject_id, key_class, version, epoch, wrapped, made_at, held_until FROM data_key"
        " WHERE subject_id = ? AND key_class = ? ORDER BY version DESC LIMIT 1",
        [subject_id, key_class],
    )
    return rows[0] if rows else None


async def rewrap_keys(tx: Transaction, after: str, limit: int) -> Batch:
    """Wrap the next data keys under this week's key; their cells stay as they are."""
    rows = await tx.rows(
        "SELECT id, subject_id, key_class, version, epoch, wrapped FROM data_key"
        " WHERE id > ? ORDER BY id LIMIT ?",
        [after, limit],
    )
    epoch = epoch_of(tx.now.date())
    old = [WrappedKey.of(row) for row in rows if row["epoch"] < epoch]
    batch = Batch(str(rows[-1]["id"]) if len(rows) == limit else None, done=len(rows))
    if old:
        ring = key_ring()
        keks = await ring.keks({one.epoch for one in old})
        keks[epoch] = await ring.kek_for_new(tx, epoch)
        fresh = rewrapped(old, keks, epoch, batch.broken)
        batch.changed = await _write_wrapped(tx, fresh, epoch)
    return batch


def rewrapped(
    old: Sequence[WrappedKey], keks: dict[int, bytes], epoch: int, broken: list[SealBroken]
) -> list[tuple[WrappedKey, bytes]]:
    """Return keys wrapped under another week's key; one that does not unwrap is named."""
    fresh: list[tuple[WrappedKey, bytes]] = []
    for one in old:
        try:
            raw = unwrapped(keks[one.epoch], one)
        except SealBroken as failure:
            broken.append(failure)
        else:
            fresh.append((one, wrap(keks[epoch], one.id, epoch, raw)))
    return fresh


async def _write_wrapped(
    tx: Transaction, fresh: Sequence[tuple[WrappedKey, bytes]], epoch: int
) -> int:
    if not fresh:
        return 0
    blob, text, whole = TYPES[tx.dialect]
    places = f"(CAST(? AS {text}), CAST(? AS {blob}), CAST(? AS {whole}))"
    values = ", ".join([places] * len(fresh))
    parameters: list[Any] = []
    for one, wrapped in fresh:
        parameters += [one.id, wrapped, one.epoch]
    rows = await tx.rows(
        f"UPDATE data_key AS t SET wrapped = v.column2, epoch = {epoch:d}"
        f" FROM (VALUES {values}) AS v WHERE t.id = v.column1 AND t.epoch = v.column3"
        f" RETURNING {'' if tx.dialect == 'sqlite' else 't.'}id",
        parameters,
    )
    return len(rows)
