"""One-time codes: asked for, sent, sent again, guessed."""

import hmac
from dataclasses import replace
from datetime import timedelta

import orjson

from app.foundation import idempotency
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import Transaction, current, transaction
from app.foundation.errors import ContinuityNeeded, InvalidInput, RateLimited
from app.foundation.idempotency import Answer, Command
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.sealing import blind_index, unseal
from app.identity.errors import CodeExpired, WrongCode
from app.identity.events import CodeIssued
from app.identity.models import OneTimeCodeRow, code_cell
from app.identity.operations.challenges import Wanted, code_in, is_live, live_row, new_row
from app.identity.operations.keys import web_domain
from app.identity.operations.knocking import counted
from app.identity.operations.limits import (
    check_device,
    check_not_locked,
    claim_daily_guess,
    digits_needed,
    forgive_failures,
    give_daily_guess_back,
    hold,
    note_failure,
    note_send,
    wait_of,
)
from app.identity.operations.spending import note_redeemed, pay_for_message
from app.identity.ports import OtpSender
from app.identity.queries import contact_of
from app.identity.rules import codes, people
from app.identity.rules.codes import Purpose, SigningWords
from app.identity.rules.commands import RequestCode
from app.identity.rules.people import Language
from app.identity.rules.values import CodeRequested

log = logger(__name__)

DEVICE_ID_MAX = 64


async def request_code(command: RequestCode) -> CodeRequested:
    """
    Send a code for signing in to a phone; a known number and an unknown one look the same.

    A code that is still live is sent again as it is, with the guesses it has left.

    Raises:
        InvalidInput: The phone is no mobile number, or the device id is too long.
        RateLimited: The phone or device asked for too many codes.
        CodesPaused: So many codes were sent, here or to numbers like this, that none are for now.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    phone = people.phone_of(command.phone)
    if command.device_id is not None and not 0 < len(command.device_id) <= DEVICE_ID_MAX:
        raise InvalidInput("input.deviceId", "foundation.reason.too_long", most=DEVICE_ID_MAX)
    asked = counted(phone, command.device_id, command.idempotency_key)
    async with asked, transaction() as tx:
        wanted = Wanted(
            phone=phone,
            purpose=Purpose.SIGN_IN,
            language=Language(command.language),
            device_id=command.device_id,
        )
        return await issue_code(tx, replace(command, phone=phone), wanted)


async def issue_code(tx: Transaction, command: Command, wanted: Wanted) -> CodeRequested:
    """
    Send a code for a command, once per idempotency key, and say where it went.

    Raises:
        RateLimited: The phone or device asked for too many codes.
        CodesPaused: So many codes were sent that none are for now.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    claim = await idempotency.claim(tx, command)
    answer: Answer | None = claim.answer
    if answer is None:
        row = await _issue(tx, wanted)
        answer = {
            "challenge_id": row.id,
            "expires_at": row.expires_at,
            "resend_after_seconds": codes.whole_seconds(
                await wait_of(tx, row.phone_index, row.purpose)
            ),
            "digits": row.digits,
        }
        await claim.settle(tx, answer)
    return CodeRequested(
        challenge_id=answer["challenge_id"],
        masked_phone=people.masked_phone(wanted.phone),
        expires_at=moment_of(answer["expires_at"]),
        resend_after_seconds=answer["resend_after_seconds"],
        digits=answer.get("digits", codes.DIGITS_FEW),
    )


async def issue_signing_code(
    tx: Transaction,
    borrower_id: str,
    *,
    about: str,
    words: SigningWords,
) -> str:
    """
    Send a borrower a code that signs one thing only, and return the challenge's id.

    `about` is the hash of the text the borrower was shown; `words` go into the text message, in
    the borrower's language. A live code about the same thing is sent again; one about another
    thing is over.

    Raises:
        NotFound: There is no such borrower.
        ContinuityNeeded: Somebody else has the borrower's number now.
        RateLimited: The borrower's phone was sent too many codes.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    assert about, "a signature is about something"
    contact = await contact_of(borrower_id)
    if people.is_lost(contact.phone):
        raise ContinuityNeeded(is_known=True)
    wanted = Wanted(
        phone=contact.phone,
        purpose=Purpose.APPROVE,
        language=contact.language,
        borrower_id=borrower_id,
        about=about,
        words=words,
    )
    return (await _issue(tx, wanted)).id


async def check_signing_code(
    tx: Transaction, borrower_id: str, *, challenge_id: str, code: str, about: str
) -> WrongCode | None:
    """
    Use up the code that signs a thing; None when it is right.

    A wrong code is returned, not raised, so that the guess stays counted: commit, then show it.

    Raises:
        InvalidInput: The code has another number of digits.
        CodeExpired: It is too old, used up, replaced, or was sent for another thing or person.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    row = await OneTimeCodeRow.get_or_none(
        id=challenge_id, purpose=Purpose.APPROVE, borrower_id=borrower_id, about=about
    )
    if row is None:
        raise CodeExpired
    return await guess(tx, row, codes.code_input(code))


