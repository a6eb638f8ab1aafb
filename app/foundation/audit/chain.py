"""The chain: every recorded act in one gapless order, each entry bound to all before it."""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.foundation.canonical import canonical_json, sha256_of
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.database.stored import as_text, stored_texts, stored_wholes
from app.foundation.log import logger
from app.foundation.metrics import Counts
from app.foundation.sealing import Cell, derived_key

log = logger(__name__)

FIRST_PREV_HASH = "0" * 64
"""What stands before the first entry."""

GOES_ON_AFTER = 2**52
"""The greatest number that the chain goes on after; what has a greater one was put there by hand,
and must not use up the numbers that can be hashed (up to 2⁵³-1)."""

HEADROOM = 2**51
"""So many entries may follow it."""

SYSTEM = "system"
"""The actor of what nobody in particular did."""

OPERATOR = "operator"
"""The actor of what was done by a command, by whoever may run commands here."""

ALARM = "alarm."
"""How the kinds of entries begin that somebody has to look into."""

_ALARMS = Counts("audit_alarms_total", "Alarms recorded in the audit chain").of()

HEAD_BROKEN = ALARM + "chain_head"
CELLS_SEALED = "cells.sealed"
CELLS_PER_ENTRY = 100
ROWS_PER_INSERT = 50
EMPTIED = ""
"""The digest of a cell that holds nothing, by our own doing."""

_KIND = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_ACTOR = re.compile(r"[a-z0-9._:-]{1,32}")
_SUBJECT = re.compile(r"[a-z0-9]{1,16}")
_NAME = re.compile(r"[a-z][A-Za-z0-9_.]{0,95}")
_VALUE = re.compile(r"[A-Za-z0-9_.:|+/=-]{0,128}")
_DIGITS_MAX = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One act to record: what was done, to whom, by whom.

    `subject_id` is the borrower it is about, if any; `actor` an id of a person or of a part of the
    system. `about` holds ids, codes, counts and digests. Nothing personal goes in: the chain is
    kept for good, and staff may read all of it.
    """

    kind: str
    subject_id: str | None
    actor: str
    about: Mapping[str, str | int] = field(default_factory=dict[str, str | int])

    def __post_init__(self) -> None:
        """Assert the shapes: what could be a name, a sentence or a number of a person is none."""
        assert _KIND.fullmatch(self.kind), f"{self.kind} is a kind"
        assert _ACTOR.fullmatch(self.actor), "an actor is an id or a part's name"
        assert self.subject_id is None or _SUBJECT.fullmatch(self.subject_id), "a subject is an id"
        for name, value in self.about.items():
            assert _NAME.fullmatch(name), "about has plain names"
            assert isinstance(value, int) or _is_plain(value), f"{name} is an id, code or digest"


def _is_plain(value: str) -> bool:
    return bool(_VALUE.fullmatch(value)) and not (value.isdecimal() and len(value) > _DIGITS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry as the chain keeps it; `about` is canonical JSON."""

    seq: int
    kind: str
    subject_id: str | None
    actor: str
    about: str
    recorded_at: int
    prev_hash: str

    def chain_hash(self) -> str:
        """Return the SHA-256, in hex, of the entry's canonical JSON: an array in this order."""
        return sha256_of(
            canonical_json(
                [
                    self.seq,
                    self.kind,
                    [] if self.subject_id is None else [self.subject_id],
                    self.actor,
                    self.about,
                    self.recorded_at,
                    self.prev_hash,
                ]
            )
        )


async def record(tx: Transaction, entry: Entry) -> None:
    """
    Append an entry to the chain when everything else in the transaction is written.

    It is there if, and only if, the transaction commits. The chain's head is held for that last
    moment only, so recorded acts wait for each other's commit and for nothing more.
    """
    tx.last(Appending).entries.append(entry)


class Appending:
    """What one transaction adds to the chain."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.cells: dict[str, tuple[str, str]] = {}
        """The newest digest and the subject of each chained cell written, by the cell's name."""

    async def write(self, tx: Transaction) -> None:
        """Take the head, append, and move it."""
        entries = [*self.entries, *_entries_of(self.cells)]
        if not entries:
            return
        seq, prev_hash, is_sound = await _hold_head(tx)
        if not is_sound:
            log.critical("alarm", kind=HEAD_BROKEN, seq=seq)
            entries.insert(0, Entry(HEAD_BROKEN, None, SYSTEM, {"seq": seq}))
        chained: list[tuple[StoredEntry, str]] = []
        noted: dict[str, tuple[int, str]] = {}
        for entry in entries:
            seq += 1
            stored = StoredEntry(
                seq=seq,
                kind=entry.kind,
                subject_id=entry.subject_id,
                actor=entry.actor,
                about=canonical_json(dict(entry.about)),
                recorded_at=milliseconds(tx.now),
                prev_hash=prev_hash,
            )
            prev_hash = stored.chain_hash()
            chained.append((stored, prev_hash))
            if entry.kind == CELLS_SEALED:
                noted |= {name: (seq, str(digest)) for name, digest in entry.about.items()}
        await _insert(tx, chained)
        await _keep_cells(tx, noted)
        await tx.run(
            "UPDATE audit_head SET seq = ?, hash = ?, mac = ? WHERE id = 1",
            [seq, prev_hash, head_mac(seq, prev_hash)],
        )
        for entry in entries:
            if entry.kind.startswith(ALARM):
                tx.after_commit(_ALARMS.add)


