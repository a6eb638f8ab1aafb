"""From a token to who is asking, and the sessions a borrower holds."""

from collections.abc import Mapping
from datetime import datetime

from app.foundation.caller import BorrowerCaller, StaffCaller, StaffRole, Trust
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import fetch, fetch_tuples
from app.foundation.sealing import derived_key, key_ring, unseal_all
from app.foundation.versions import Versions, versions_columns, versions_in
from app.identity.models import DeviceRow, SessionRow, device_cell, session_cell
from app.identity.queries.recovery import account_of
from app.identity.queries.staff_rows import COLUMNS, check_session, check_staff_values
from app.identity.rules import devices, recovery, tokens
from app.identity.rules.devices import DeviceKind, DeviceLevel, DeviceView
from app.identity.rules.passwords import kept_password
from app.identity.rules.tokens import Token, TokenKind
from app.identity.rules.values import SessionView

TOKEN_LABEL = "session-token"  # noqa: S105 - the name of a key


def token_key() -> bytes:
    """Return the key under which every session token is written."""
    return derived_key(TOKEN_LABEL)


def own_token(kind: TokenKind, written: str) -> Token | None:
    """Read a token that we wrote, under any version of the key that is still read."""
    labels = key_ring().labels
    for version in labels.versions(TOKEN_LABEL):
        token = tokens.read_token(labels.key(TOKEN_LABEL, version), kind, written)
        if token is not None:
            return token
    return None


async def caller_of(access_token: str, now: datetime) -> BorrowerCaller | StaffCaller | None:
    """
    Return who holds a token; None when it is malformed, forged, over, or its session has ended.

    The MAC and the expiry are checked before any table is read.
    """
    return (await seen_by(access_token, now))[0]


async def seen_by(
    access_token: str, now: datetime
) -> tuple[BorrowerCaller | StaffCaller | None, Versions | None]:
    """Return who holds a token; of a borrower, also what their answers hang on."""
    access = own_token(TokenKind.ACCESS, access_token)
    if access is not None and tokens.is_current(access, now, tokens.ACCESS_LIFETIME):
        return await _borrower_of(access, now)
    staff = own_token(TokenKind.STAFF, access_token)
    if staff is not None and tokens.is_current(staff, now, tokens.STAFF_LIFETIME):
        return await _staff_of(staff, now), None
    return None, None


_TRUSTS: Mapping[str, Trust] = {one.value: one for one in Trust}
_SESSION = (
    "SELECT s.borrower_id, s.device_id, s.trust, s.full_at, s.evidence,"
    f" {versions_columns('s.borrower_id')} FROM session s WHERE s.id = ? AND s.ended_at IS NULL"
)


async def _borrower_of(
    token: Token, now: datetime
) -> tuple[BorrowerCaller | None, Versions | None]:
    rows = await fetch_tuples(_SESSION, [token.session_id])
    if not rows:
        return None, None
    borrower_id, device_id, trust, full_at, evidence, on_date, own, catalog = rows[0]
    trusted = _TRUSTS[trust]
    if trusted is not Trust.FULL and full_at is not None and full_at <= milliseconds(now):
        trusted = await _trusted_by_now(borrower_id, trusted, evidence)
    caller = BorrowerCaller(
        borrower_id=borrower_id,
        session_id=token.session_id,
        device_id=device_id,
        trust=trusted,
    )
    return caller, versions_in(on_date, own, catalog)


async def _trusted_by_now(borrower_id: str, trust: Trust, evidence: str) -> Trust:
    """Return how far a session is trusted that has waited; a PIN or key made since counts too."""
    waited = recovery.evidence_of(evidence) | {recovery.Evidence.WAITED}
    later = recovery.trust_of(waited, await account_of(borrower_id))
    return later if later.reaches(trust) else trust


async def _staff_of(token: Token, now: datetime) -> StaffCaller | None:
    columns = ", ".join(f"t.{name}" for name in COLUMNS)
    rows = await fetch(
        "SELECT s.id AS session_id, s.staff_id, s.started_at, s.stepped_up_at, s.seal,"
        f" {columns} FROM staff_session s JOIN staff t ON t.id = s.staff_id"
        " WHERE s.id = ? AND s.ended_at IS NULL AND s.seen_at > ? AND s.seal IS NOT NULL",
        [token.session_id, milliseconds(now - tokens.STAFF_IDLE_MAX)],
    )
    if not rows:
        return None
    check_session(rows[0])
    await check_staff_values(rows[0])
    if kept_password(rows[0]["password_hash"]).ended_at is not None:
        return None  # whatever became of the session's row: the seal is over this one
    return StaffCaller(
        staff_id=rows[0]["staff_id"],
        session_id=token.session_id,
        role=StaffRole(rows[0]["role"]),
    )


async def sessions_of(borrower_id: str, now: datetime) -> list[SessionView]:
    """Return a borrower's live sessions, newest first; never more than ten."""
    rows = (
        await SessionRow.filter(
            borrower_id=borrower_id,
            ended_at=None,
            refreshed_at__gt=milliseconds(now - tokens.SESSION_IDLE_MAX),
        )
        .order_by("-started_at", "-id")
        .limit(tokens.SESSIONS_MAX)
    )
    names = await unseal_all([(session_cell(row.id, borrower_id), row.device_name) for row in rows])
    return [
        SessionView(
            session_id=row.id,
            device_name=name,
            started_at=moment_of(row.started_at),
            last_used_on=row.last_used_on,
            device_id=row.device_id,
        )
        for row, name in zip(rows, names, strict=True)
    ]


async def devices_of(borrower_id: str) -> list[DeviceView]:
    """Return the devices that may sign a borrower in, newest first; never more than five."""
    rows = (
        await DeviceRow.filter(borrower_id=borrower_id, ended_at=None)
        .order_by("-enrolled_at", "-id")
        .limit(devices.DEVICES_MAX)
    )
    names = await unseal_all([(device_cell(row.id, borrower_id, "name"), row.name) for row in rows])
    return [
        DeviceView(
            device_id=row.id,
            name=name,
            kind=DeviceKind(row.kind),
            level=DeviceLevel(row.level),
            enrolled_at=moment_of(row.enrolled_at),
            last_used_on=row.last_used_on,
        )
        for row, name in zip(rows, names, strict=True)
    ]


async def device_level(caller: BorrowerCaller) -> DeviceLevel | None:
    """
    Return what the key is worth that a session is bound to, for limits on money.

    None where there is no key: signed in by code alone, or the device was ended since.
    """
    if caller.device_id is None:
        return None
    rows = await fetch(
        "SELECT level FROM device WHERE id = ? AND borrower_id = ? AND ended_at IS NULL",
        [caller.device_id, caller.borrower_id],
    )
    return DeviceLevel(rows[0]["level"]) if rows else None
