"""Keeping the chain vouched for: checkpoints made in time, over what still holds."""

from datetime import timedelta
from pathlib import Path

from app.foundation.audit.chain import ALARM, FIRST_PREV_HASH, SYSTEM, Entry, record
from app.foundation.audit.checkpoints import (
    BROKEN_MAX,
    Checkpoint,
    last_genuine,
    signed,
    tell_witness,
    untold,
)
from app.foundation.audit.walking import SEQ_MAX, Walk
from app.foundation.canonical import canonical_json
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.log import logger

log = logger(__name__)

ENTRIES_MAX = 1_000
"""Entries after which the chain is signed anew, however little time has passed."""

AGE_MAX = timedelta(minutes=1)
"""How long an entry waits for a signature: what is cut off within that time may go unseen."""

CHAIN_BROKEN = ALARM + "chain_broken"


CHECKPOINT_FORGED = ALARM + "checkpoint_forged"
WITNESS_SILENT = ALARM + "witness_silent"


class _Installed:
    witness: Path | None = None


_waiting: dict[Path, list[Checkpoint]] = {}
"""What each witness of this process is yet to be told, oldest first; not there: unknown as yet."""


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
    was added is looked at first: what does not hold is named in the checkpoint, under its
    signature, and an alarm says so; the chain goes on from there. What the witness could not be
    told before, it is told now, in order.

    Raises:
        OSError: The witness file cannot be written; the signature is in the database, an alarm
            too, and the next call tries again.
    """
    async with transaction() as tx:
        made = await _signed(tx, only_if_due=only_if_due)
    if witness is not None:
        await _tell(witness, made)
    return made


async def _signed(tx: Transaction, *, only_if_due: bool) -> Checkpoint | None:
    last, forged = await last_genuine()
    signed_seq = 0 if last is None else last.seq
    if not await _is_due(tx, signed_seq, only_if_due=only_if_due):
        return None
    walk = Walk(seq=signed_seq, stored_hash=FIRST_PREV_HASH if last is None else last.hash)
    await walk.go_on()
    walk.settle_suspects()
    broken = sorted({problem.seq for problem in walk.problems})
    for kind, seqs in ((CHAIN_BROKEN, broken[:1]), (CHECKPOINT_FORGED, forged[-1:])):
        for seq in seqs:
            await _sound_once(tx, kind, seq)
    made = signed(
        seq=walk.seq,
        chain_hash=walk.stored_hash,
        entries=walk.entries + (0 if last is None else last.entries),
        signed_at=milliseconds(tx.now),
        broken=tuple(broken[:BROKEN_MAX]),
    )
    kept = await tx.rows(
        "INSERT INTO audit_checkpoint (seq, hash, entries, signed_at, signature, broken)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (seq) DO NOTHING RETURNING seq",
        [
            made.seq,
            made.hash,
            made.entries,
            made.signed_at,
            made.signature,
            canonical_json(list(made.broken)) if made.broken else None,
        ],
    )
    return made if kept else None


async def _tell(witness: Path, made: Checkpoint | None) -> None:
    """Tell a witness what it does not know: at first all it lacks, then what could not be told."""
    try:
        if not _waiting.get(witness) and (witness not in _waiting or _is_gone(witness)):
            _waiting[witness] = await untold(witness)
        elif made is not None:
            _waiting[witness].append(made)
        if _waiting[witness]:
            tell_witness(witness, _waiting[witness])
    except OSError:
        for one in (*_waiting.get(witness, ()), made)[:1]:
            if one is not None:
                async with transaction() as tx:
                    await _sound_once(tx, WITNESS_SILENT, one.seq)
        raise
    _waiting[witness] = []


def _is_gone(witness: Path) -> bool:
    """Tell whether somebody put the file aside: a new one begins with all there is to tell."""
    return not witness.exists()


async def _is_due(tx: Transaction, signed_seq: int, *, only_if_due: bool) -> bool:
    waiting = await tx.rows(
        "SELECT MAX(seq) AS seq, MIN(CAST(recorded_at AS BIGINT)) AS since FROM audit_entry"
        f" WHERE seq > ? AND seq <= {SEQ_MAX}",
        [signed_seq],
    )
    seq = waiting[0]["seq"]
    if seq is None or not only_if_due:
        return seq is not None
    is_old = waiting[0]["since"] <= milliseconds(tx.now - AGE_MAX)
    return is_old or seq - signed_seq >= ENTRIES_MAX


async def _sound_once(tx: Transaction, kind: str, seq: int) -> None:
    """Tell of one break once, however often it is met."""
    log.critical("alarm", kind=kind, seq=seq)
    alarm = Entry(kind, None, SYSTEM, {"seq": seq})
    told = await tx.rows(
        "SELECT 1 FROM audit_entry WHERE kind = ? AND about = ? LIMIT 1",
        [alarm.kind, f'{{"seq":{seq}}}'],
    )
    if not told:
        await record(tx, alarm)