def wrong_before(answer: idempotency.Answer) -> WrongCode | None:
    """Repeat what a command that takes a code answered before: whether that was wrong."""
    left = answer["attempts_left"]
    return None if left is None else WrongCode(left)


async def guess(tx: Transaction, row: OneTimeCodeRow, code: str) -> WrongCode | None:
    """
    Claim a guess, then compare: however many guess at once, five of them are looked at.

    The right code is used up, and its guess does not count towards the day's.

    Raises:
        InvalidInput: The code has another number of digits; no guess was used.
        CodeExpired: The code is too old, used up or replaced, or so many guesses fail today that
            codes as short as this one open nothing.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    if len(code) != row.digits:
        raise InvalidInput("input.code", "identity.reason.code")
    if row.digits < await digits_needed(tx):
        raise CodeExpired
    await claim_daily_guess(tx, row.phone_index)
    claimed = await tx.rows(
        "UPDATE one_time_code SET attempts = attempts + 1 WHERE id = ? AND attempts < ?"
        " AND live_key IS NOT NULL AND sent_at <= ? AND expires_at > ? RETURNING attempts",
        [
            row.id,
            codes.GUESSES_PER_CODE,
            milliseconds(tx.now + timedelta(minutes=1)),
            milliseconds(tx.now),
        ],
    )
    if not claimed:
        raise CodeExpired
    attempts: int = claimed[0]["attempts"]
    if not hmac.compare_digest(code_in(row).encode(), code.encode()):
        await note_failure(tx, row.id)
        return WrongCode(codes.GUESSES_PER_CODE - attempts)
    await tx.run(
        "UPDATE one_time_code SET used_at = ?, live_key = NULL WHERE id = ?",
        [milliseconds(tx.now), row.id],
    )
    await give_daily_guess_back(tx, row.phone_index)
    await forgive_failures(tx, row.id, attempts - 1)
    if row.purpose == Purpose.SIGN_IN:
        await note_redeemed(tx, row.prefix_index, sent_at=row.sent_at)
    return None


async def deliver_code(fact: CodeIssued, delivery_id: str, *, sender: OtpSender) -> None:
    """
    Hand an issued code to the carrier; one that is over by now is not sent.

    The web app whose domain the settings name fills it in by itself.

    Raises:
        CarrierUnavailable: The carrier did not take it; deliver again later.
    """
    row = await OneTimeCodeRow.get_or_none(id=fact.challenge_id)
    if row is None or not is_live(row, current().clock.now()):
        log.info("code_not_sent", challenge_id=fact.challenge_id)
        return
    phone = await unseal(code_cell(row.id, "phone"), row.phone)
    words = await unseal(code_cell(row.id, "words"), row.words)
    text = codes.message_text(
        Purpose(row.purpose),
        code_in(row),
        language=row.language,
        words=orjson.loads(words),
        domain=web_domain(),
    )
    await sender.send_code(phone, text, message_id=delivery_id)
    log.info("code_sent", challenge_id=row.id, delivery_id=delivery_id)


async def _issue(tx: Transaction, wanted: Wanted) -> OneTimeCodeRow:
    phone_index = blind_index("one_time_code.phone", wanted.phone)
    device_index = (
        None if wanted.device_id is None else blind_index("code_send.device", wanted.device_id)
    )
    if device_index is not None:
        await hold(tx, device_index)
        await check_device(tx, device_index, phone_index)
    await hold(tx, phone_index)
    await check_not_locked(tx, phone_index)
    wait = await wait_of(tx, phone_index, wanted.purpose)
    if wait > timedelta(0):
        raise RateLimited(codes.whole_seconds(wait))
    digits = await digits_needed(tx)
    row = await live_row(tx, wanted, phone_index, digits=digits)
    if row is None:
        row = await new_row(tx, wanted, phone_index, digits=digits)
    row.sent_at = milliseconds(tx.now)
    row.expires_at = milliseconds(tx.now + codes.LIFETIME)
    await row.save(update_fields=["sent_at", "expires_at"])
    await note_send(tx, phone_index, wanted.purpose, device_index)
    await pay_for_message(tx, wanted.phone, wanted.purpose)
    await announce(tx, CodeIssued(challenge_id=row.id, purpose=wanted.purpose))
    return row
