"""Turning keys over: new versions of labels, newly wrapped weeks, and weeks destroyed for ever."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, current, fetch, transaction
from app.foundation.sealing.keeping import ROUND_SECONDS, check_value_of, look
from app.foundation.sealing.ring import KeyRing, epoch_of, kms_key_of

SPREAD = timedelta(seconds=4 * ROUND_SECONDS)
"""Until a new version is written under: by then every process can read it."""

ENDED = timedelta(hours=1)
"""So long after its week, nothing that began in it is still running."""


class EpochInUse(Exception):
    """A week's key still wraps somebody's keys, or its week is not over: it cannot go yet."""


class LabelInUse(Exception):
    """A label's version is the one things are written under, or was until a moment ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """A week's key as the database knows it; times in milliseconds."""

    epoch: int
    made_at: int
    wrapped_at: int
    destroyed_at: int | None
    data_keys: int
    """How many people's keys (one for each class) it wraps."""


async def add_label_version(ring: KeyRing, label: str) -> int:
    """
    Give a label a new version, and return its number; one that is not in force yet is taken.

    From SPREAD on, new things are made under it; older versions are read until they are retired.

    Raises:
        KmsUnavailable: The KMS did not answer; nothing was changed.
    """
    ring.labels.expect([label])
    await look(ring)
    newest = ring.labels.versions(label)[0]
    if newest != ring.labels.current_version(label):
        return newest
    added = newest + 1
    key = await ring.call(ring.labels.open, label, added)
    async with transaction() as tx:
        await tx.run(
            "INSERT INTO label_version (id, label, version, check_value, made_at, effective_at)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            [
                f"{label}|{added}", label, added, check_value_of(key),
                milliseconds(tx.now), milliseconds(tx.now + SPREAD),
            ],
        )  # fmt: skip
    await look(ring)
    return added


async def retire_label_version(
    ring: KeyRing, label: str, version: int, *, in_force: timedelta = SPREAD
) -> None:
    """
    Read nothing under an old version of a label any more.

    Raises:
        LabelInUse: No newer version has been in force for so long.
    """
    async with transaction() as tx:
        newer = await tx.rows(
            "SELECT 1 FROM label_version WHERE label = ? AND version > ?"
            " AND effective_at <= ? AND retired_at IS NULL",
            [label, version, milliseconds(tx.now - in_force)],
        )
        if not newer:
            raise LabelInUse(f"{label} is still written under version {version}")
        await tx.run(
            "UPDATE label_version SET retired_at = ?"
            " WHERE label = ? AND version <= ? AND retired_at IS NULL",
            [milliseconds(tx.now), label, version],
        )
    await look(ring)


async def rewrap_epoch(ring: KeyRing, epoch: int) -> None:
    """
    Wrap a week's key under a new version of the KMS's key; the key itself stays what it is.

    Raises:
        KeyDestroyed: The week's key is gone.
        KmsUnavailable: The KMS did not answer; the key stays wrapped as it was.
        TemporarilyUnavailable: The week's key was never opened here, and the KMS is away.
    """
    kek = (await ring.keks([epoch]))[epoch]
    await ring.call(ring.kms.rotate, kms_key_of(epoch))
    wrapped = await ring.call(ring.kms.wrap, kms_key_of(epoch), kek)
    async with transaction() as tx:
        await tx.run(
            "UPDATE epoch_key SET wrapped = ?, wrapped_at = ?"
            " WHERE epoch = ? AND destroyed_at IS NULL",
            [wrapped, milliseconds(tx.now), epoch],
        )


async def destroy_epoch(
    ring: KeyRing, epoch: int, *, noted: Callable[[Transaction], Awaitable[None]] | None = None
) -> None:
    """
    Destroy a week's key here and in the KMS; said again, it finishes what was interrupted.

    Whatever data key was wrapped under it, in any backup, is gone with it. `noted` writes down that
    it was, in the transaction that lets go of it.

    Raises:
        EpochInUse: Data keys are still wrapped under it, or its week ended less than ENDED ago.
        KmsUnavailable: The KMS did not answer: the database has let go of the key, the KMS has
            not; say it again.
    """
    async with transaction() as tx:
        if epoch >= epoch_of((tx.now - ENDED).date()):
            raise EpochInUse(f"the week {epoch} is not over")
        if await tx.rows("SELECT 1 FROM data_key WHERE epoch = ? LIMIT 1", [epoch]):
            raise EpochInUse(f"the key of {epoch} still wraps data keys")
        destroyed = await tx.run(
            "UPDATE epoch_key SET wrapped = NULL, destroyed_at = ?"
            " WHERE epoch = ? AND destroyed_at IS NULL",
            [milliseconds(tx.now), epoch],
        )
        if destroyed and noted is not None:
            await noted(tx)
    ring.forget(epoch)
    await ring.call(ring.kms.destroy, kms_key_of(epoch))


async def epochs() -> list[Epoch]:
    """Return every week's key, newest first."""
    rows = await fetch(
        "SELECT e.epoch, e.made_at, e.wrapped_at, e.destroyed_at, COUNT(d.id) AS data_keys"
        " FROM epoch_key e LEFT JOIN data_key d ON d.epoch = e.epoch"
        " GROUP BY e.epoch, e.made_at, e.wrapped_at, e.destroyed_at ORDER BY e.epoch DESC"
    )
    return [Epoch(**row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One version of a label's key as the database knows it; times in milliseconds."""

    label: str
    version: int
    made_at: int
    effective_at: int
    retired_at: int | None
    is_current: bool


async def labels() -> list[Label]:
    """Return every label's versions, newest first."""
    now = milliseconds(current().clock.now())
    rows = await fetch(
        "SELECT label, version, made_at, effective_at, retired_at FROM label_version"
        " ORDER BY label, version DESC"
    )
    written: dict[str, int] = {}
    for row in rows:
        if row["effective_at"] <= now and row["retired_at"] is None:
            written.setdefault(row["label"], row["version"])
    return [Label(**row, is_current=written.get(row["label"]) == row["version"]) for row in rows]
