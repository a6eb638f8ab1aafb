"""The outer seal of a key file: AES-256-GCM under a passphrase, stretched by argon2id."""

import secrets
from typing import Annotated

import msgspec
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.settings import SettingsRefused

KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
BOUND_TO = b"qingmiao keyring"


class Stretching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    How a passphrase becomes a key: argon2id, for where memory is scarce (RFC 9106, section 4).

    The bounds keep a damaged file from asking for the machine's whole memory.
    """

    salt: bytes
    memory_kib: Annotated[int, msgspec.Meta(ge=8, le=1 << 20)] = 64 * 1024
    passes: Annotated[int, msgspec.Meta(ge=1, le=16)] = 3
    lanes: Annotated[int, msgspec.Meta(ge=1, le=16)] = 4

    def key_of(self, passphrase: str) -> bytes:
        """Return the passphrase's key; it takes about a tenth of a second."""
        return hash_secret_raw(
            passphrase.encode(), self.salt,
            time_cost=self.passes, memory_cost=self.memory_kib, parallelism=self.lanes,
            hash_len=KEY_BYTES, type=Type.ID,
        )  # fmt: skip


class Sealed(msgspec.Struct, tag_field="format", tag="sealed", forbid_unknown_fields=True):
    """What a sealed file shows."""

    argon2id: Stretching
    nonce: bytes
    ciphertext: bytes


class FileSeal:
    """Closes and opens a file's content under a passphrase; without one it leaves it as it is."""

    def __init__(self, passphrase: str) -> None:
        self._passphrase = passphrase
        self._known: tuple[Stretching, bytes] | None = None

    @property
    def has_passphrase(self) -> bool:
        """Whether files are to be sealed."""
        return bool(self._passphrase)

    @staticmethod
    def is_sealed(content: bytes) -> bool:
        """Tell whether a file's content is sealed."""
        return content.startswith(b'{"format":"sealed"')

    def opened(self, content: bytes) -> bytes:
        """
        Return what a file holds; one that is not sealed holds what it shows.

        Raises:
            SettingsRefused: It is sealed, and the passphrase is missing or another one.
            msgspec.DecodeError: It is damaged.
        """
        if not self.is_sealed(content):
            return content
        if not self._passphrase:
            raise SettingsRefused("KEYRING_PASSPHRASE is missing, and the key file is sealed")
        sealed = msgspec.json.decode(content, type=Sealed)
        key = self._key(sealed.argon2id)
        try:
            return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, _bound_to(sealed.argon2id))
        except (InvalidTag, ValueError):
            message = "KEYRING_PASSPHRASE does not open the key file, or the file was altered"
            raise SettingsRefused(message) from None

    def closed(self, content: bytes) -> bytes:
        """Return the content as it is to be stored."""
        if not self._passphrase:
            return content
        if self._known is None:
            self._key(Stretching(secrets.token_bytes(SALT_BYTES)))
        assert self._known is not None, "a passphrase has been stretched"
        stretching, key = self._known
        nonce = secrets.token_bytes(NONCE_BYTES)
        ciphertext = AESGCM(key).encrypt(nonce, content, _bound_to(stretching))
        return msgspec.json.encode(Sealed(stretching, nonce, ciphertext))

    def _key(self, stretching: Stretching) -> bytes:
        """Stretch the passphrase once for a salt, not at every reading."""
        if self._known is None or self._known[0] != stretching:
            self._known = (stretching, stretching.key_of(self._passphrase))
        return self._known[1]


def _bound_to(stretching: Stretching) -> bytes:
    return BOUND_TO + msgspec.json.encode(stretching)
