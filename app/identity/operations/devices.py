"""Devices: enrolled by a challenge their keys sign, listed and ended by their borrower."""

from dataclasses import replace
from datetime import datetime, timedelta

from tortoise.exceptions import IntegrityError

from app.foundation import audit, idempotency
from app.foundation.clock import local_date, milliseconds, moment_of
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, NotFound, RateLimited
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import Sealed, blind_index, blind_indexes, seal
from app.identity.errors import (
    DeviceChallengeOver,
    DeviceKeyRefused,
    SignInStale,
    TooManyDevices,
    WrongPin,
)
from app.identity.events import DeviceEnded, DeviceEnrolled
from app.identity.models import BorrowerRow, DeviceChallengeRow, DeviceRow, SessionRow, device_cell
from app.identity.operations.guessing import (
    check_pin,
    forgiven_if_refused,
    give_back,
    guess_where_set,
)
from app.identity.operations.keys import NewDevice, new_device
from app.identity.operations.sessions import end_sessions_of_device
from app.identity.rules import codes, devices, people
from app.identity.rules.commands import BeginDeviceEnrollment, EnrollDevice, RevokeDevice
from app.identity.rules.devices import EndReason, EnrolledDevice, EnrollmentChallenge

log = logger(__name__)


KEY_LABEL = "device.key"
"""The index by which a key is found from its public name."""


async def begin_device_enrollment(
    command: BeginDeviceEnrollment,
) -> EnrollmentChallenge | WrongPin:
    """
    Make a challenge for the key of a new device: for this session only, once, for five minutes.

    A borrower with a PIN gives it: on a shared phone, whoever adds a finger and reads the text
    message must not get a key by these alone. A wrong PIN is counted and returned.

    Raises:
        PinRequired: The borrower has a PIN.
        SignInStale: There is neither PIN nor key, and the code was given too long ago.
        PinLocked: Too many wrong ones in a row.
        RateLimited: Five challenges are open already, or too many PINs are being worked on.
        NotFound: The session is over.
        DeviceChallengeOver: The command was sent before, more than a day ago.
    """
    guess = await guess_where_set(command.borrower_id, command.pin)
    async with forgiven_if_refused(guess), transaction() as tx:
        claim = await idempotency.claim(tx, replace(command, pin=None))
        if claim.answer is not None:
            if guess is not None:
                await give_back(tx, guess)
            return await _begun_before(claim.answer)
        wrong = None if guess is None else await check_pin(tx, guess)
        if wrong is not None:
            await claim.settle(tx, {"attempts_left": wrong.attempts_left})
            return wrong
        await _hold(command.borrower_id)
        session = await _live_session(command.borrower_id, command.session_id)
        if guess is None and session.device_id is None:
            _check_fresh(session, tx.now)
        await _check_open_challenges(tx, command.borrower_id)
        row = await DeviceChallengeRow.create(
            id=tx.new_id("dc"),
            borrower_id=command.borrower_id,
            session_id=command.session_id,
            nonce=tx.random_bytes(devices.CHALLENGE_BYTES),
            expires_at=milliseconds(tx.now + devices.CHALLENGE_LIFETIME),
        )
        await claim.settle(tx, {"challenge_id": row.id})
    return _challenge(row)


async def _begun_before(answer: idempotency.Answer) -> EnrollmentChallenge | WrongPin:
    if "attempts_left" in answer:
        return WrongPin(answer["attempts_left"])
    row = await DeviceChallengeRow.get_or_none(id=answer["challenge_id"])
    if row is None:
        raise DeviceChallengeOver
    return _challenge(row)


async def enroll_device(command: EnrollDevice) -> EnrolledDevice | DeviceKeyRefused:
    """
    Let a device sign its borrower in, and bind the present session to its key.

    A wrong signature uses the challenge up and is returned, so that this stays done. The phone
    that this one replaces, if any, may sign in no longer.

    Raises:
        InvalidInput: The name is too long, or a key that needs a second one came without.
        DeviceChallengeOver: The challenge is too old, used up, or another session's.
        TooManyDevices: Five devices may sign in already.
        NotFound: The session is over, or the device to be replaced is not the borrower's.
    """
    name = people.device_name_of(command.name)
    if command.proof_key is None and command.kind in devices.NEEDS_PROOF_KEY:
        raise InvalidInput("input.proofKey", "identity.reason.proof_key")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return _told_again(claim.answer)
        await _hold(command.borrower_id)
        session = await _live_session(command.borrower_id, command.session_id)
        challenge = await _used_challenge(tx, command)
        new = new_device(challenge, command)
        if new is None or await _is_known(new.key_id):
            log.warning("device_key_refused", borrower_id=command.borrower_id)
            await claim.settle(tx, {"device_id": None})
            return DeviceKeyRefused()
        if command.replaces_device_id is not None:
            await _end_own(tx, command.borrower_id, command.replaces_device_id, EndReason.REPLACED)
        await _check_room(command.borrower_id)
        device_id = await _keep(tx, command.borrower_id, name, new)
        if session.device_id is None:
            session.device_id = device_id
            await session.save(update_fields=["device_id"])
        await announce(tx, DeviceEnrolled(borrower_id=command.borrower_id, device_id=device_id))
        await audit.record(
            tx,
            audit.Entry(
                "device.enrolled",
                command.borrower_id,
                command.borrower_id,
                {"device_id": device_id, "kind": command.kind.value, "level": new.level.value},
            ),
        )
        await revise(tx, command.borrower_id)
        await claim.settle(tx, {"device_id": device_id, "key_id": new.key_id})
    return EnrolledDevice(device_id=device_id, key_id=new.key_id)


