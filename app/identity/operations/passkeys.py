"""Passkeys of staff: added after a full sign-in, asked for by challenges of ours, taken away."""

from tortoise.exceptions import IntegrityError

from app.foundation import audit, idempotency
from app.foundation.audit import ALARM, Entry, note_cell, record
from app.foundation.base64url import as_text
from app.foundation.caller import StaffCaller
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, current, fetch, transaction
from app.foundation.errors import NotFound, Unauthenticated
from app.foundation.ids import new_id
from app.foundation.log import logger
from app.foundation.sealing import seal
from app.foundation.signatures import (
    Authenticator,
    Authenticators,
    Enrolled,
    Offer,
    PublicKey,
    Purpose,
    Reason,
    RelyingParty,
    SignatureRefused,
    challenge_of,
    packed_assertion,
    packed_registration,
    signed_message,
)
from app.identity.errors import (
    PasskeyRefused,
    PasskeysOff,
    StaffSignInStale,
    TooManyPasskeys,
)
from app.identity.models import PasskeyRow, UsedStaffChallengeRow, passkey_cell
from app.identity.operations.staff_rows import locked_staff
from app.identity.queries.callers import own_token, token_key
from app.identity.queries.passkeys import credential_ids_of, passkeys_of
from app.identity.queries.staff_rows import check_session, public_key_of
from app.identity.rules import devices, passkeys, people, tokens
from app.identity.rules.passkeys import (
    AddPasskey,
    PasskeyAnswer,
    PasskeyChallenge,
    PasskeyUse,
    PasskeyView,
    RemovePasskey,
    StaffSite,
)
from app.identity.rules.tokens import Token, TokenKind

log = logger(__name__)

COUNTED_BACK = ALARM + "passkey_counted_back"
"""A passkey counted no further than it had before: there may be a copy of it."""
NONCE_PREFIX = "sn"


class _Installed:
    site: StaffSite | None = None


def set_staff_site(site: StaffSite | None) -> None:
    """Say where staff sign in; without a site they have authenticator codes only."""
    _Installed.site = site


async def passkey_challenge(caller: StaffCaller | None, use: PasskeyUse) -> PasskeyChallenge:
    """
    Make a challenge; it is kept nowhere until it is answered, and good for five minutes.

    Raises:
        PasskeysOff: This installation names no page where staff sign in.
        Unauthenticated: Nobody is signed in, and it is not for signing in.
    """
    site = _site()
    if caller is None and use is not PasskeyUse.SIGN_IN:
        raise Unauthenticated
    now = current().clock.now()
    over_at = tokens.expires_at(now, passkeys.CHALLENGE_LIFETIME)
    chance = new_id(NONCE_PREFIX, now=now, entropy=current().entropy)
    nonce = tokens.write_token(
        token_key(),
        Token(kind=TokenKind.NONCE, session_id=chance, number=int(over_at.timestamp())),
    )
    own = None if use is PasskeyUse.SIGN_IN else caller
    return PasskeyChallenge(
        nonce=nonce,
        challenge=challenge_of(_message(use, nonce, own)),
        rp_id=site.rp_id,
        expires_at=over_at,
        credential_ids=() if own is None else await credential_ids_of(own.staff_id),
    )


async def add_passkey(caller: StaffCaller, command: AddPasskey) -> PasskeyView | PasskeyRefused:
    """
    Let a passkey stand for the authenticator code, within five minutes of a full sign-in.

    A challenge answered wrongly is used up, so that is returned.

    Raises:
        InvalidInput: The name is too long.
        PasskeysOff: This installation names no page where staff sign in.
        StaffSignInStale: The caller signed in more than five minutes ago.
        TooManyPasskeys: There are five already.
        PasskeyRefused: Somebody else registered the same passkey at this moment.
        IdempotencyConflict: The key was used for another command.
        SealBroken: The caller's row or session was altered.
    """
    site, name = _site(), people.device_name_of(command.name)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await _added_before(command.staff_id, claim.answer["passkey_id"])
        await locked_staff(command.staff_id)
        await _check_fresh(tx, command)
        if await PasskeyRow.filter(staff_id=command.staff_id).count() >= passkeys.PASSKEYS_MAX:
            raise TooManyPasskeys(passkeys.PASSKEYS_MAX)
        enrolled = await _enrolled(tx, site, caller, command)
        passkey_id = None if enrolled is None else await _keep(tx, command, enrolled, name)
        await claim.settle(tx, {"passkey_id": passkey_id})
    return await _added_before(command.staff_id, passkey_id)


