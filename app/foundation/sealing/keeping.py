"""Keeps the key ring in step with the database and the KMS, beside whatever the process does."""

import asyncio
import hmac
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from app.foundation.clock import milliseconds
from app.foundation.database import current, fetch, transaction
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.log import logger
from app.foundation.sealing.kms import KmsUnavailable
from app.foundation.sealing.labels import LabelVersion
from app.foundation.sealing.ring import ANSWERS, KeyRing, epoch_of

log = logger(__name__)

ROUND_SECONDS = 15
"""How soon a process learns of a label's new version, or of a week's key that was destroyed."""

CONFIRM_SECONDS = 5 * 60
"""Three chances before what the KMS has confirmed counts as confirmed no more."""

STOP_SECONDS = 10
"""How long the end of a process waits for a look that has begun."""

AHEAD = timedelta(days=1)
"""So long before its week begins, the next key is made: nobody's first request waits for it."""

CHECK = b"qingmiao check"


class WrongKeeper(Exception):
    """The KMS gives other keys than those this database was sealed with."""


@asynccontextmanager
async def kept(ring: KeyRing) -> AsyncIterator[None]:
    """
    Open all that the database names, and keep it open for the length of a block.

    Raises:
        KmsUnavailable: The KMS does not answer at the start; later it may.
        WrongKeeper: It is not the one this database was sealed with.
    """
    ring.listen()
    await look(ring)
    ANSWERS.put(1)
    stop = asyncio.Event()
    task = asyncio.create_task(keep(ring, stop))
    try:
        yield
    finally:
        stop.set()
        ring.wake()
        await asyncio.wait([task], timeout=STOP_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def keep(ring: KeyRing, stop: asyncio.Event) -> None:
    """Look every few seconds, or when somebody is missing a key; a failure is said once."""
    is_failing = False
    while True:
        await ring.woken(ROUND_SECONDS)
        if stop.is_set():
            return
        try:
            await look(ring)
        except (KmsUnavailable, TemporarilyUnavailable) as away:
            if not is_failing:
                log.warning("kms_unavailable", why=str(away))
            is_failing = True
        except Exception as failure:  # noqa: BLE001 - a bad round must not end the next ones
            log.warning("key_ring_failed", error=type(failure).__name__)
        else:
            if is_failing:
                log.info("kms_answers_again")
            is_failing = False


async def look(ring: KeyRing) -> None:
    """
    Take up what the database says of labels and weeks, and let the KMS confirm what is due.

    Raises:
        KmsUnavailable: It did not answer; what is open stays so.
        WrongKeeper: It is not the one this database was sealed with.
        TemporarilyUnavailable: The database is away.
    """
    await _look_at_labels(ring)
    await _look_at_epochs(ring)


async def _look_at_labels(ring: KeyRing) -> None:
    rows = await fetch(
        "SELECT label, version, check_value, effective_at, retired_at FROM label_version"
        " ORDER BY label, version DESC"
    )
    ring.labels.learn(live_versions(rows))
    if ring.labels.missing():
        await ring.call(ring.labels.open_missing)
    checks = {(row["label"], row["version"]): row["check_value"] for row in rows}
    unchecked: dict[tuple[str, int], str] = {}
    for place, key in ring.labels.opened().items():
        if place not in checks:
            unchecked[place] = check_value_of(key)
        elif checks[place] != check_value_of(key):
            raise WrongKeeper(
                "the keeper of keys is not the one this database was sealed with"
                f" (label {place[0]}, version {place[1]}); nothing was changed"
            )
    if unchecked:
        await _note(unchecked)


async def _note(checks: dict[tuple[str, int], str]) -> None:
    """Note which keys this database goes with; a process that was faster wrote the same."""
    async with transaction() as tx:
        for (label, version), check_value in sorted(checks.items()):
            await tx.run(
                "INSERT INTO label_version"
                " (id, label, version, check_value, made_at, effective_at)"
                " VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT (id) DO NOTHING",
                [f"{label}|{version}", label, version, check_value, milliseconds(tx.now)],
            )


def live_versions(rows: list[dict[str, Any]]) -> dict[str, tuple[LabelVersion, ...]]:
    """Return each label's versions that are still read, newest first."""
    found: defaultdict[str, list[LabelVersion]] = defaultdict(list)
    for row in rows:
        if row["retired_at"] is None:
            found[row["label"]].append(
                LabelVersion(
                    label=row["label"],
                    version=row["version"],
                    effective_at=row["effective_at"],
                )
            )
    return {label: tuple(versions) for label, versions in found.items()}


def check_value_of(key: bytes) -> str:
    """Return what tells a key from another one, and nothing else about it."""
    return hmac.digest(key, CHECK, "sha256")[:8].hex()


async def _look_at_epochs(ring: KeyRing) -> None:
    now = current().clock.now()
    for day in (now.date(), (now + AHEAD).date()):
        if ring.confirmed_ago(epoch_of(day)) is None:
            await ring.ensure(epoch_of(day))
    rows = await fetch("SELECT epoch, destroyed_at FROM epoch_key ORDER BY epoch DESC")
    live = [row["epoch"] for row in rows if row["destroyed_at"] is None]
    for row in rows:
        if row["destroyed_at"] is not None:
            ring.forget(row["epoch"])
    for epoch in live:
        if ring.confirmed_ago(epoch) is None:
            await ring.confirm(epoch)
    due = (ring.confirmed_ago(epoch_of(now.date())) or 0) >= CONFIRM_SECONDS
    if due:
        await ring.confirm(epoch_of(now.date()))
        oldest = max(live, key=lambda epoch: ring.confirmed_ago(epoch) or 0)
        await ring.confirm(oldest)
