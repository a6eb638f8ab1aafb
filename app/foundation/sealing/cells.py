"""
The bytes of one sealed cell: what is encrypted, under which cipher, and what it is bound to.

A nonce repeats within a key with a chance of about n²/2⁹⁷ after n cells: 2⁻⁵⁷ for a person with a
million sealed values of one class, and below the 2⁻³² that NIST SP 800-38D (8.3) asks for up to
2³² cells. It is no plain draw, though: it is a MAC (keyed BLAKE2b, RFC 7693) of the draw, the place
and the text, so that a source of chance that repeats itself (a copied virtual machine) repeats a
nonce only for the same text in the same place, which is the same ciphertext.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.foundation.sealing.fields import Sealed

FORMAT = 1
LABEL = b"qingmiao cell"
NONCE_BYTES = 12
TAG_BYTES = 16
KEY_BYTES = 32
ENTROPY_BYTES = 16
KEY_VERSION_MAX = 0xFFFF
_HEAD = struct.Struct(">BBH")
HEAD_BYTES = _HEAD.size + NONCE_BYTES
LEAST_BYTES = HEAD_BYTES + TAG_BYTES


class SealBroken(Exception):
    """
    A ciphertext does not belong where it was found, or was altered; nothing was opened.

    `cell` is the place where it was found, if that is known: the alarm names it.
    """

    def __init__(self, cell: "Cell | None" = None) -> None:
        """Say where, never what."""
        place = "" if cell is None else f"{cell.table}.{cell.column} {cell.row_id}"
        super().__init__(place)
        self.cell = cell


class KeyClass(StrEnum):
    """What a data key protects; one key per person and class."""

    IDENTITY = "identity"
    CONTACT = "contact"
    AUTH = "auth"
    CONTENT = "content"
    HELD = "held"
    """Loan records that the law keeps for a time after a person is forgotten."""

    __hash__ = str.__hash__  # an enum's own is Python's, and this one is looked up per cell


PADDED_TO = {
    KeyClass.IDENTITY: 16,
    KeyClass.CONTACT: 32,
    KeyClass.AUTH: 16,
    KeyClass.CONTENT: 64,
    KeyClass.HELD: 64,
}
"""To how many bytes the values of each class are padded, so that a length tells little."""


class Suite(IntEnum):
    """The cipher of a cell."""

    AES_256_GCM = 1
    SM4_GCM = 2
    AES_256_GCM_SIV = 3

    __hash__ = int.__hash__  # as above


SUITES = {int(suite): suite for suite in Suite}


@dataclass(slots=True, unsafe_hash=True)
class Cell:
    """
    The place of one personal value: its ciphertext opens nowhere else. Nobody changes one.

    `formerly` is the class whose key closed this column before; such cells still open. It is not
    frozen because every value read makes one, and that would take three times as long.
    """

    table: str
    column: str
    row_id: str
    subject_id: str
    key_class: KeyClass
    formerly: KeyClass | None = None


class Aead(Protocol):
    """A cipher under one key."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        """Return ciphertext and tag."""
        ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        """
        Return what was encrypted.

        Raises:
            InvalidTag: It was altered, or belongs elsewhere.
        """
        ...


class Sm4Gcm:
    """SM4 (GB/T 32907) in GCM, with a tag of 16 bytes, shaped like the library's own ciphers."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        """Return ciphertext and tag."""
        encryptor = Cipher(self._cipher, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        """
        Return what was encrypted.

        Raises:
            InvalidTag: It was altered, or belongs elsewhere.
        """
        mode = modes.GCM(nonce, data[-TAG_BYTES:])
        decryptor = Cipher(self._cipher, mode).decryptor()
        decryptor.authenticate_additional_data(associated_data)
        return decryptor.update(data[:-TAG_BYTES]) + decryptor.finalize()


class DataKey:
    """
    One version of a person's opened key for a class, with its ciphers made once.

    AES-256-GCM takes the 32 bytes as they are; the other suites and the nonces have keys of their
    own, derived from it (HKDF-SHA256, RFC 5869) under the suite's label.
    """

    __slots__ = ("_ciphers", "_nonce_key", "_raw", "version")

    def __init__(self, raw: bytes, version: int) -> None:
        self._raw = raw
        self._ciphers: dict[int, Aead] = {}
        self._nonce_key: bytes | None = None
        self.version = version

    def cipher(self, suite: int) -> Aead:
        """Return the cipher of a suite under this key."""
        known = self._ciphers.get(suite)
        if known is None:
            known = self._ciphers[suite] = self._made(SUITES[suite])
        return known

    def nonce(self, entropy: bytes, bound: bytes, padded: bytes) -> bytes:
        """Return the nonce of a cell: a MAC of a draw, the place and the text."""
        if self._nonce_key is None:
            self._nonce_key = self._derived("nonce", KEY_BYTES)
        drawn = entropy + bound + padded
        return blake2b(drawn, key=self._nonce_key, digest_size=NONCE_BYTES).digest()

    def _made(self, suite: Suite) -> Aead:
        if suite is Suite.AES_256_GCM:
            return AESGCM(self._raw)
        if suite is Suite.SM4_GCM:
            return Sm4Gcm(self._derived(suite.name, 16))
        return AESGCMSIV(self._derived(suite.name, KEY_BYTES))

    def _derived(self, label: str, length: int) -> bytes:
        info = b"qingmiao cell|" + label.encode()
        return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(self._raw)


def close_cell(
    cell: Cell,
    text: str,
    *,
    key: DataKey,
    entropy: Callable[[int], bytes],
    suite: Suite = Suite.AES_256_GCM,
) -> Sealed:
    """
    Encrypt a value for its place.

    Bytes: format 1, suite 1, key version 2, nonce 12, ciphertext, tag 16. The text is padded to
    its class's block, so that its length tells little.
    """
    head = _HEAD.pack(FORMAT, suite, key.version)
    padded = _padded(text.encode(), PADDED_TO[cell.key_class])
    bound = _bound_to(cell, cell.key_class, head)
    nonce = key.nonce(entropy(ENTROPY_BYTES), bound, padded)
    return Sealed(head + nonce + key.cipher(suite).encrypt(nonce, padded, bound))


def open_cell(cell: Cell, sealed: bytes, *, key: DataKey, key_class: KeyClass | None = None) -> str:
    """
    Decrypt the value of a place, closed under its class's key or that of `key_class`.

    Raises:
        SealBroken: It was moved from another cell, row, column or person, or altered.
    """
    if len(sealed) < LEAST_BYTES:
        raise SealBroken(cell)
    head = sealed[: _HEAD.size]
    if head[0] != FORMAT or head[1] not in SUITES:
        raise SealBroken(cell)
    try:
        padded = key.cipher(head[1]).decrypt(
            sealed[_HEAD.size : HEAD_BYTES],
            sealed[HEAD_BYTES:],
            _bound_to(cell, key_class or cell.key_class, head),
        )
    except InvalidTag as broken:
        raise SealBroken(cell) from broken
    return padded[: padded.rindex(b"\x80")].decode()


def key_version_of(sealed: bytes) -> int:
    """
    Read which version of the data key closed a cell.

    Raises:
        SealBroken: The bytes are not of a format or suite that we write.
    """
    return head_of(sealed)[1]


def head_of(sealed: bytes) -> tuple[int, int]:
    """
    Read a cell's suite and the version of its data key.

    Raises:
        SealBroken: The bytes are not of a format or suite that we write.
    """
    if len(sealed) < LEAST_BYTES:
        raise SealBroken
    form, suite, version = _HEAD.unpack_from(sealed)
    if form != FORMAT or suite not in SUITES:
        raise SealBroken
    return suite, version


def bound_parts(*parts: bytes) -> bytes:
    """Join parts so that no two lists of parts make the same bytes: each after its length."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def _bound_to(cell: Cell, key_class: KeyClass, head: bytes) -> bytes:
    return b"".join((
        _opening(cell.table, cell.column),
        _whose(cell.row_id, cell.subject_id),
        _ending(key_class),
        head,
    ))  # fmt: skip


@lru_cache(maxsize=4096)
def _whose(row_id: str, subject_id: str) -> bytes:
    return bound_parts(row_id.encode(), subject_id.encode())


@lru_cache(maxsize=1024)
def _opening(table: str, column: str) -> bytes:
    return bound_parts(LABEL, table.encode(), column.encode())


@lru_cache
def _ending(key_class: KeyClass) -> bytes:
    return bound_parts(key_class.encode()) + _HEAD.size.to_bytes(2, "big")


def _padded(content: bytes, block: int) -> bytes:
    """Pad as ISO/IEC 7816-4 does: one byte 0x80, then zeros to the block's end."""
    content += b"\x80"
    return content + bytes(-len(content) % block)
