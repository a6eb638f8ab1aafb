"""Staff step up: a fresh code or passkey opens what a session alone does not."""

from datetime import datetime

from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import Transaction, transaction
from app.foundation.errors import Unauthenticated
from app.foundation.idempotency import Answer
from app.foundation.log import logger
from app.identity.errors import StepUpFailed
from app.identity.models import StaffRow
from app.identity.operations.passkeys import passkey_that_answered
from app.identity.operations.staff import claim_attempt, forgive, proof_of, use_code
from app.identity.operations.staff_rows import note_stepped_up
from app.identity.queries.staff_rows import check_staff
from app.identity.rules.passkeys import PasskeyAnswer, PasskeyUse
from app.identity.rules.stepping_up import STEP_UP_LIFETIME, StepUp

log = logger(__name__)


async def step_up(
    caller: StaffCaller,
    *,
    idempotency_key: str,
    totp: str | None = None,
    passkey: PasskeyAnswer | None = None,
) -> datetime | StepUpFailed:
    """
    Take a fresh proof for the present session; return until when it counts, or a failure, counted.

    It is a code of the authenticator or a passkey, one of the two. A code works once, whether for
    signing in or for this, and so does a challenge. Failures count together with failed sign-ins
    of the same name.

    Raises:
        InvalidInput: The code is not six digits, or not one of the two is given.
        RateLimited: The name is locked after too many failures.
        Unauthenticated: The session is over.
        IdempotencyConflict: The key was used with another code.
        SealBroken: Somebody wrote to the member's row, passkey or session behind our back.
    """
    proof = proof_of(totp, passkey)
    command = StepUp(
        staff_id=caller.staff_id,
        session_id=caller.session_id,
        totp=proof if isinstance(proof, str) else None,
        passkey=passkey,
        idempotency_key=idempotency_key,
    )
    row = await StaffRow.get_or_none(id=caller.staff_id)
    if row is None:
        raise Unauthenticated
    await check_staff([row])
    await claim_attempt(row.name)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        answer = claim.answer
        if answer is None:
            answer = await _answer(tx, caller, row, proof)
            await claim.settle(tx, answer)
        if answer["until"] is None:
            log.warning("staff_step_up_failed", staff_id=row.id)
            return StepUpFailed(field="input.totp" if passkey is None else "input.passkey")
        await forgive(tx, row.name)
    return moment_of(answer["until"])


async def _answer(
    tx: Transaction, caller: StaffCaller, row: StaffRow, proof: str | PasskeyAnswer
) -> Answer:
    about = {"session": caller.session_id}
    if isinstance(proof, str):
        is_proven = await use_code(tx, row, proof)
    else:
        passkey_id = await passkey_that_answered(
            tx, row.id, PasskeyUse.STEP_UP, proof, session=caller
        )
        is_proven = passkey_id is not None
        if passkey_id is not None:
            about["passkey"] = passkey_id
    if not is_proven:
        return {"until": None}
    await note_stepped_up(tx, caller.session_id, caller.staff_id)
    await record(tx, Entry("staff.stepped_up", None, caller.staff_id, about))
    return {"until": milliseconds(tx.now + STEP_UP_LIFETIME)}
