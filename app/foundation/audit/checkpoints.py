"""
Checkpoints: how long the chain was and what its last hash was, signed and told to a witness.

A hash chain alone does not tell that its end was cut off, nor that all of it was written anew by
somebody who holds the database. The signature's key is not in the database, and the witness file
stands outside of it.

What does not hold when a checkpoint is made is named in it, under the signature: the chain goes on
being vouched for after a break, and the break is told for as long as the checkpoint stands.
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.foundation.canonical import Canonical, canonical_json
from app.foundation.database import fetch
from app.foundation.database.stored import as_text, stored_texts, stored_wholes
from app.foundation.sealing import derived_key

_LABEL = "qingmiao audit checkpoint"
_PAGE = 1_000
_NUMBERED = f"seq <= {2**63 - 1}"
"""What is true of a checkpoint under a number: in SQLite, whatever text is greater than any."""
_FEW = 5
BROKEN_MAX = 20
"""How many entries that do not hold one checkpoint names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The chain as it stood: the last entry's number and hash, how many there were, and when."""

    seq: int
    hash: str
    entries: int
    signed_at: int
    signature: str
    broken: tuple[int, ...] = ()
    """The first entries since the checkpoint before that did not hold when this one was made."""

    def content(self) -> bytes:
        """Return the bytes that are signed: canonical JSON under a label of their own."""
        signed: list[Canonical] = [_LABEL, self.seq, self.hash, self.entries, self.signed_at]
        return canonical_json([*signed, list(self.broken)] if self.broken else signed).encode()

    def is_genuine(self) -> bool:
        """Tell whether we signed it (Ed25519, RFC 8032)."""
        try:
            _key().public_key().verify(bytes.fromhex(self.signature), self.content())
        except (InvalidSignature, ValueError):
            return False
        return True


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derived_key("audit-signing"))


def signed(
    *, seq: int, chain_hash: str, entries: int, signed_at: int, broken: tuple[int, ...] = ()
) -> Checkpoint:
    """Make a checkpoint and sign it."""
    unsigned = Checkpoint(
        seq=seq,
        hash=chain_hash,
        entries=entries,
        signed_at=signed_at,
        signature="",
        broken=broken,
    )
    return replace(unsigned, signature=_key().sign(unsigned.content()).hex())


def line_of(checkpoint: Checkpoint) -> bytes:
    """Write a checkpoint as a line of the witness file."""
    content = asdict(checkpoint)
    if not checkpoint.broken:
        del content["broken"]
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def tell_witness(path: Path, told: Sequence[Checkpoint]) -> None:
    """
    Add lines to the witness file; several processes may.

    Where a full disk left half a line before, the next ones begin on a line of their own.

    Raises:
        OSError: Not everything was written; lines told again later do no harm.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = b"".join(line_of(one) for one in told)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        length = os.fstat(descriptor).st_size
        if length and os.pread(descriptor, 1, length - 1) != b"\n":
            lines = b"\n" + lines
        while lines:
            lines = lines[os.write(descriptor, lines) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def witnessed(path: Path) -> Iterator[tuple[int, Checkpoint | bytes]]:
    """Read the witness file: each line's number, with its checkpoint, or as it is if it is none."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            yield number, _read(line) or line.rstrip(b"\n")


def _read(line: bytes) -> Checkpoint | None:
    try:
        row: object = orjson.loads(line)
        return checkpoint_of(row) if isinstance(row, dict) else None  # pyright: ignore[reportUnknownArgumentType] - of JSON
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None


async def untold(path: Path) -> list[Checkpoint]:
    """
    Return the kept checkpoints that a witness file does not have, oldest first.

    Raises:
        OSError: The file cannot be read.
    """
    known = await asyncio.to_thread(_seqs_in, path)
    found: list[Checkpoint] = []
    last = 0
    while rows := await _rows(f"seq > ? AND {_NUMBERED} ORDER BY seq LIMIT ?", [last, _PAGE]):
        last = rows[-1]["seq"]
        missing = [genuine_of(row) for row in rows if row["seq"] not in known]
        found += [one for one in missing if one is not None]
    return found


def _seqs_in(path: Path) -> set[int]:
    return {one.seq for _, one in witnessed(path) if isinstance(one, Checkpoint)}


async def last_genuine() -> tuple[Checkpoint | None, list[int]]:
    """Return the last checkpoint that we signed, and the numbers of those after it that are not."""
    forged: list[int] = []
    rows = await _rows(f"{_NUMBERED} ORDER BY seq DESC LIMIT ?", [_FEW])
    while rows:
        for row in rows:
            one = genuine_of(row)
            if one is not None:
                return one, forged
            forged.append(row["seq"])
        rows = await _rows("seq < ? ORDER BY seq DESC LIMIT ?", [forged[-1], _PAGE])
    return None, forged


def genuine_of(row: dict[str, Any]) -> Checkpoint | None:
    """Make a checkpoint of a row of the table; None for one that we never signed."""
    try:
        one = checkpoint_of(as_text(row))
    except (KeyError, TypeError, ValueError):
        return None
    return one if one.is_genuine() else None


def checkpoint_of(row: dict[str, Any]) -> Checkpoint:
    """
    Make a checkpoint of a row or line.

    Raises:
        KeyError: Something is missing.
        TypeError: Something is of another kind.
        ValueError: A number is none.
    """
    broken = row.get("broken") or ()
    if isinstance(broken, str):
        broken = orjson.loads(broken)
    return Checkpoint(
        broken=tuple(int(seq) for seq in broken),
        seq=int(row["seq"]),
        hash=str(row["hash"]),
        entries=int(row["entries"]),
        signed_at=int(row["signed_at"]),
        signature=str(row["signature"]),
    )


async def checkpoints() -> list[dict[str, Any]]:
    """Return every kept checkpoint as it stands in the table, oldest first."""
    return await _rows("1 = 1 ORDER BY seq", [])


async def _rows(where: str, parameters: list[int]) -> list[dict[str, Any]]:
    wholes = stored_wholes(("seq", "entries", "signed_at"))
    texts = stored_texts(("hash", "signature", "broken"))
    rows = await fetch(
        f"SELECT {wholes}, {texts} FROM audit_checkpoint WHERE {where}",
        parameters,
    )
    return [as_text(row) for row in rows]
