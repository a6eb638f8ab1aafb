"""Random edits of the borrowers' table, each of which must end in a refusal and an alarm."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.foundation.audit import Met, check_cells, sound_broken_seals
from app.foundation.database import fetch, transaction
from app.foundation.errors import NotFound
from app.foundation.sealing import SealBroken, seal
from app.foundation.sealing.fields import Sealed
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.operations.borrower_rows import keep_row, locked_row
from app.identity.queries import bank_card_of, borrower_ids_by_phone, contact_of, name_of
from app.identity.queries.borrower_rows import chained_of

SEALED = ("phone", "name", "bank_card")
INDEXES = ("phone_index", "phone_tail_index", "surname_tail_index", "bank_card_index")
Raw = dict[str, Any]


def borrower_columns() -> tuple[str, ...]:
    """Return every column that an edit touches or a repair puts back."""
    return ("id", *SEALED, *INDEXES, "row_version", "row_seal")


@dataclass(frozen=True, slots=True)
class Truth:
    """What a borrower said."""

    phone: str
    name: str | None
    card: str | None


@dataclass(slots=True)
class Edits:
    """Edits one row at a time, reads it through the app's own queries, and repairs it."""

    chance: random.Random
    older: dict[str, Raw] = field(default_factory=dict[str, Raw])
    newer: dict[str, Raw] = field(default_factory=dict[str, Raw])
    truths: dict[str, Truth] = field(default_factory=dict[str, Truth])
    refused: int = 0
    alarms: int = 0
    wrong: list[str] = field(default_factory=list[str])
    kinds: dict[str, int] = field(default_factory=dict[str, int])

    @classmethod
    async def begin(cls, chance: random.Random) -> "Edits":
        """Take down every row, let everybody change their name, and take down the rows again."""
        edits = cls(chance)
        edits.older = await _all_rows()
        for borrower_id in edits.older:
            name = await name_of(borrower_id)
            async with transaction() as tx:
                row = await locked_row(borrower_id)
                row.name = await seal(tx, borrower_cell(borrower_id, "name"), f"新{name}")
                row.phone = await seal(tx, borrower_cell(borrower_id, "phone"), await _phone(row))
                await keep_row(tx, row)
        edits.newer = await _all_rows()
        for borrower_id in edits.newer:
            edits.truths[borrower_id] = await _truth(borrower_id)
        return edits

    async def one(self) -> None:
        """Edit a row at random; reading it must be refused with an alarm, and never be wrong."""
        while True:
            kind = self.chance.choice(list(KINDS))
            borrower_id, other = self.chance.sample(sorted(self.newer), 2)
            mine, theirs = self.newer[borrower_id], self.newer[other]
            changed = KINDS[kind](self, mine, theirs, self.older[borrower_id])
            if changed is None or any(mine[name] != value for name, value in changed.items()):
                break
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        await _write(borrower_id, changed)
        try:
            await self._look(borrower_id, kind, is_gone=changed is None)
        finally:
            await _repair(mine)

    async def _look(self, borrower_id: str, kind: str, *, is_gone: bool) -> None:
        truth = self.truths[borrower_id]
        row = await BorrowerRow.get_or_none(id=borrower_id)
        alarms, opened = 0, 0
        checks: list[tuple[Callable[[], Awaitable[object]], object]] = [
            (lambda: name_of(borrower_id), truth.name),
            (lambda: bank_card_of(borrower_id), truth.card),
            (lambda: _phone_of(borrower_id), truth.phone),
            (lambda: borrower_ids_by_phone(truth.phone), [borrower_id]),
        ]
        for read, expected in checks:
            try:
                found = await read()
            except SealBroken as broken:
                alarms += await sound_broken_seals(broken, Met.COMMAND)
            except NotFound:
                continue
            else:
                opened += found != []
                if found not in ([], expected):
                    self.wrong.append(f"{kind}: {borrower_id}")
        if is_gone:
            alarms += await _missing(borrower_id, self.newer[borrower_id])
        if opened == 0 and alarms and (row is not None or is_gone):
            self.refused += 1
        else:
            self.wrong.append(f"{kind}: {borrower_id} was read {opened} times, {alarms} alarms")
        self.alarms += alarms

    def swap(self, mine: Raw, theirs: Raw, _before: Raw) -> Raw:
        """Put somebody else's ciphertext in its place."""
        column = self.chance.choice(SEALED)
        assert mine["id"] != theirs["id"]
        return {column: theirs[column]}

    def move(self, mine: Raw, _theirs: Raw, _before: Raw) -> Raw:
        """Put a value of the same row into another column."""
        one, other = self.chance.sample(SEALED, 2)
        return {one: mine[other]}

    def replay(self, _mine: Raw, _theirs: Raw, before: Raw) -> Raw:
        """Put an older ciphertext of the same cell back."""
        column = self.chance.choice(("phone", "name"))
        return {column: before[column]}

    def replay_row(self, _mine: Raw, _theirs: Raw, before: Raw) -> Raw:
        """Put the whole older row back."""
        return {name: value for name, value in before.items() if name != "id"}

    def empty(self, _mine: Raw, _theirs: Raw, _before: Raw) -> Raw:
        """Empty a value, its index or the seal."""
        return {self.chance.choice(("name", "bank_card", "bank_card_index", "row_seal")): None}

    def reindex(self, _mine: Raw, theirs: Raw, _before: Raw) -> Raw:
        """Point an index elsewhere."""
        column = self.chance.choice(INDEXES)
        taken = {"phone_index": f"{self.chance.getrandbits(128):032x}"}
        return {column: taken.get(column, theirs[column])}

    def flip(self, mine: Raw, _theirs: Raw, _before: Raw) -> Raw:
        """Flip one bit."""
        column = self.chance.choice((*SEALED, "row_seal"))
        altered = bytearray(mine[column])
        altered[self.chance.randrange(len(altered))] ^= 1 << self.chance.randrange(8)
        return {column: bytes(altered)}

    def cut(self, mine: Raw, _theirs: Raw, _before: Raw) -> Raw:
        """Cut a value short."""
        column = self.chance.choice(SEALED)
        return {column: mine[column][: self.chance.randrange(len(mine[column]))]}

    def delete(self, _mine: Raw, _theirs: Raw, _before: Raw) -> None:
        """Delete the row."""
        return


