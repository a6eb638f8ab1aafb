"""
The key table in a file, to be joined to a database brought back from an older copy.

A restored copy holds old wrapped keys, some of people forgotten since. Joining puts the current
key table in their place and forgets again whom a tombstone names.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, fetch, transaction
from app.foundation.rekeying.shredding import replay
from app.foundation.sealing.tombstones import Tombstone, is_signed, signed, tombstones
from app.foundation.sealing.vault import installed_vault

KIND = "qingmiao keys"
VERSION = 1
BATCH_KEYS = 1_000

KEY_COLUMNS = (
    "id", "subject_id", "key_class", "version", "epoch", "wrapped", "made_at", "held_until",
)  # fmt: skip
EPOCH_COLUMNS = ("key_name", "epoch", "wrapped", "made_at", "wrapped_at", "destroyed_at")


class FileRefused(Exception):
    """The file is not a key table that we wrote, or was altered; nothing was changed."""


class _Writer:
    """Writes lines, and at the end a signature over all of them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def put(self, line: Mapping[str, Any]) -> None:
        raw = orjson.dumps(line) + b"\n"
        self._digest.update(raw)
        self._file.write(raw)

    def sign(self) -> None:
        signature = signed(self._digest.digest())
        self._file.write(orjson.dumps({"signature": signature.hex()}) + b"\n")


async def export_keys(path: Path) -> dict[str, int]:
    """Write wrapped data keys, weeks' keys and tombstones into a file, signed; count them."""
    counts = {"keys": 0, "epochs": 0, "tombstones": 0}
    with path.open("xb") as file:
        writer = _Writer(file)
        writer.put({"kind": KIND, "version": VERSION})
        for row in await fetch(f"SELECT {', '.join(EPOCH_COLUMNS)} FROM epoch_key ORDER BY epoch"):
            writer.put({"epoch": _plain(row, EPOCH_COLUMNS)})
            counts["epochs"] += 1
        after = ""
        while rows := await fetch(
            f"SELECT {', '.join(KEY_COLUMNS)} FROM data_key WHERE id > ? ORDER BY id LIMIT ?",
            [after, BATCH_KEYS],
        ):
            after = rows[-1]["id"]
            for row in rows:
                writer.put({"key": _plain(row, KEY_COLUMNS)})
            counts["keys"] += len(rows)
        after = ""
        while stones := await tombstones(after):
            after = stones[-1].subject_id
            for stone in stones:
                writer.put({"tombstone": _stone_as_json(stone)})
            counts["tombstones"] += len(stones)
        writer.sign()
    return counts


async def join_keys(path: Path) -> dict[str, int]:
    """
    Put a file's key table in the place of the database's, and forget again whom it buries.

    Raises:
        FileRefused: The file was altered, cut short, or is no key table.
    """
    _check(path)
    counts = {"keys": 0, "epochs": 0, "tombstones": 0}
    async with transaction() as tx:
        await tx.run("DELETE FROM data_key")
        keys: list[list[Any]] = []
        for line in _lines(path):
            if "epoch" in line:
                await _join_epoch(tx, line["epoch"])
                counts["epochs"] += 1
            elif "key" in line:
                keys.append(line["key"])
                counts["keys"] += 1
            elif "tombstone" in line:
                await _insert_keys(tx, keys)
                keys = []
                await replay(tx, _stone_from_json(line["tombstone"]))
                counts["tombstones"] += 1
            if len(keys) >= BATCH_KEYS:
                await _insert_keys(tx, keys)
                keys = []
        await _insert_keys(tx, keys)
        await tx.run(
            "UPDATE sealing_policy SET forgotten = forgotten + 1, changed_at = ?",
            [milliseconds(tx.now)],
        )
        tx.after_commit(installed_vault().forget)
    return counts


def _check(path: Path) -> None:
    digest, is_whole, is_first = hashlib.sha256(), False, True
    with path.open("rb") as file:
        for raw in file:
            if is_whole:
                raise FileRefused("the file goes on after its signature")
            line = _read(raw)
            if is_first and line != {"kind": KIND, "version": VERSION}:
                raise FileRefused("the file is no key table of this version")
            is_first = False
            if "signature" in line:
                if not is_signed(digest.digest(), bytes.fromhex(str(line["signature"]))):
                    raise FileRefused("the signature is not ours, or the file was altered")
                is_whole = True
            else:
                digest.update(raw)
    if not is_whole:
        raise FileRefused("the file was cut short")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for raw in file:
            yield _read(raw)


def _read(raw: bytes) -> dict[str, Any]:
    try:
        line: object = orjson.loads(raw)
    except orjson.JSONDecodeError as broken:
        raise FileRefused("a line is no JSON") from broken
    if not isinstance(line, dict):
        raise FileRefused("a line is no object")
    return line  # pyright: ignore[reportUnknownVariableType] - the signature vouches for the rest


async def _join_epoch(tx: Transaction, values: list[Any]) -> None:
    names = ", ".join(EPOCH_COLUMNS)
    places = ", ".join("?" for _ in EPOCH_COLUMNS)
    await tx.run(
        f"INSERT INTO epoch_key ({names}) VALUES ({places}) ON CONFLICT (key_name) DO UPDATE SET"
        " wrapped = excluded.wrapped, wrapped_at = excluded.wrapped_at,"
        " destroyed_at = excluded.destroyed_at",
        _from_json(values, EPOCH_COLUMNS),
    )


async def _insert_keys(tx: Transaction, keys: list[list[Any]]) -> None:
    if not keys:
        return
    row = "(" + ", ".join("?" for _ in KEY_COLUMNS) + ")"
    parameters = [value for one in keys for value in _from_json(one, KEY_COLUMNS)]
    await tx.run(
        f"INSERT INTO data_key ({', '.join(KEY_COLUMNS)}) VALUES {', '.join([row] * len(keys))}",
        parameters,
    )


def _plain(row: Mapping[str, Any], columns: tuple[str, ...]) -> list[Any]:
    values = [row[name] for name in columns]
    return [
        bytes(value).hex() if isinstance(value, bytes | memoryview) else value for value in values
    ]


def _from_json(values: list[Any], columns: tuple[str, ...]) -> list[Any]:
    found: list[Any] = []
    for name, value in zip(columns, values, strict=True):
        if value is not None and name == "wrapped":
            found.append(bytes.fromhex(value))
        elif value is not None and name == "held_until":
            found.append(date.fromisoformat(value))
        else:
            found.append(value)
    return found


def _stone_as_json(stone: Tombstone) -> list[Any]:
    held = None if stone.held_until is None else stone.held_until.isoformat()
    return [stone.subject_id, stone.buried_at, held, stone.signature.hex()]


def _stone_from_json(values: list[Any]) -> Tombstone:
    subject_id, buried_at, held, signature = values
    held_until = None if held is None else date.fromisoformat(held)
    return Tombstone(subject_id, buried_at, held_until, bytes.fromhex(signature))
