"""Walking along the chain: each entry looked at again, and whatever is wrong given its number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol, cast

import orjson

from app.foundation.audit.chain import (
    ALARM,
    CELLS_SEALED,
    FIRST_PREV_HASH,
    StoredEntry,
)
from app.foundation.database import fetch
from app.foundation.database.stored import as_text, stored_texts, stored_wholes

CHUNK = 500
PROBLEMS_MAX = 100
SUSPECTS_MAX = 200
SEQ_MAX = 2**53 - 1
"""The greatest number an entry can have and be hashed: as if it were gone, whatever has another."""
MOMENT_MAX = 253_402_300_799_999
"""The last millisecond of the year 9999; nothing later can be written as a date."""
_TEXTS = ("kind", "subject_id", "actor", "about", "prev_hash", "hash")


class Fault(StrEnum):
    """What is wrong with an entry."""

    EDITED = "edited"
    DELETED = "deleted"
    REORDERED = "reordered"
    CUT_OFF = "cut off"
    REWRITTEN = "rewritten"
    FORGED = "forged"
    HEAD = "head"
    CHECKPOINT = "checkpoint"
    BREAK = "break"
    CELL = "cell"
    ROW = "row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that does not hold: which entry (or the last of several), and what of it."""

    seq: int
    fault: Fault
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSeen:
    """An alarm that stands in the chain."""

    seq: int
    kind: str
    about: str
    recorded_at: int


class Hears(Protocol):
    """Is told every entry of a walk, in order."""

    def hear(self, entry: StoredEntry) -> None:
        """Take an entry in; it may have been edited, so that `about` is anything."""
        ...


@dataclass(slots=True)
class Walk:
    """Where the walk has got to, from an entry that is trusted."""

    seq: int = 0
    stored_hash: str = FIRST_PREV_HASH
    entries: int = 0
    signed: Mapping[int, str] = field(default_factory=dict[int, str])
    """The hashes that genuine checkpoints give, by number."""
    listeners: Sequence[Hears] = ()
    problems: list[Problem] = field(default_factory=list[Problem])
    alarms: list[AlarmSeen] = field(default_factory=list[AlarmSeen])
    cells: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    unsigned: list[int] = field(default_factory=list[int])
    """The checkpoints that signed other entries than stand there, by number."""
    _vouched: int = 0
    _run: list[int] = field(default_factory=list[int])
    _blamed: set[int] = field(default_factory=set[int])
    _missing: set[int] = field(default_factory=set[int])
    _suspects: dict[int, tuple[StoredEntry, str]] = field(
        default_factory=dict[int, tuple[StoredEntry, str]]
    )

    def report(self, seq: int, fault: Fault, sentence: str) -> None:
        """Keep a problem, up to the most that anybody reads."""
        self._blamed.add(seq)
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(seq=seq, fault=fault, sentence=sentence))

    async def go_on(self) -> None:
        """Look at every entry after the last one looked at."""
        while rows := await _entries_after(self.seq):
            for row in rows:
                self._look_at(row)

    def _look_at(self, row: dict[str, Any]) -> None:
        entry, stored_hash = _stored(row), row["hash"]
        is_itself = _hash_of(entry) == stored_hash
        if not is_itself:
            self._suspects[entry.seq] = (entry, stored_hash)
        if entry.seq != self.seq + 1:
            self._miss(self.seq + 1, entry.seq - 1)
        elif is_itself and entry.prev_hash != self.stored_hash and self.seq not in self._suspects:
            self._unlinked(entry)
        self._check_signed(entry.seq, stored_hash)
        self._take_in(entry)
        self.seq, self.stored_hash = entry.seq, stored_hash
        self.entries += 1

    def _miss(self, first: int, last: int) -> None:
        if last - first < SUSPECTS_MAX:
            self._missing |= set(range(first, last + 1))
        else:
            self.report(last, Fault.DELETED, f"entries {first} to {last}: deleted")

    def _unlinked(self, entry: StoredEntry) -> None:
        if self.seq == 0:
            self.report(entry.seq, Fault.EDITED, f"entry {entry.seq}: is no beginning of a chain")
        elif self.seq not in self._blamed:
            self.report(
                self.seq, Fault.EDITED, f"entry {self.seq}: edited, and its hash written anew"
            )

    def _check_signed(self, seq: int, stored_hash: str) -> None:
        signed_hash = self.signed.get(seq)
        if signed_hash is None:
            return
        if signed_hash != stored_hash:
            self._run.append(seq)
            self.unsigned.append(seq)
            return
        self._settle_unsigned()
        self._vouched = seq

    def _settle_unsigned(self) -> None:
        """Tell of checkpoints in a row that signed something else: once one did, all after do."""
        if not self._run:
            return
        first, last = self._run[0], self._run[-1]
        which = f"checkpoint {last}" if first == last else f"checkpoints {first} to {last}"
        sentence = f"entries {self._vouched + 1} to {last}: not what {which} signed"
        self.report(last, Fault.REWRITTEN, sentence)
        self._vouched = last
        self._run.clear()

    def _take_in(self, entry: StoredEntry) -> None:
        for listener in self.listeners:
            listener.hear(entry)
        if entry.kind.startswith(ALARM):
            self.alarms.append(
                AlarmSeen(
                    seq=entry.seq,
                    kind=entry.kind,
                    about=entry.about,
                    recorded_at=_moment_of(entry),
                )
            )
        if entry.kind == CELLS_SEALED:
            for name, digest in about_of(entry).items():
                self.cells[name] = (entry.seq, str(digest))

    def settle_suspects(self) -> None:
        """Tell entries that stand in another's place from entries that were edited."""
        self._settle_unsigned()
        free = set(self._suspects) | self._missing
        for seq, (entry, stored_hash) in sorted(self._suspects.items()):
            home = _home_of(entry, stored_hash, free)
            if home is None:
                self.report(seq, Fault.EDITED, f"entry {seq}: edited")
            else:
                self._missing.discard(home)
                self.report(seq, Fault.REORDERED, f"entry {home}: reordered, stands at {seq}")
        for seq in sorted(self._missing):
            self.report(seq, Fault.DELETED, f"entry {seq}: deleted")
        self._suspects.clear()
        self._missing.clear()


