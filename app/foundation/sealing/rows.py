"""
Row seals: a MAC over all that is sealed of one row, so that the row is whole or refused.

A cell's own seal tells that its value belongs there. It cannot tell that a value beside it was
emptied, that an older one was put back into one column, or that an index was pointed at somebody
else. The row's seal covers all of them with a number that grows by every write; a whole row put
back is left to the audit chain. A table may have plain columns covered too, such as a role.

Facts' seals are for short-lived rows that hold nothing sealed: a MAC over what they say.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from app.foundation.sealing.cells import Cell, KeyClass, SealBroken
from app.foundation.sealing.indexes import blind_indexes
from app.foundation.sealing.registry import SealedTable
from app.foundation.sealing.vault import derived_key, key_ring

LABEL = "row-seal"
SEAL_BYTES = 16

ValueOf = Callable[[str], Any]
"""Gives a row's value by the name of its column."""


def seal_cell(table: str, row_id: str, subject_id: str) -> Cell:
    """Return the place of a row's seal, under which the audit chain knows it."""
    return Cell(table, "row_seal", row_id, subject_id, KeyClass.AUTH)


def row_seal(seals: SealedTable, value_of: ValueOf, *, label_version: int | None = None) -> bytes:
    """
    Return the seal of a row as it stands: HMAC-SHA256, its first 16 bytes.

    It covers table, row, person, the row's version, and every sealed, index and covered column,
    NULL or not.
    """
    parts = [
        _HEAD,
        _measured(seals.table.encode()),
        _measured(str(value_of(seals.row_id)).encode()),
        _measured(str(value_of(seals.subject)).encode()),
        _measured(str(value_of("row_version")).encode()),
    ]
    for name in seals.under_seal:
        value = value_of(name)
        parts.append(_measured_name(name))
        parts.append(_NULL if value is None else _measured(b"+" + _as_bytes(value)))
    return _mac_of(b"".join(parts), label_version)


def check_row(seals: SealedTable, value_of: ValueOf) -> None:
    """
    Prove that a row is as its last writer left it.

    Raises:
        SealBroken: Something sealed was emptied, mixed from old and new, or an index was altered.
    """
    found = value_of("row_seal")
    if found is not None:
        for version in key_ring().labels.versions(LABEL):
            expected = row_seal(seals, value_of, label_version=version)
            if hmac.compare_digest(expected, bytes(found)):
                return
    column = next(iter(seals.columns))
    raise SealBroken(seals.cell(column, value_of(seals.row_id), value_of(seals.subject)))


def facts_seal(
    cell: Cell, facts: Sequence[str | int | None], *, label_version: int | None = None
) -> bytes:
    """
    Return the seal of a row that holds nothing sealed: HMAC-SHA256, its first 16 bytes.

    Args:
        cell: The place of the seal itself, by `seal_cell`.
        facts: What the row says, in an order of the table's own.
        label_version: Of the key; the newest unless given.
    """
    parts = [b"qingmiao facts", cell.table.encode(), cell.row_id.encode(), cell.subject_id.encode()]
    parts += [b"-" if fact is None else b"+" + str(fact).encode() for fact in facts]
    return _mac(parts, label_version)


def check_facts(cell: Cell, facts: Sequence[str | int | None], found: bytes | None) -> None:
    """
    Prove that a row says what its last writer wrote.

    Raises:
        SealBroken: Something of it was altered, or its seal was.
    """
    if found is not None:
        for version in key_ring().labels.versions(LABEL):
            if hmac.compare_digest(facts_seal(cell, facts, label_version=version), bytes(found)):
                return
    raise SealBroken(cell)


def check_indexes(seals: SealedTable, value_of: ValueOf, opened: Mapping[str, str | None]) -> None:
    """
    Make a row's blind indexes again from the values in clear, where those were opened.

    Raises:
        SealBroken: An index does not belong to its value.
    """
    for index in seals.indexes:
        if not opened.keys() >= set(index.of):
            continue
        texts = [opened[name] for name in index.of]
        found = value_of(index.column)
        text = None if None in texts else index.text_of(*texts)
        if text is None and found is None:
            continue
        if text is None or found not in blind_indexes(index.label, text, bits=index.bits):
            cell = seals.cell(index.of[0], value_of(seals.row_id), value_of(seals.subject))
            raise SealBroken(cell)


@cache
def _measured_name(column: str) -> bytes:
    return _measured(column.encode())


def _measured(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


_HEAD, _NULL = _measured(b"qingmiao row"), _measured(b"-")


def _mac(parts: Sequence[bytes], label_version: int | None) -> bytes:
    return _mac_of(b"".join(map(_measured, parts)), label_version)


def _mac_of(message: bytes, label_version: int | None) -> bytes:
    return hmac.digest(derived_key(LABEL, label_version), message, "sha256")[:SEAL_BYTES]


def _as_bytes(value: object) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)  # pyright: ignore[reportArgumentType] - a sealed value