def _entries_of(cells: Mapping[str, tuple[str, str]]) -> list[Entry]:
    names = sorted(cells)
    entries: list[Entry] = []
    for start in range(0, len(names), CELLS_PER_ENTRY):
        some = names[start : start + CELLS_PER_ENTRY]
        subjects = {cells[name][1] for name in some}
        entries.append(
            Entry(
                CELLS_SEALED,
                subjects.pop() if len(subjects) == 1 else None,
                SYSTEM,
                {name: cells[name][0] for name in some},
            )
        )
    return entries


async def _hold_head(tx: Transaction) -> tuple[int, str, bool]:
    """
    Lock the chain's head, making it for the first entry; return number, hash, and if it is sound.

    A head that was altered, set back or removed must not stop people's business: the chain goes
    on after its last entry, and says so.
    """
    lock = " FOR UPDATE OF h" if tx.dialect == "postgres" else ""
    head_columns = f"{stored_wholes(['seq'])}, {stored_texts(('hash', 'mac'))}"
    select = (
        f"SELECT {head_columns},"
        f" (SELECT MAX(e.seq) FROM audit_entry e WHERE e.seq <= {GOES_ON_AFTER}) AS last_seq"
        f" FROM audit_head h WHERE h.id = 1{lock}"
    )
    rows = await tx.rows(select)
    if not rows:
        await tx.run(
            "INSERT INTO audit_head (id, seq, hash, mac) VALUES (1, 0, ?, ?)"
            " ON CONFLICT (id) DO NOTHING",
            [FIRST_PREV_HASH, head_mac(0, FIRST_PREV_HASH)],
        )
        rows = await tx.rows(select)
    head = as_text(rows[0])
    is_number = isinstance(head["seq"], int) and head["seq"] <= GOES_ON_AFTER + HEADROOM
    if head["last_seq"] and (not is_number or head["last_seq"] > head["seq"]):
        last = await tx.rows(
            f"SELECT seq, {stored_texts(['hash'])} FROM audit_entry WHERE seq = ?",
            [head["last_seq"]],
        )
        return last[0]["seq"], as_text(last[0])["hash"], False
    expected = head_mac(head["seq"], head["hash"])
    is_ours = hmac.compare_digest(expected.encode(), str(head["mac"]).encode())
    return head["seq"], head["hash"], is_ours


def head_mac(seq: int, head_hash: str) -> str:
    """Return the MAC of the head: who has no key cannot make a chain of their own look whole."""
    return hmac.digest(derived_key("audit-head"), f"{seq}|{head_hash}".encode(), "sha256").hex()


async def _insert(tx: Transaction, chained: Sequence[tuple[StoredEntry, str]]) -> None:
    for start in range(0, len(chained), ROWS_PER_INSERT):
        some = chained[start : start + ROWS_PER_INSERT]
        parameters: list[Any] = []
        for one, chain_hash in some:
            parameters += [one.seq, one.kind, one.subject_id, one.actor, one.about]
            parameters += [one.recorded_at, one.prev_hash, chain_hash]
        places = ", ".join("(?, ?, ?, ?, ?, ?, ?, ?)" for _ in some)
        await tx.run(
            "INSERT INTO audit_entry"
            " (seq, kind, subject_id, actor, about, recorded_at, prev_hash, hash)"
            f" VALUES {places}",
            parameters,
        )


async def _keep_cells(tx: Transaction, noted: Mapping[str, tuple[int, str]]) -> None:
    names = sorted(noted)
    for start in range(0, len(names), ROWS_PER_INSERT):
        some = names[start : start + ROWS_PER_INSERT]
        parameters: list[Any] = []
        for name in some:
            seq, digest = noted[name]
            parameters += [name, seq, digest, cell_mac(name, seq, digest)]
        places = ", ".join("(?, ?, ?, ?)" for _ in some)
        await tx.run(
            f"INSERT INTO audit_cell (cell, seq, digest, mac) VALUES {places}"
            " ON CONFLICT (cell) DO UPDATE SET seq = excluded.seq, digest = excluded.digest,"
            " mac = excluded.mac",
            parameters,
        )


def cell_mac(name: str, seq: int, digest: str) -> str:
    """Return the MAC of what the chain last said of a cell."""
    content = f"{name}|{seq}|{digest}".encode()
    return hmac.digest(derived_key("audit-cell"), content, "sha256")[:16].hex()


def cell_name(cell: Cell) -> str:
    """Return a cell's name in the chain: where it stands, and nothing of what it holds."""
    return f"{cell.table}.{cell.column}.{cell.row_id}"
