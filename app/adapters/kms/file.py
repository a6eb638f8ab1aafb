"""The keeper of root keys in a file: the default KMS, for one machine."""

import fcntl
import os
import secrets
import stat
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.adapters.kms.sealed_file import FileSeal
from app.foundation.private_files import keep_names
from app.foundation.sealing import SealBroken
from app.foundation.sealing.kms import MAC_BYTES, KeyDestroyed, KmsUnavailable
from app.settings import SettingsRefused

KEY_BYTES = 32
NONCE_BYTES = 12
PRIVATE = 0o600
FORMAT = 2
_VERSION = struct.Struct(">H")
_HEAD_BYTES = _VERSION.size + NONCE_BYTES

Key = Annotated[str, msgspec.Meta(pattern=f"^[0-9a-f]{{{2 * KEY_BYTES}}}$")]
Versions = Annotated[list[Key], msgspec.Meta(min_length=1)]


class Keys(msgspec.Struct, tag_field="format", tag=FORMAT, forbid_unknown_fields=True):
    """What the file holds, in hexadecimal; a destroyed key keeps its name and no version."""

    keys: dict[str, Versions | None]
    inherited: dict[str, Key] = {}
    """Keys of weeks that a file of format 1 held itself, until they are wrapped in the database."""

    def __repr__(self) -> str:
        """Show that there are keys, and none of them."""
        return "Keys(…)"


class FirstKeys(msgspec.Struct, forbid_unknown_fields=True):
    """What a file of format 1 held: one root, and the keys of weeks themselves."""

    root: Key
    epochs: dict[str, Key | None]

    def __repr__(self) -> str:
        """Show that there are keys, and none of them."""
        return "FirstKeys(…)"

    def as_keys(self) -> Keys:
        """Return the same keys as they are kept now; labels stay what they were."""
        named = {f"qingmiao-epoch-{epoch}": key for epoch, key in self.epochs.items()}
        keys: dict[str, Versions | None] = {"qingmiao-labels": [self.root]}
        keys |= {name: None for name, key in named.items() if key is None}
        return Keys(keys, {name: key for name, key in named.items() if key is not None})


