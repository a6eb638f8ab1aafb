"""Signing with the audit key what leaves the house, so that it can be checked far from it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.foundation.audit.chain import StoredEntry
from app.foundation.audit.checkpoints import Checkpoint, signed
from app.foundation.canonical import Canonical, canonical_json
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.sealing import derived_key

_LABEL = "qingmiao evidence"
_PAGE = 1_000


def vouching_key() -> str:
    """Return the public key (Ed25519, in hexadecimal) of checkpoints and evidence."""
    return _key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def vouch(document: dict[str, Canonical]) -> str:
    """Sign a document's canonical JSON under a label of its own; the signature in hexadecimal."""
    return _key().sign(_content(document)).hex()


def is_vouched(document: dict[str, Canonical], *, key: str, signature: str) -> bool:
    """Tell whether a key signed a document; needs neither database nor keys of ours."""
    return _verifies(key, signature, _content(document))


def checkpoint_holds(told: Mapping[str, Any], *, key: str) -> bool:
    """Tell whether a checkpoint handed out was signed by a key."""
    try:
        point = Checkpoint(
            seq=int(told["seq"]),
            hash=str(told["hash"]),
            entries=int(told["entries"]),
            signed_at=int(told["signed_at"]),
            signature=str(told["signature"]),
        )
    except (KeyError, TypeError, ValueError):
        return False
    return _verifies(key, point.signature, point.content())


def _verifies(key: str, signature: str, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
            bytes.fromhex(signature), content
        )
    except (InvalidSignature, ValueError):
        return False
    return True


async def place_in_chain(
    tx: Transaction, *, kind: str, subject_id: str, about: Mapping[str, str | int]
) -> dict[str, Canonical] | None:
    """
    Return the entry that recorded an act, with a checkpoint signed over that very place.

    The checkpoint makes whoever keeps it a witness: the chain up to there can't be written anew
    without contradicting it. None if there is no such entry, or it is not as it was hashed.
    """
    last = 2**62
    while rows := await tx.rows(
        "SELECT seq, kind, subject_id, actor, about, recorded_at, prev_hash, hash FROM audit_entry"
        " WHERE kind = ? AND subject_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
        [kind, subject_id, last, _PAGE],
    ):
        for row in rows:
            last = row["seq"]
            said: dict[str, object] = orjson.loads(row["about"])
            if said.items() >= about.items():
                kept_hash = str(row.pop("hash"))
                entry = StoredEntry(**row)
                return _placed(tx, entry, kept_hash)
    return None


def _placed(tx: Transaction, entry: StoredEntry, kept_hash: str) -> dict[str, Canonical] | None:
    if entry.chain_hash() != kept_hash:
        return None
    point = signed(
        seq=entry.seq,
        chain_hash=kept_hash,
        entries=entry.seq,
        signed_at=milliseconds(tx.now),
    )
    checkpoint: dict[str, Canonical] = {
        "seq": point.seq,
        "hash": point.hash,
        "entries": point.entries,
        "signed_at": point.signed_at,
        "signature": point.signature,
    }
    return {"entry": asdict(entry), "hash": kept_hash, "checkpoint": checkpoint}


def entry_hash(told: Mapping[str, Any]) -> str | None:
    """Hash an entry that was handed out as the chain does; None if it is none."""
    try:
        return StoredEntry(**told).chain_hash()
    except TypeError:
        return None


def _content(document: dict[str, Canonical]) -> bytes:
    return canonical_json([_LABEL, document]).encode()


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derived_key("audit-signing"))
