"""Destroying the keys of past weeks, on record."""

from app.foundation.audit import OPERATOR, Entry, record
from app.foundation.database import Transaction
from app.foundation.sealing import turning
from app.foundation.sealing.vault import key_ring

DESTROYED = "keys.week_destroyed"


async def destroy_week(epoch: int) -> None:
    """
    Destroy a week's key here and in the KMS, for the operator; said again, it finishes.

    Raises:
        EpochInUse: It still wraps somebody's keys, or its week is not over.
        KmsUnavailable: The KMS did not answer; say it again.
    """

    async def note(tx: Transaction) -> None:
        await record(tx, Entry(DESTROYED, None, OPERATOR, {"week": epoch}))

    await turning.destroy_epoch(key_ring(), epoch, noted=note)
