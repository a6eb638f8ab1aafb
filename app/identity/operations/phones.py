"""Changing the phone number: the new one proven, the change approved, the old one told."""

from dataclasses import replace

from tortoise.exceptions import IntegrityError

from app.foundation import audit, idempotency
from app.foundation.caller import BorrowerCaller
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import blind_index, unseal
from app.identity.errors import CodeExpired, PhoneTaken, WrongCode
from app.identity.events import CodeIssued
from app.identity.models import BorrowerRow, OneTimeCodeRow, SessionRow, borrower_cell, code_cell
from app.identity.operations.borrower_rows import keep_row, locked_row
from app.identity.operations.challenges import Wanted as WantedCode
from app.identity.operations.challenges import new_row
from app.identity.operations.codes import guess, issue_code, wrong_before
from app.identity.operations.freezes import delay_money
from app.identity.operations.intents import open_intent, opened, spend_intent
from app.identity.operations.limits import hold
from app.identity.operations.numbers import fill_phone
from app.identity.queries import contact_of, pin_of
from app.identity.queries.borrowers import phone_indexes
from app.identity.rules import codes, people, recovery
from app.identity.rules.codes import Purpose
from app.identity.rules.intents import Act, IntentOpened, Wanted
from app.identity.rules.phones import BeginPhoneChange, ChangePhone, RequestPhoneCode
from app.identity.rules.values import CodeRequested


async def request_phone_code(command: RequestPhoneCode) -> CodeRequested:
    """
    Send a code to the number that is to be the borrower's: five numbers a day, like a phone.

    Raises:
        InvalidInput: It is no mobile number.
        RateLimited: The number, or the borrower, asked for too many codes.
        CodesPaused: So many were sent to numbers that people want to change to that none are now.
        CodesLocked: Too many wrong codes were tried for this number today.
    """
    phone = people.phone_of(command.phone)
    async with transaction() as tx:
        language = (await contact_of(command.borrower_id)).language
        wanted = WantedCode(
            phone=phone,
            purpose=Purpose.CHANGE_PHONE,
            language=language,
            device_id=command.borrower_id,
            borrower_id=command.borrower_id,
        )
        return await issue_code(tx, replace(command, phone=phone), wanted)


async def begin_phone_change(
    command: BeginPhoneChange, *, needs_code: bool = False
) -> IntentOpened:
    """
    Write down which number is to be the borrower's from now on, for them to approve.

    With `needs_code` the session's key alone is not worth enough for that: without a PIN, a code
    to the present number is wanted too, so that a key somebody added to a session they got hold of
    does not take the account away.

    Raises:
        InvalidInput: It is no mobile number.
        ContinuityNeeded: The session is not trusted fully.
        RateLimited: The present number was sent too many codes.
        CodesLocked: Too many wrong codes were tried for it today.
    """
    phone = people.phone_of(command.phone, field="input.to.changePhone.phone")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, replace(command, phone=phone))
        if claim.answer is not None:
            return await opened(claim.answer["intent_id"], command.caller_id)
        row = await locked_row(command.caller_id)
        wants_code = needs_code and not (await pin_of(row.id)).is_set
        intent = await open_intent(tx, command.caller, _wanted(row, phone), needs_code=wants_code)
        await claim.settle(tx, {"intent_id": intent.intent_id})
    return intent


async def change_phone(command: ChangePhone) -> WrongCode | None:
    """
    Move a borrower to another number, which a code proves and an approval covers.

    The old number is told, and money out waits three days. A wrong code is counted and returned.

    Raises:
        CodeExpired: The code is too old, used up, or was sent for another borrower.
        CodesLocked: Too many wrong codes were tried for this number today.
        IntentOver: The approval is over, of another number, or not approved yet.
        SignatureWrong: The signature is not the device's over what was shown.
        PhoneTaken: Another account has this number.
    """
    code = codes.code_input(command.code)
    try:
        async with transaction() as tx:
            claim = await idempotency.claim(tx, command)
            if claim.answer is not None:
                return wrong_before(claim.answer)
            challenge = await OneTimeCodeRow.get_or_none(
                id=command.challenge_id,
                purpose=Purpose.CHANGE_PHONE,
                borrower_id=command.caller_id,
            )
            if challenge is None:
                raise CodeExpired
            wrong = await guess(tx, challenge, code)
            if wrong is None:
                phone = await unseal(code_cell(challenge.id, "phone"), challenge.phone)
                await _move(tx, command, phone)
            left = None if wrong is None else wrong.attempts_left
            await claim.settle(tx, {"attempts_left": left})
    except IntegrityError as taken:
        raise PhoneTaken from taken
    return wrong


async def _move(tx: Transaction, command: ChangePhone, phone: str) -> None:
    row = await locked_row(command.caller_id)
    if await BorrowerRow.exists(phone_index__in=phone_indexes(phone)):
        raise PhoneTaken
    wrong = await spend_intent(tx, command.caller, command.approval, _wanted(row, phone))
    assert wrong is None, "codes are taken by approveIntent, one in a request"
    old = await unseal(borrower_cell(row.id, "phone"), row.phone)
    await fill_phone(tx, row, phone)
    row.lost_phone_at = None
    await delay_money(tx, row)
    await keep_row(tx, row)
    await _note_proven(tx, command.caller)
    if not people.is_lost(old):
        await _tell_old(tx, row, old)
    await audit.record(tx, audit.Entry("phone.changed", row.id, row.id))
    await revise(tx, row.id)


async def _note_proven(tx: Transaction, caller: BorrowerCaller) -> None:
    await SessionRow.filter(id=caller.session_id).update(phone_proven_at=milliseconds(tx.now))


async def _tell_old(tx: Transaction, row: BorrowerRow, old: str) -> None:
    """Text the number that was left: whoever still has it hears, if it was not the borrower."""
    wanted = WantedCode(
        phone=old,
        purpose=Purpose.PHONE_CHANGED,
        language=row.language,
        borrower_id=row.id,
    )
    index = blind_index("one_time_code.phone", old)
    await hold(tx, index)
    await OneTimeCodeRow.filter(phone_index=index, purpose=Purpose.PHONE_CHANGED).update(
        live_key=None
    )
    told = await new_row(tx, wanted, index, digits=codes.DIGITS_MANY)
    told.expires_at = milliseconds(tx.now + recovery.HOLD)
    await told.save(update_fields=["expires_at"])
    await announce(tx, CodeIssued(challenge_id=told.id, purpose=Purpose.PHONE_CHANGED))


def _wanted(row: BorrowerRow, phone: str) -> Wanted:
    """Say what changes, of the row as it is now: an approval fits one version of it."""
    return Wanted(
        act=Act.CHANGE_PHONE,
        about={"row_version": row.row_version, "to": blind_index("borrower.phone", phone)},
        payee=people.masked_phone(phone),
    )
