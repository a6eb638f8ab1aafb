"""Signing in with a one-time code; whoever proves a new number becomes a borrower."""

from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import Transaction, transaction
from app.foundation.errors import IdempotencyConflict
from app.foundation.idempotency import Answer
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import SealBroken, seal, unseal
from app.identity.errors import CodeExpired, WrongCode
from app.identity.events import BorrowerJoined
from app.identity.models import BorrowerRow, OneTimeCodeRow, SessionRow, borrower_cell, code_cell
from app.identity.operations.borrower_rows import keep_row
from app.identity.operations.challenges import sign_in_challenge, wants_device_proof
from app.identity.operations.codes import guess
from app.identity.operations.repeating import claim_with_code
from app.identity.operations.sessions import start_session, tokens_of
from app.identity.operations.trusting import ask_about_number, let_messages_through
from app.identity.queries.borrower_rows import check_rows
from app.identity.queries.borrowers import phone_index, phone_indexes, phone_tail_index
from app.identity.queries.recovery import account_of
from app.identity.rules import codes, people, tokens
from app.identity.rules.commands import VerifyCode
from app.identity.rules.people import Language
from app.identity.rules.recovery import Evidence
from app.identity.rules.values import SignedIn


async def verify_code(command: VerifyCode) -> SignedIn | WrongCode:
    """
    Sign in with a code; a wrong one is counted and returned.

    A number that is new here is trusted at once: nothing is older. Otherwise the code proves the
    number only, and the register of numbers is asked whether that stayed with one person.

    While so many guesses fail that codes are longer, a code for an account with a phone's key opens
    a session that proves contact only, and the register is not asked: the key signs next, for that
    session (`prove_continuity`), or the PIN or staff speak. This is safer than wanting the
    signature with the code. Whoever has a new phone is not locked out, a guess that was right sees
    nothing and cannot take the number over, and up to the right code every number is answered
    alike: there is no field that only some borrowers' phones fill in.

    The same command sent again, because its answer was lost, gets the same session for as long as
    that session's first access token lives and was not refreshed. The same key with another code
    counts as a guess: whoever foresees the key tells nothing by it that a guess would not cost.

    Raises:
        InvalidInput: The code is not six digits, or the device's name is too long.
        CodeExpired: The code is too old, used up or replaced, or there is no such challenge.
        CodesLocked: Too many wrong codes were tried for this phone today.
        IdempotencyConflict: The key was used with another code or device name; it was counted.
        KeysUnavailable: The number is new here and the keeper of keys is away; the code is unused.
    """
    signed_in = await _verified(command)
    if isinstance(signed_in, IdempotencyConflict):
        raise signed_in
    if isinstance(signed_in, SignedIn) and not signed_in.is_new:
        await ask_about_number(signed_in.session_id)
    return signed_in


async def _verified(command: VerifyCode) -> SignedIn | WrongCode | IdempotencyConflict:
    code = codes.code_input(command.code)
    device_name = people.device_name_of(command.device_name)
    async with transaction() as tx:
        challenge = await sign_in_challenge(command.challenge_id)
        claim = await claim_with_code(tx, command, challenge)
        if isinstance(claim, IdempotencyConflict):
            return claim
        if claim.answer is not None:
            return (
                WrongCode(claim.answer["attempts_left"])
                if "attempts_left" in claim.answer
                else await told_again(tx, claim.answer)
            )
        wrong = await guess(tx, challenge, code)
        if wrong is not None:
            await claim.settle(tx, {"attempts_left": wrong.attempts_left})
            return wrong
        phone = await unseal(code_cell(challenge.id, "phone"), challenge.phone)
        borrower_id, is_new = await _borrower_with(tx, phone, Language(command.language))
        session = await start_session(
            tx,
            borrower_id,
            device_name,
            shown=Evidence.PHONE if is_new else await _shown_by(challenge, borrower_id),
            is_new=is_new,
        )
        await revise(tx, borrower_id)
        expires_at = tokens.expires_at(tx.now, tokens.ACCESS_LIFETIME)
        answer = {
            "session_id": session.id,
            "expires_at": milliseconds(expires_at),
            "is_new": is_new,
        }
        await claim.settle(tx, answer)
        return first_tokens(session, answer)


async def told_again(tx: Transaction, answer: Answer) -> SignedIn:
    """
    Write the tokens of an answer that was lost once more.

    Raises:
        CodeExpired: They were refreshed since, or are over.
    """
    session = await SessionRow.get_or_none(id=answer["session_id"], ended_at=None, generation=0)
    if session is None or answer["expires_at"] <= milliseconds(tx.now):
        raise CodeExpired
    return first_tokens(session, answer)


def first_tokens(session: SessionRow, answer: Answer) -> SignedIn:
    """Write the first tokens of a session that was just started, by what was answered then."""
    written = tokens_of(session.id, 0, moment_of(answer["expires_at"]))
    return SignedIn(
        borrower_id=session.borrower_id,
        session_id=session.id,
        access_token=written.access_token,
        refresh_token=written.refresh_token,
        expires_at=written.expires_at,
        is_new=answer["is_new"],
    )


async def _shown_by(challenge: OneTimeCodeRow, borrower_id: str) -> Evidence:
    """Return what the right code shows: less where a phone's key could have signed and must."""
    if wants_device_proof(challenge) and (await account_of(borrower_id)).has_device_key:
        return Evidence.DOUBTED_CODE
    return Evidence.PHONE


async def _borrower_with(tx: Transaction, phone: str, language: Language) -> tuple[str, bool]:
    """Return the borrower of a phone and whether they are new; the phone's gate is held."""
    row = await BorrowerRow.filter(phone_index__in=phone_indexes(phone)).first()
    if row is not None:
        await check_rows([row])
        cell = borrower_cell(row.id, "phone")
        if await unseal(cell, row.phone) != phone:
            raise SealBroken(cell)
        return row.id, False
    return await join(tx, phone, language), True


async def join(tx: Transaction, phone: str, language: Language) -> str:
    """Make somebody new of a number that nobody has, and return who it is."""
    await let_messages_through(tx, phone)
    borrower_id = tx.new_id("br")
    row = BorrowerRow(
        id=borrower_id,
        phone=await seal(tx, borrower_cell(borrower_id, "phone"), phone),
        phone_index=phone_index(phone),
        phone_tail_index=phone_tail_index(phone),
        language=language,
        joined_at=milliseconds(tx.now),
    )
    await keep_row(tx, row, is_new=True)
    await announce(tx, BorrowerJoined(borrower_id=borrower_id))
    return borrower_id
