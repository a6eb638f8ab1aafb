"""Where apps can be reached by push: registered by the phone, and forgotten with its session."""

import re
from dataclasses import dataclass, field

from app.foundation import idempotency
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput
from app.foundation.revision import revise
from app.foundation.sealing import blind_index, blind_indexes, seal
from app.identity.events import DeviceEnded, SessionFamilyRevoked
from app.messaging import queries
from app.messaging.models import PushTokenRow, token_cell
from app.messaging.operations.boxes import BoxKey, NoBoxKey
from app.messaging.queries import PushToken

TOKENS_MAX = 5
"""Of one borrower: as many as devices; the oldest goes."""
TOKEN_SIGNS_MAX = 512
VENDORS = ("HUAWEI", "HONOR", "XIAOMI", "OPPO", "VIVO", "APPLE", "WEB")
LABEL = "push_token.token"
_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPush:
    """Reach the caller's app by push from now on."""

    caller_id: str
    session_id: str
    device_id: str | None
    vendor: str
    token: str = field(repr=False)
    box_key: bytes | None = field(repr=False)
    """A public key of P-256, uncompressed, of which the phone keeps the private one."""
    box_secret: bytes | None = field(repr=False)
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetPush:
    """Reach the caller's app by push no more."""

    caller_id: str
    session_id: str
    idempotency_key: str


async def register_push(command: RegisterPush) -> list[PushToken]:
    """
    Reach an app by push; whoever was reached under the same token before is not any more.

    One phone has one token whoever is signed in, so the last to register has it: in a family that
    shares a phone, nobody gets another one's messages.

    Raises:
        InvalidInput: The token is none, or the key cannot be used.
        IdempotencyConflict: The key was used for another command.
    """
    if len(command.token) > TOKEN_SIGNS_MAX or not _TOKEN.fullmatch(command.token):
        raise InvalidInput("input.token", "messaging.reason.push_token")
    box = _box(command)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            await _take_over(tx, command)
            row_id = tx.new_id("pt")
            borrower_id = command.caller_id
            await PushTokenRow.create(
                id=row_id,
                borrower_id=borrower_id,
                session_id=command.session_id,
                device_id=command.device_id,
                vendor=command.vendor,
                token_index=blind_index(LABEL, command.token),
                token=await seal(tx, token_cell(row_id, borrower_id, "token"), command.token),
                box_key=None
                if box is None
                else await seal(tx, token_cell(row_id, borrower_id, "box_key"), box.text),
                registered_at=milliseconds(tx.now),
            )
            await _drop_oldest(borrower_id)
            await revise(tx, borrower_id)
            await claim.settle(tx, {})
        return await queries.push_tokens_of(command.caller_id)


async def forget_push(command: ForgetPush) -> list[PushToken]:
    """
    Forget where the caller's session is reached, and return what is left.

    Raises:
        InvalidInput: The key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            found = PushTokenRow.filter(
                borrower_id=command.caller_id, session_id=command.session_id
            )
            if await found.delete():
                await revise(tx, command.caller_id)
            await claim.settle(tx, {})
        return await queries.push_tokens_of(command.caller_id)


async def forget_ended_device(_tx: Transaction, fact: DeviceEnded) -> None:
    """Reach a phone no more that may no longer sign in."""
    _ = await PushTokenRow.filter(borrower_id=fact.borrower_id, device_id=fact.device_id).delete()


async def forget_revoked_session(_tx: Transaction, fact: SessionFamilyRevoked) -> None:
    """Reach a phone no more whose session somebody may have copied."""
    _ = await PushTokenRow.filter(borrower_id=fact.borrower_id, session_id=fact.session_id).delete()


async def forget_dead_target(tx: Transaction, borrower_id: str, target_id: str) -> None:
    """
    Reach an app no more that is not there, or whose phone's maker we have nothing to do with.

    One that can be reached after all registers itself anew when it is opened next.
    """
    if await PushTokenRow.filter(id=target_id, borrower_id=borrower_id).delete():
        await revise(tx, borrower_id)


async def _take_over(tx: Transaction, command: RegisterPush) -> None:
    """Forget the token wherever it stands, and what this session registered before."""
    same = await PushTokenRow.filter(token_index__in=blind_indexes(LABEL, command.token))
    for row in same:
        await row.delete()
        if row.borrower_id != command.caller_id:
            await revise(tx, row.borrower_id)
    _ = await PushTokenRow.filter(
        borrower_id=command.caller_id, session_id=command.session_id
    ).delete()


async def _drop_oldest(borrower_id: str) -> None:
    rows = await PushTokenRow.filter(borrower_id=borrower_id).order_by("-registered_at", "-id")
    for row in rows[TOKENS_MAX:]:
        await row.delete()


def _box(command: RegisterPush) -> BoxKey | None:
    if command.box_key is None and command.box_secret is None:
        return None
    try:
        return BoxKey(command.box_key or b"", command.box_secret or b"")
    except NoBoxKey:
        raise InvalidInput("input.boxKey", "messaging.reason.box_key") from None
