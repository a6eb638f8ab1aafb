"""Signing in by a device's key, in one round trip; a signature counts once."""

from dataclasses import dataclass, field
from datetime import datetime

from app.foundation import audit, idempotency
from app.foundation.clock import local_date, milliseconds
from app.foundation.database import Transaction, current, fetch, transaction
from app.foundation.errors import InvalidInput
from app.foundation.ids import new_id
from app.foundation.log import logger
from app.foundation.revision import revise
from app.foundation.sealing import SealBroken, blind_indexes, unseal_all
from app.foundation.signatures import PublicKey, Purpose, signed_message
from app.identity.errors import DeviceClockOff, DeviceSignInFailed
from app.identity.models import SessionRow, device_cell
from app.identity.operations.devices import KEY_LABEL
from app.identity.operations.keys import DECOY, counter_if_signed
from app.identity.operations.sessions import start_session
from app.identity.operations.sign_in import first_tokens
from app.identity.queries.callers import own_token, token_key
from app.identity.rules import devices, tokens
from app.identity.rules.commands import SignInWithDevice
from app.identity.rules.recovery import Evidence
from app.identity.rules.tokens import Token, TokenKind
from app.identity.rules.values import SignedIn

log = logger(__name__)

NOBODYS = "dv00000000000000"
"""A device that never was: an unknown key costs the reads that a known one does."""


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A live device, opened."""

    device_id: str
    borrower_id: str
    name: str = field(repr=False)
    key: PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """A sign-in as idempotency knows it: what was signed, not the signature, which varies."""

    device_id: str
    counter: int
    moment: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        return self.device_id


async def sign_in_with_device(command: SignInWithDevice) -> SignedIn:
    """
    Sign in by a signature over the key's name, a counter that only rises, and the time.

    An unknown key, a device that was ended, a wrong signature and a counter used before are
    refused in the same words, after a signature check in each case. The same command sent again,
    because its answer was lost, gets the same session for as long as that session's first access
    token lives and was not refreshed: a copy of the request gives nothing that it did not give.

    Raises:
        InvalidInput: The counter is out of bounds, or not exactly one of time and nonce is given.
        DeviceClockOff: The time is more than five minutes off, or the nonce is over.
        DeviceSignInFailed: The device cannot sign in.
    """
    moment = _moment_of(command, current().clock.now())
    message = signed_message(
        Purpose.SIGN_IN,
        *devices.sign_in_parts(
            key_id=command.key_id,
            counter=command.counter,
            moment=moment,
            idempotency_key=command.idempotency_key,
        ),
    )
    known = await known_device(command.key_id)
    if known is None:
        await audit.check_cells([(device_cell(NOBODYS, NOBODYS, "public_key"), None)])
        counter_if_signed(DECOY, message, command.signature)
        raise _failed()
    key_counter = counter_if_signed(known.key, message, command.signature)
    if key_counter is None:
        raise _failed(known)
    async with transaction() as tx:
        signed = _Signed(
            device_id=known.device_id,
            counter=command.counter,
            moment=moment,
            idempotency_key=command.idempotency_key,
        )
        claim = await idempotency.claim(tx, signed)
        if claim.answer is not None:
            return await _told_again(tx, claim.answer)
        if not await claim_counters(tx, known, command.counter, key_counter):
            raise _failed(known)
        session = await start_session(
            tx,
            known.borrower_id,
            known.name,
            shown=Evidence.DEVICE_KEY,
            device_id=known.device_id,
        )
        await revise(tx, known.borrower_id)
        answer = {
            "session_id": session.id,
            "expires_at": milliseconds(tokens.expires_at(tx.now, tokens.ACCESS_LIFETIME)),
            "is_new": False,
        }
        await claim.settle(tx, answer)
        return first_tokens(session, answer)


def new_nonce(now: datetime) -> str:
    """Write a nonce to sign instead of the time: good for five minutes, and kept nowhere."""
    chance = new_id("dn", now=now, entropy=current().entropy)
    over_at = tokens.expires_at(now, devices.CLOCK_SLACK)
    nonce = Token(kind=TokenKind.NONCE, session_id=chance, number=int(over_at.timestamp()))
    return tokens.write_token(token_key(), nonce)


def _moment_of(command: SignInWithDevice, now: datetime) -> str:
    """Return what stands for the time in what was signed, having checked that it is now."""
    if not 0 < command.counter <= devices.COUNTER_MAX:
        raise InvalidInput(
            "input.counter", "identity.reason.device_counter", most=devices.COUNTER_MAX
        )
    if (command.signed_at is None) == (command.nonce is None):
        raise InvalidInput("input.signedAt", "identity.reason.device_moment")
    if command.nonce is not None:
        nonce = own_token(TokenKind.NONCE, command.nonce)
        if nonce is None or not tokens.is_current(nonce, now, devices.CLOCK_SLACK):
            raise DeviceClockOff(new_nonce(now))
        return command.nonce
    assert command.signed_at is not None, "one of the two is there"
    if not devices.is_on_time(command.signed_at, now):
        raise DeviceClockOff(new_nonce(now))
    return str(command.signed_at)


async def known_device(key_id: str) -> KnownDevice | None:
    """
    Find and open a live device by its key's name.

    Raises:
        SealBroken: Its index, or a ciphertext, was moved, altered or set back.
    """
    indexes = blind_indexes(KEY_LABEL, key_id)
    places = ", ".join("?" for _ in indexes)
    rows = await fetch(
        "SELECT id, borrower_id, public_key, name FROM device"
        f" WHERE key_index IN ({places}) AND ended_at IS NULL",
        indexes,
    )
    if not rows:
        return None
    row = rows[0]
    cells = [
        (device_cell(row["id"], row["borrower_id"], column), bytes(row[column]))
        for column in ("public_key", "name")
    ]
    await audit.check_cells(cells[:1])
    kept, name = await unseal_all(cells)
    if devices.key_id_of_kept(kept) != key_id:
        raise SealBroken(cells[0][0])
    key = PublicKey.parse(devices.kept_bytes(kept))
    return KnownDevice(row["id"], row["borrower_id"], name, key)


async def claim_counters(
    tx: Transaction, known: KnownDevice, counter: int, key_counter: int
) -> bool:
    """
    Use a counter up: of any number of senders at once, one gets it.

    A passkey or SOTER counts for itself as well, and must have moved on too.
    """
    claimed = await tx.rows(
        "UPDATE device SET sign_in_counter = ?, key_counter = ?, last_used_on = ?"
        " WHERE id = ? AND ended_at IS NULL AND sign_in_counter < ?"
        " AND (key_counter < ? OR key_counter = 0) RETURNING id",
        [counter, key_counter, local_date(tx.now), known.device_id, counter, key_counter],
    )
    return bool(claimed)


async def _told_again(tx: Transaction, answer: idempotency.Answer) -> SignedIn:
    session = await SessionRow.get_or_none(id=answer["session_id"], ended_at=None, generation=0)
    if session is None or answer["expires_at"] <= milliseconds(tx.now):
        raise _failed()
    return first_tokens(session, answer)


def _failed(known: KnownDevice | None = None) -> DeviceSignInFailed:
    log.warning("device_sign_in_failed", device_id=None if known is None else known.device_id)
    return DeviceSignInFailed()
