"""
Checkpoints: how long the chain was and what its last hash was, signed and told to a witness.

A hash chain alone does not tell that its end was cut off, nor that all of it was written anew by
somebody who holds the database. The signature's key is not in the database, and the witness file
stands outside of it.
"""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.foundation.canonical import canonical_json
from app.foundation.database import fetch
from app.foundation.database.stored import stored_texts
from app.foundation.sealing import derived_key

_LABEL = "qingmiao audit checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The chain as it stood: the last entry's number and hash, how many there were, and when."""

    seq: int
    hash: str
    entries: int
    signed_at: int
    signature: str

    def content(self) -> bytes:
        """Return the bytes that are signed: canonical JSON under a label of their own."""
        return canonical_json([_LABEL, self.seq, self.hash, self.entries, self.signed_at]).encode()

    def is_genuine(self) -> bool:
        """Tell whether we signed it (Ed25519, RFC 8032)."""
        try:
            _key().public_key().verify(bytes.fromhex(self.signature), self.content())
        except (InvalidSignature, ValueError):
            return False
        return True


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derived_key("audit-signing"))


def signed(*, seq: int, chain_hash: str, entries: int, signed_at: int) -> Checkpoint:
    """Make a checkpoint and sign it."""
    unsigned = Checkpoint(
        seq=seq, hash=chain_hash, entries=entries, signed_at=signed_at, signature=""
    )
    return replace(unsigned, signature=_key().sign(unsigned.content()).hex())


def tell_witness(path: Path, checkpoint: Checkpoint) -> None:
    """Add a line to the witness file; several processes may, and a line is never half there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = orjson.dumps(asdict(checkpoint), option=orjson.OPT_APPEND_NEWLINE)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def witnessed(path: Path) -> Iterator[tuple[int, Checkpoint | None]]:
    """Read the witness file: each line's number, with its checkpoint or None for no such thing."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            yield number, _read(line)


def _read(line: bytes) -> Checkpoint | None:
    try:
        return checkpoint_of(orjson.loads(line))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None


def checkpoint_of(row: dict[str, Any]) -> Checkpoint:
    """
    Make a checkpoint of a row or line.

    Raises:
        KeyError: Something is missing.
        ValueError: A number is none.
    """
    return Checkpoint(
        seq=int(row["seq"]),
        hash=str(row["hash"]),
        entries=int(row["entries"]),
        signed_at=int(row["signed_at"]),
        signature=str(row["signature"]),
    )


async def checkpoints() -> list[dict[str, Any]]:
    """Return every kept checkpoint as it stands in the table, oldest first."""
    columns = stored_texts(("hash", "signature"))
    return await fetch(
        f"SELECT seq, entries, signed_at, {columns} FROM audit_checkpoint ORDER BY seq"
    )
