"""
Comparing plain tables with the chain: rows that are written with an entry and never changed.

What a room keeps in plain beside its entries, the room compares: it hands in how. The foundation's
own such table is that of tombstones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from app.foundation.audit.chain import StoredEntry
from app.foundation.audit.walking import Hears, about_of
from app.foundation.database import current, fetch
from app.foundation.database.stored import as_text, stored_texts
from app.foundation.sealing.tombstones import FORGOTTEN, HOLD_ENDED

PAGE = 500
NO_ID = "(typeof({0}) <> 'text' OR {0} GLOB '*[^ -~]*' OR length({0}) <> length(CAST({0} AS BLOB)))"
"""What is true of a key that is no text of ours, which SQLite's driver might not even read."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what the chain says: by which entry (0 for none), and what of it."""

    seq: int
    sentence: str


class Comparison(Hears, Protocol):
    """Hears every entry, and compares a table with what it heard."""

    async def look(self) -> None:
        """Compare the whole table, while others go on writing; what differs is looked at again."""
        ...

    async def differences(self) -> Sequence[Difference]:
        """Name what was edited, deleted or added behind the chain's back; nobody records now."""
        ...


class _Installed:
    rooms: tuple[Callable[[], Comparison], ...] = ()


def set_comparisons(*rooms: Callable[[], Comparison]) -> None:
    """Say what rooms compare with the chain; `main` does, once."""
    _Installed.rooms = rooms


def comparisons() -> list[Comparison]:
    """Return a fresh one of each."""
    return [Tombstones(), *(make() for make in _Installed.rooms)]


@dataclass(slots=True)
class Rows:
    """
    What the chain says of a table's rows, as one text or digest each, and whether it is so.

    `contents` describes a row, in any of the ways in which entries describe one. `predates` tells
    of a row without an entry that it is from before there were such entries.
    """

    table: str
    key: str
    columns: tuple[str, ...]
    contents: Callable[[dict[str, Any]], Sequence[str]]
    predates: Callable[[dict[str, Any]], bool] = lambda _row: False
    _said: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    _doubtful: set[str] = field(default_factory=set[str])
    _unreadable: int = 0

    def say(self, key: str, seq: int, content: str) -> None:
        """Note what an entry says of a row; a later one counts."""
        self._said[key] = (seq, content)

    async def look(self) -> None:
        """Compare every row; remember those that differ, and what was said of rows not there."""
        if current().dialect == "sqlite":
            odd = NO_ID.format(self.key)
            counted = await fetch(f"SELECT COUNT(*) AS n FROM {self.table} WHERE {odd}")
            self._unreadable = counted[0]["n"]
        last = ""
        while rows := await self._read(f"{self.key} > ? ORDER BY {self.key} LIMIT {PAGE}", [last]):
            last = rows[-1][self.key]
            for row in rows:
                if self._compare(row) is None:
                    self._said.pop(row[self.key], None)
                else:
                    self._doubtful.add(row[self.key])

    async def differences(self) -> list[Difference]:
        """Look again at what differed, and at what was said since."""
        found: list[Difference] = []
        if self._unreadable:
            sentence = f"{self.table}: {self._unreadable} rows added under what is no id"
            found.append(Difference(0, sentence))
        keys = sorted(self._doubtful | self._said.keys())
        for start in range(0, len(keys), PAGE):
            some = keys[start : start + PAGE]
            asked = [key for key in some if "\0" not in key]  # PostgreSQL takes none with it
            places = ", ".join("?" for _ in asked) or "NULL"
            rows = {
                row[self.key]: row for row in await self._read(f"{self.key} IN ({places})", asked)
            }
            for key in some:
                one = self._compare(rows[key]) if key in rows else self._gone(key)
                found += [] if one is None else [one]
        return found

    def _compare(self, row: dict[str, Any]) -> Difference | None:
        key = row[self.key]
        seq, said = self._said.get(key, (0, ""))
        if not seq:
            added = Difference(0, f"{self.table} {key}: added, no entry tells of it")
            return None if self.predates(row) else added
        if said not in self.contents(row):
            return Difference(seq, f"{self.table} {key}: edited, entry {seq} tells otherwise")
        return None

    def _gone(self, key: str) -> Difference | None:
        if key not in self._said:
            return None
        seq = self._said[key][0]
        return Difference(seq, f"{self.table} {key}: deleted, entry {seq} tells of it")

    async def _read(self, where: str, parameters: list[str]) -> list[dict[str, Any]]:
        if current().dialect == "sqlite":
            where = f"NOT {NO_ID.format(self.key)} AND {where}"
        rows = await fetch(
            f"SELECT {self.key}, {stored_texts(self.columns)} FROM {self.table} WHERE {where}",
            parameters,
        )
        return [as_text(row) for row in rows]


class Tombstones:
    """Who was forgotten, and until when the law keeps their records, as the chain tells it."""

    def __init__(self) -> None:
        columns = ("buried_at", "held_until")
        self._rows = Rows("tombstone", "subject_id", columns, _told_by)
        self.look = self._rows.look
        self.differences = self._rows.differences

    def hear(self, entry: StoredEntry) -> None:
        """Take in that somebody was forgotten, or that a hold ended."""
        if entry.kind in {FORGOTTEN, HOLD_ENDED} and entry.subject_id is not None:
            about = about_of(entry)
            buried_at = about.get("buried_at", entry.recorded_at)
            held_until = str(about.get("held_until", ""))
            self._rows.say(entry.subject_id, entry.seq, f"{buried_at}|{held_until}")


def _told_by(row: dict[str, Any]) -> list[str]:
    held = row["held_until"]
    until = held.isoformat() if isinstance(held, date) else held or ""
    return [f"{row['buried_at']}|{until}"]
