"""
Data keys: one per person, class and version, kept wrapped by a key of the week.

Versions overlap: new cells are closed under a person's newest, older ones open what they closed
until their person is forgotten.
"""

import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, fetch, joined
from app.foundation.errors import Refusal
from app.foundation.sealing.cells import KEY_BYTES, DataKey, KeyClass, SealBroken, Suite
from app.foundation.sealing.ring import epoch_of
from app.foundation.sealing.tombstones import Tombstone
from app.foundation.sealing.vault import Vault, key_ring

IN_QUERY_MAX = 500
FORGOTTEN_SECONDS = 1.0
"""For so long at most another process opens the values of somebody just forgotten."""
SUBJECT_LOCKS = 0x716B
"""PostgreSQL's advisory locks on people have this first number, and no others have it."""


class Forgotten(SealBroken, Refusal):
    """The person's data was deleted at their wish; nobody can read it any more."""

    code = "DATA_DELETED"

    def details(self) -> Mapping[str, object]:
        """Return nothing: where it stood is for the log."""
        return {}


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as the table keeps it."""

    subject_id: str
    key_class: KeyClass
    version: int
    epoch: int
    wrapped: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """Return the row's key."""
        return key_id(self.subject_id, self.key_class, self.version)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "WrappedKey":
        """Read a row."""
        return cls(
            row["subject_id"],
            KeyClass(row["key_class"]),
            row["version"],
            row["epoch"],
            bytes(row["wrapped"]),
        )


def key_id(subject_id: str, key_class: KeyClass, version: int) -> str:
    """Name a data key."""
    return f"{subject_id}|{key_class}|{version}"


async def newest_key(
    tx: Transaction, subject_id: str, key_class: KeyClass, *, is_brief: bool = False
) -> tuple[DataKey, Suite]:
    """
    Return the key that closes a person's new cells of a class, made if there is none, and how.

    The key stays until the transaction ends: whoever forgets the person meanwhile waits, and finds
    what it wrote. With `is_brief` a new key may be made while the KMS is away
    (`KeyRing.kek_for_brief`).

    Raises:
        Forgotten: The person was forgotten; no new key is made.
        KeysUnavailable: A new key is needed and the KMS is away.
    """
    found = await _newest(tx, subject_id, key_class)
    if found is None:
        await _hold_off(tx, subject_id, "_shared")
        await refuse_forgotten(subject_id)
        await _make(tx, subject_id, key_class, is_brief=is_brief)
        found = await _newest(tx, subject_id, key_class)
    assert found is not None, "a key was made by us or by whoever was faster"
    wrapped, suite = found
    return (await opened([wrapped]))[wrapped.id], suite


async def keys_by_id(vault: Vault, wanted: Collection[str]) -> dict[str, DataKey]:
    """Return the keys of these names that there are, opened; at most one query per 500 of them."""
    await notice_forgotten(vault)
    keys = {name: key for name in wanted if (key := vault.remembered(name)) is not None}
    missing = sorted(set(wanted) - keys.keys())
    for start in range(0, len(missing), IN_QUERY_MAX):
        some = missing[start : start + IN_QUERY_MAX]
        places = ", ".join("?" for _ in some)
        rows = await fetch(
            "SELECT subject_id, key_class, version, epoch, wrapped FROM data_key"
            f" WHERE id IN ({places})",
            some,
        )
        found = await opened([WrappedKey.of(row) for row in rows])
        _remember_once_durable(vault, found)
        keys |= found
    return keys


async def opened(wrapped: Sequence[WrappedKey]) -> dict[str, DataKey]:
    """
    Unwrap keys.

    Raises:
        SealBroken: One was altered or moved, or its week's key was destroyed.
    """
    keks = await key_ring().keks({one.epoch for one in wrapped})
    return {one.id: DataKey(unwrapped(keks[one.epoch], one), one.version) for one in wrapped}


async def refuse_forgotten(subject_id: str) -> None:
    """
    Look whether a person was forgotten.

    Raises:
        Forgotten: They were.
        SealBroken: Something says so that we never signed.
    """
    rows = await fetch(
        "SELECT subject_id, buried_at, held_until, signature FROM tombstone WHERE subject_id = ?",
        [subject_id],
    )
    if rows:
        raise Forgotten if Tombstone.of(rows[0]).is_genuine else SealBroken


async def notice_forgotten(vault: Vault) -> None:
    """
    Drop every opened key once somebody was forgotten, by whatever process.

    One number in the database counts the forgotten; it is looked at once a second, so that a
    shredded key is of no use to a process that had it open for longer than that.
    """
    if not vault.is_due(FORGOTTEN_SECONDS):
        return
    rows = await fetch("SELECT forgotten FROM sealing_policy WHERE id = 1")
    vault.notice(rows[0]["forgotten"] if rows else 0)


