"""Writing many renewed rows at once, each only if it still holds what was read."""

from collections.abc import Sequence
from typing import Any

from app.foundation.audit import note_cells
from app.foundation.database import Transaction
from app.foundation.rekeying.jobs.renewing import ROW_SEAL_COLUMNS, Change, columns_of
from app.foundation.sealing.registry import Declared

TYPES = {"sqlite": ("BLOB", "TEXT", "INTEGER"), "postgres": ("BYTEA", "TEXT", "BIGINT")}
"""How each database calls bytes, text and whole numbers."""


async def write_changes(tx: Transaction, one: Declared, changes: Sequence[Change]) -> set[str]:
    """
    Write changed rows of a table, and note in the audit chain what it knows of them.

    Returns:
        The ids of those written; another one was changed or removed since it was read.
    """
    if not changes:
        return set()
    columns = columns_of(one)
    row_id = one.seals.row_id
    sql = update_sql(one, columns, len(changes), tx.dialect)
    parameters: list[Any] = []
    for change in changes:
        parameters.append(change.row.row_id)
        for name in columns:
            parameters += [_plain(change.values[name]), _plain(change.row.values[name])]
    written = {row[row_id] for row in await tx.rows(sql, parameters)}
    for change in changes:
        if change.row.row_id in written:
            fresh = change.row.chained(change.values)
            before = change.row.chained(change.row.values)
            await note_cells(
                tx, [new for new, old in zip(fresh, before, strict=True) if new != old]
            )
    return written


def update_sql(one: Declared, columns: Sequence[str], count: int, dialect: str) -> str:
    """Return one UPDATE for so many rows; each gives its id, then new and old by column."""
    blob, text, whole = TYPES[dialect]
    sealed = set(one.sealed_columns)
    same = "IS" if dialect == "sqlite" else "IS NOT DISTINCT FROM"
    places, sets, conditions = [f"CAST(? AS {text})"], list[str](), list[str]()
    for number, name in enumerate(columns):
        kind = blob if name in sealed or name == ROW_SEAL_COLUMNS[0] else text
        kind = whole if name == ROW_SEAL_COLUMNS[1] else kind
        places += [f"CAST(? AS {kind})"] * 2
        sets.append(f"{name} = v.column{2 * number + 2}")
        conditions.append(f"t.{name} {same} v.column{2 * number + 3}")
    values = ", ".join(["(" + ", ".join(places) + ")"] * count)
    return (
        f"UPDATE {one.seals.table} AS t SET {', '.join(sets)} FROM (VALUES {values}) AS v"
        f" WHERE t.{one.seals.row_id} = v.column1 AND {' AND '.join(conditions)}"
        f" RETURNING {'' if dialect == 'sqlite' else 't.'}{one.seals.row_id}"
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    return bytes(value) if isinstance(value, bytes | memoryview) else value
