"""Sessions: started by a code, carried on by refresh tokens, ended by their owner."""

from dataclasses import dataclass
from datetime import datetime

from app.foundation import idempotency
from app.foundation.caller import BorrowerCaller, StaffCaller, Trust
from app.foundation.clock import local_date, milliseconds
from app.foundation.database import Transaction, fetch, transaction
from app.foundation.errors import NotFound, Unauthenticated
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import seal
from app.foundation.signatures import Purpose
from app.foundation.versions import Versions
from app.identity.errors import ProofInvalid, ProofRequired, SessionRevoked
from app.identity.events import SessionFamilyRevoked
from app.identity.models import SessionRow, session_cell
from app.identity.operations.proofs import check_proof, claim_counter
from app.identity.queries.callers import own_token, seen_by, token_key
from app.identity.queries.recovery import account_of
from app.identity.rules import recovery, tokens
from app.identity.rules.commands import EndOtherSessions, EndSession, RefreshSession
from app.identity.rules.recovery import Evidence
from app.identity.rules.tokens import RefreshStep, Token, TokenKind
from app.identity.rules.values import SessionTokens

log = logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refresh:
    """A refresh as idempotency knows it: by session and generation, not by the token's text."""

    session_id: str
    generation: int
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        return self.session_id


async def refresh_session(command: RefreshSession) -> SessionTokens | SessionRevoked:
    """
    Give a session its next tokens.

    The newest refresh token rotates. The one before it, whose answer was lost on the way, gets
    the same successor again, with no time limit. An older one is a copy somewhere else: the
    session is ended, the borrower is told, and the refusal is returned so that this stays done.

    A session bound to a device wants the request signed by its key. A good token without that was
    taken from the phone, so it gets nothing and ends the session in the same way. A proof that
    came twice ends nothing: networks repeat requests by themselves.

    Raises:
        Unauthenticated: The token is not ours, or its session was ended or unused for 180 days.
        SessionRevoked: The session was ended before because of a copied token.
        ProofReplayed: The proof's counter was used; the phone signs again with the next one.
    """
    token = own_token(TokenKind.REFRESH, command.refresh_token)
    if token is None:
        raise Unauthenticated
    async with transaction() as tx:
        row = await SessionRow.filter(id=token.session_id).select_for_update().first()
        _check_goes_on(tx, row)
        assert row is not None, "a missing session was refused"
        if not await _is_from_its_device(tx, row, command):
            await _revoke(tx, row)
            return SessionRevoked()
        claim = await idempotency.claim(
            tx,
            _Refresh(
                session_id=row.id,
                generation=token.number,
                idempotency_key=command.idempotency_key,
            ),
        )
        step = tokens.refresh_step(token.number, row.generation)
        if step is RefreshStep.REVOKE:
            await _revoke(tx, row)
            await claim.settle(tx, {"generation": None})
            return SessionRevoked()
        if step is RefreshStep.ROTATE:
            await _rotate(tx, row, token.number + 1)
        await claim.settle(tx, {"generation": row.generation})
        expires_at = tokens.expires_at(tx.now, tokens.ACCESS_LIFETIME)
        return tokens_of(row.id, row.generation, expires_at)


async def end_session(command: EndSession) -> None:
    """
    End one of the borrower's own sessions; ending one that is over already is done.

    Raises:
        NotFound: There is no such session, or it is somebody else's.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return
        row = (
            await SessionRow.filter(id=command.session_id, borrower_id=command.borrower_id)
            .select_for_update()
            .first()
        )
        if row is None:
            raise NotFound("input.sessionId")
        if row.ended_at is None:
            row.ended_at = milliseconds(tx.now)
            await row.save(update_fields=["ended_at"])
            await revise(tx, command.borrower_id)
        await claim.settle(tx, {"session_id": row.id})


async def sign_out(caller: BorrowerCaller, *, idempotency_key: str) -> None:
    """End the borrower's present session."""
    await end_session(
        EndSession(
            borrower_id=caller.borrower_id,
            session_id=caller.session_id,
            idempotency_key=idempotency_key,
        )
    )


async def authenticate(access_token: str, now: datetime) -> BorrowerCaller | StaffCaller | None:
    """
    Return who holds a token, and note that a member of staff was here.

    This is `queries.caller_of` for the gateway: without the note a member of staff would be idle
    fifteen minutes after signing in, however busy. The note is written at most once a minute.
    """
    return (await authenticate_with_versions(access_token, now))[0]


async def authenticate_with_versions(
    access_token: str, now: datetime
) -> tuple[BorrowerCaller | StaffCaller | None, Versions | None]:
    """Do the same, and return what a borrower's answers hang on as the same statement read it."""
    caller, versions = await seen_by(access_token, now)
    if isinstance(caller, StaffCaller):
        await _note_seen(caller.session_id, now)
    return caller, versions


