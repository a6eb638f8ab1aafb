"""
Joining today's key table to a database brought back from an older copy.

The copy holds old wrapped keys, some of people forgotten since. Today's take their place, and
whoever was forgotten since is forgotten here too: first, while the copy's keys are still there,
what the law keeps is closed under the key that outlives them; then they go.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.foundation.audit import OPERATOR, Entry, record
from app.foundation.database import Transaction, transaction
from app.foundation.rekeying.carrying import (
    BATCH_KEYS,
    EPOCH_COLUMNS,
    KEY_COLUMNS,
    Beside,
    FileRefused,
    check_file,
    lines_of,
    stone_of,
    values_of,
)
from app.foundation.rekeying.shredding import count_forgotten, keep_held, replay
from app.foundation.sealing.cells import KeyClass, SealBroken
from app.foundation.sealing.tombstones import FORGOTTEN, Tombstone
from app.foundation.sealing.vault import installed_vault, key_ring

JOINED = "keys.joined"
STAGE = "carried_key"
KEYS = ", ".join(KEY_COLUMNS)
NEWER = (
    f"EXISTS (SELECT 1 FROM {STAGE} n WHERE n.subject_id = k.subject_id"
    " AND n.key_class = k.key_class AND n.version > k.version)"
)
"""What is true of a key `k` of the database of which the file has a newer version."""

ForgetAgain = Callable[[Transaction, Tombstone], Awaitable[None]]
"""What rooms do about somebody forgotten since the copy, while the copy's own keys still open."""


async def _nothing(_tx: Transaction, _stone: Tombstone) -> None:
    return


@dataclass(frozen=True, slots=True)
class OwnRows:
    """
    A table whose rows are their own subject: of a person not known yet, with keys that go early.

    Where today's table has a row's key no more, and the row still has something in a column, it was
    let go since the copy. So it is again: by the room, or deleted where the room adds nothing.
    """

    table: str
    column: str
    let_go: Callable[[Transaction, Sequence[str]], Awaitable[object]] | None = None


@dataclass(frozen=True, slots=True)
class Rooms:
    """What the rooms add."""

    forget_again: ForgetAgain = _nothing
    own_rows: Sequence[OwnRows] = ()
    beside: Sequence[Beside] = ()


@dataclass(slots=True)
class _Carried:
    """What a file holds besides the data keys, which lie in a table of their own meanwhile."""

    written_at: int | None
    digest: str
    keys: int = 0
    epochs: list[list[Any]] = field(default_factory=list[list[Any]])
    stones: dict[str, Tombstone] = field(default_factory=dict[str, Tombstone])
    beside: dict[str, list[list[Any]]] = field(default_factory=dict[str, list[list[Any]]])


async def join_keys(path: Path, rooms: Rooms | None = None) -> dict[str, int]:
    """
    Put a file's key table in the place of the database's, and forget again whom it buries.

    Nobody else may be at work in the database. A file must know all that the database knows, or it
    would bring people back and lose others their keys. Said again, it changes nothing more.

    Returns:
        How much of each kind the file holds; how many people were forgotten again; how many rows
        went with their keys; how many values that the law keeps no key opens any more; and how
        much of what rooms have carried besides was done again.

    Raises:
        FileRefused: The file was altered, cut short, is no key table, or is older than the
            database; nothing was changed.
        TemporarilyUnavailable: The keeper of keys, or the database, is away; say it again.
    """
    joins = rooms or Rooms()
    written_at, digest = check_file(path)
    async with transaction() as tx:
        carried = await _staged(tx, path, written_at, digest)
        await _refuse_older(tx, carried, joins)
        for epoch in carried.epochs:
            await _join_epoch(tx, epoch)
        await tx.run(f"DROP TABLE {STAGE}")
    await _open_epochs(carried)
    async with transaction() as tx:
        carried = await _staged(tx, path, written_at, digest)
        await _refuse_older(tx, carried, joins)
        counts = await _join(tx, carried, joins)
        await tx.run(f"DROP TABLE {STAGE}")
        await record(tx, Entry(JOINED, None, OPERATOR, {**counts, "file": digest}))
    return {name.replace("_", " "): count for name, count in counts.items()}