def _home_of(entry: StoredEntry, stored_hash: str, free: set[int]) -> int | None:
    near = (entry.seq - 1, entry.seq + 1)
    tried = [*near, *(sorted(free) if len(free) <= SUSPECTS_MAX else ())]
    for home in tried:
        if _hash_of(replace(entry, seq=home)) == stored_hash:
            return home
    return None


def _hash_of(entry: StoredEntry) -> str | None:
    """Hash an entry as it stands; None where it was edited into what has no hash."""
    try:
        return entry.chain_hash()
    except TypeError:
        return None


def _moment_of(entry: StoredEntry) -> int:
    """Return when an entry says it was made; 0 where it was edited into no moment."""
    said = cast("object", entry.recorded_at)  # SQLite takes any edit
    return said if isinstance(said, int) and 0 <= said <= MOMENT_MAX else 0


def about_of(entry: StoredEntry) -> dict[str, Any]:
    """Read what an entry says; nothing where it was edited into something else."""
    try:
        about: object = orjson.loads(entry.about)
    except orjson.JSONDecodeError:
        return {}
    return about if isinstance(about, dict) else {}  # pyright: ignore[reportUnknownVariableType] - of JSON


async def _entries_after(seq: int) -> list[dict[str, Any]]:
    """
    Read the next entries in order.

    On SQLite texts come as bytes, so that one that is no longer text can be looked at; and a
    moment that is no longer a number as text.
    """
    texts = stored_texts(_TEXTS)
    rows = await fetch(
        f"SELECT seq, {stored_wholes(['recorded_at'])}, {texts} FROM audit_entry WHERE seq > ?"
        f" AND seq <= {SEQ_MAX} AND seq = CAST(seq AS BIGINT) ORDER BY seq LIMIT {CHUNK}",
        [seq],
    )
    return [as_text(row) for row in rows]


def _stored(row: dict[str, Any]) -> StoredEntry:
    return StoredEntry(
        seq=row["seq"],
        kind=row["kind"],
        subject_id=row["subject_id"],
        actor=row["actor"],
        about=row["about"],
        recorded_at=row["recorded_at"],
        prev_hash=row["prev_hash"],
    )
