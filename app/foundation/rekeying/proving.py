"""Proving what is sealed: the forgotten are unreadable, everybody else's rows are whole."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from app.foundation.audit import check_cells
from app.foundation.database import business_date, fetch
from app.foundation.rekeying.jobs.renewing import Keys, SealedRow, opened_under, rows_after
from app.foundation.sealing.cells import KeyClass, SealBroken
from app.foundation.sealing.data_keys import IN_QUERY_MAX
from app.foundation.sealing.registry import Declared, declared, marked
from app.foundation.sealing.rows import check_indexes, check_row
from app.foundation.sealing.tombstones import Tombstone, tombstones

BATCH_ROWS = 500


@dataclass(slots=True)
class Proof:
    """What was looked at, and every place that is not as it must be."""

    rows: int = 0
    values: int = 0
    forgotten: int = 0
    held: int = 0
    problems: list[str] = field(default_factory=list[str])


async def prove(heard: Callable[[Proof], object] | None = None) -> Proof:
    """Open every sealed value there is, and every one that nobody may open any more."""
    proof, today = Proof(), await business_date()
    await _prove_tombstones(proof)
    for one in declared():
        after = ""
        while rows := await rows_after(one, after, BATCH_ROWS):
            after = rows[-1].row_id
            await _prove_rows(proof, one, rows, today)
            if heard is not None:
                heard(proof)
    await _prove_marks(proof)
    return proof


async def _prove_marks(proof: Proof) -> None:
    for one in marked():
        table, subject = one.marks.table, one.marks.subject
        for column, blank in one.blanks.items():
            there = "IS NOT NULL" if blank is None else "<> ''"
            rows = await fetch(
                f"SELECT m.id FROM {table} m JOIN tombstone s ON s.subject_id = m.{subject}"
                f" WHERE m.{column} {there} ORDER BY m.id"
            )
            proof.problems += [
                f"{table} {row['id']}: {column} still leads to somebody forgotten" for row in rows
            ]


async def _prove_tombstones(proof: Proof) -> None:
    after = ""
    while stones := await tombstones(after):
        after = stones[-1].subject_id
        proof.forgotten += len(stones)
        proof.problems += [
            f"tombstone {stone.subject_id}: the signature is not ours"
            for stone in stones
            if not stone.is_genuine
        ]


async def _prove_rows(proof: Proof, one: Declared, rows: list[SealedRow], today: date) -> None:
    subject_ids = {row.subject_id for row in rows}
    keys = await Keys.of(subject_ids)
    stones = await _stones_of(sorted(subject_ids))
    for row in rows:
        proof.rows += 1
        stone = stones.get(row.subject_id)
        if stone is not None:
            is_held = stone.held_until is not None and stone.held_until >= today
            _prove_forgotten(proof, one, row, keys, is_held=is_held)
            continue
        try:
            proof.values += _prove_whole(row, keys)
        except SealBroken as broken:
            proof.problems.append(_place(row, broken))
    whole = [row for row in rows if row.subject_id not in stones]
    try:
        await check_cells([found for row in whole for found in row.chained(row.values)])
    except SealBroken:
        for row in whole:
            try:
                await check_cells(row.chained(row.values))
            except SealBroken as broken:
                proof.problems.append(f"{_place(row, broken)} (the audit chain knows a newer one)")


def _prove_whole(row: SealedRow, keys: Keys) -> int:
    if row.seals.has_row_seal:
        check_row(row.seals, row.values.__getitem__)
    opened: dict[str, str | None] = {}
    for column in row.seals.columns:
        sealed = row.values[column]
        opened[column] = (
            None if sealed is None else opened_under(row.cell(column), bytes(sealed), keys)[0]
        )
    check_indexes(row.seals, row.values.__getitem__, opened)
    return sum(text is not None for text in opened.values())


def _prove_forgotten(
    proof: Proof, one: Declared, row: SealedRow, keys: Keys, *, is_held: bool
) -> None:
    place = f"{row.seals.table} {row.row_id}"
    for index in row.seals.indexes:
        if row.values[index.column] != one.blank_of(index, row.row_id):
            proof.problems.append(f"{place}: {index.column} still leads to somebody forgotten")
    for column, key_class in row.seals.columns.items():
        sealed = row.values[column]
        if sealed is None:
            continue
        try:
            opened_under(row.cell(column), bytes(sealed), keys)
        except SealBroken:
            continue
        if key_class is KeyClass.HELD and is_held:
            proof.held += 1
        else:
            proof.problems.append(f"{place}: {column} of somebody forgotten can be read")


async def _stones_of(subject_ids: list[str]) -> dict[str, Tombstone]:
    found: dict[str, Tombstone] = {}
    for start in range(0, len(subject_ids), IN_QUERY_MAX):
        some = subject_ids[start : start + IN_QUERY_MAX]
        places = ", ".join("?" for _ in some)
        rows = await fetch(
            "SELECT subject_id, buried_at, held_until, signature FROM tombstone"
            f" WHERE subject_id IN ({places})",
            some,
        )
        found |= {row["subject_id"]: Tombstone.of(row) for row in rows}
    return found


def _place(row: SealedRow, broken: SealBroken) -> str:
    column = "" if broken.cell is None else f".{broken.cell.column}"
    return f"{row.seals.table}{column} {row.row_id}: the seal is broken"
