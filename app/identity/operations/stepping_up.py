"""Staff step up: a fresh authenticator code opens what a session alone does not."""

from datetime import datetime

from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import Transaction, transaction
from app.foundation.errors import Unauthenticated
from app.foundation.idempotency import Answer
from app.foundation.log import logger
from app.foundation.sealing import unseal
from app.identity.errors import StepUpFailed
from app.identity.models import StaffRow, staff_cell
from app.identity.operations.staff import claim_attempt, forgive, secret_of
from app.identity.rules import codes
from app.identity.rules.stepping_up import STEP_UP_LIFETIME, StepUp

log = logger(__name__)


async def step_up(
    caller: StaffCaller, *, totp: str, idempotency_key: str
) -> datetime | StepUpFailed:
    """
    Take a fresh code for the present session; return until when it counts, or a failure, counted.

    A code works once, whether for signing in or for this. Failures count together with failed
    sign-ins of the same name.

    Raises:
        InvalidInput: The code is not six digits.
        RateLimited: The name is locked after too many failures.
        Unauthenticated: The session is over.
        IdempotencyConflict: The key was used with another code.
    """
    command = StepUp(
        staff_id=caller.staff_id,
        session_id=caller.session_id,
        totp=codes.code_input(totp, field="input.totp"),
        idempotency_key=idempotency_key,
    )
    row = await StaffRow.get_or_none(id=caller.staff_id)
    if row is None:
        raise Unauthenticated
    await claim_attempt(row.name)
    secret = secret_of(await unseal(staff_cell(row.id), row.totp_secret))
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        answer = claim.answer
        if answer is None:
            answer = await _answer(tx, command, codes.totp_step_of(secret, command.totp, tx.now))
            await claim.settle(tx, answer)
        if answer["until"] is None:
            log.warning("staff_step_up_failed", staff_id=row.id)
            return StepUpFailed()
        await forgive(tx, row.name)
    return moment_of(answer["until"])


async def _answer(tx: Transaction, command: StepUp, step: int | None) -> Answer:
    used = await tx.rows(
        "UPDATE staff SET last_totp_step = ? WHERE id = ? AND last_totp_step < ? RETURNING id",
        [step or 0, command.staff_id, step or 0],
    )
    if not used:
        return {"until": None}
    stepped_up = await tx.rows(
        "UPDATE staff_session SET stepped_up_at = ? WHERE id = ? AND staff_id = ?"
        " AND ended_at IS NULL RETURNING id",
        [milliseconds(tx.now), command.session_id, command.staff_id],
    )
    if not stepped_up:
        raise Unauthenticated
    about = {"session": command.session_id}
    await record(tx, Entry("staff.stepped_up", None, command.staff_id, about))
    return {"until": milliseconds(tx.now + STEP_UP_LIFETIME)}
