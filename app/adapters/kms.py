"""The keeper of root keys in a file: the default KMS, for one machine."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.foundation.sealing import SealBroken

KEY_BYTES = 32
PRIVATE = 0o600


Key = Annotated[str, msgspec.Meta(pattern=f"^[0-9a-f]{{{2 * KEY_BYTES}}}$")]


class Keys(msgspec.Struct):
    """What the file holds, in hexadecimal; a destroyed epoch keeps its name and no key."""

    root: Key
    epochs: dict[str, Key | None]

    def __repr__(self) -> str:
        """Show that there are keys, and none of them."""
        return "Keys(…)"


class FileKms:
    """
    Root and epoch keys in a JSON file that only its owner may read.

    Whoever copies the database without this file has nothing; whoever loses this file has lost
    every sealed value. Processes that share the file take turns by a lock beside it, and each
    notices at once what another one makes or destroys.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock_path = path.with_name(path.name + ".lock")
        self._derived: dict[str, bytes] = {}
        self._version = (0, 0, 0)
        if not path.exists():
            self._create()
        self._keys = self._read()

    def derive(self, label: str) -> bytes:
        """Return the label's key: HKDF-SHA256 of the root, always the same."""
        if label not in self._derived:
            kdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=label.encode())
            self._derived[label] = kdf.derive(bytes.fromhex(self._keys.root))
        return self._derived[label]

    def epoch_key(self, epoch: int) -> bytes:
        """
        Return the epoch's key, made when first asked for.

        Raises:
            SealBroken: The epoch's key was destroyed.
        """
        name = str(epoch)
        if self._has_changed():
            self._keys = self._read()
        if name not in self._keys.epochs:
            with self._locked():
                keys = self._read()
                if name not in keys.epochs:
                    keys.epochs[name] = secrets.token_hex(KEY_BYTES)
                    self._write(keys)
                self._keys = keys
        key = self._keys.epochs[name]
        if key is None:
            raise SealBroken
        return bytes.fromhex(key)

    def destroy_epoch(self, epoch: int) -> None:
        """Forget an epoch's key for ever; what it wrapped, backups included, is gone with it."""
        with self._locked():
            keys = self._read()
            keys.epochs[str(epoch)] = None
            self._write(keys)
            self._keys = keys

    def _create(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if not self._path.exists():
                self._write(Keys(secrets.token_hex(KEY_BYTES), {}))

    def _read(self) -> Keys:
        """Read the file, remembering which one it was before a newer one can take its place."""
        self._version = self._version_now()
        return msgspec.json.decode(self._path.read_bytes(), type=Keys)

    def _has_changed(self) -> bool:
        """Whether another process wrote the file; one that cannot be seen has not changed."""
        with suppress(FileNotFoundError):
            return self._version != self._version_now()
        return False

    def _version_now(self) -> tuple[int, int, int]:
        status = self._path.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns

    def _write(self, keys: Keys) -> None:
        """Replace the file in one step that survives a power cut, as the sealed rows do."""
        draft = self._path.with_name(self._path.name + ".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(keys))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, PRIVATE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
