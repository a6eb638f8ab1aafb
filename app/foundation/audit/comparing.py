"""
Comparing plain tables with the chain: rows that are written with an entry and never changed.

What a room keeps in plain beside its entries, the room compares: it hands in how. The foundation's
own such table is that of tombstones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from app.foundation.audit.chain import StoredEntry
from app.foundation.audit.walking import Hears, about_of
from app.foundation.database import fetch
from app.foundation.database.stored import as_text, stored_texts
from app.foundation.sealing.tombstones import FORGOTTEN, HOLD_ENDED

PAGE = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what the chain says: by which entry (0 for none), and what of it."""

    seq: int
    sentence: str


class Comparison(Hears, Protocol):
    """Hears every entry, and then compares a table with what it heard."""

    async def differences(self) -> Sequence[Difference]:
        """Name the rows that were edited, deleted or added behind the chain's back."""
        ...


class _Installed:
    rooms: tuple[Callable[[], Comparison], ...] = ()


def set_comparisons(*rooms: Callable[[], Comparison]) -> None:
    """Say what rooms compare with the chain; `main` does, once."""
    _Installed.rooms = rooms


def comparisons() -> list[Comparison]:
    """Return a fresh one of each."""
    return [Tombstones(), *(make() for make in _Installed.rooms)]


class Rows:
    """What the chain says of a table's rows, as one text or digest each, by the row's key."""

    def __init__(self, table: str) -> None:
        self.table = table
        self._said: dict[str, tuple[int, str]] = {}

    def say(self, key: str, seq: int, content: str) -> None:
        """Note what an entry says of a row; a later one counts."""
        self._said[key] = (seq, content)

    def knows(self, key: str) -> bool:
        """Tell whether an entry spoke of a row."""
        return key in self._said

    def compare(self, key: str, contents: Sequence[str]) -> Difference | None:
        """Compare a row, which may be described in several ways, with what was said of it."""
        seq, said = self._said.pop(key, (0, ""))
        if not seq:
            return Difference(0, f"{self.table} {key}: added, no entry tells of it")
        if said not in contents:
            return Difference(seq, f"{self.table} {key}: edited, entry {seq} tells otherwise")
        return None

    def left(self) -> list[Difference]:
        """Name what was said of rows that were not compared: they are gone."""
        return [
            Difference(seq, f"{self.table} {key}: deleted, entry {seq} tells of it")
            for key, (seq, _) in sorted(self._said.items())
        ]


class Tombstones:
    """Who was forgotten, and until when the law keeps their records, as the chain tells it."""

    def __init__(self) -> None:
        self._rows = Rows("tombstone")

    def hear(self, entry: StoredEntry) -> None:
        """Take in that somebody was forgotten, or that a hold ended."""
        if entry.kind in {FORGOTTEN, HOLD_ENDED} and entry.subject_id is not None:
            about = about_of(entry)
            buried_at = about.get("buried_at", entry.recorded_at)
            held_until = str(about.get("held_until", ""))
            self._rows.say(entry.subject_id, entry.seq, f"{buried_at}|{held_until}")

    async def differences(self) -> list[Difference]:
        """Compare the table of tombstones."""
        found: list[Difference] = []
        last = ""
        while rows := await _tombstones_after(last):
            last = rows[-1]["subject_id"]
            for row in map(as_text, rows):
                held = row["held_until"]
                until = held.isoformat() if isinstance(held, date) else held or ""
                wrong = self._rows.compare(row["subject_id"], [f"{row['buried_at']}|{until}"])
                if wrong is not None:
                    found.append(wrong)
        return [*found, *self._rows.left()]


async def _tombstones_after(subject_id: str) -> list[dict[str, Any]]:
    return await fetch(
        f"SELECT subject_id, buried_at, {stored_texts(['held_until'])} FROM tombstone"
        f" WHERE subject_id > ? ORDER BY subject_id LIMIT {PAGE}",
        [subject_id],
    )
