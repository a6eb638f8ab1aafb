"""Proof of the ledger: every posting looked at again, and whatever is wrong named."""

from dataclasses import dataclass, field
from typing import Any

from app.foundation.database import Transaction, current, fetch, transaction
from app.foundation.database.stored import as_text, stored_texts, stored_wholes
from app.ledger.rules import (
    FIRST_PREV_HASH,
    LINES_PER_POSTING,
    StoredEntry,
    StoredPosting,
    Verification,
    entry_number,
    source_key,
)

CHUNK = 500
PROBLEMS_MAX = 100
BEFORE_ALL = -(2**63)

_POSTING_TEXTS = (
    "id",
    "kind",
    "about",
    "source",
    "source_key",
    "effective_on",
    "prev_hash",
    "hash",
)
_POSTING_WHOLES = ("number", "recorded_at")
_ENTRY_WHOLES = ("line", "amount_fen")
_ENTRY_TEXTS = ("posting_id", "account", "code")


async def verify() -> Verification:
    """
    Recompute everything the ledger promises, and name what does not hold.

    Each posting's hash, number, place in the chain and sum; each entry's place; the chain's head;
    each account's kept balance. Most is read while others go on posting; the end is read with the
    chain held, so that nobody does.
    """
    walk = _Walk()
    await walk.go_on()
    async with transaction() as tx:
        await hold_still(tx)
        await walk.go_on()
        await walk.check_head()
        await walk.check_strays()
        await _check_balances(walk)
    return Verification(
        postings=walk.postings,
        entries=walk.entries,
        head=walk.stored_hash,
        problems=tuple(walk.problems),
    )


async def hold_still(tx: Transaction) -> None:
    """
    Wait for whoever is posting, and let nobody post until the transaction ends.

    What is then read by several statements is of one moment. Hold nothing else after it.
    """
    if tx.dialect == "postgres":
        await tx.rows("SELECT number FROM ledger_chain WHERE id = 1 FOR UPDATE")


@dataclass(slots=True)
class _Walk:
    """Where the walk along the chain has got to."""

    place: int = 0
    position: int = BEFORE_ALL
    postings: int = 0
    entries: int = 0
    stored_hash: str = FIRST_PREV_HASH
    computed_hash: str = FIRST_PREV_HASH
    after_gap: set[int] = field(default_factory=set[int])
    problems: list[str] = field(default_factory=list[str])

    def report(self, problem: str) -> None:
        """Keep a problem, up to the most that anybody reads."""
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)

    async def go_on(self) -> None:
        """Look at every posting after the last one looked at."""
        while rows := await _postings_after(self.position):
            self.position = rows[-1]["position"]
            first_place = self.place + 1
            last_hashes = [self.stored_hash, *(row["hash"] for row in rows)]
            places = [self._place_of(row, last_hashes[i]) for i, row in enumerate(rows)]
            entries = await _entries_between(first_place, self.place)
            for place, row in zip(places, rows, strict=True):
                if place is not None:
                    self._look_at(place, row, entries.pop(place, []))

    def _place_of(self, row: dict[str, Any], last_hash: str) -> int | None:
        """Find a posting's place: what follows the last one, or after a gap what it says."""
        number = row["number"]
        expected = self.place + 1
        if number == expected or row["prev_hash"] == last_hash:
            self.place = expected
            return expected
        if not isinstance(number, int) or number < expected:
            self.report(f"posting {row['id']} (number {number}): has no place in the chain")
            return None
        self.after_gap.add(number)
        gap = f"number {expected}" if number == expected + 1 else f"{expected} to {number - 1}"
        self.report(f"posting {gap}: missing")
        self.place = number
        return number

    def _look_at(self, place: int, row: dict[str, Any], entry_rows: list[dict[str, Any]]) -> None:
        name = f"posting {row['id']} (number {row['number']})"
        own = [entry for entry in entry_rows if entry["posting_id"] == row["id"]]
        for entry in entry_rows:
            if entry["posting_id"] != row["id"]:
                self.report(f"{name}: entry {entry['id']} names posting {entry['posting_id']}")
            elif entry["id"] != entry_number(place, _whole(entry["line"])):
                self.report(f"{name}: entry {entry['id']} is out of its place")
        posting = _stored(row, own)
        computed_hash = posting.chain_hash()
        if row["number"] != place:
            self.report(f"{name}: stands where number {place} belongs")
        if computed_hash != row["hash"]:
            self.report(f"{name}: hash differs")
        if row["source_key"] != source_key(row["kind"], row["source"]):
            self.report(f"{name}: source key differs")
        total_fen = sum(_whole(entry["amount_fen"]) for entry in own)
        if total_fen != 0:
            self.report(f"{name}: entries sum to {total_fen}, not 0")
        if row["prev_hash"] not in {self.stored_hash, self.computed_hash} and (
            place not in self.after_gap
        ):
            self.report(f"{name}: does not follow number {place - 1}")
        self.stored_hash, self.computed_hash = row["hash"], computed_hash
        self.postings += 1
        self.entries += len(own)

    async def check_head(self) -> None:
        """Compare the kept head with the last posting."""
        columns = f"{stored_wholes(['number'])}, {stored_texts(['hash'])}"
        found = await fetch(f"SELECT {columns} FROM ledger_chain WHERE id = 1")
        rows = [as_text(row) for row in found]
        number, head = (rows[0]["number"], rows[0]["hash"]) if rows else (0, FIRST_PREV_HASH)
        if number != self.place:
            self.report(f"chain head: says number {number}, the last posting is {self.place}")
        elif head not in {self.stored_hash, self.computed_hash}:
            self.report(f"chain head: hash differs from that of number {self.place}")

    async def check_strays(self) -> None:
        """Find entries numbered before the first or after the last posting."""
        columns = f"{stored_wholes(['id'])}, {stored_texts(['posting_id'])}"
        rows = await fetch(
            f"SELECT {columns} FROM ledger_entry WHERE id < ? OR id >= ?"
            f" ORDER BY id LIMIT {PROBLEMS_MAX}",
            [LINES_PER_POSTING, (self.place + 1) * LINES_PER_POSTING],
        )
        for row in map(as_text, rows):
            self.report(f"posting {row['posting_id']}: entry {row['id']} is out of its place")


