"""
Chained cells: the digest of what certain sealed cells hold, so that an old ciphertext is known.

A seal alone tells that a value was closed for its place; it cannot tell that it is the newest one.
Phones, bank cards, device keys and PIN verifiers are therefore noted in the chain whenever they
are written, and compared whenever they are opened.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from app.foundation.audit.chain import EMPTIED, Appending, cell_mac, cell_name
from app.foundation.database import Transaction, current, fetch, joined
from app.foundation.database.stored import stored_texts
from app.foundation.sealing import Cell, SealBroken

IN_QUERY_MAX = 500
RE_READS_MAX = 3

CELL_COLUMNS = ("seq", "digest", "mac")
"""What the chain's table has on a cell, beside its name."""

Found = tuple[Cell, bytes | None]
"""A cell and the ciphertext that its table holds, or None where it holds nothing."""


async def note_cell(tx: Transaction, cell: Cell, sealed: bytes | None) -> None:
    """
    Write into the chain what a cell holds from this transaction on; None says it was emptied.

    Whoever writes a chained cell calls this in the same transaction, whatever wrote it: a new
    value, the same one under another key, or its removal.
    """
    tx.last(Appending).cells[cell_name(cell)] = (digest_of(sealed), cell.subject_id)


async def note_cells(tx: Transaction, written: Sequence[Found]) -> None:
    """Write what many cells hold into the chain, a hundred to an entry."""
    for cell, sealed in written:
        await note_cell(tx, cell, sealed)


async def check_cells(found: Sequence[Found]) -> None:
    """
    Compare what tables hold with what the chain last said; one query for up to 500 cells.

    What somebody else wrote between the caller's read and this one is no break: the cell is read
    again.

    Raises:
        SealBroken: A cell holds an older ciphertext or another one, was emptied, or is not known to
            the chain; `cell` says which. Nothing of it may be used.
    """
    waiting = list(found)
    for _ in range(RE_READS_MAX):
        names = [cell_name(cell) for cell, _ in waiting]
        noted = await _noted(names)
        differing = [
            one
            for one, name in zip(waiting, names, strict=True)
            if noted.get(name, EMPTIED) != digest_of(one[1])
        ]
        if not differing:
            return
        waiting = []
        for cell, sealed in differing:
            held = await held_by(cell.table, cell.column, [cell.row_id])
            present = held.get(cell.row_id)
            if present == sealed:
                raise SealBroken(cell)
            waiting.append((cell, present))
    raise SealBroken(waiting[0][0])


async def held_by(table: str, column: str, row_ids: Sequence[str]) -> dict[str, bytes | None]:
    """
    Read what cells hold right now, by names the models know; a row that is gone has no place in it.

    Raises:
        KeyError: No model has such a table or column.
    """
    key = _key_column(table, column)
    places = ", ".join("?" for _ in row_ids)
    rows = await fetch(
        f"SELECT {key} AS row_id, {stored_texts([column])} FROM {table} WHERE {key} IN ({places})",
        row_ids,
    )
    return {row["row_id"]: None if row[column] is None else bytes(row[column]) for row in rows}


def is_cell(table: str, column: str) -> bool:
    """Tell whether the models know such a table and column."""
    try:
        _key_column(table, column)
    except KeyError:
        return False
    return True


def _key_column(table: str, column: str) -> str:
    """Return the primary key's column of a table; names from anywhere else never become SQL."""
    apps = current().context.apps
    assert apps is not None, "the models are loaded"
    for models in apps.values():
        for model in models.values():
            meta = model._meta  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Tortoise's own way to describe a model
            if meta.db_table == table and column in meta.fields_db_projection.values():
                return meta.db_pk_column
    raise KeyError(f"{table}.{column}")


async def _noted(names: Sequence[str]) -> Mapping[str, str | None]:
    """Return the digest the chain last gave for each cell it knows; None where that was altered."""
    tx = joined()
    noted: dict[str, str | None] = {}
    asked = names
    if tx is not None:
        mine = tx.last(Appending).cells
        noted = {name: mine[name][0] for name in names if name in mine}
        asked = sorted(set(names) - noted.keys())
    for start in range(0, len(asked), IN_QUERY_MAX):
        some = asked[start : start + IN_QUERY_MAX]
        places = ", ".join("?" for _ in some)
        rows: list[dict[str, Any]] = await fetch(
            f"SELECT cell, seq, digest, mac FROM audit_cell WHERE cell IN ({places})", some
        )
        for row in rows:
            noted[row["cell"]] = row["digest"] if _is_ours(row) else None
    return noted


def is_as_noted(found: Found, noted: Mapping[str, Any] | None) -> bool:
    """
    Tell whether a cell holds what the chain's row for it says, read in the caller's own statement.

    Args:
        found: The cell and what its table holds.
        noted: `cell` and `CELL_COLUMNS` of `audit_cell`; None where it has no such cell.
    """
    if noted is None:
        return found[1] is None
    return noted["digest"] == digest_of(found[1]) and _is_ours(noted)


def _is_ours(noted: Mapping[str, Any]) -> bool:
    expected = cell_mac(noted["cell"], noted["seq"], noted["digest"])
    return hmac.compare_digest(expected.encode(), str(noted["mac"]).encode())


def digest_of(sealed: bytes | None) -> str:
    """Return the SHA-256, in hex, of a ciphertext; the empty text for nothing."""
    return EMPTIED if sealed is None else hashlib.sha256(sealed).hexdigest()
