"""Staff sign in with a password and a code or passkey, and choose their password."""

from dataclasses import replace
from datetime import timedelta

from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import Transaction, current, transaction
from app.foundation.errors import InvalidInput, RateLimited
from app.foundation.hashing import Compared
from app.foundation.idempotency import Answer
from app.foundation.log import logger
from app.foundation.sealing import unseal
from app.identity.errors import PasswordToChange, SignInFailed
from app.identity.models import StaffRow, staff_cell
from app.identity.operations.enrolling import has_name_shape, secret_of
from app.identity.operations.passkeys import passkey_that_answered
from app.identity.operations.passwords import compare_password, hash_password
from app.identity.operations.staff_rows import (
    end_staff_sessions,
    keep_staff,
    locked_staff,
    start_staff_session,
)
from app.identity.queries.callers import token_key
from app.identity.queries.staff import staff_name_index
from app.identity.queries.staff_rows import check_staff
from app.identity.rules import codes, tokens
from app.identity.rules.commands import EndStaffSession, StaffSignIn
from app.identity.rules.passkeys import PasskeyAnswer, PasskeyUse
from app.identity.rules.passwords import (
    NOBODYS,
    PASSWORD_MAX,
    PASSWORD_MIN,
    KeptPassword,
    kept_password,
)
from app.identity.rules.tokens import Token, TokenKind
from app.identity.rules.values import StaffSignedIn

log = logger(__name__)

FAILURES_MAX = 5
LOCKED_FOR = timedelta(minutes=15)


async def staff_sign_in(
    command: StaffSignIn,
) -> StaffSignedIn | SignInFailed | PasswordToChange:
    """
    Sign a member of staff in; a failure is counted and returned.

    Beside the password it takes a code of the authenticator or a passkey, one of the two. It takes
    as long and says the same whichever is wrong. After five failures in a row a name, known or not,
    is locked for fifteen minutes; a failure with a new password counts twice. A code and a
    challenge for a passkey work once; the same command sent again gets the same session.

    With a new password, that is theirs from now on, and their other sessions are over. After a
    password for one use there has to be one: without it both proofs are used up, and that is
    returned.

    Raises:
        InvalidInput: The authenticator code is not six digits, or not one of the two is given; or
            the new password is too short, too long or the present one.
        RateLimited: The name is locked, or too many passwords are being worked on.
        IdempotencyConflict: The key was used with another code.
        SealBroken: Somebody wrote to the member's row, or to the passkey, behind our back.
    """
    proof = proof_of(command.totp, command.passkey)
    if len(command.password) > PASSWORD_MAX or not has_name_shape(command.name):
        return SignInFailed()
    if command.new_password is not None:
        _check_chosen(command.new_password, command.password)
    row, renewed = await _with_password(command)
    if row is None:
        log.warning("staff_sign_in_failed")
        return SignInFailed()
    await check_staff([row])
    new = command.new_password
    chosen = None if new is None else await hash_password(new)
    async with transaction() as tx:
        # The password was right, and no fast hash of it is kept: it stays out of the claim.
        claim = await idempotency.claim(tx, replace(command, password="", new_password=None))
        answer = claim.answer
        if answer is None:
            answer = await _answer(tx, row, proof, chosen)
            await claim.settle(tx, answer)
        if answer.get("has_to_choose"):
            await forgive(tx, command.name)
            return PasswordToChange()
        if answer["session_id"] is None:
            log.warning("staff_sign_in_failed", staff_id=row.id)
            return SignInFailed()
        await forgive(tx, command.name)
        if renewed is not None:
            await _keep_renewed(tx, row, renewed)
    expires_at = moment_of(answer["expires_at"])
    token = Token(
        kind=TokenKind.STAFF, session_id=answer["session_id"], number=int(expires_at.timestamp())
    )
    return StaffSignedIn(
        staff_id=row.id,
        access_token=tokens.write_token(token_key(), token),
        expires_at=expires_at,
    )


async def staff_sign_out(caller: StaffCaller, *, idempotency_key: str) -> None:
    """End the present session of a member of staff."""
    command = EndStaffSession(
        staff_id=caller.staff_id, session_id=caller.session_id, idempotency_key=idempotency_key
    )
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return
        await tx.run(
            "UPDATE staff_session SET ended_at = ? WHERE id = ? AND ended_at IS NULL",
            [milliseconds(tx.now), caller.session_id],
        )
        await claim.settle(tx, {"session_id": caller.session_id})


async def _with_password(command: StaffSignIn) -> tuple[StaffRow | None, str | None]:
    """
    Return who has this name and password, having counted the attempt first.

    With them comes a hash to keep instead, where the present one was made with old parameters.
    """
    row = await StaffRow.get_or_none(name=command.name)
    kept = NOBODYS if row is None else kept_password(row.password_hash)
    outcome = await _compared(command.name, kept, command.password)
    if not outcome.fits and command.new_password is not None:
        # The answer may have been lost when the password was changed: sent again, it is the new.
        # One for one use never became so; it takes as long, and counts, all the same.
        changed = NOBODYS if kept.is_for_once else kept
        outcome = await _compared(command.name, changed, command.new_password)
    if row is None or not outcome.fits:
        return None, None
    return row, None if kept.is_for_once else outcome.renewed


