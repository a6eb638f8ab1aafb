"""Tombstones: signed statements that a person's keys were destroyed, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.foundation.database import Transaction, fetch
from app.foundation.sealing.cells import bound_parts
from app.foundation.sealing.vault import derived_key, key_ring

LABEL = "tombstone"

FORGOTTEN = "borrower.forgotten"
"""The audit chain's kind of entry for a tombstone that was set."""

HOLD_ENDED = "borrower.hold_ended"
"""The same for one whose legal hold ended, so that another takes its place."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Who was forgotten, when (milliseconds), and until when the law keeps their loan records."""

    subject_id: str
    buried_at: int
    held_until: date | None
    signature: bytes

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Tombstone":
        """Read a row."""
        held = row["held_until"]
        return cls(
            row["subject_id"],
            row["buried_at"],
            date.fromisoformat(held) if isinstance(held, str) else held,
            bytes(row["signature"]),
        )

    @property
    def told(self) -> dict[str, str | int]:
        """Return what the audit chain says of it."""
        held = "" if self.held_until is None else self.held_until.isoformat()
        return {"buried_at": self.buried_at, "held_until": held}

    @property
    def is_genuine(self) -> bool:
        """Whether we signed it (Ed25519, RFC 8032)."""
        message = _message(self.subject_id, self.buried_at, self.held_until)
        return is_signed(message, self.signature)


def tombstone(subject_id: str, buried_at: int, held_until: date | None) -> Tombstone:
    """Sign a tombstone."""
    message = _message(subject_id, buried_at, held_until)
    return Tombstone(subject_id, buried_at, held_until, signed(message))


async def bury(tx: Transaction, stone: Tombstone) -> None:
    """Keep a tombstone; one that is there already gives way only to the end of a legal hold."""
    await tx.run(
        "INSERT INTO tombstone (subject_id, buried_at, held_until, signature)"
        " VALUES (?, ?, ?, ?) ON CONFLICT (subject_id) DO UPDATE SET"
        " buried_at = excluded.buried_at, held_until = excluded.held_until,"
        " signature = excluded.signature",
        [stone.subject_id, stone.buried_at, stone.held_until, stone.signature],
    )


async def tombstones(after: str = "", limit: int = 1_000) -> list[Tombstone]:
    """Return tombstones behind a subject's id, in the order of ids."""
    rows = await fetch(
        "SELECT subject_id, buried_at, held_until, signature FROM tombstone"
        " WHERE subject_id > ? ORDER BY subject_id LIMIT ?",
        [after, limit],
    )
    return [Tombstone.of(row) for row in rows]


def signed(message: bytes) -> bytes:
    """Sign with the key of the label's current version."""
    return Ed25519PrivateKey.from_private_bytes(derived_key(LABEL)).sign(message)


def is_signed(message: bytes, signature: bytes) -> bool:
    """Whether a signature is of any version of the label's key that is still read."""
    for version in key_ring().labels.versions(LABEL):
        key = Ed25519PrivateKey.from_private_bytes(derived_key(LABEL, version)).public_key()
        try:
            key.verify(signature, message)
        except InvalidSignature:
            continue
        return True
    return False


def _message(subject_id: str, buried_at: int, held_until: date | None) -> bytes:
    held = "" if held_until is None else held_until.isoformat()
    parts = ("qingmiao tombstone", subject_id, str(buried_at), held)
    return bound_parts(*(part.encode() for part in parts))