async def remove_passkey(command: RemovePasskey) -> None:
    """
    Take one of the caller's own passkeys away and end the sessions it began; twice is done too.

    Raises:
        NotFound: There is no such passkey, or it is somebody else's.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return
        gone = await tx.rows(
            "DELETE FROM staff_passkey WHERE id = ? AND staff_id = ? RETURNING id",
            [command.passkey_id, command.staff_id],
        )
        if not gone:
            raise NotFound("input.passkeyId")
        cell = passkey_cell(command.passkey_id, command.staff_id, "public_key")
        await note_cell(tx, cell, None)
        await tx.run(
            "UPDATE staff_session SET ended_at = ? WHERE passkey_id = ? AND staff_id = ?"
            " AND ended_at IS NULL",
            [milliseconds(tx.now), command.passkey_id, command.staff_id],
        )
        about = {"passkey": command.passkey_id}
        await record(tx, Entry("staff.passkey_removed", None, command.staff_id, about))
        await claim.settle(tx, {"passkey_id": command.passkey_id})


async def passkey_that_answered(
    tx: Transaction,
    staff_id: str,
    use: PasskeyUse,
    answer: PasskeyAnswer,
    *,
    session: StaffCaller | None = None,
) -> str | None:
    """
    Return which passkey of a member of staff signed a challenge of ours; None if none did.

    The challenge is used up either way. A passkey that counts must have counted on.

    Raises:
        SealBroken: The key is not the one that was registered.
    """
    site = _Installed.site
    if site is None or not await _use_up(tx, answer.nonce):
        return None
    row = await PasskeyRow.get_or_none(credential_id=answer.credential_id, staff_id=staff_id)
    if row is None:
        return None
    key = PublicKey.parse(devices.kept_bytes(await public_key_of(row)))
    proof = packed_assertion(
        client_data=answer.client_data,
        authenticator_data=answer.authenticator_data,
        signature=answer.signature,
    )
    try:
        proven = _port(site).verify(
            key, _message(use, answer.nonce, session), proof, counter_seen=row.counter
        )
    except SignatureRefused as refused:
        if refused.reason is Reason.REPLAYED:
            await record(tx, Entry(COUNTED_BACK, None, staff_id, {"passkey": row.id}))
        return None
    counter = proven.counter or 0
    counted = await tx.rows(
        "UPDATE staff_passkey SET counter = ?, last_used_at = ? WHERE id = ?"
        " AND (counter < ? OR (counter = 0 AND ? = 0)) RETURNING id",
        [counter, milliseconds(tx.now), row.id, counter, counter],
    )
    return row.id if counted else None


async def _check_fresh(tx: Transaction, command: AddPasskey) -> None:
    rows = await fetch(
        "SELECT id AS session_id, staff_id, started_at, stepped_up_at, seal FROM staff_session"
        " WHERE id = ? AND staff_id = ? AND ended_at IS NULL",
        [command.session_id, command.staff_id],
    )
    if not rows:
        raise Unauthenticated
    check_session(rows[0])
    if rows[0]["started_at"] <= milliseconds(tx.now - passkeys.FRESH):
        raise StaffSignInStale


async def _enrolled(
    tx: Transaction, site: StaffSite, caller: StaffCaller, command: AddPasskey
) -> Enrolled | None:
    if not await _use_up(tx, command.nonce):
        return None
    offer = Offer(
        authenticator=Authenticator.WEBAUTHN,
        key=b"",
        proof=packed_registration(
            client_data=command.client_data, attestation_object=command.attestation
        ),
    )
    try:
        enrolled = _port(site).enroll(offer, _message(PasskeyUse.ADD, command.nonce, caller))
    except SignatureRefused as refused:
        log.warning("staff_passkey_refused", staff_id=command.staff_id, reason=refused.reason)
        return None
    is_known = await PasskeyRow.exists(credential_id=as_text(enrolled.credential_id))
    return None if is_known else enrolled


async def _keep(tx: Transaction, command: AddPasskey, enrolled: Enrolled, name: str) -> str:
    passkey_id = tx.new_id("sk")
    cell = passkey_cell(passkey_id, command.staff_id, "public_key")
    public_key = await seal(tx, cell, as_text(enrolled.key.encode()))
    try:
        await PasskeyRow.create(
            id=passkey_id,
            staff_id=command.staff_id,
            credential_id=as_text(enrolled.credential_id),
            public_key=public_key,
            name=await seal(tx, passkey_cell(passkey_id, command.staff_id, "name"), name),
            counter=enrolled.counter,
            made_at=milliseconds(tx.now),
        )
    except IntegrityError as taken:  # somebody else registered it since it was looked for
        raise PasskeyRefused from taken
    await audit.note_cell(tx, cell, public_key)
    about = {"passkey": passkey_id}
    await record(tx, Entry("staff.passkey_added", None, command.staff_id, about))
    return passkey_id


async def _added_before(staff_id: str, passkey_id: str | None) -> PasskeyView | PasskeyRefused:
    if passkey_id is None:
        return PasskeyRefused()
    found = [one for one in await passkeys_of(staff_id) if one.passkey_id == passkey_id]
    if not found:
        raise NotFound
    return found[0]


async def _use_up(tx: Transaction, written: str) -> bool:
    """Use a challenge of ours, of which only the first sender gets true."""
    nonce = own_token(TokenKind.NONCE, written)
    if nonce is None or not nonce.session_id.startswith(NONCE_PREFIX):
        return False
    if not tokens.is_current(nonce, tx.now, passkeys.CHALLENGE_LIFETIME):
        return False
    over = milliseconds(tx.now - 2 * passkeys.CHALLENGE_LIFETIME)
    await UsedStaffChallengeRow.filter(used_at__lt=over).delete()
    used = await tx.rows(
        "INSERT INTO staff_challenge_use (id, used_at) VALUES (?, ?)"
        " ON CONFLICT (id) DO NOTHING RETURNING id",
        [nonce.session_id, milliseconds(tx.now)],
    )
    return bool(used)


def _message(use: PasskeyUse, nonce: str, caller: StaffCaller | None) -> bytes:
    purpose = Purpose.ENROLL if use is PasskeyUse.ADD else Purpose.SIGN_IN
    if caller is None:
        return signed_message(purpose, *passkeys.challenge_parts(use, nonce))
    parts = passkeys.challenge_parts(
        use, nonce, staff_id=caller.staff_id, session_id=caller.session_id
    )
    return signed_message(purpose, *parts)


def _port(site: StaffSite) -> Authenticators:
    return Authenticators(RelyingParty(rp_id=site.rp_id, origins=site.origins))


def _site() -> StaffSite:
    if _Installed.site is None:
        raise PasskeysOff
    return _Installed.site