def wrap(kek: bytes, name: str, epoch: int, raw: bytes) -> bytes:
    """Wrap a data key (AES key wrap, RFC 3394) under a key that wraps nothing else."""
    return aes_key_wrap(_wrapping_key(kek, name, epoch), raw)


def unwrapped(kek: bytes, one: WrappedKey) -> bytes:
    """
    Unwrap a data key.

    Raises:
        SealBroken: It was altered or moved.
    """
    try:
        return aes_key_unwrap(_wrapping_key(kek, one.id, one.epoch), one.wrapped)
    except (InvalidUnwrap, ValueError) as broken:
        raise SealBroken from broken


async def add_versions(tx: Transaction, newest: Iterable[tuple[str, KeyClass, int]]) -> int:
    """
    Give people's classes a key of the next version, but those whose keys went meanwhile.

    Returns:
        How many were given one.

    Raises:
        KeysUnavailable: The KMS is away; nothing was made.
    """
    made = 0
    for subject_id, key_class, version in newest:
        await _hold_off(tx, subject_id, "_shared")
        if await _newest(tx, subject_id, key_class):
            await _make(tx, subject_id, key_class, version + 1)
            made += 1
    return made


async def wait_for_writers(tx: Transaction, subject_id: str) -> None:
    """
    Wait for whoever is closing values under a person's keys, and keep out who would make new ones.

    Whoever destroys keys does this first: what was written is there to be seen when it returns. On
    PostgreSQL, that is; on SQLite nobody else writes during a transaction anyhow. Rows come before
    the person's lock, so that a writer who holds a row never waits for us in a circle.

    Raises:
        TemporarilyUnavailable: Two waited for each other all the same; nothing was changed.
    """
    if tx.dialect == "postgres":
        await tx.rows(
            "SELECT id FROM data_key WHERE subject_id = ? ORDER BY id FOR UPDATE", [subject_id]
        )
    await _hold_off(tx, subject_id)


async def _hold_off(tx: Transaction, subject_id: str, kind: Literal["", "_shared"] = "") -> None:
    """Let a person be forgotten before this transaction or after it, also one without any key."""
    if tx.dialect == "postgres":
        await tx.rows(
            f"SELECT pg_advisory_xact_lock{kind}({SUBJECT_LOCKS}, hashtext(?))", [subject_id]
        )


async def _newest(
    tx: Transaction, subject_id: str, key_class: KeyClass
) -> tuple[WrappedKey, Suite] | None:
    """Read the newest key; on PostgreSQL it can't go from then on, in the same statement."""
    rows = await tx.rows(
        "SELECT k.subject_id, k.key_class, k.version, k.epoch, k.wrapped, p.suite"
        " FROM data_key k LEFT JOIN sealing_policy p ON p.id = 1"
        " WHERE k.subject_id = ? AND k.key_class = ? ORDER BY k.version DESC LIMIT 1"
        + (" FOR KEY SHARE OF k" if tx.dialect == "postgres" else ""),
        [subject_id, key_class],
    )
    if not rows:
        return None
    return WrappedKey.of(rows[0]), Suite(rows[0]["suite"] or Suite.AES_256_GCM)


async def _make(
    tx: Transaction,
    subject_id: str,
    key_class: KeyClass,
    version: int = 1,
    *,
    is_brief: bool = False,
) -> None:
    name = key_id(subject_id, key_class, version)
    epoch = epoch_of(tx.now.date())
    ring = key_ring()
    kek = await (ring.kek_for_brief if is_brief else ring.kek_for_new)(tx, epoch)
    wrapped = wrap(kek, name, epoch, tx.random_bytes(KEY_BYTES))
    await tx.run(
        "INSERT INTO data_key (id, subject_id, key_class, version, epoch, wrapped, made_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        [name, subject_id, key_class, version, epoch, wrapped, milliseconds(tx.now)],
    )


def _remember_once_durable(vault: Vault, found: Mapping[str, DataKey]) -> None:
    """Keep opened keys; one that this very transaction made may yet be rolled back."""

    def remember() -> None:
        for name, key in found.items():
            vault.remember(name, key)

    tx = joined()
    if tx is None:
        remember()
    else:
        tx.after_commit(remember)


def _wrapping_key(kek: bytes, name: str, epoch: int) -> bytes:
    """Derive the key that wraps one data key (HKDF-SHA256, RFC 5869), so no two share one."""
    info = b"qingmiao wrap|" + name.encode() + b"|" + str(epoch).encode()
    return hmac.digest(_extracted(kek), info + b"\x01", "sha256")


@lru_cache(maxsize=512)
def _extracted(kek: bytes) -> bytes:
    """Do HKDF's first half once per week's key; without a salt it is keyed with zeros."""
    return hmac.digest(bytes(32), kek, "sha256")
