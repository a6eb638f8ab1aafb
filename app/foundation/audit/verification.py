"""Proof of the chain: entries, head, checkpoints, witness, cells, rows, and what is wrong."""

import hmac
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.foundation.audit.cells import digest_of, held_by, is_cell
from app.foundation.audit.chain import cell_mac, head_mac
from app.foundation.audit.checkpoints import (
    Checkpoint,
    checkpoints,
    genuine_of,
    line_of,
    witnessed,
)
from app.foundation.audit.comparing import Comparison, comparisons
from app.foundation.audit.walking import CHUNK, AlarmSeen, Fault, Problem, Walk
from app.foundation.database import fetch, transaction
from app.foundation.database.stored import as_text, stored_texts, stored_wholes


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """
    What looking at the chain found.

    `first` is the first entry looked at, `head` the last one's hash. `problems` names what is
    wrong, at most 100 of them; none means whole. `alarms` are what the chain itself tells of.
    """

    first: int
    last: int
    entries: int
    head: str
    checkpoints: int
    cells: int
    problems: tuple[Problem, ...]
    alarms: tuple[AlarmSeen, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


async def verify(witness: Path | None, *, since: int = 1) -> Verification:
    """
    Look at everything the chain promises from an entry on, and name what does not hold.

    The walk begins after the last genuine checkpoint before `since`; from the first entry on, the
    chained cells and the rows of plain tables (`comparing`) are compared with their tables too.
    Most is read while others go on recording; the end is read with the head held, so that nobody
    does.
    """
    kept = await _Kept.read(witness)
    start = kept.before(since)
    compared = comparisons() if start is None else []
    walk = Walk(signed=kept.hashes, listeners=compared)
    if start is not None:
        walk = Walk(seq=start.seq, stored_hash=start.hash, signed=kept.hashes)
    first = walk.seq + 1
    await walk.go_on()
    doubtful = await _doubtful(walk.cells) if start is None else []
    for comparison in compared:
        await comparison.look()
    async with transaction() as tx:
        if tx.dialect == "postgres":
            await tx.rows("SELECT seq FROM audit_head WHERE id = 1 FOR UPDATE")
        await walk.go_on()
        walk.settle_suspects()
        await _check_head(walk)
        await kept.check_ends(walk)
        if start is None:
            await _check_cells(walk, doubtful)
            await _check_rows(walk, compared)
    for sentence in kept.problems:
        walk.report(0, Fault.CHECKPOINT, sentence)
    for one in kept.signed_over():
        walk.report(one.seq, Fault.BREAK, _told_break(one))
    return Verification(
        first=first,
        last=walk.seq,
        entries=walk.entries,
        head=walk.stored_hash,
        checkpoints=len(kept.genuine),
        cells=len(walk.cells),
        problems=tuple(walk.problems),
        alarms=tuple(walk.alarms),
    )


@dataclass(slots=True)
class _Kept:
    """The checkpoints of table and witness, and what is wrong with them by themselves."""

    genuine: dict[int, Checkpoint]
    lost: set[int]
    """Which of them the witness has and the table has not."""
    problems: list[str]

    @classmethod
    async def read(cls, witness: Path | None) -> "_Kept":
        """Read both, and tell genuine checkpoints from others."""
        genuine: dict[int, Checkpoint] = {}
        problems: list[str] = []
        in_table: set[int] = set()
        lost: set[int] = set()
        halves: dict[int, bytes] = {}
        for row in await checkpoints():
            one = genuine_of(row)
            if one is None:
                problems.append(f"checkpoint {row['seq']}: is not what was signed")
                continue
            in_table.add(one.seq)
            genuine[one.seq] = one
        for number, one in witnessed(witness) if witness is not None else ():
            if isinstance(one, bytes):
                halves[number] = one
                continue
            if not one.is_genuine():
                problems.append(f"witness line {number}: is not what was signed")
                continue
            if one.seq not in in_table:
                lost.add(one.seq)
            elif genuine[one.seq].hash != one.hash:
                problems.append(f"checkpoint {one.seq}: is not the one the witness has")
            genuine[one.seq] = one
            # What a full disk cut short was told again, in whole, after it.
            halves = {at: half for at, half in halves.items() if not _begins(one, half)}
        problems += [f"witness line {at}: is not what was signed" for at in halves]
        return cls(genuine, lost, problems)

    @property
    def hashes(self) -> Mapping[int, str]:
        """Return what each genuine checkpoint says of its entry."""
        return {seq: one.hash for seq, one in self.genuine.items()}

    def before(self, seq: int) -> Checkpoint | None:
        """Return the last genuine checkpoint before an entry."""
        return max((one for one in self.genuine.values() if one.seq < seq),
                   key=lambda one: one.seq, default=None)  # fmt: skip

    def signed_over(self) -> list[Checkpoint]:
        """Return the checkpoints that were made over entries that did not hold, oldest first."""
        found = [one for one in self.genuine.values() if one.broken]
        return sorted(found, key=lambda one: one.seq)

    async def check_ends(self, walk: Walk) -> None:
        """
        Report a chain that is shorter than it once was, and checkpoints deleted by themselves.

        Those of entries that were cut off or written anew went with them: that is said once.
        """
        last = max(self.genuine, default=0)
        if last > walk.seq:
            walk.report(last, Fault.CUT_OFF, f"{_span(walk.seq + 1, last)}: cut off")
        gone = {seq for seq in self.lost if seq <= walk.seq}.difference(walk.unsigned)
        if gone:  # unless they were only made since the table was read
            gone.difference_update(row["seq"] for row in await checkpoints())
        for seq in sorted(gone):
            self.problems.append(f"checkpoint {seq}: deleted, the witness has it")


def _begins(one: Checkpoint, half: bytes) -> bool:
    return len(half) > 0 and line_of(one).startswith(half)


def _told_break(one: Checkpoint) -> str:
    which = ", ".join(map(str, one.broken))
    return f"checkpoint {one.seq}: signed over what did not hold then, at entry {which}"


async def _check_rows(walk: Walk, compared: Iterable[Comparison]) -> None:
    for comparison in compared:
        for one in await comparison.differences():
            walk.report(one.seq, Fault.ROW, one.sentence)


async def _check_head(walk: Walk) -> None:
    columns = f"{stored_wholes(['seq'])}, {stored_texts(('hash', 'mac'))}"
    rows = [as_text(row) for row in await fetch(f"SELECT {columns} FROM audit_head WHERE id = 1")]
    if not rows:
        if walk.seq:
            walk.report(walk.seq, Fault.HEAD, f"head: gone, the last entry is {walk.seq}")
        return
    head = rows[0]
    expected = head_mac(head["seq"], head["hash"])
    if not hmac.compare_digest(expected.encode(), str(head["mac"]).encode()):
        seq = head["seq"] if isinstance(head["seq"], int) else walk.seq
        walk.report(seq, Fault.HEAD, f"head: altered, says entry {head['seq']}")
    elif head["seq"] > walk.seq:
        gone = f"{_span(walk.seq + 1, head['seq'])}: cut off"
        walk.report(head["seq"], Fault.CUT_OFF, gone)
    elif head["seq"] < walk.seq:
        added = f"{_span(head['seq'] + 1, walk.seq)}: forged, the head ends at {head['seq']}"
        walk.report(walk.seq, Fault.FORGED, added)
    elif head["hash"] != walk.stored_hash:
        sentence = f"entry {walk.seq}: edited, and its hash written anew"
        walk.report(walk.seq, Fault.EDITED, sentence)


def _span(first: int, last: int) -> str:
    return f"entry {first}" if first == last else f"entries {first} to {last}"


async def _check_cells(walk: Walk, doubtful: Iterable[str]) -> None:
    """Look again, with the head held, at cells that differed while others were writing."""
    again = {name: walk.cells[name] for name in doubtful}
    for name in await _doubtful(again):
        seq, _ = walk.cells[name]
        walk.report(seq, Fault.CELL, f"cell {name}: is not what entry {seq} says it holds")
    cells = await fetch(f"SELECT {stored_texts(['cell'])} FROM audit_cell")
    known = {as_text(row)["cell"] for row in cells}
    for name in sorted(known - walk.cells.keys()):
        walk.report(0, Fault.CELL, f"cell {name}: no entry speaks of it")


async def _doubtful(cells: Mapping[str, tuple[int, str]]) -> list[str]:
    """Return the cells whose table, or whose note, does not say what the chain says."""
    doubtful: list[str] = []
    places: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for name in cells:
        table, _, place = name.partition(".")
        column, _, row_id = place.partition(".")
        if "\0" in name or not is_cell(table, column):  # an entry was edited to say so
            doubtful.append(name)
        else:
            places[table, column].append(row_id)
    for (table, column), row_ids in sorted(places.items()):
        for start in range(0, len(row_ids), CHUNK):
            some = sorted(row_ids)[start : start + CHUNK]
            held = await held_by(table, column, some)
            noted = await _notes([f"{table}.{column}.{one}" for one in some])
            for row_id in some:
                name = f"{table}.{column}.{row_id}"
                seq, digest = cells[name]
                has_note = noted.get(name) == (seq, digest, cell_mac(name, seq, digest))
                if not has_note or digest_of(held.get(row_id)) != digest:
                    doubtful.append(name)
    return doubtful


async def _notes(names: list[str]) -> dict[str, tuple[int, str, str]]:
    places = ", ".join("?" for _ in names)
    columns = f"{stored_wholes(['seq'])}, {stored_texts(('cell', 'digest', 'mac'))}"
    found = await fetch(f"SELECT {columns} FROM audit_cell WHERE cell IN ({places})", names)
    rows = [as_text(row) for row in found]
    return {row["cell"]: (row["seq"], row["digest"], row["mac"]) for row in rows}
