"""Numbers that were given to somebody else: disowned by their new holder, or taken over."""

from app.foundation import audit, idempotency
from app.foundation.caller import Trust
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import IdempotencyConflict, NotFound
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import blind_index, blind_indexes, seal, unseal
from app.identity.errors import NumberNotNew, WrongCode
from app.identity.events import NumberLost
from app.identity.models import (
    BorrowerRow,
    SessionRow,
    StoppedNumberRow,
    borrower_cell,
    code_cell,
    session_cell,
    stopped_cell,
)
from app.identity.operations.borrower_rows import keep_row, locked_row
from app.identity.operations.challenges import sign_in_challenge
from app.identity.operations.codes import guess, wrong_before
from app.identity.operations.continuity import live_session
from app.identity.operations.repeating import claim_with_code
from app.identity.operations.sessions import start_session
from app.identity.operations.sign_in import first_tokens, join, told_again
from app.identity.operations.trusting import ask_about_number
from app.identity.ports import Subscriber
from app.identity.queries.borrowers import phone_index, phone_tail_index
from app.identity.queries.recovery import STOPPED
from app.identity.rules import codes, people, tokens
from app.identity.rules.continuity import NotMe, StartAfresh
from app.identity.rules.recovery import Evidence, evidence_of
from app.identity.rules.values import SignedIn


async def disown_number(command: NotMe) -> WrongCode | None:
    """
    Send no more messages to a number whose holder is not who they are meant for.

    Nobody signs in by this and nobody joins; the answer is the same whether the number is known
    here or not. Codes that somebody asks for still come. A wrong code is counted and returned.

    Raises:
        InvalidInput: The code is not six digits.
        CodeExpired: It is too old, used up or replaced.
        CodesLocked: Too many wrong codes were tried for this phone today.
        IdempotencyConflict: The key was used with another code; it was counted.
    """
    told = await _disowned(command)
    if isinstance(told, IdempotencyConflict):
        raise told
    return told


async def _disowned(command: NotMe) -> WrongCode | IdempotencyConflict | None:
    code = codes.code_input(command.code)
    async with transaction() as tx:
        challenge = await sign_in_challenge(command.challenge_id)
        claim = await claim_with_code(tx, command, challenge)
        if isinstance(claim, IdempotencyConflict):
            return claim
        if claim.answer is not None:
            return wrong_before(claim.answer)
        wrong = await guess(tx, challenge, code)
        if wrong is None:
            await _stop(tx, await unseal(code_cell(challenge.id, "phone"), challenge.phone))
        left = None if wrong is None else wrong.attempts_left
        await claim.settle(tx, {"attempts_left": left})
    return wrong


async def start_afresh(command: StartAfresh) -> SignedIn:
    """
    Begin an account of their own for whoever holds a number that somebody else had before.

    The one who had it keeps their data and every other way in, and is reached by this number no
    more; nothing of theirs is shown. The present session is good for nothing then but hearing this
    answer again; others that only the number spoke for are over.

    Raises:
        NumberNotNew: The session is known to be its account's owner's, the register says that the
            number stayed with one person, or its code may be one of many guesses: then staff look
            into it, or another day's code opens it.
        NotFound: The session is over.
        CodeExpired: The answer was given before, and its tokens are over.
    """
    await ask_about_number(command.session_id, always=True)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await told_again(tx, claim.answer)
        row = await live_session(command.borrower_id, command.session_id)
        is_doubted = Evidence.DOUBTED_CODE in evidence_of(row.evidence)
        if row.trust != Trust.CONTACT or row.subscriber == Subscriber.SAME or is_doubted:
            raise NumberNotNew
        phone = await _let_go(tx, command.borrower_id)
        name = await unseal(session_cell(row.id, row.borrower_id), row.device_name)
        await _end_contacts(tx, row)
        borrower_id = await join(tx, phone, command.language)
        session = await start_session(tx, borrower_id, name, shown=Evidence.PHONE, is_new=True)
        answer = {
            "session_id": session.id,
            "expires_at": milliseconds(tokens.expires_at(tx.now, tokens.ACCESS_LIFETIME)),
            "is_new": True,
        }
        await claim.settle(tx, answer)
        return first_tokens(session, answer)


async def _let_go(tx: Transaction, borrower_id: str) -> str:
    """Take the number from who had it, mark them, and return the number."""
    row = await locked_row(borrower_id)
    if row.lost_phone_at is not None:
        raise NotFound
    cell = borrower_cell(borrower_id, "phone")
    phone = await unseal(cell, row.phone)
    await fill_phone(tx, row, people.lost_phone(borrower_id))
    row.lost_phone_at = milliseconds(tx.now)
    await keep_row(tx, row)
    await announce(tx, NumberLost(borrower_id=borrower_id))
    await audit.record(tx, audit.Entry("number.lost", borrower_id, borrower_id))
    await revise(tx, borrower_id)
    return phone


async def fill_phone(tx: Transaction, row: BorrowerRow, phone: str) -> None:
    """Put a number and its indexes into a row that is about to be kept."""
    row.phone = await seal(tx, borrower_cell(row.id, "phone"), phone)
    row.phone_index = phone_index(phone)
    row.phone_tail_index = phone_tail_index(phone)


async def _end_contacts(tx: Transaction, row: SessionRow) -> None:
    """End the other sessions that only the number spoke for; it speaks for somebody else now."""
    await tx.run(
        "UPDATE session SET ended_at = ? WHERE borrower_id = ? AND id <> ? AND trust = ?"
        " AND ended_at IS NULL",
        [milliseconds(tx.now), row.borrower_id, row.id, Trust.CONTACT.value],
    )


async def _stop(tx: Transaction, phone: str) -> None:
    if await StoppedNumberRow.exists(phone_index__in=blind_indexes(STOPPED, phone)):
        return
    stop_id = tx.new_id("nm")
    sealed = await seal(tx, stopped_cell(stop_id), phone)
    await tx.run(
        "INSERT INTO stopped_number (id, phone, phone_index, stopped_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (phone_index) DO NOTHING",
        [stop_id, bytes(sealed), blind_index(STOPPED, phone), milliseconds(tx.now)],
    )
