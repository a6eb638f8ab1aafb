"""Rows of every table with sealed columns, each sealed value one that stands nowhere else."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tortoise import fields

from app.foundation.base64url import as_text
from app.foundation.database import Transaction
from app.foundation.sealing import KeyClass, blind_index, declared, seal, unseal
from app.foundation.sealing.registry import Declared
from app.identity.operations.borrower_rows import keep_row, locked_row
from tests.conftest import START


@dataclass(frozen=True)
class Planted:
    """One value and the column it was sealed in."""

    table: str
    column: str
    key_class: KeyClass
    text: str


async def plant_everywhere(tx: Transaction, borrower_id: str, *, mark: str = "zz") -> list[Planted]:
    """
    Give a borrower a row in every table with sealed columns; what exists is overwritten.

    The rows' ids begin with `mark`, so that a second borrower has rows of their own.
    """
    planted: list[Planted] = []
    rows: dict[str, str] = {}
    for one in declared():
        planted += await _plant(tx, one, borrower_id, rows, mark)
    return planted


async def _plant(
    tx: Transaction, one: Declared, borrower_id: str, rows: dict[str, str], mark: str
) -> list[Planted]:
    seals, table = one.seals, one.seals.table
    if table in {"staff", "staff_passkey"}:
        return []
    row_id = f"{mark}{len(rows):04}{table.replace('_', '')[:10]:0<10}"
    if seals.row_id == "borrower_id" or table == "borrower":
        row_id = borrower_id
    rows[table] = row_id
    values: dict[str, Any] = {}
    planted: list[Planted] = []
    subject_id = row_id if seals.subject == "id" and table != "borrower" else borrower_id
    for name, column in one.model._meta.fields_map.items():  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Tortoise's own registry
        if name in one.sealed_columns:
            text = _text(table, name, len(rows), mark)
            cell = seals.cell(name, row_id, subject_id)
            values[name] = await seal(tx, cell, text)
            planted.append(Planted(table, name, seals.columns[name], text))
        elif not column.null or name == "borrower_id":
            values[name] = _filler(name, column, borrower_id, row_id)
    if seals.subject != "id":
        values[seals.subject] = subject_id  # as who answers for somebody else's loan
    if seals.through is not None:
        values[seals.through[0]] = f"{TICKETS.get(mark, mark)}00000000{seals.through[1]}"
    texts = {one.column: one.text for one in planted}
    for index in seals.indexes:
        text = index.text_of(*(texts[name] for name in index.of))
        assert text is not None, index.column
        values[index.column] = blind_index(index.label, text, bits=index.bits)
    values[one.model._meta.pk_attr] = row_id  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as above
    if table == "borrower":
        return await _plant_in_profile(tx, one, borrower_id, values, planted)
    await one.model.filter(pk=row_id).delete()
    await one.model.create(**values)
    return planted


async def _plant_in_profile(
    tx: Transaction,
    one: Declared,
    borrower_id: str,
    values: dict[str, Any],
    planted: list[Planted],
) -> list[Planted]:
    """Put new values where nothing is found by them; what has an index keeps what it held."""
    row = await locked_row(borrower_id)
    indexed = {name for index in one.seals.indexes for name in index.of}
    found: list[Planted] = []
    for value in planted:
        if value.column not in indexed:
            setattr(row, value.column, values[value.column])
            found.append(value)
            continue
        cell = one.seals.cell(value.column, borrower_id, borrower_id)
        found.append(replace(value, text=await unseal(cell, getattr(row, value.column))))
    await keep_row(tx, row)
    return found


def _text(table: str, column: str, number: int, mark: str) -> str:
    if (table, column) == ("device", "public_key"):
        return as_text(f"planted-{mark}-{table}-{column}".encode())
    if column in {"income", "monthly_income", "debt_payments"}:
        return f"{70_000_000 + number * 1_000 + len(column)}"
    return f"planted-{mark}-{table}-{column}"


TICKETS = {"zz": "pp"}
BY_NAME = {
    "loan_id": "pp00000000loan00",
    "ticket_id": "pp00000000ticket",
    "reasons": "[]",
}
BY_KIND: tuple[tuple[type[fields.Field[Any]], Any], ...] = (
    (fields.BooleanField, False),
    (fields.DatetimeField, START),
    (fields.DateField, date(2026, 11, 21)),
    (fields.BinaryField, b"x"),
    (fields.IntField, 1),
)


def _filler(name: str, column: fields.Field[Any], borrower_id: str, row_id: str) -> Any:  # noqa: ANN401 - a column's value
    if name == "borrower_id":
        return borrower_id
    if name in BY_NAME:
        return BY_NAME[name]
    for kind, value in BY_KIND:
        if isinstance(column, kind):
            return value
    assert isinstance(column, fields.CharField | fields.TextField), name
    return row_id if column.unique else "x"
