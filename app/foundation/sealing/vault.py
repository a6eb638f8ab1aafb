"""Data keys: one per person and class, wrapped by a key of the week, opened for a while."""

import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from app.foundation.database import Transaction, fetch, joined
from app.foundation.sealing.cells import (
    Cell,
    KeyClass,
    SealBroken,
    close_cell,
    key_version_of,
    open_cell,
)
from app.foundation.sealing.fields import Sealed
from app.foundation.sealing.kms import Kms
from app.foundation.sealing.ring import KeyRing, epoch_of

KEY_BYTES = 32
CACHE_SECONDS = 15 * 60
CACHE_KEYS_MAX = 50_000


@dataclass(frozen=True, slots=True)
class _DataKey:
    version: int
    key: bytes = field(repr=False)


@dataclass(slots=True)
class Vault:
    """
    Opens and makes data keys under a KMS; keeps opened ones for at most 15 minutes.

    Threads may share it. A key destroyed by another process may open cells here that long.
    """

    kms: Kms
    monotonic: Callable[[], float] = time.monotonic
    keys_max: int = CACHE_KEYS_MAX
    own_ring: KeyRing | None = None
    ring: KeyRing = field(init=False, repr=False)
    _cache: OrderedDict[str, tuple[float, bytes]] = field(
        default_factory=OrderedDict[str, tuple[float, bytes]], repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        """Put the keys of weeks and labels on a ring, unless one was handed in."""
        self.ring = self.own_ring or KeyRing(self.kms, monotonic=self.monotonic)

    def remember(self, key_id: str, key: bytes) -> None:
        """Keep an opened key; the longest unused one makes room."""
        with self._lock:
            self._cache[key_id] = (self.monotonic() + CACHE_SECONDS, key)
            self._cache.move_to_end(key_id)
            while len(self._cache) > self.keys_max:
                self._cache.popitem(last=False)

    def remembered(self, key_id: str) -> bytes | None:
        """Return an opened key that has not grown old."""
        with self._lock:
            known = self._cache.get(key_id)
            if known is None or known[0] < self.monotonic():
                self._cache.pop(key_id, None)
                return None
            self._cache.move_to_end(key_id)
            return known[1]


class _Installed:
    vault: Vault | None = None


def install_vault(vault: Vault | None) -> None:
    """Make a vault the process's own."""
    _Installed.vault = vault


def _vault() -> Vault:
    assert _Installed.vault is not None, "the vault is installed"
    return _Installed.vault


def key_ring() -> KeyRing:
    """Return the process's key ring."""
    return _vault().ring


def derived_key(label: str, version: int | None = None) -> bytes:
    """
    Return the key of a label, such as the pepper of one-time codes; of its current version.

    Raises:
        TemporarilyUnavailable: Nobody expected the label, and the KMS is being asked for it.
    """
    return _vault().ring.labels.key(label, version)


def blind_index(label: str, normalized: str, *, bits: int = 128) -> str:
    """
    Return a keyed fingerprint by which a sealed value can be found, in hexadecimal.

    128 bits name one person; 12 bits (for a phone's last four digits) leave each entry shared by
    many. `label` is table, column and purpose, such as `borrower.phone`.
    """
    mac = hmac.digest(derived_key(f"index:{label}"), normalized.encode(), "sha256")
    number = int.from_bytes(mac[:16], "big") >> (128 - bits)
    return f"{number:0{-(-bits // 4)}x}"


async def seal(tx: Transaction, cell: Cell, text: str) -> Sealed:
    """Encrypt a value for its cell; the person's first value of a class makes the class's key."""
    current_key = await _newest_key(tx, cell)
    return close_cell(
        cell,
        text,
        key=current_key.key,
        key_version=current_key.version,
        entropy=tx.random_bytes,
    )


async def unseal(cell: Cell, sealed: bytes) -> str:
    """
    Decrypt the value of a cell.

    Raises:
        SealBroken: It does not belong to this cell, was altered, or its key is gone.
    """
    return (await unseal_all([(cell, sealed)]))[0]


async def unseal_all(closed: Sequence[tuple[Cell, bytes]]) -> list[str]:
    """
    Decrypt many values with at most one query for the keys, in the order given.

    Raises:
        SealBroken: Any of them does not belong to its cell, was altered, or its key is gone.
    """
    key_ids = [_key_id_of(cell, sealed) for cell, sealed in closed]
    try:
        keys = await _keys(set(key_ids))
    except SealBroken as broken:
        raise SealBroken(closed[0][0]) from broken
    return [
        open_cell(cell, sealed, key=keys[key_id])
        for (cell, sealed), key_id in zip(closed, key_ids, strict=True)
    ]


def _key_id_of(cell: Cell, sealed: bytes) -> str:
    try:
        version = key_version_of(sealed)
    except SealBroken as broken:
        raise SealBroken(cell) from broken
    return _key_id(cell.subject_id, cell.key_class, version)


async def _keys(key_ids: set[str]) -> dict[str, bytes]:
    vault = _vault()
    keys = {key_id: key for key_id in key_ids if (key := vault.remembered(key_id)) is not None}
    missing = sorted(key_ids - keys.keys())
    if missing:
        places = ", ".join("?" for _ in missing)
        rows = await fetch(
            f"SELECT id, epoch, wrapped FROM data_key WHERE id IN ({places})",
            missing,
        )
        keks = await vault.ring.keks({row["epoch"] for row in rows})
        opened = {
            row["id"]: _unwrapped(keks[row["epoch"]], row["id"], row["epoch"], row["wrapped"])
            for row in rows
        }
        _remember_once_durable(vault, opened)
        keys |= opened
    if keys.keys() != key_ids:
        raise SealBroken
    return keys


def _remember_once_durable(vault: Vault, opened: Mapping[str, bytes]) -> None:
    """Keep opened keys; one that this very transaction made may yet be rolled back."""

    def remember() -> None:
        for key_id, key in opened.items():
            vault.remember(key_id, key)

    tx = joined()
    if tx is None:
        remember()
    else:
        tx.after_commit(remember)


async def _newest_key(tx: Transaction, cell: Cell) -> _DataKey:
    newest = (
        "SELECT id, version, epoch, wrapped FROM data_key"
        " WHERE subject_id = ? AND key_class = ? ORDER BY version DESC LIMIT 1"
    )
    rows = await tx.rows(newest, [cell.subject_id, cell.key_class])
    if not rows:
        await _make_key(tx, cell.subject_id, cell.key_class)
        rows = await tx.rows(newest, [cell.subject_id, cell.key_class])
    row = rows[0]
    epoch = row["epoch"]
    kek = (await _vault().ring.keks([epoch]))[epoch]
    return _DataKey(row["version"], _unwrapped(kek, row["id"], epoch, row["wrapped"]))


async def _make_key(tx: Transaction, subject_id: str, key_class: KeyClass) -> None:
    key_id = _key_id(subject_id, key_class, 1)
    epoch = epoch_of(tx.now.date())
    kek = await _vault().ring.kek_for_new(tx, epoch)
    wrapped = aes_key_wrap(_wrapping_key(kek, key_id, epoch), tx.random_bytes(KEY_BYTES))
    await tx.run(
        "INSERT INTO data_key (id, subject_id, key_class, version, epoch, wrapped)"
        " VALUES (?, ?, ?, 1, ?, ?) ON CONFLICT (id) DO NOTHING",
        [key_id, subject_id, key_class, epoch, wrapped],
    )


def _key_id(subject_id: str, key_class: KeyClass, version: int) -> str:
    return f"{subject_id}|{key_class}|{version}"


def _wrapping_key(kek: bytes, key_id: str, epoch: int) -> bytes:
    """Derive the key that wraps one data key (HKDF-SHA256, RFC 5869), so no two share one."""
    info = b"qingmiao wrap|" + key_id.encode() + b"|" + str(epoch).encode()
    kdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info)
    return kdf.derive(kek)


def _unwrapped(kek: bytes, key_id: str, epoch: int, wrapped: bytes) -> bytes:
    """Unwrap one data key (AES key wrap, RFC 3394)."""
    try:
        return aes_key_unwrap(_wrapping_key(kek, key_id, epoch), bytes(wrapped))
    except InvalidUnwrap as broken:
        raise SealBroken from broken
