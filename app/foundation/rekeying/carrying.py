"""
The key table in a file, to be joined to a database brought back from an older copy (`joining`).

The file opens nothing without the keeper of root keys; its signature says that we wrote it, whole.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from app.foundation.audit import OPERATOR, Entry, record
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, current, fetch, transaction
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.sealing.tombstones import Tombstone, is_signed, signed, tombstones

KIND = "qingmiao keys"
VERSION = 2
WITHOUT_TIME = {"kind": KIND, "version": 1}
"""How files began that did not say when they were written."""

EXPORTED = "keys.exported"
BATCH_KEYS = 1_000

KEY_COLUMNS = (
    "id", "subject_id", "key_class", "version", "epoch", "wrapped", "made_at", "held_until",
)  # fmt: skip
EPOCH_COLUMNS = ("key_name", "epoch", "wrapped", "made_at", "wrapped_at", "destroyed_at")


ReadOn = Callable[[str], Awaitable[Sequence[tuple[str, list[Any]]]]]
"""Reads a room's next lines after the one named: each with its name, by which they are in order."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a room has the file carry besides keys, and does again in a copy that knows less."""

    name: str
    read: ReadOn
    again: Callable[[Transaction, Sequence[list[Any]]], Awaitable[int]]
    """Is given every line of the file, and returns how many it had to do again."""


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

    def sign(self) -> str:
        signature = signed(self._digest.digest())
        self._file.write(orjson.dumps({"signature": signature.hex()}) + b"\n")
        return self._digest.hexdigest()


async def export_keys(path: Path, beside: Sequence[Beside] = ()) -> dict[str, int]:
    """
    Write wrapped data keys, weeks' keys and tombstones into a file, signed; count them.

    What rooms want carried stands beside them; whoever does not know of it passes it over.

    It is on record in the audit chain. Others go on working meanwhile: tombstones are read after
    the keys, so that whoever is forgotten in between is buried in the file, and weeks last.

    Raises:
        TemporarilyUnavailable: A week's key was destroyed meanwhile; the file is not signed.
    """
    counts = {"keys": 0, "epochs": 0, "tombstones": 0}
    with path.open("xb") as file:
        writer = _Writer(file)
        written_at = milliseconds(current().clock.now())
        writer.put({"kind": KIND, "version": VERSION, "written_at": written_at})
        used: set[int] = set()
        after = ""
        while rows := await fetch(
            f"SELECT {', '.join(KEY_COLUMNS)} FROM data_key WHERE id > ? ORDER BY id LIMIT ?",
            [after, BATCH_KEYS],
        ):
            after = rows[-1]["id"]
            for row in rows:
                writer.put({"key": _plain(row, KEY_COLUMNS)})
                used.add(row["epoch"])
            counts["keys"] += len(rows)
        after = ""
        while stones := await tombstones(after):
            after = stones[-1].subject_id
            for stone in stones:
                writer.put({"tombstone": _stone_as_json(stone)})
            counts["tombstones"] += len(stones)
        for one in beside:
            counts[one.name] = await _put_beside(writer, one)
        for row in await fetch(f"SELECT {', '.join(EPOCH_COLUMNS)} FROM epoch_key ORDER BY epoch"):
            writer.put({"epoch": _plain(row, EPOCH_COLUMNS)})
            counts["epochs"] += 1
            if row["destroyed_at"] is not None and row["epoch"] in used:
                raise TemporarilyUnavailable
        digest = writer.sign()
    async with transaction() as tx:
        await record(tx, Entry(EXPORTED, None, OPERATOR, {**counts, "file": digest}))
    return counts


async def _put_beside(writer: _Writer, one: Beside) -> int:
    count, after = 0, ""
    while lines := await one.read(after):
        after = lines[-1][0]
        for _, values in lines:
            writer.put({one.name: values})
        count += len(lines)
    return count


def check_file(path: Path) -> tuple[int | None, str]:
    """
    Look whether a file is a key table of ours, whole and unaltered.

    Returns:
        When it was written (milliseconds; old ones do not say), and the SHA-256 that is signed.

    Raises:
        FileRefused: It is not.
    """
    written_at: int | None = None
    digest, is_whole, is_first = hashlib.sha256(), False, True
    with path.open("rb") as file:
        for raw in file:
            if is_whole:
                raise FileRefused("the file goes on after its signature")
            line = _read(raw)
            if is_first:
                written_at = _written_at(line)
            is_first = False
            if "signature" in line:
                if not _is_ours(digest.digest(), line["signature"]):
                    raise FileRefused("the signature is not ours, or the file was altered")
                is_whole = True
            else:
                digest.update(raw)
    if not is_whole:
        raise FileRefused("the file was cut short")
    return written_at, digest.hexdigest()


def _written_at(head: dict[str, Any]) -> int | None:
    if head == WITHOUT_TIME:
        return None
    written_at = head.get("written_at")
    if head != {"kind": KIND, "version": VERSION, "written_at": written_at}:
        raise FileRefused("the file is no key table of this version")
    return written_at


def _is_ours(digest: bytes, signature: object) -> bool:
    try:
        return is_signed(digest, bytes.fromhex(str(signature)))
    except ValueError:
        return False


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """Read the lines of a file that was checked."""
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


def _plain(row: Mapping[str, Any], columns: tuple[str, ...]) -> list[Any]:
    values = [row[name] for name in columns]
    return [
        bytes(value).hex() if isinstance(value, bytes | memoryview) else value for value in values
    ]


def values_of(values: list[Any], columns: tuple[str, ...]) -> list[Any]:
    """Read a row's values from its line, as the columns hold them."""
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


def stone_of(values: list[Any]) -> Tombstone:
    """Read a tombstone from its line."""
    subject_id, buried_at, held, signature = values
    held_until = None if held is None else date.fromisoformat(held)
    return Tombstone(subject_id, buried_at, held_until, bytes.fromhex(signature))
