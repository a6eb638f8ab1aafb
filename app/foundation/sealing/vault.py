"""The process's opened data keys, over a ring of week and label keys; kept for a while."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from app.foundation.sealing.cells import DataKey
from app.foundation.sealing.kms import Kms
from app.foundation.sealing.ring import KeyRing

CACHE_SECONDS = 15 * 60
CACHE_KEYS_MAX = 50_000


@dataclass(slots=True)
class Vault:
    """
    Keeps opened data keys for at most 15 minutes, over the key ring of a KMS.

    Threads may share it. Keys of people forgotten by another process are dropped within a second
    (`data_keys.notice_forgotten`).
    """

    kms: Kms
    monotonic: Callable[[], float] = time.monotonic
    keys_max: int = CACHE_KEYS_MAX
    own_ring: KeyRing | None = None
    ring: KeyRing = field(init=False, repr=False)
    _cache: OrderedDict[str, tuple[float, DataKey]] = field(
        default_factory=OrderedDict[str, tuple[float, DataKey]], repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _forgotten: int | None = None
    _noticed_at: float = float("-inf")

    def __post_init__(self) -> None:
        """Put the keys of weeks and labels on a ring, unless one was handed in."""
        self.ring = self.own_ring or KeyRing(self.kms, monotonic=self.monotonic)

    def remember(self, key_id: str, key: DataKey) -> None:
        """Keep an opened key; the longest unused one makes room."""
        with self._lock:
            self._cache[key_id] = (self.monotonic() + CACHE_SECONDS, key)
            self._cache.move_to_end(key_id)
            while len(self._cache) > self.keys_max:
                self._cache.popitem(last=False)

    def remembered(self, key_id: str) -> DataKey | None:
        """Return an opened key that has not grown old."""
        with self._lock:
            known = self._cache.get(key_id)
            if known is None or known[0] < self.monotonic():
                self._cache.pop(key_id, None)
                return None
            self._cache.move_to_end(key_id)
            return known[1]

    def is_due(self, seconds: float) -> bool:
        """Whether it was longer ago than that that somebody looked who was forgotten."""
        return self.monotonic() - self._noticed_at >= seconds

    def notice(self, forgotten: int) -> None:
        """Hear how many people were forgotten so far; when there are more, drop every key."""
        if self._forgotten is not None and forgotten != self._forgotten:
            self.forget()
        self._forgotten = forgotten
        self._noticed_at = self.monotonic()

    def forget(self) -> None:
        """Drop every opened key, and look anew who was forgotten before the next is opened."""
        with self._lock:
            self._cache.clear()
        self._noticed_at = float("-inf")


class _Installed:
    vault: Vault | None = None


def install_vault(vault: Vault | None) -> None:
    """Make a vault the process's own."""
    _Installed.vault = vault


def installed_vault() -> Vault:
    """Return the process's vault."""
    assert _Installed.vault is not None, "the vault is installed"
    return _Installed.vault


def key_ring() -> KeyRing:
    """Return the process's key ring."""
    return installed_vault().ring


def derived_key(label: str, version: int | None = None) -> bytes:
    """
    Return the key of a label, such as the pepper of one-time codes; of its current version.

    Raises:
        TemporarilyUnavailable: Nobody expected the label, and the KMS is being asked for it.
    """
    return key_ring().labels.key(label, version)
