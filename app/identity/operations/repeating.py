"""
Commands with a code in them that come again under the same key.

Who foresees the key of somebody else's command could try codes on the answer to it, as many as they
like: the right one is told the answer, the others that the key was used. So each of them is counted
as a guess before anything is told, and only the command that is the same is given back.
"""

from app.foundation import idempotency
from app.foundation.database import Transaction
from app.foundation.errors import IdempotencyConflict
from app.foundation.idempotency import Claim, Command
from app.identity.errors import CodeExpired
from app.identity.models import OneTimeCodeRow
from app.identity.operations.limits import (
    claim_daily_guess,
    give_daily_guess_back,
    note_failure,
)
from app.identity.rules import codes


async def claim_with_code(
    tx: Transaction, command: Command, challenge: OneTimeCodeRow
) -> Claim | IdempotencyConflict:
    """
    Claim a command's key; that it was used with something else is returned, so that it counts.

    It counts apart from the code's own guesses, which may be used up by now, and as often.

    Raises:
        CodeExpired: Five with something else in them came already.
        CodesLocked: Too many wrong codes were tried for this phone today.
        InvalidInput, StillInFlight: As `idempotency.claim` says.
    """
    try:
        claim = await idempotency.claim(tx, command)
    except IdempotencyConflict as misfit:
        await _count(tx, challenge)
        await note_failure(tx, challenge.id)
        return misfit
    if claim.answer is not None:
        await _count(tx, challenge)
        await tx.run("UPDATE one_time_code SET misfits = misfits - 1 WHERE id = ?", [challenge.id])
        await give_daily_guess_back(tx, challenge.phone_index)
    return claim


async def _count(tx: Transaction, challenge: OneTimeCodeRow) -> None:
    await claim_daily_guess(tx, challenge.phone_index)
    counted = await tx.rows(
        "UPDATE one_time_code SET misfits = misfits + 1 WHERE id = ? AND misfits < ? RETURNING id",
        [challenge.id, codes.GUESSES_PER_CODE],
    )
    if not counted:
        raise CodeExpired
