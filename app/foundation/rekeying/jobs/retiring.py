"""
Deleting versions of data keys that no cell uses any more.

Rotation closes every cell under newer versions; the old ones would open nothing of today's, and
everything of a copy made before. They stay as long as such copies are kept, and then go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, fetch
from app.foundation.rekeying.jobs.passing import Batch
from app.foundation.sealing.cells import HEAD_BYTES, LEAST_BYTES, SealBroken, head_of
from app.foundation.sealing.registry import Declared, declared

KEPT = timedelta(days=35)
"""
How long a version stays after its last cell was closed anew: a monthly copy of the database that
was made before, and lasts until the next one, still opens with the keys of today.
"""

OLD = (
    "EXISTS (SELECT 1 FROM data_key n WHERE n.subject_id = k.subject_id"
    " AND n.key_class = k.key_class AND n.version > k.version) AND k.held_until IS NULL"
)
"""What is true of a version `k` that closes nothing new; the keys of the forgotten are not ours."""

KEYS_OF_ONE = 10
"""So many keys are read for each person of a batch: a few classes, in two versions mostly."""
_COLUMNS = "id, subject_id, key_class, version, unused_since, held_until"

Owner = tuple[str, str, int]
"""A person, a class and a version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """How many versions of data keys there are, and since when the first is unused."""

    newest: int
    older: int
    unused: int
    unused_since: int | None
    """In milliseconds."""


async def versions() -> Versions:
    """Count everybody's versions of data keys; `unused` are those that wait to be deleted."""
    rows = await fetch(
        "SELECT COUNT(*) AS older, COUNT(k.unused_since) AS unused,"
        f" MIN(k.unused_since) AS since FROM data_key k WHERE {OLD}"
    )
    total = (await fetch("SELECT COUNT(*) AS n FROM data_key"))[0]["n"]
    older, unused = rows[0]["older"], rows[0]["unused"]
    return Versions(newest=total - older, older=older, unused=unused, unused_since=rows[0]["since"])


async def people_with_old_versions(tx: Transaction) -> int:
    """Count those whose keys a pass looks at."""
    rows = await tx.rows(f"SELECT COUNT(DISTINCT k.subject_id) AS n FROM data_key k WHERE {OLD}")
    return int(rows[0]["n"])


async def retire_versions(tx: Transaction, after: str, limit: int) -> Batch:
    """
    Note which versions of the next people's keys no cell uses, and delete those long unused.

    Whoever still writes under one is waited for; nobody begins to, as there is a newer one.
    """
    people, last = await _next_people(tx, after, limit)
    if not people:
        return Batch(last)
    places = ", ".join("?" for _ in people)
    rows = await tx.rows(
        f"SELECT {_COLUMNS} FROM data_key WHERE subject_id IN ({places}) ORDER BY id"
        + (" FOR UPDATE" if tx.dialect == "postgres" else ""),
        people,
    )
    used: set[Owner] = set()
    broken: list[SealBroken] = []
    for one in declared():
        await _note_used(tx, one, people, used, broken)
    unsure = {one.cell.subject_id for one in broken if one.cell is not None}
    changed = await _write(tx, [row for row in _old(rows) if row["subject_id"] not in unsure], used)
    return Batch(last, done=len(people), changed=changed, broken=broken)


async def _next_people(tx: Transaction, after: str, limit: int) -> tuple[list[str], str | None]:
    """
    Return the next people who have old versions, and up to whom was looked; None at the end.

    A page of keys is read by their index alone. Asked which keys have a newer one beside them,
    PostgreSQL joined the table with itself from its beginning, anew for every batch.
    """
    most = limit * KEYS_OF_ONE
    rows = await tx.rows(
        f"SELECT {_COLUMNS} FROM data_key WHERE subject_id > ? ORDER BY subject_id LIMIT ?",
        [after, most],
    )
    last = str(rows[-1]["subject_id"]) if len(rows) == most else None
    if last is not None and rows[0]["subject_id"] == last:  # one person alone has a page of keys
        return [last], last
    whole = [row for row in rows if row["subject_id"] != last]
    people = sorted({str(row["subject_id"]) for row in _old(whole)})
    if len(people) > limit:
        return people[:limit], people[limit - 1]
    return people, None if last is None else str(whole[-1]["subject_id"])


def _old(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the versions, of people whose keys are all given, that close nothing new: as `OLD`."""
    newest: dict[tuple[str, str], int] = {}
    for row in rows:
        of = (row["subject_id"], row["key_class"])
        newest[of] = max(row["version"], newest.get(of, 0))
    return [
        row
        for row in rows
        if row["held_until"] is None
        and row["version"] < newest[row["subject_id"], row["key_class"]]
    ]


async def _note_used(
    tx: Transaction,
    one: Declared,
    subject_ids: Sequence[str],
    used: set[Owner],
    broken: list[SealBroken],
) -> None:
    """Read which version closed each of some people's cells; what is no cell is named."""
    seals = one.seals
    source, owner = f"{seals.table} t", "t"
    if seals.through is not None:
        own, parent = seals.through
        source, owner = f"{source} JOIN {parent} p ON p.id = t.{own}", "p"
    heads = ", ".join(f"substr(t.{name}, 1, {HEAD_BYTES}) AS {name}" for name in seals.columns)
    places = ", ".join("?" for _ in subject_ids)
    rows = await tx.rows(
        f"SELECT t.{seals.row_id} AS the_row, {owner}.{seals.subject} AS the_subject, {heads}"
        f" FROM {source} WHERE {owner}.{seals.subject} IN ({places})",
        list(subject_ids),
    )
    for row in rows:
        for column, key_class in seals.columns.items():
            if row[column] is None:
                continue
            try:
                version = head_of(bytes(row[column]).ljust(LEAST_BYTES))[1]
            except SealBroken:
                place = seals.cell(column, row["the_row"], row["the_subject"])
                broken.append(SealBroken(place))
                continue
            for one_class in {key_class, seals.formerly.get(column, key_class)}:
                used.add((row["the_subject"], one_class, version))


async def _write(tx: Transaction, rows: Sequence[Mapping[str, Any]], used: set[Owner]) -> int:
    """Mark, unmark or delete versions; return how many were deleted."""
    now, deleted = milliseconds(tx.now), 0
    long_ago = milliseconds(tx.now - KEPT)
    for row in rows:
        is_used = (row["subject_id"], row["key_class"], row["version"]) in used
        since: int | None = row["unused_since"]
        if is_used or since is None:
            noted = None if is_used else now
            if noted != since:
                await tx.run(
                    "UPDATE data_key SET unused_since = ? WHERE id = ?", [noted, row["id"]]
                )
        elif since <= long_ago:
            deleted += await tx.run("DELETE FROM data_key WHERE id = ?", [row["id"]])
    return deleted