async def _check_balances(walk: _Walk) -> None:
    rows = await fetch(
        f"SELECT {stored_texts(['account'])}, stored_fen, folded_fen FROM ("
        "SELECT account, SUM(stored_fen) AS stored_fen, SUM(folded_fen) AS folded_fen FROM"
        " (SELECT account, balance_fen AS stored_fen, 0 AS folded_fen FROM ledger_balance"
        " UNION ALL SELECT account, 0, amount_fen FROM ledger_entry) AS both_sides"
        " GROUP BY account HAVING SUM(stored_fen) <> SUM(folded_fen)"
        f" ORDER BY account LIMIT {PROBLEMS_MAX}) AS differing"
    )
    for row in map(as_text, rows):
        stored_fen, folded_fen = _whole(row["stored_fen"]), _whole(row["folded_fen"])
        walk.report(f"balance of {row['account']}: kept {stored_fen}, entries sum to {folded_fen}")


async def _postings_after(position: int) -> list[dict[str, Any]]:
    """
    Read the next postings in the order written.

    On SQLite from the table itself and as bytes, so that neither an index that still has the right
    value nor a byte that is no longer text hides what was altered.
    """
    if current().dialect == "postgres":
        return await fetch(
            "SELECT number AS position, * FROM ledger_posting WHERE number > ?"
            f" ORDER BY number LIMIT {CHUNK}",
            [position],
        )
    rows = await fetch(
        f"SELECT rowid AS position, {stored_wholes(_POSTING_WHOLES)},"
        f" {stored_texts(_POSTING_TEXTS)}"
        f" FROM ledger_posting NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT {CHUNK}",
        [position],
    )
    return [as_text(row) for row in rows]


async def _entries_between(first_place: int, last_place: int) -> dict[int, list[dict[str, Any]]]:
    """Read the entries of postings by number."""
    rows = await fetch(
        f"SELECT id, {stored_wholes(_ENTRY_WHOLES)}, {stored_texts(_ENTRY_TEXTS)}"
        " FROM ledger_entry"
        " WHERE id >= ? AND id < ? ORDER BY id",
        [first_place * LINES_PER_POSTING, (last_place + 1) * LINES_PER_POSTING],
    )
    entries: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        entries.setdefault(row["id"] // LINES_PER_POSTING, []).append(as_text(row))
    return entries


def _stored(row: dict[str, Any], entry_rows: list[dict[str, Any]]) -> StoredPosting:
    return StoredPosting(
        id=row["id"],
        number=row["number"],
        kind=row["kind"],
        about=row["about"],
        source=row["source"],
        effective_on=row["effective_on"],
        recorded_at=row["recorded_at"],
        prev_hash=row["prev_hash"],
        entries=tuple(
            StoredEntry(
                line=entry["line"],
                account=entry["account"],
                amount_fen=entry["amount_fen"],
                code=entry["code"],
            )
            for entry in entry_rows
        ),
    )


def _whole(value: object) -> int:
    """Read a number that an altered column may hold in any form; what is none counts as 0."""
    try:
        return int(value)  # pyright: ignore[reportArgumentType] - whatever the column holds
    except (TypeError, ValueError):
        return 0
