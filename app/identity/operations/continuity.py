"""Showing that an account is one's own: by its PIN, by a phone of before, or by its key."""

from dataclasses import replace

from app.foundation import idempotency
from app.foundation.caller import Trust
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.foundation.log import logger
from app.foundation.signatures import Purpose, signed_message
from app.identity.errors import ContinuityNotShown, WrongPin
from app.identity.models import SessionRow
from app.identity.operations.device_sign_in import claim_counters, known_device
from app.identity.operations.guessing import check_pin, give_back, guess_in_session
from app.identity.operations.keys import DECOY, counter_if_signed
from app.identity.operations.trusting import show
from app.identity.queries.callers import own_token
from app.identity.rules import devices, tokens
from app.identity.rules.continuity import KeySignature, ProveContinuity
from app.identity.rules.recovery import Evidence
from app.identity.rules.tokens import TokenKind

log = logger(__name__)


async def prove_continuity(command: ProveContinuity) -> Trust | WrongPin:
    """
    Show one thing more for the present session; return how far it is trusted by all of it.

    A wrong PIN is counted and returned. A key signs which session it speaks for, so that a
    signature made for one phone opens no other.

    Raises:
        ContinuityNotShown: The token or signature is not this borrower's, or was used before.
        PinNotSet: There is no PIN, and the session is known well enough to learn that.
        PinLocked: Too many wrong ones in sessions trusted like this one, or in a row.
        RateLimited: Too many PINs are being worked on.
        NotFound: The session is over.
    """
    borrower_id, session_id = command.borrower_id, command.session_id
    guess = None
    if command.pin is not None:
        guess = await guess_in_session(borrower_id, session_id, command.pin)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, replace(command, pin=None, old_refresh_token=None))
        if claim.answer is not None:
            if guess is not None:
                await give_back(tx, guess)
            return _told_again(claim.answer)
        row = await live_session(borrower_id, session_id)
        if guess is not None:
            wrong = await check_pin(tx, guess)
            if wrong is not None:
                await claim.settle(tx, {"attempts_left": wrong.attempts_left})
                return wrong
            trust = await show(tx, row, {Evidence.PIN})
        elif command.old_refresh_token is not None:
            await _check_old_session(tx, row, command.old_refresh_token)
            trust = await show(tx, row, {Evidence.OLD_SESSION})
        else:
            assert command.device is not None, "one of the three is there"
            await _check_device(tx, row, command.device)
            trust = await show(tx, row, {Evidence.DEVICE_KEY})
        await claim.settle(tx, {"trust": trust.value})
    return trust


async def live_session(borrower_id: str, session_id: str) -> SessionRow:
    """
    Lock one of a borrower's live sessions.

    Raises:
        NotFound: It is over.
    """
    mine = SessionRow.filter(id=session_id, borrower_id=borrower_id, ended_at=None)
    row = await mine.select_for_update().first()
    if row is None:
        raise NotFound
    return row


async def _check_old_session(tx: Transaction, row: SessionRow, written: str) -> None:
    """
    Check the refresh token of another session of the same borrower's, live and fully trusted.

    One that is bound to a key proves nothing without that key, which can sign instead.
    """
    token = own_token(TokenKind.REFRESH, written)
    if token is None or token.session_id == row.id:
        raise ContinuityNotShown
    old = await SessionRow.get_or_none(
        id=token.session_id,
        borrower_id=row.borrower_id,
        trust=Trust.FULL,
        device_id=None,
        ended_at=None,
        refreshed_at__gt=milliseconds(tx.now - tokens.SESSION_IDLE_MAX),
    )
    if old is None or token.number not in (old.generation, old.generation - 1):
        log.warning("continuity_not_shown", session_id=row.id)
        raise ContinuityNotShown


async def _check_device(tx: Transaction, row: SessionRow, signed: KeySignature) -> None:
    message = signed_message(Purpose.CONTINUITY, *signed.parts(row.id))
    if not 0 < signed.counter <= devices.COUNTER_MAX:
        raise ContinuityNotShown
    known = await known_device(signed.key_id)
    key = DECOY if known is None else known.key
    key_counter = counter_if_signed(key, message, signed.signature)
    if known is None or known.borrower_id != row.borrower_id or key_counter is None:
        log.warning("continuity_not_shown", session_id=row.id)
        raise ContinuityNotShown
    if not await claim_counters(tx, known, signed.counter, key_counter):
        raise ContinuityNotShown


def _told_again(answer: idempotency.Answer) -> Trust | WrongPin:
    if "attempts_left" in answer:
        return WrongPin(answer["attempts_left"])
    return Trust(answer["trust"])