async def _staged(tx: Transaction, path: Path, written_at: int | None, digest: str) -> _Carried:
    """Read the file: its keys into a table that ends with the transaction, the rest as it is."""
    if tx.dialect == "postgres":
        # One lock each, however many people there are; whoever writes waits until the end.
        await tx.rows("LOCK TABLE data_key, epoch_key, tombstone IN SHARE ROW EXCLUSIVE MODE")
    await tx.rows(f"CREATE TEMPORARY TABLE {STAGE} AS SELECT {KEYS} FROM data_key WHERE 1 = 0")
    carried = _Carried(written_at, digest)
    keys: list[list[Any]] = []
    for line in lines_of(path):
        if "epoch" in line:
            carried.epochs.append(line["epoch"])
        elif "tombstone" in line:
            stone = stone_of(line["tombstone"])
            carried.stones[stone.subject_id] = stone
        elif "key" in line:
            keys.append(line["key"])
            carried.keys += 1
        else:
            for name, values in line.items():
                carried.beside.setdefault(name, []).append(values)
        if len(keys) >= BATCH_KEYS:
            await _stage(tx, keys)
            keys = []
    await _stage(tx, keys)
    await tx.rows(f"CREATE UNIQUE INDEX {STAGE}_id ON {STAGE} (id)")
    await tx.rows(f"CREATE INDEX {STAGE}_subject ON {STAGE} (subject_id)")
    return carried


async def _stage(tx: Transaction, keys: list[list[Any]]) -> None:
    if not keys:
        return
    row = "(" + ", ".join("?" for _ in KEY_COLUMNS) + ")"
    parameters = [value for one in keys for value in values_of(one, KEY_COLUMNS)]
    await tx.run(f"INSERT INTO {STAGE} ({KEYS}) VALUES {', '.join([row] * len(keys))}", parameters)


async def _refuse_older(tx: Transaction, carried: _Carried, rooms: Rooms) -> None:
    """
    Refuse a file that lacks what the database knows.

    Raises:
        FileRefused: It lacks somebody's tombstone or key, or the end of a week's key.
    """
    unknown = [
        stone
        for stone in await _own_stones(tx)
        if (theirs := carried.stones.get(stone.subject_id)) is None
        or theirs.buried_at < stone.buried_at
    ]
    if unknown:
        raise FileRefused(_older(f"{len(unknown):,} tombstones that the file lacks"))
    destroyed = {
        row["epoch"]
        for row in await tx.rows("SELECT epoch FROM epoch_key WHERE destroyed_at IS NOT NULL")
    }
    live = {values[1] for values in carried.epochs if values[5] is None}
    if destroyed & live:
        raise FileRefused(_older("weeks destroyed whose keys the file still has"))
    lacking = await _lacking(tx, carried, rooms)
    if lacking:
        raise FileRefused(_older(f"{lacking:,} keys that the file lacks"))


def _older(what: str) -> str:
    return f"it is older than the database, which holds {what}; nothing was changed"


async def _own_stones(tx: Transaction) -> list[Tombstone]:
    rows = await tx.rows("SELECT subject_id, buried_at, held_until, signature FROM tombstone")
    return [stone for stone in map(Tombstone.of, rows) if stone.is_genuine]


async def _lacking(tx: Transaction, carried: _Carried, rooms: Rooms) -> int:
    """
    Count the keys of the database that the file lacks without a good reason.

    One is a tombstone of the person. Another: what the key opened was deleted with it since the
    copy, as are codes; such a key is older than the file. A third: the file has a newer version,
    and this one was retired.
    """
    rows = await tx.rows(
        "SELECT k.id, k.subject_id, k.made_at FROM data_key k WHERE NOT EXISTS"
        f" (SELECT 1 FROM {STAGE} c WHERE c.id = k.id) AND NOT {NEWER}"
    )
    lost = [row for row in rows if row["subject_id"] not in carried.stones]
    if lost and carried.written_at is None:
        brief = await _subjects(tx, rooms)
        return sum(row["subject_id"] not in brief for row in lost)
    if lost:
        brief = await _subjects(tx, rooms)
        before = carried.written_at or 0
        return sum(
            row["subject_id"] not in brief or (row["made_at"] or 0) >= before for row in lost
        )
    return 0


async def _subjects(tx: Transaction, rooms: Rooms) -> set[str]:
    found: set[str] = set()
    for one in rooms.own_rows:
        found |= {row["id"] for row in await tx.rows(f"SELECT id FROM {one.table}")}
    return found


async def _join_epoch(tx: Transaction, values: list[Any]) -> None:
    names = ", ".join(EPOCH_COLUMNS)
    places = ", ".join("?" for _ in EPOCH_COLUMNS)
    await tx.run(
        f"INSERT INTO epoch_key ({names}) VALUES ({places}) ON CONFLICT (key_name) DO UPDATE SET"
        " wrapped = excluded.wrapped, wrapped_at = excluded.wrapped_at,"
        " destroyed_at = excluded.destroyed_at",
        values_of(values, EPOCH_COLUMNS),
    )


