"""The keeper of root keys in a file: the default KMS, for one machine."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.foundation.sealing import SealBroken

KEY_BYTES = 32
PRIVATE = 0o600


class Keys(msgspec.Struct):
    """What the file holds, in hexadecimal; a destroyed epoch keeps its name and no key."""

    root: str
    epochs: dict[str, str | None]


class FileKms:
    """
    Root and epoch keys in a JSON file that only its owner may read.

    Whoever copies the database without this file has nothing; whoever loses this file has lost
    every sealed value. Processes that share the file take turns by a lock beside it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock_path = path.with_name(path.name + ".lock")
        self._derived: dict[str, bytes] = {}
        self._keys = self._read() if path.exists() else self._create()

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
        if name not in self._keys.epochs:
            with self._locked():
                self._keys = self._read()
                if name not in self._keys.epochs:
                    self._keys.epochs[name] = secrets.token_hex(KEY_BYTES)
                    self._write()
        key = self._keys.epochs[name]
        if key is None:
            raise SealBroken
        return bytes.fromhex(key)

    def destroy_epoch(self, epoch: int) -> None:
        """Forget an epoch's key for ever; what it wrapped, backups included, is gone with it."""
        with self._locked():
            self._keys = self._read()
            self._keys.epochs[str(epoch)] = None
            self._write()

    def _create(self) -> Keys:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if not self._path.exists():
                self._keys = Keys(secrets.token_hex(KEY_BYTES), {})
                self._write()
            return self._read()

    def _read(self) -> Keys:
        return msgspec.json.decode(self._path.read_bytes(), type=Keys)

    def _write(self) -> None:
        """Replace the file in one step that survives a power cut."""
        draft = self._path.with_name(self._path.name + ".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(self._keys))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, PRIVATE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
