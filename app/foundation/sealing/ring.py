"""The key ring: a key-encryption key per week, and the labels' keys, above whatever KMS."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import date
from typing import Any, TypeVar

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, current, fetch, joined, transaction
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.log import logger
from app.foundation.metrics import Gauge
from app.foundation.sealing.cells import SealBroken
from app.foundation.sealing.kms import KeyDestroyed, Kms, KmsUnavailable
from app.foundation.sealing.labels import LabelKeys

log = logger(__name__)

ANSWERS = Gauge("kms_up", "Whether the keeper of keys answered when it was asked last")

T = TypeVar("T")

KEY_BYTES = 32
CONFIRMED_SECONDS = 15 * 60
"""For how long a week's key that the KMS has just opened may take new people's keys."""

PAUSE_SECONDS = 5
"""After a KMS did not answer, nobody waits for it again for so long."""


class KeysUnavailable(TemporarilyUnavailable):
    """New personal data cannot be taken while the keeper of keys is away; nothing was changed."""

    code = "KEYS_UNAVAILABLE"

    def __init__(self, retry_after_seconds: int = 60) -> None:
        super().__init__(retry_after_seconds)


class KeyRing:
    """
    Keys of weeks (epochs) and labels, opened through a KMS and kept while the process lives.

    What is opened goes on serving while the KMS is away, however long; only making a new data key
    needs a key of the week that the KMS has opened within the last 15 minutes, unless what it
    closes is of use for a short while only (`kek_for_brief`). The week's key is random,
    wrapped under the KMS's key of that week, and kept so in `epoch_key`: destroying the KMS's key
    kills every copy, backups included.
    """

    def __init__(
        self,
        kms: Kms,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        inherited: Callable[[str], bytes | None] | None = None,
    ) -> None:
        self.kms = kms
        self.labels = LabelKeys(kms, wake=self.wake)
        self._monotonic = monotonic
        self._inherited = inherited
        self._keks: dict[int, bytes] = {}
        self._confirmed: dict[int, float] = {}
        self._away_until = float("-inf")
        self._woken: asyncio.Event | None = None

    async def keks(self, epochs: Collection[int]) -> dict[int, bytes]:
        """
        Return the keys of epochs, to unwrap data keys with.

        Raises:
            KeyDestroyed: One of them is gone, and every data key under it.
            TemporarilyUnavailable: One was never opened here, and the KMS is away.
        """
        missing = [epoch for epoch in set(epochs) if epoch not in self._keks]
        opened = await self._opened(missing) if missing else {}
        return {epoch: opened.get(epoch) or self._keks[epoch] for epoch in epochs}

    async def kek_for_new(self, tx: Transaction, epoch: int) -> bytes:
        """
        Return the key of an epoch to wrap a new data key with, made if there is none.

        Raises:
            KeysUnavailable: The KMS has not confirmed the key for 15 minutes; write nothing.
            KeyDestroyed: The epoch is over and its key is gone.
        """
        if self._is_confirmed(epoch):
            return self._keks[epoch]
        if not self.kms.is_local:
            self.wake()
            raise KeysUnavailable
        try:
            if not await tx.rows("SELECT 1 FROM epoch_key WHERE epoch = ?", [epoch]):
                await self._insert(tx, epoch, self.kms.wrap(kms_key_of(epoch), self._secret(epoch)))
            return (await self._opened([epoch]))[epoch]
        except KmsUnavailable as away:
            raise KeysUnavailable from away

    async def kek_for_brief(self, tx: Transaction, epoch: int) -> bytes:
        """
        Return the key of an epoch to wrap the data key of something of use for a short while.

        While the KMS is away the key that was opened here before will do, however long ago: should
        the KMS have lost it meanwhile, what is lost is, say, a code, and there can be another.

        Raises:
            KeysUnavailable: The key was never opened here, or it was destroyed; write nothing.
            KeyDestroyed: The epoch is over and its key is gone.
        """
        try:
            return await self.kek_for_new(tx, epoch)
        except KeysUnavailable:
            known = self._keks.get(epoch)
            live = "SELECT 1 FROM epoch_key WHERE epoch = ? AND destroyed_at IS NULL"
            if known is None or not await tx.rows(live, [epoch]):
                raise
            return known

    async def ensure(self, epoch: int) -> None:
        """
        Make the key of an epoch, outside of any transaction, unless there is one.

        Raises:
            KmsUnavailable: The KMS did not answer.
        """
        if await fetch("SELECT 1 FROM epoch_key WHERE epoch = ?", [epoch]):
            return
        wrapped = await self.call(self.kms.wrap, kms_key_of(epoch), self._secret(epoch))
        async with transaction() as tx:
            await self._insert(tx, epoch, wrapped)

    async def confirm(self, epoch: int) -> None:
        """
        Let the KMS open the key of an epoch again; one it has destroyed is forgotten here.

        Raises:
            KmsUnavailable: The KMS did not answer.
        """
        try:
            self._remember({epoch: await self._unwrapped(epoch)})
        except KeyDestroyed:
            log.warning("epoch_key_destroyed", epoch=epoch)
            self.forget(epoch)
        except SealBroken:  # the row was altered; a key that was opened before is the right one
            log.warning("epoch_key_altered", epoch=epoch)

    def forget(self, epoch: int) -> None:
        """Open nothing more under an epoch that is gone."""
        self._keks.pop(epoch, None)
        self._confirmed.pop(epoch, None)

    def confirmed_ago(self, epoch: int) -> float | None:
        """Return how many seconds ago the KMS opened an epoch's key; None if it never did."""
        confirmed = self._confirmed.get(epoch)
        return None if confirmed is None else self._monotonic() - confirmed

    def _is_confirmed(self, epoch: int) -> bool:
        ago = self.confirmed_ago(epoch)
        return ago is not None and ago < CONFIRMED_SECONDS

    async def _opened(self, epochs: Iterable[int]) -> dict[int, bytes]:
        """Unwrap keys of epochs and remember them; in a transaction only where that is quick."""
        tx = joined()
        if tx is not None and not self.kms.is_local:
            self.wake()
            raise TemporarilyUnavailable
        opened: dict[int, bytes] = {}
        try:
            for epoch in epochs:
                opened[epoch] = await self._unwrapped(epoch)
        except KmsUnavailable as away:
            raise TemporarilyUnavailable(PAUSE_SECONDS) from away
        if tx is None:
            self._remember(opened)
        else:  # the row may be this transaction's own, and may yet be rolled back
            tx.after_commit(lambda: self._remember(opened))
        return opened

    async def _unwrapped(self, epoch: int) -> bytes:
        rows = await fetch("SELECT wrapped FROM epoch_key WHERE epoch = ?", [epoch])
        if not rows or rows[0]["wrapped"] is None:
            raise KeyDestroyed
        return await self.call(self.kms.unwrap, kms_key_of(epoch), bytes(rows[0]["wrapped"]))

    def _remember(self, opened: dict[int, bytes]) -> None:
        self._keks |= opened
        self._confirmed |= dict.fromkeys(opened, self._monotonic())

    def _secret(self, epoch: int) -> bytes:
        """Return a new key for an epoch, or the one that an older version of the KMS kept."""
        known = self._inherited(kms_key_of(epoch)) if self._inherited else None
        return known or current().entropy(KEY_BYTES)

    async def _insert(self, tx: Transaction, epoch: int, wrapped: bytes) -> None:
        """Keep an epoch's key unless another process was faster; theirs counts then."""
        await tx.run(
            "INSERT INTO epoch_key (key_name, epoch, wrapped, made_at, wrapped_at)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [kms_key_of(epoch), epoch, wrapped, milliseconds(tx.now), milliseconds(tx.now)],
        )

    async def call(self, ask: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - whatever the call takes
        """
        Ask the KMS off the event loop; after a failure nobody waits for it for a moment.

        Raises:
            KmsUnavailable: It did not answer, now or a moment ago.
        """
        if self._monotonic() < self._away_until:
            raise KmsUnavailable("it did not answer a moment ago")
        try:
            told = await self._told(ask, *arguments)
        except KmsUnavailable:
            ANSWERS.put(0)
            if not self.kms.is_local:
                self._away_until = self._monotonic() + PAUSE_SECONDS
            raise
        ANSWERS.put(1)
        return told

    async def _told(self, ask: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - as above
        return ask(*arguments) if self.kms.is_local else await asyncio.to_thread(ask, *arguments)

    def wake(self) -> None:
        """Let the keeping of the ring look at once; harmless where nobody keeps it."""
        if self._woken is not None:
            self._woken.set()

    def listen(self) -> None:
        """Let `wake` be heard from now on, by this event loop."""
        self._woken = asyncio.Event()

    async def woken(self, seconds: float) -> None:
        """Wait until somebody needs what is not opened, or for so long."""
        assert self._woken is not None, "the ring is kept"
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)
        self._woken.clear()


def epoch_of(day: date) -> int:
    """Return the epoch of a day: its ISO year and week, such as 202647."""
    year, week, _ = day.isocalendar()
    return year * 100 + week


def kms_key_of(epoch: int) -> str:
    """Name the KMS key that wraps an epoch's key."""
    return f"qingmiao-epoch-{epoch}"
