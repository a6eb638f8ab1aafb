"""Random edits of every table with sealed columns, looked for as the two `verify` commands do."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tortoise import fields

from app.foundation import audit
from app.foundation.audit.cells import note_cells
from app.foundation.database import Transaction, fetch, transaction
from app.foundation.rekeying.jobs.renewing import SealedRow, rows_by_id
from app.foundation.rekeying.proving import prove
from app.foundation.sealing import SealBroken, declared, seal, unseal
from app.foundation.sealing.registry import Declared
from app.identity import operations as identity
from app.identity.models import OneTimeCodeRow, StaffRow
from app.identity.models.staff import PasskeyRow
from app.identity.operations.challenges import code_in
from app.identity.operations.staff_rows import keep_staff
from app.identity.rules import CompleteProfile, RequestCode, SignedIn, VerifyCode
from app.support.models import TicketRow
from tests.conftest import START
from tests.privacy.planting import plant_everywhere

Row = dict[str, Any]
Edit = Mapping[str, Any] | None
"""What becomes of a row: other values, or None where it is deleted."""
MARKS = ("zx", "zy")
FORMS = ("swap", "move", "carry", "flip", "cut", "give", "re-index", "replay", "null", "delete")
"""
How a row is edited: another row's value in its place, a value of another column, of another table;
a bit turned; a value cut short; the row given to somebody else; an index pointed elsewhere; an
older value put back; a value emptied; the row deleted.
"""
PROFILE = CompleteProfile(
    borrower_id="",
    name="",
    resident_id="",
    region_code="610629",
    income_fen=450_000,
    purpose="买肥料和果袋",
    bank_card="",
    address="洛川县凤栖街道果园村三组",
    phone_tenure_months=84,
    idempotency_key="profile",
)
UNSEEN = {"replay", "null", "delete"}
"""What AEAD alone cannot see: it takes a row's seal, or a digest in the audit chain."""


def watched_columns(one: Declared) -> set[str]:
    """Return the sealed columns in which nothing goes missing or back unseen."""
    return set(one.seals.columns) if one.seals.has_row_seal else set(one.seals.chained)