class FileKms:
    """
    Keys in a file that only its owner may read, sealed under a passphrase where one is given.

    Whoever copies the database without this file has nothing; whoever loses this file has lost
    every sealed value. Processes that share the file take turns by a lock beside it, and each
    notices at once what another one makes or destroys.
    """

    is_local = True

    def __init__(self, path: Path, *, passphrase: str = "", may_make: bool = True) -> None:
        """
        Open the file, or make it.

        Raises:
            SettingsRefused: The file is not there and may not be made, can be read by others, is
                somebody else's, needs a passphrase or another one, or is no key file.
        """
        self._path = path
        self._lock_path = path.with_name(path.name + ".lock")
        self._seal = FileSeal(passphrase)
        self._turn = threading.Lock()
        self._version = (0, 0, 0)
        try:
            if not path.exists():
                self._make(may_make=may_make)
            self._keys = self._opened_first()
        except OSError as failure:
            raise _refused(path, f"cannot be used: {failure.strerror}") from failure

    def wrap(self, key_name: str, secret: bytes) -> bytes:
        """
        Encrypt a secret with AES-256-GCM under the newest version of a key, bound to its name.

        Raises:
            KeyDestroyed: The key was destroyed.
            KmsUnavailable: The file cannot be written.
        """
        versions = self._versions(key_name, makes=True)
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(bytes.fromhex(versions[-1])).encrypt(nonce, secret, key_name.encode())
        return _VERSION.pack(len(versions)) + nonce + sealed

    def unwrap(self, key_name: str, wrapped: bytes) -> bytes:
        """
        Decrypt what a key wrapped.

        Raises:
            KeyDestroyed: There is no such key.
            SealBroken: The key did not wrap these bytes.
            KmsUnavailable: The file cannot be read.
        """
        versions = self._versions(key_name)
        if len(wrapped) < _HEAD_BYTES:
            raise SealBroken
        (version,) = _VERSION.unpack_from(wrapped)
        if not 1 <= version <= len(versions):
            raise SealBroken
        key, nonce = bytes.fromhex(versions[version - 1]), wrapped[_VERSION.size : _HEAD_BYTES]
        try:
            return AESGCM(key).decrypt(nonce, wrapped[_HEAD_BYTES:], key_name.encode())
        except InvalidTag as broken:
            raise SealBroken from broken

    def mac(self, key_name: str, message: bytes) -> bytes:
        """
        Return HKDF-SHA256 of a key's first version with the message as its info (RFC 5869).

        Raises:
            KeyDestroyed: The key was destroyed.
            KmsUnavailable: The file cannot be read or written.
        """
        first = self._versions(key_name, makes=True)[0]
        kdf = HKDF(algorithm=SHA256(), length=MAC_BYTES, salt=None, info=message)
        return kdf.derive(bytes.fromhex(first))

    def rotate(self, key_name: str) -> None:
        """
        Add a version to a key.

        Raises:
            KeyDestroyed: There is no such key.
            KmsUnavailable: The file cannot be written.
        """
        with self._changing() as keys:
            versions = keys.keys.get(key_name)
            if versions is None:
                raise KeyDestroyed
            versions.append(secrets.token_hex(KEY_BYTES))

    def destroy(self, key_name: str) -> None:
        """
        Forget a key for ever; what it wrapped, backups included, is gone with it.

        Raises:
            KmsUnavailable: The file cannot be written.
        """
        with self._changing() as keys:
            keys.keys[key_name] = None
            keys.inherited.pop(key_name, None)

    def inherited(self, key_name: str) -> bytes | None:
        """Return the key of a week that this file held itself when it was of format 1."""
        key = self._keys.inherited.get(key_name)
        return None if key is None else bytes.fromhex(key)

    def close(self) -> None:
        """Nothing is held open."""

    def _versions(self, key_name: str, *, makes: bool = False) -> list[str]:
        with self._failing_as_unavailable(), self._turn:
            if self._has_changed():
                self._keys = self._read()
        if makes and key_name not in self._keys.keys:
            with self._changing() as keys:
                keys.keys.setdefault(key_name, [secrets.token_hex(KEY_BYTES)])
        versions = self._keys.keys.get(key_name)
        if versions is None:
            raise KeyDestroyed
        return versions

    def _make(self, *, may_make: bool) -> None:
        if not may_make:
            raise _refused(self._path, "is not there; `python -m app keys init` makes it")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if not self._path.exists():
                self._write(Keys({}))

    def _opened_first(self) -> Keys:
        """Read the file at start; one of format 1, or not sealed yet, is written anew."""
        content = _private_content(self._path)
        try:
            keys = self._decoded(content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise _refused(self._path, "is no key file, or a damaged one") from None
        is_sealed = self._seal.is_sealed(content)
        if is_sealed != self._seal.has_passphrase or b'"root"' in content:
            with self._locked():
                keys = self._read()
                self._write(keys)
        self._version = self._version_now()
        return keys

    def _read(self) -> Keys:
        """Read the file, remembering which one it was before a newer one can take its place."""
        self._version = self._version_now()
        return self._decoded(self._path.read_bytes())

    def _decoded(self, content: bytes) -> Keys:
        content = self._seal.opened(content)
        kinds = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
        if "root" in kinds:
            return msgspec.json.decode(content, type=FirstKeys).as_keys()
        return msgspec.json.decode(content, type=Keys)

    @contextmanager
    def _changing(self) -> Iterator[Keys]:
        with self._failing_as_unavailable(), self._turn, self._locked():
            keys = self._read()
            yield keys
            self._write(keys)
            self._keys, self._version = keys, self._version_now()

    @contextmanager
    def _failing_as_unavailable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, msgspec.DecodeError, SettingsRefused) as failure:
            raise KmsUnavailable("the key file cannot be used") from failure

    def _has_changed(self) -> bool:
        """Whether another process wrote the file; one that cannot be seen has not changed."""
        try:
            return self._version != self._version_now()
        except FileNotFoundError:
            return False

    def _version_now(self) -> tuple[int, int, int]:
        status = self._path.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns

    def _write(self, keys: Keys) -> None:
        """
        Replace the file in one step that survives a power cut, as the sealed rows do.

        The draft is made anew each time, so that it is never anybody else's file or mode; what a
        process that was killed left behind goes. Whoever writes holds the lock.
        """
        draft = self._path.with_name(self._path.name + ".new")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._seal.closed(msgspec.json.encode(keys)))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        keep_names(self._path.parent)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, PRIVATE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _private_content(path: Path) -> bytes:
    """
    Read the file, if nobody else can.

    Raises:
        SettingsRefused: Others may read or write it, or it belongs to somebody else.
    """
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if status.st_uid != os.geteuid():
            raise _refused(path, "belongs to another account than this process runs as")
        if (mode := stat.S_IMODE(status.st_mode)) & 0o077:
            raise _refused(path, f"may be used by others (mode {mode:04o}); `chmod 600` it")
        return file.read()


def _refused(path: Path, why: str) -> SettingsRefused:
    return SettingsRefused(f"KEYRING_PATH: {path} {why}")