KINDS: dict[str, Callable[[Edits, Raw, Raw, Raw], Raw | None]] = {
    "swap": Edits.swap,
    "move": Edits.move,
    "replay": Edits.replay,
    "replay row": Edits.replay_row,
    "null": Edits.empty,
    "re-index": Edits.reindex,
    "flip": Edits.flip,
    "cut": Edits.cut,
    "delete": Edits.delete,
}


async def _truth(borrower_id: str) -> Truth:
    return Truth(
        await _phone_of(borrower_id), await name_of(borrower_id), await bank_card_of(borrower_id)
    )


async def _phone_of(borrower_id: str) -> str:
    return (await contact_of(borrower_id)).phone


async def _phone(row: BorrowerRow) -> str:
    return await _phone_of(row.id)


async def _missing(borrower_id: str, before: Raw) -> int:
    """Ask the audit chain about a row that is gone, as `audit verify` does."""
    gone = BorrowerRow(
        id=borrower_id,
        phone=Sealed(before["phone"]),
        bank_card=Sealed(before["bank_card"]),
        row_seal=before["row_seal"],
    )
    try:
        await check_cells([(cell, None) for cell, _ in chained_of(partial(getattr, gone))])
    except SealBroken as broken:
        return await sound_broken_seals(broken, Met.COMMAND)
    return 0


async def _all_rows() -> dict[str, Raw]:
    names = ", ".join(_whole_columns())
    rows: Sequence[Raw] = await fetch(f"SELECT {names} FROM borrower ORDER BY id")
    return {row["id"]: {name: plain(value) for name, value in row.items()} for row in rows}


def _whole_columns() -> tuple[str, ...]:
    return (*borrower_columns(), "language", "joined_at", "is_student")


async def _write(borrower_id: str, changed: Raw | None) -> None:
    async with transaction() as tx:
        if changed is None:
            await tx.run("DELETE FROM borrower WHERE id = ?", [borrower_id])
            return
        sets = ", ".join(f"{name} = ?" for name in changed)
        try:
            await tx.run(
                f"UPDATE borrower SET {sets} WHERE id = ?", [*changed.values(), borrower_id]
            )
        except Exception as failure:
            raise AssertionError(sorted(changed)) from failure


async def _repair(row: Raw) -> None:
    async with transaction() as tx:
        await tx.run("DELETE FROM borrower WHERE id = ?", [row["id"]])
        names, places = ", ".join(row), ", ".join("?" for _ in row)
        await tx.run(f"INSERT INTO borrower ({names}) VALUES ({places})", list(row.values()))


def plain(value: object) -> object:
    """Return bytes as every driver takes them."""
    return bytes(value) if isinstance(value, bytes | memoryview) else value