@dataclass(slots=True)
class Everywhere:
    """One row of each of two people in every table; a round edits one row of each table."""

    chance: random.Random
    rows: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    older: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    counted: Counter[str] = field(default_factory=Counter[str])
    refused: int = 0
    unseen: Counter[str] = field(default_factory=Counter[str])
    tables: set[str] = field(default_factory=set[str])
    wrong: list[str] = field(default_factory=list[str])

    @classmethod
    async def begin(cls, chance: random.Random) -> "Everywhere":
        """Plant a row for two people in every table, twice, so that there are older values."""
        people = (await _join(0), await _join(1))
        made = cls(chance)
        for taken in (made.older, made.rows):
            async with transaction() as tx:
                for mark, borrower_id in zip(MARKS, people, strict=True):
                    await _plant(tx, borrower_id, mark)
            for one in declared():
                taken[one.seals.table] = await _all_of(one, people)
        problems = (await prove()).problems
        assert problems == [], problems
        assert (await audit.verify(None)).is_whole
        return made

    async def round(self) -> None:
        """Edit one row of each table at once, look for every edit, and repair them all."""
        edits: list[_Edited] = []
        for one in declared():
            number = self.chance.randrange(2)
            form, column = self.chance.choice(FORMS), self.chance.choice(one.sealed_columns)
            mine = self.rows[one.seals.table][number]
            edit = self._edit_of(one, form, column, number)
            if edit is not None and (edit == {column: None}) > _may_be_null(one, column):
                continue
            if edit is not None and all(mine[name] == value for name, value in edit.items()):
                continue
            edits.append(_Edited(one, form, column, mine[one.seals.row_id], is_gone=edit is None))
            await _write(one, mine, edit)
        proof, chain = await prove(), await audit.verify(None)
        told = [*proof.problems, *(problem.sentence for problem in chain.problems)]
        for edited in edits:
            await self._judge(edited, told)
        for edited in edits:
            rows = self.rows[edited.one.seals.table]
            await _repair(edited.one, next(row for row in rows if edited.row_id in row.values()))

    async def _judge(self, edited: "_Edited", told: Sequence[str]) -> None:
        one, form, column, row_id = edited.one, edited.form, edited.column, edited.row_id
        table = one.seals.table
        self.counted[form] += 1
        self.tables.add(table)
        is_opened = not edited.is_gone and await _opens(one, row_id, column)
        if form not in UNSEEN | {"re-index"} and is_opened:
            self.wrong.append(f"{form}: {table}.{column} {row_id} was opened")
        watched = watched_columns(one)
        if any(edited.is_named_in(sentence) for sentence in told):
            self.refused += 1
        elif form in UNSEEN and (not watched if edited.is_gone else column not in watched):
            self.unseen[f"{form} {table}" if edited.is_gone else f"{form} {table}.{column}"] += 1
        else:
            self.wrong.append(f"{form}: {table}.{column} {row_id} was not told of")

    def _edit_of(self, one: Declared, form: str, column: str, number: int) -> Edit:
        seals, rows = one.seals, self.rows[one.seals.table]
        mine, theirs = rows[number], rows[1 - number]
        others = [name for name in one.sealed_columns if name != column]
        elsewhere = self.chance.choice([name for name in self.rows if name != seals.table])
        foreign = self.chance.choice(self._sealed_in(elsewhere, number))
        index = self.chance.choice(seals.indexes) if seals.indexes else None
        edits: dict[str, Callable[[], Edit]] = {
            "swap": lambda: {column: theirs[column]},
            "move": lambda: {column: mine[self.chance.choice(others)] if others else foreign},
            "carry": lambda: {column: foreign},
            "flip": lambda: {column: _flipped(mine[column], self.chance)},
            "cut": lambda: {column: mine[column][: self.chance.randrange(len(mine[column]))]},
            "give": lambda: _given(one, theirs),
            "re-index": lambda: (
                {index.column: f"{self.chance.getrandbits(index.bits):0{index.bits // 4}x}"}
                if index
                else {column: foreign}
            ),
            "replay": lambda: {column: self.older[seals.table][number][column]},
            "null": lambda: {column: None},
            "delete": lambda: None,
        }
        return edits[form]()

    def _sealed_in(self, table: str, number: int) -> list[bytes]:
        one = next(one for one in declared() if one.seals.table == table)
        return [self.rows[table][number][name] for name in one.sealed_columns]


@dataclass(frozen=True, slots=True)
class _Edited:
    one: Declared
    form: str
    column: str
    row_id: str
    is_gone: bool

    def is_named_in(self, sentence: str) -> bool:
        """Tell whether `privacy verify` or `audit verify` means this row."""
        table = self.one.seals.table
        is_row = sentence.startswith((f"{table}.", f"{table} ")) and f" {self.row_id}:" in sentence
        return is_row or (sentence.startswith(f"cell {table}.") and f".{self.row_id}:" in sentence)


def _given(one: Declared, theirs: Row) -> Edit:
    """Say that the row is somebody else's; where a row is its own person's, swap instead."""
    column = one.seals.through[0] if one.seals.through else one.seals.subject
    if column in {"id", one.seals.row_id}:
        return {name: theirs[name] for name in one.sealed_columns}
    return {column: theirs[column]}


async def _join(number: int) -> str:
    """Sign somebody in by a code and complete their profile; return them."""
    phone = f"+861570000000{number}"
    asked = await identity.request_code(RequestCode(phone=phone, idempotency_key=f"{number}"))
    row = await OneTimeCodeRow.get(id=asked.challenge_id)
    entered = await identity.verify_code(
        VerifyCode(
            challenge_id=asked.challenge_id, code=code_in(row), idempotency_key=f"{number}-in"
        )
    )
    assert isinstance(entered, SignedIn)
    profile = replace(
        PROFILE,
        borrower_id=entered.borrower_id,
        name=("石宝塬", "覃玉梅")[number],
        idempotency_key=f"{number}-profile",
        resident_id=("612629198003120153", "612629198003120161")[number],
        bank_card=("6200000000000021", "6200000000000039")[number],
    )
    await identity.complete_profile(profile)
    return entered.borrower_id


