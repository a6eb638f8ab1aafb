"""Keys by label: index roots, peppers, the ring of token keys; each in versions that overlap."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.foundation.clock import milliseconds
from app.foundation.database import current
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.log import logger
from app.foundation.sealing.kms import Kms, KmsUnavailable

log = logger(__name__)

FIRST_VERSION = 1
KMS_KEY = "qingmiao-labels"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelVersion:
    """One version of a label's key: when new things are made under it, and since when no more."""

    label: str
    version: int
    effective_at: int
    """Milliseconds; a while after its making: each process can read it before any writes it."""


class LabelKeys:
    """
    The keys of labels, opened once and kept for as long as the process lives.

    A label nobody rotated has version 1 only. Each version is the mac of the label under a KMS
    key of that version (`qingmiao-labels`, `qingmiao-labels-2`, …): once every label has left
    a version, its KMS key can be destroyed.
    """

    def __init__(self, kms: Kms, *, wake: Callable[[], None]) -> None:
        self._kms = kms
        self._wake = wake
        self._keys: dict[tuple[str, int], bytes] = {}
        self._versions: Mapping[str, tuple[LabelVersion, ...]] = {}
        self._wanted: set[str] = set()

    def key(self, label: str, version: int | None = None) -> bytes:
        """
        Return a label's 32-byte key, of its current version unless another is named.

        Raises:
            TemporarilyUnavailable: The label was never expected, so the KMS must be asked first;
                it is being asked, or is away; try again.
        """
        if version is None and label not in self._versions:
            version = FIRST_VERSION
        wanted = (label, version or self.current_version(label))
        known = self._keys.get(wanted)
        return self._asked(*wanted) if known is None else known

    def current_version(self, label: str) -> int:
        """Return the version under which new things are made."""
        versions = self._versions.get(label)
        if versions is None:
            return FIRST_VERSION
        now = milliseconds(current().clock.now())
        return next((one.version for one in versions if one.effective_at <= now), FIRST_VERSION)

    def versions(self, label: str) -> tuple[int, ...]:
        """Return the versions that are still read, the newest first."""
        known = self._versions.get(label)
        return (FIRST_VERSION,) if known is None else tuple([one.version for one in known])

    def expect(self, labels: Iterable[str]) -> None:
        """Name labels that will be asked for."""
        self._wanted.update(labels)

    def learn(self, versions: Mapping[str, tuple[LabelVersion, ...]]) -> None:
        """Take the live versions, newest first; a label that is not there has version 1."""
        self._versions = versions

    def missing(self) -> list[tuple[str, int]]:
        """Return which expected labels, in which versions, are not opened yet."""
        expected = {*self._wanted, *self._versions}
        wanted = {(label, version) for label in expected for version in self.versions(label)}
        return sorted(wanted - self._keys.keys())

    def open_missing(self) -> None:
        """
        Ask the KMS for what is missing; it may take seconds.

        Raises:
            KmsUnavailable: It did not answer.
            KeyDestroyed: A version that is still read is gone.
        """
        for label, version in self.missing():
            self.open(label, version)

    def opened(self) -> dict[tuple[str, int], bytes]:
        """Return the keys opened so far, by label and version."""
        return dict(self._keys)

    def _asked(self, label: str, version: int) -> bytes:
        self._wanted.add(label)
        if not self._kms.is_local:
            log.warning("label_not_expected", label=label, version=version)
            self._wake()
            raise TemporarilyUnavailable
        try:
            return self.open(label, version)
        except KmsUnavailable as away:
            raise TemporarilyUnavailable from away

    def open(self, label: str, version: int) -> bytes:
        """
        Ask the KMS for one version of a label; it may take seconds.

        Raises:
            KmsUnavailable: It did not answer.
            KeyDestroyed: The version is gone.
        """
        key = self._kms.mac(kms_key_of(version), label.encode())
        self._keys[label, version] = key
        return key


def kms_key_of(version: int) -> str:
    """Name the KMS key under which every label's key of a version stands."""
    return KMS_KEY if version == FIRST_VERSION else f"{KMS_KEY}-{version}"
