"""Keeping the chain vouched for: checkpoints made in time, over what still holds."""

from datetime import timedelta
from pathlib import Path

from app.foundation.audit.chain import ALARM, FIRST_PREV_HASH, SYSTEM, Entry, record
from app.foundation.audit.checkpoints import Checkpoint, checkpoint_of, signed, tell_witness
from app.foundation.audit.walking import Walk
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.log import logger

log = logger(__name__)

ENTRIES_MAX = 1_000
"""Entries after which the chain is signed anew, however little time has passed."""

AGE_MAX = timedelta(minutes=1)
"""How long an entry waits for a signature: what is cut off within that time may go unseen."""

CHAIN_BROKEN = ALARM + "chain_broken"


class _Installed:
    witness: Path | None = None


def set_witness(path: Path | None) -> None:
    """Say where this process tells its checkpoints; nowhere, until it is said."""
    _Installed.witness = path


async def make_due_checkpoint() -> Checkpoint | None:
    """Sign the chain if it is time to, and tell the process's witness."""
    return await make_checkpoint(_Installed.witness, only_if_due=True)


async def make_checkpoint(witness: Path | None, *, only_if_due: bool = False) -> Checkpoint | None:
    """
    Sign the chain as it stands and tell the witness; None when nothing was added since the last.

    With `only_if_due`, also None while fewer than a thousand entries wait, none for a minute. What
    was added is looked at first: a chain that does not hold is not signed, and an alarm says so.

    Raises:
        OSError: The witness file cannot be written; the signature is in the database.
    """
    async with transaction() as tx:
        last = await _last(tx)
        signed_seq = 0 if last is None else last.seq
        if not await _is_due(tx, signed_seq, only_if_due=only_if_due):
            return None
        walk = Walk(seq=signed_seq, stored_hash=FIRST_PREV_HASH if last is None else last.hash)
        await walk.go_on()
        walk.settle_suspects()
        if walk.problems or (last is not None and not last.is_genuine()):
            await _sound_once(tx, walk.problems[0].seq if walk.problems else signed_seq)
            return None
        made = signed(
            seq=walk.seq,
            chain_hash=walk.stored_hash,
            entries=walk.entries + (0 if last is None else last.entries),
            signed_at=milliseconds(tx.now),
        )
        kept = await tx.rows(
            "INSERT INTO audit_checkpoint (seq, hash, entries, signed_at, signature)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (seq) DO NOTHING RETURNING seq",
            [made.seq, made.hash, made.entries, made.signed_at, made.signature],
        )
    if not kept:
        return None
    if witness is not None:
        tell_witness(witness, made)
    return made


async def _last(tx: Transaction) -> Checkpoint | None:
    rows = await tx.rows(
        "SELECT seq, hash, entries, signed_at, signature FROM audit_checkpoint"
        " ORDER BY seq DESC LIMIT 1"
    )
    return checkpoint_of(rows[0]) if rows else None


async def _is_due(tx: Transaction, signed_seq: int, *, only_if_due: bool) -> bool:
    waiting = await tx.rows(
        "SELECT MAX(seq) AS seq, MIN(recorded_at) AS since FROM audit_entry WHERE seq > ?",
        [signed_seq],
    )
    seq = waiting[0]["seq"]
    if seq is None or not only_if_due:
        return seq is not None
    is_old = waiting[0]["since"] <= milliseconds(tx.now - AGE_MAX)
    return is_old or seq - signed_seq >= ENTRIES_MAX


async def _sound_once(tx: Transaction, seq: int) -> None:
    """Tell of one break once, however often it is met."""
    log.critical("alarm", kind=CHAIN_BROKEN, seq=seq)
    alarm = Entry(CHAIN_BROKEN, None, SYSTEM, {"seq": seq})
    told = await tx.rows(
        "SELECT 1 FROM audit_entry WHERE kind = ? AND about = ? LIMIT 1",
        [alarm.kind, f'{{"seq":{seq}}}'],
    )
    if not told:
        await record(tx, alarm)