async def _plant(tx: Transaction, borrower_id: str, mark: str) -> None:
    ticket_id = f"{mark}00000000ticket"
    if not await TicketRow.exists(id=ticket_id):
        await TicketRow.create(
            id=ticket_id,
            borrower_id=borrower_id,
            category="QUESTION",
            state="OPEN",
            opened_at=START,
            due_at=START,
        )
    await plant_everywhere(tx, borrower_id, mark=mark)
    await _plant_staff(tx, mark)
    for one in declared():
        ids = [row["id"] for row in await _ids_of(tx, one, mark, borrower_id)]
        for row in await rows_by_id(one, ids):
            if one.seals.table not in {"borrower", "staff"}:
                await note_cells(tx, row.chained(row.values))


async def _ids_of(tx: Transaction, one: Declared, mark: str, borrower_id: str) -> list[Row]:
    key = one.seals.row_id
    rows = await tx.rows(
        f"SELECT {key} AS id FROM {one.seals.table} WHERE {key} LIKE ? OR {key} = ?",
        [f"{mark}%", borrower_id],
    )
    assert len(rows) == 1, (one.seals.table, rows)
    return list(rows)


async def _plant_staff(tx: Transaction, mark: str) -> None:
    by_table = {one.seals.table: one.seals for one in declared()}
    staff_id, passkey_id = f"{mark}00000000000000", f"{mark}0000000passkey"
    row = await StaffRow.get_or_none(id=staff_id)
    is_new = row is None
    row = row or StaffRow(id=staff_id, name=mark, role="AGENT", password_hash="x", enrolled_at=0)
    row.totp_secret = await seal(
        tx, by_table["staff"].cell("totp_secret", staff_id, staff_id), mark
    )
    await keep_staff(tx, row, is_new=is_new)
    keys = by_table["staff_passkey"]
    sealed = {
        name: await seal(tx, keys.cell(name, passkey_id, staff_id), f"{name}-{mark}")
        for name in keys.columns
    }
    await PasskeyRow.filter(id=passkey_id).delete()
    await PasskeyRow(
        id=passkey_id, staff_id=staff_id, credential_id=mark, made_at=0, **sealed
    ).save(force_create=True)


async def _all_of(one: Declared, people: Sequence[str]) -> list[Row]:
    key = one.seals.row_id
    rows = await fetch(
        f"SELECT * FROM {one.seals.table} WHERE substr({key}, 1, 2) IN (?, ?) OR {key} IN (?, ?)"
        f" ORDER BY {key}",
        [*MARKS, *people],
    )
    assert len(rows) == len(MARKS), (one.seals.table, len(rows))
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _may_be_null(one: Declared, column: str) -> bool:
    columns: Mapping[str, fields.Field[Any]] = one.model._meta.fields_map  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Tortoise's own way to describe a model
    return columns[column].null


async def _opens(one: Declared, row_id: str, column: str) -> bool:
    """Open a value as the app does; nothing is no value."""
    rows: list[SealedRow] = await rows_by_id(one, [row_id])
    if not rows or rows[0].values[column] is None:
        return False
    try:
        await unseal(rows[0].cell(column), rows[0].values[column])
    except SealBroken:
        return False
    return True


async def _write(one: Declared, mine: Row, edit: Edit) -> None:
    table, key = one.seals.table, one.seals.row_id
    async with transaction() as tx:
        if edit is None:
            await tx.run(f"DELETE FROM {table} WHERE {key} = ?", [mine[key]])
            return
        sets = ", ".join(f"{name} = ?" for name in edit)
        await tx.run(
            f"UPDATE {table} SET {sets} WHERE {key} = ?",
            [*edit.values(), mine[key]],
        )


async def _repair(one: Declared, row: Row) -> None:
    table, key = one.seals.table, one.seals.row_id
    async with transaction() as tx:
        await tx.run(f"DELETE FROM {table} WHERE {key} = ?", [row[key]])
        names, places = ", ".join(row), ", ".join("?" for _ in row)
        await tx.run(f"INSERT INTO {table} ({names}) VALUES ({places})", list(row.values()))


def _flipped(value: bytes, chance: random.Random) -> bytes:
    altered = bytearray(value)
    altered[chance.randrange(len(altered))] ^= 1 << chance.randrange(8)
    return bytes(altered)


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, bytes | memoryview) else value