async def _compared(name: str, kept: KeptPassword, password: str) -> Compared:
    await claim_attempt(name)
    try:
        return await compare_password(password, kept.hash_at(current().clock.now()))
    except RateLimited:
        async with transaction() as tx:
            await tx.run(
                "UPDATE staff_attempt SET failures = failures - 1 WHERE name_index = ?",
                [staff_name_index(name)],
            )
        raise


def _check_chosen(chosen: str, present: str) -> None:
    if not PASSWORD_MIN <= len(chosen) <= PASSWORD_MAX:
        raise InvalidInput("input.newPassword", "identity.reason.password", least=PASSWORD_MIN)
    if chosen == present:
        raise InvalidInput("input.newPassword", "identity.reason.password_same")


async def claim_attempt(name: str) -> None:
    """Count an attempt before it is looked at, so that many at once get no more than five."""
    name_index = staff_name_index(name)
    async with transaction() as tx:
        now, since = milliseconds(tx.now), milliseconds(tx.now - LOCKED_FOR)
        await tx.run("DELETE FROM staff_attempt WHERE failed_at <= ?", [since])
        claimed = await tx.rows(
            "INSERT INTO staff_attempt (name_index, failures, failed_at) VALUES (?, 1, ?)"
            " ON CONFLICT (name_index) DO UPDATE SET failures = staff_attempt.failures + 1,"
            " failed_at = excluded.failed_at WHERE staff_attempt.failures < ? RETURNING failures",
            [name_index, now, FAILURES_MAX],
        )
        if claimed:
            return
        rows = await tx.rows(
            "SELECT failed_at FROM staff_attempt WHERE name_index = ?", [name_index]
        )
        free_at = moment_of(rows[0]["failed_at"]) + LOCKED_FOR
        raise RateLimited(codes.whole_seconds(free_at - tx.now))


async def forgive(tx: Transaction, name: str) -> None:
    """Forget failures in a row: somebody of this name has proved themselves."""
    await tx.run("DELETE FROM staff_attempt WHERE name_index = ?", [staff_name_index(name)])


def proof_of(totp: str | None, passkey: PasskeyAnswer | None) -> str | PasskeyAnswer:
    """
    Return the one proof that is given beside the password, or beside the session.

    Raises:
        InvalidInput: It is none or both, or the code is not six digits.
    """
    if passkey is not None and totp is None:
        return passkey
    if totp is None or passkey is not None:
        raise InvalidInput("input.totp", "identity.reason.staff_proof")
    return codes.totp_input(totp, field="input.totp")


async def use_code(tx: Transaction, row: StaffRow, totp: str) -> bool:
    """Use a code of a member's authenticator up, of which only the first sender gets true."""
    secret = secret_of(await unseal(staff_cell(row.id), row.totp_secret))
    step = codes.totp_step_of(secret, totp, tx.now) or 0
    used = await tx.rows(
        "UPDATE staff SET last_totp_step = ? WHERE id = ? AND last_totp_step < ? RETURNING id",
        [step, row.id, step],
    )
    return bool(used)


async def _answer(
    tx: Transaction, seen: StaffRow, proof: str | PasskeyAnswer, chosen: str | None
) -> Answer:
    """Start a session if the code or the passkey proves who it is, and the password may stay."""
    row = await locked_staff(seen.id)
    if row.password_hash != seen.password_hash:  # changed or ended since it was compared
        return {"session_id": None}
    passkey_id = None
    if isinstance(proof, str):
        is_proven = await use_code(tx, row, proof)
    else:
        passkey_id = await passkey_that_answered(tx, row.id, PasskeyUse.SIGN_IN, proof)
        is_proven = passkey_id is not None
    if not is_proven:
        return {"session_id": None}
    if chosen is not None:
        row.password_hash = chosen
        await keep_staff(tx, row)
        ended = await end_staff_sessions(tx, row.id)
        await record(tx, Entry("staff.password_changed", None, row.id, {"sessions": ended}))
    elif kept_password(row.password_hash).is_for_once:
        return {"session_id": None, "has_to_choose": True}
    session_id = await start_staff_session(tx, row.id, passkey_id)
    about = {"session": session_id}
    if passkey_id is not None:
        about["passkey"] = passkey_id
    await record(tx, Entry("staff.signed_in", None, row.id, about))
    expires_at = tokens.expires_at(tx.now, tokens.STAFF_LIFETIME)
    return {"session_id": session_id, "expires_at": milliseconds(expires_at)}


async def _keep_renewed(tx: Transaction, seen: StaffRow, renewed: str) -> None:
    """Keep a hash made anew of the same password, unless another one was set meanwhile."""
    row = await locked_staff(seen.id)
    if row.password_hash == seen.password_hash:
        row.password_hash = renewed
        await keep_staff(tx, row)