async def end_other_sessions(command: EndOtherSessions) -> int:
    """End all of the borrower's sessions but the one asking; return how many there were."""
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["ended"]
        ended = await tx.rows(
            "UPDATE session SET ended_at = ? WHERE borrower_id = ? AND id <> ?"
            " AND ended_at IS NULL RETURNING id",
            [milliseconds(tx.now), command.borrower_id, command.session_id],
        )
        if ended:
            await revise(tx, command.borrower_id)
        await claim.settle(tx, {"ended": len(ended)})
        return len(ended)


async def start_session(
    tx: Transaction,
    borrower_id: str,
    device_name: str,
    *,
    shown: Evidence,
    device_id: str | None = None,
    is_new: bool = False,
) -> SessionRow:
    """
    Start a session, trusted as far as what was shown goes; beyond ten the longest unused ends.

    Of sessions that proved the number only, first: they push out nobody who showed more.

    A device holds one at a time: the one it had, whose tokens it no longer has, ends.
    """
    if device_id is not None:
        await end_sessions_of_device(tx, device_id)
    rows = await SessionRow.filter(borrower_id=borrower_id, ended_at=None).order_by(
        "-refreshed_at", "-id"
    )
    rows.sort(key=lambda row: row.trust == Trust.CONTACT)
    for row in rows[tokens.SESSIONS_MAX - 1 :]:
        row.ended_at = milliseconds(tx.now)
        await row.save(update_fields=["ended_at"])
    account = await account_of(borrower_id, has_history=not is_new)
    session_id = tx.new_id("ss")
    cell = session_cell(session_id, borrower_id)
    return await SessionRow.create(
        id=session_id,
        borrower_id=borrower_id,
        device_name=await seal(tx, cell, device_name),
        started_at=milliseconds(tx.now),
        refreshed_at=milliseconds(tx.now),
        last_used_on=local_date(tx.now),
        device_id=device_id,
        trust=recovery.trust_of({shown}, account),
        evidence=recovery.kept_of({shown}),
        phone_proven_at=milliseconds(tx.now) if shown is Evidence.PHONE else None,
    )


async def end_sessions_of_device(tx: Transaction, device_id: str) -> None:
    """End what a device's key was bound to."""
    await tx.run(
        "UPDATE session SET ended_at = ? WHERE device_id = ? AND ended_at IS NULL",
        [milliseconds(tx.now), device_id],
    )


def tokens_of(session_id: str, generation: int, expires_at: datetime) -> SessionTokens:
    """Write a session's tokens: the same generation has the same refresh token, always."""
    key = token_key()
    access = Token(kind=TokenKind.ACCESS, session_id=session_id, number=int(expires_at.timestamp()))
    refresh = Token(kind=TokenKind.REFRESH, session_id=session_id, number=generation)
    return SessionTokens(
        access_token=tokens.write_token(key, access),
        refresh_token=tokens.write_token(key, refresh),
        expires_at=expires_at,
    )


async def _is_from_its_device(tx: Transaction, row: SessionRow, command: RefreshSession) -> bool:
    if row.device_id is None:
        return True
    try:
        proof = await check_proof(
            row.borrower_id, row.device_id, command.sent, command.refresh_token, Purpose.REFRESH
        )
    except (ProofRequired, ProofInvalid):
        return False
    await claim_counter(tx, row.device_id, proof.counter)
    return True


def _check_goes_on(tx: Transaction, row: SessionRow | None) -> None:
    if row is not None and row.is_revoked:
        raise SessionRevoked
    idle_since = milliseconds(tx.now - tokens.SESSION_IDLE_MAX)
    if row is None or row.ended_at is not None or row.refreshed_at <= idle_since:
        raise Unauthenticated


async def _rotate(tx: Transaction, row: SessionRow, generation: int) -> None:
    today = local_date(tx.now)
    if row.last_used_on != today:
        row.last_used_on = today
        await revise(tx, row.borrower_id)
    row.generation = generation
    row.refreshed_at = milliseconds(tx.now)
    await row.save(update_fields=["generation", "refreshed_at", "last_used_on"])


async def _revoke(tx: Transaction, row: SessionRow) -> None:
    row.ended_at = milliseconds(tx.now)
    row.is_revoked = True
    await row.save(update_fields=["ended_at", "is_revoked"])
    await revise(tx, row.borrower_id)
    await announce(tx, SessionFamilyRevoked(borrower_id=row.borrower_id, session_id=row.id))
    log.warning("session_family_revoked", borrower_id=row.borrower_id, session_id=row.id)


async def _note_seen(session_id: str, now: datetime) -> None:
    due = [session_id, milliseconds(now - tokens.STAFF_SEEN_EVERY)]
    if not await fetch("SELECT 1 FROM staff_session WHERE id = ? AND seen_at <= ?", due):
        return
    async with transaction() as tx:
        await tx.run(
            "UPDATE staff_session SET seen_at = ? WHERE id = ? AND seen_at <= ?",
            [milliseconds(tx.now), *due],
        )