async def _open_epochs(carried: _Carried) -> None:
    """
    Open the weeks' keys before the transaction that needs them: the keeper may take its time.

    What this process opened before may be another key: a copy older than this week was given a key
    for it when it was opened.
    """
    ring = key_ring()
    epochs = [values[1] for values in carried.epochs]
    for epoch in epochs:
        ring.forget(epoch)
    for epoch in epochs:
        with suppress(SealBroken):  # destroyed, or altered: what it wraps opens no more
            await ring.keks([epoch])


async def _join(tx: Transaction, carried: _Carried, rooms: Rooms) -> dict[str, int]:
    installed_vault().forget()
    stale = await _stale(tx, carried)
    broken: list[SealBroken] = []
    for stone in stale:
        await _keep(tx, stone, broken)
        await rooms.forget_again(tx, stone)
    await _make_room(tx)
    await tx.run(f"INSERT INTO data_key ({KEYS}) SELECT {KEYS} FROM {STAGE}")
    known = {stone.subject_id: stone for stone in await _own_stones(tx)}
    for stone in carried.stones.values():
        await replay(tx, stone)
        if known.get(stone.subject_id) != stone:
            await record(tx, Entry(FORGOTTEN, stone.subject_id, OPERATOR, stone.told))
    gone = sum([await _let_go(tx, one) for one in rooms.own_rows])
    await count_forgotten(tx)
    again = {
        f"{one.name}_again": await one.again(tx, carried.beside.get(one.name, []))
        for one in rooms.beside
    }
    return {
        "epochs": len(carried.epochs),
        "keys": carried.keys,
        "tombstones": len(carried.stones),
        "forgotten_again": len(stale),
        "rows_without_key": gone,
        "values_lost": len(broken),
        **again,
    }


async def _let_go(tx: Transaction, one: OwnRows) -> int:
    """Let go of rows that have no key any more; return how many."""
    rows = await tx.rows(
        f"SELECT id FROM {one.table} t WHERE t.{one.column} IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM data_key k WHERE k.subject_id = t.id)"
    )
    ids = [str(row["id"]) for row in rows]
    for start in range(0, len(ids), BATCH_KEYS):
        some = ids[start : start + BATCH_KEYS]
        if one.let_go is not None:
            await one.let_go(tx, some)
        else:
            places = ", ".join("?" for _ in some)
            await tx.run(f"DELETE FROM {one.table} WHERE id IN ({places})", some)
    return len(ids)


async def _make_room(tx: Transaction) -> None:
    """
    Delete the database's keys but those that were retired since: the copy's cells need them still.

    Nobody forgotten has any: the file has no newer version of theirs.
    """
    await tx.run(
        "DELETE FROM data_key WHERE id IN"
        f" (SELECT k.id FROM data_key k WHERE NOT {NEWER}"
        f" OR EXISTS (SELECT 1 FROM {STAGE} c WHERE c.id = k.id)"
        " OR k.epoch IN (SELECT epoch FROM epoch_key WHERE destroyed_at IS NOT NULL))"
    )


async def _stale(tx: Transaction, carried: _Carried) -> list[Tombstone]:
    """Return the tombstones of whom the database does not hold for forgotten, or not wholly."""
    known = {stone.subject_id: stone for stone in await _own_stones(tx)}
    readable = {
        row["subject_id"]
        for row in await tx.rows(
            "SELECT DISTINCT subject_id FROM data_key WHERE key_class <> ?", [KeyClass.HELD]
        )
    }
    return [
        stone
        for subject_id, stone in sorted(carried.stones.items())
        if known.get(subject_id) != stone or subject_id in readable
    ]


async def _keep(tx: Transaction, stone: Tombstone, broken: list[SealBroken]) -> None:
    """Close what the law keeps under the file's held key, as far as the copy's keys open it."""
    of_file = f"SELECT {KEYS} FROM {STAGE} WHERE subject_id = ? AND key_class = ?"
    owner = [stone.subject_id, KeyClass.HELD]
    await tx.run(f"DELETE FROM data_key WHERE id IN (SELECT c.id FROM ({of_file}) c)", owner)
    await tx.run(f"INSERT INTO data_key ({KEYS}) {of_file}", owner)
    if stone.held_until is not None:
        await keep_held(tx, stone.subject_id, broken)