async def revoke_device(command: RevokeDevice) -> None:
    """
    End one of the borrower's own devices and its sessions; one that is over already is done.

    Raises:
        NotFound: There is no such device, or it is somebody else's.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return
        await _end_own(tx, command.borrower_id, command.device_id, EndReason.REVOKED)
        await claim.settle(tx, {"device_id": command.device_id})


async def _end_own(tx: Transaction, borrower_id: str, device_id: str, reason: EndReason) -> None:
    row = await DeviceRow.filter(id=device_id, borrower_id=borrower_id).select_for_update().first()
    if row is None:
        raise NotFound("input.deviceId")
    if row.ended_at is not None:
        return
    row.ended_at = milliseconds(tx.now)
    row.ended_reason = reason
    await row.save(update_fields=["ended_at", "ended_reason"])
    await end_sessions_of_device(tx, device_id)
    await announce(tx, DeviceEnded(borrower_id=borrower_id, device_id=device_id, reason=reason))
    await audit.record(
        tx,
        audit.Entry(
            "device.ended", borrower_id, borrower_id, {"device_id": device_id, "reason": reason}
        ),
    )
    await revise(tx, borrower_id)


async def _hold(borrower_id: str) -> None:
    """Let one of a borrower's enrollments wait for the other, so that limits hold."""
    if await BorrowerRow.filter(id=borrower_id).select_for_update().first() is None:
        raise NotFound


async def _live_session(borrower_id: str, session_id: str) -> SessionRow:
    row = (
        await SessionRow.filter(id=session_id, borrower_id=borrower_id, ended_at=None)
        .select_for_update()
        .first()
    )
    if row is None:
        raise NotFound
    return row


def _check_fresh(session: SessionRow, now: datetime) -> None:
    """Want a code of minutes ago where nothing else tells the owner from a thief of tokens."""
    if session.started_at < milliseconds(now - devices.FRESH):
        raise SignInStale


async def _check_open_challenges(tx: Transaction, borrower_id: str) -> None:
    now = milliseconds(tx.now)
    await tx.run(
        "DELETE FROM device_challenge WHERE borrower_id = ? AND expires_at <= ?",
        [borrower_id, milliseconds(tx.now - timedelta(days=1))],
    )
    rows = await tx.rows(
        "SELECT expires_at FROM device_challenge WHERE borrower_id = ? AND used_at IS NULL"
        " AND expires_at > ?",
        [borrower_id, now],
    )
    if len(rows) >= devices.CHALLENGES_MAX:
        free_at = moment_of(min(row["expires_at"] for row in rows))
        raise RateLimited(codes.whole_seconds(free_at - tx.now))


async def _used_challenge(tx: Transaction, command: EnrollDevice) -> EnrollmentChallenge:
    rows = await tx.rows(
        "UPDATE device_challenge SET used_at = ? WHERE id = ? AND borrower_id = ?"
        " AND session_id = ? AND used_at IS NULL AND expires_at > ? RETURNING nonce, expires_at",
        [
            milliseconds(tx.now),
            command.challenge_id,
            command.borrower_id,
            command.session_id,
            milliseconds(tx.now),
        ],
    )
    if not rows:
        raise DeviceChallengeOver
    return EnrollmentChallenge(
        challenge_id=command.challenge_id,
        borrower_id=command.borrower_id,
        session_id=command.session_id,
        nonce=bytes(rows[0]["nonce"]),
        expires_at=moment_of(rows[0]["expires_at"]),
    )


async def _check_room(borrower_id: str) -> None:
    if await DeviceRow.filter(borrower_id=borrower_id, ended_at=None).count() >= (
        devices.DEVICES_MAX
    ):
        raise TooManyDevices(devices.DEVICES_MAX)


async def _is_known(key_id: str) -> bool:
    return await DeviceRow.exists(key_index__in=blind_indexes(KEY_LABEL, key_id))


async def _keep(tx: Transaction, borrower_id: str, name: str, new: NewDevice) -> str:
    device_id = tx.new_id("dv")

    async def sealed(column: str, text: str) -> Sealed:
        return await seal(tx, device_cell(device_id, borrower_id, column), text)

    public_key = await sealed("public_key", devices.as_text(new.key.encode()))
    proof_key = await sealed("proof_key", devices.as_text(new.proof_key.encode()))
    try:
        await DeviceRow.create(
            id=device_id,
            borrower_id=borrower_id,
            kind=new.kind,
            level=new.level,
            key_index=blind_index(KEY_LABEL, new.key_id),
            key_counter=new.counter,
            enrollment=new.message,
            public_key=public_key,
            proof_key=proof_key,
            name=await sealed("name", name),
            enrolled_at=milliseconds(tx.now),
            last_used_on=local_date(tx.now),
        )
    except IntegrityError as taken:
        raise DeviceKeyRefused from taken
    for column, closed in (("public_key", public_key), ("proof_key", proof_key)):
        await audit.note_cell(tx, device_cell(device_id, borrower_id, column), closed)
    return device_id


def _told_again(answer: idempotency.Answer) -> EnrolledDevice | DeviceKeyRefused:
    if answer["device_id"] is None:
        return DeviceKeyRefused()
    return EnrolledDevice(device_id=answer["device_id"], key_id=answer["key_id"])


def _challenge(row: DeviceChallengeRow) -> EnrollmentChallenge:
    return EnrollmentChallenge(
        challenge_id=row.id,
        borrower_id=row.borrower_id,
        session_id=row.session_id,
        nonce=bytes(row.nonce),
        expires_at=moment_of(row.expires_at),
    )
