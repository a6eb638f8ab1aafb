"""The bytes of one sealed cell: what is encrypted, and what it is bound to."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.foundation.sealing.fields import Sealed

FORMAT = 1
LABEL = b"qingmiao cell"
NONCE_BYTES = 12
TAG_BYTES = 16
_HEAD = struct.Struct(">BBH")
HEAD_BYTES = _HEAD.size + NONCE_BYTES


class SealBroken(Exception):
    """A ciphertext does not belong where it was found, or was altered; nothing was opened."""


class KeyClass(StrEnum):
    """What a data key protects; one key per person and class."""

    IDENTITY = "identity"
    CONTACT = "contact"
    AUTH = "auth"
    CONTENT = "content"


class Suite(IntEnum):
    """The cipher of a cell."""

    AES_256_GCM = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """The place of one personal value: its ciphertext opens nowhere else."""

    table: str
    column: str
    row_id: str
    subject_id: str
    key_class: KeyClass


def close_cell(
    cell: Cell, text: str, *, key: bytes, key_version: int, entropy: Callable[[int], bytes]
) -> Sealed:
    """
    Encrypt a value for its place.

    Bytes: format 1, suite 1, key version 2, nonce 12, ciphertext, tag 16. The text is padded so
    that its length tells little: to 16 bytes, free text (class content) to 64.
    """
    head = _HEAD.pack(FORMAT, Suite.AES_256_GCM, key_version)
    nonce = entropy(NONCE_BYTES)
    padded = _padded(text.encode(), 64 if cell.key_class is KeyClass.CONTENT else 16)
    return Sealed(head + nonce + AESGCM(key).encrypt(nonce, padded, _bound_to(cell, head)))


def open_cell(cell: Cell, sealed: bytes, *, key: bytes) -> str:
    """
    Decrypt the value of a place.

    Raises:
        SealBroken: It was moved from another cell, row, column or person, or altered.
    """
    if len(sealed) < HEAD_BYTES + TAG_BYTES:
        raise SealBroken
    head, nonce = sealed[: _HEAD.size], sealed[_HEAD.size : HEAD_BYTES]
    try:
        padded = AESGCM(key).decrypt(nonce, sealed[HEAD_BYTES:], _bound_to(cell, head))
    except InvalidTag as broken:
        raise SealBroken from broken
    return padded[: padded.rindex(b"\x80")].decode()


def key_version_of(sealed: bytes) -> int:
    """
    Read which version of the data key closed a cell.

    Raises:
        SealBroken: The bytes are not of a format or suite that we write.
    """
    if len(sealed) < HEAD_BYTES + TAG_BYTES:
        raise SealBroken
    form, suite, version = _HEAD.unpack_from(sealed)
    if form != FORMAT or suite != Suite.AES_256_GCM:
        raise SealBroken
    return version


def _bound_to(cell: Cell, head: bytes) -> bytes:
    parts = (
        LABEL,
        cell.table.encode(),
        cell.column.encode(),
        cell.row_id.encode(),
        cell.subject_id.encode(),
        cell.key_class.encode(),
        head,
    )
    return b"".join(struct.pack(">H", len(part)) + part for part in parts)


def _padded(content: bytes, block: int) -> bytes:
    """Pad as ISO/IEC 7816-4 does: one byte 0x80, then zeros to the block's end."""
    content += b"\x80"
    return content + bytes(-len(content) % block)
