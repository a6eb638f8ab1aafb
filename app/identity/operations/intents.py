"""
Intents: what you see is what you sign.

A sensitive act is first written down in the borrower's words, then approved by a signature of the
session's device key over exactly these words (or, without a key, by a code whose text message says
the same, or by both), and then spent by the act itself, once, in the act's own transaction.

Every act moves money or says where it goes. A borrower with a PIN therefore approves beforehand,
with the PIN: on a phone that a family shares, neither a finger nor a text message is one person.
"""

from dataclasses import replace
from typing import TypeVar

import msgspec

from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import BorrowerCaller, Trust
from app.foundation.canonical import canonical_json, sha256_of
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import Transaction, transaction
from app.foundation.errors import ContinuityNeeded
from app.foundation.sealing import seal, unseal
from app.identity.errors import IntentOver, PinRequired, WrongCode, WrongPin
from app.identity.models import IntentRow, intent_cell
from app.identity.operations.codes import check_signing_code, issue_signing_code
from app.identity.operations.evidence import evidence_signed
from app.identity.operations.guessing import (
    check_pin,
    forgiven_if_refused,
    give_back,
    guess_where_set,
)
from app.identity.queries import contact_of, pin_of, signing_code_of
from app.identity.rules import intents
from app.identity.rules.commands import ApproveIntent
from app.identity.rules.intents import Act, Approval, IntentOpened, Means, Wanted

V = TypeVar("V")


async def open_intent(
    tx: Transaction, caller: BorrowerCaller, wanted: Wanted, *, needs_code: bool = False
) -> IntentOpened:
    """
    Write down what a borrower is to approve, and say how.

    With `needs_code` the device's key is not worth enough to approve this alone.
    Asked again for the same act in the same session, it is the same intent while that one still
    has time; a code that is still good is sent again.

    Raises:
        ContinuityNeeded: The session is not trusted fully.
        NotFound: There is no such borrower.
        RateLimited: The borrower's phone was sent too many codes.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    _require_full_trust(caller)
    means = _means(caller, needs_code=needs_code)
    row = await _open_already(tx, caller, wanted, means)
    if row is None:
        row = await _new_row(tx, caller, wanted, means)
    if means.takes_code:
        contact = await contact_of(caller.borrower_id)
        row.challenge_id = await issue_signing_code(
            tx,
            caller.borrower_id,
            about=row.about_hash,
            words={"what": intents.short_of(wanted, contact.language)},
        )
        await row.save(update_fields=["challenge_id"])
    return await opened(row.id, caller.borrower_id)


def answered_before(answer: idempotency.Answer, kind: type[V]) -> V | WrongCode:
    """Return how a command that an intent approves was answered before: done, or a wrong code."""
    if "attempts_left" in answer:
        return WrongCode(answer["attempts_left"])
    return msgspec.convert(answer, kind)


async def opened(intent_id: str, borrower_id: str) -> IntentOpened:
    """
    Return an intent as it is to be shown.

    Raises:
        IntentOver: There is none of this borrower's.
    """
    row = await IntentRow.get_or_none(id=intent_id, borrower_id=borrower_id)
    if row is None:
        raise IntentOver
    return IntentOpened(
        intent_id=row.id,
        act=Act(row.act),
        text=await _text(row),
        means=Means(row.means),
        expires_at=moment_of(row.expires_at),
        code=None
        if row.challenge_id is None
        else await signing_code_of(borrower_id, row.challenge_id),
        needs_pin=(await pin_of(borrower_id)).is_set,
    )


async def approve_intent(command: ApproveIntent) -> WrongCode | WrongPin | None:
    """
    Approve an intent now, for an act that follows.

    A wrong PIN or code is returned, not raised, so that the guess stays counted; the code is not
    looked at before the PIN and the signature are right.

    Raises:
        PinRequired: The borrower has a PIN.
        PinNotSet: The borrower has none.
        PinLocked: Too many wrong ones in a row.
        RateLimited: Too many PINs are being worked on.
        IntentOver: It is unknown, of another session, approved, spent, or its time is over.
        SignatureWrong: The signature is not the device's over the text that was shown.
        CodeExpired: The code is too old, used up or replaced.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    guess = await guess_where_set(command.caller_id, command.pin)
    async with forgiven_if_refused(guess), transaction() as tx:
        claim = await idempotency.claim(tx, replace(command, pin=None))
        if claim.answer is not None:
            if guess is not None:
                await give_back(tx, guess)
            return _told_again(claim.answer)
        row = await _live(tx, command.caller, command.approval.intent_id)
        if row.approved_at is not None:
            raise IntentOver
        wrong = None if guess is None else await check_pin(tx, guess)
        if wrong is None:
            wrong = await _approve(tx, row, command.approval)
        left = None if wrong is None else wrong.attempts_left
        await claim.settle(tx, {"attempts_left": left, "is_pin": isinstance(wrong, WrongPin)})
        return wrong


def _told_again(answer: idempotency.Answer) -> WrongCode | WrongPin | None:
    left = answer["attempts_left"]
    if left is None:
        return None
    return WrongPin(left) if answer["is_pin"] else WrongCode(left)


async def spend_intent(
    tx: Transaction, caller: BorrowerCaller, approval: Approval, wanted: Wanted
) -> WrongCode | None:
    """
    Use an approval up for the act it was given for; call it in the transaction that acts.

    `wanted` is made anew from how things stand: had the amount, the payee or the plan changed since
    the text was shown, the approval would be of something else, and is refused. A wrong code is
    returned, not raised: commit, so that the guess stays counted, and do nothing else.

    Raises:
        IntentOver: It is unknown, of another act or session, spent, or its time is over.
        PinRequired: The borrower has a PIN and did not approve it with that before.
        SignatureWrong: The signature is not the device's over the text that was shown.
        CodeExpired: The code is too old, used up or replaced.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    row = await _live(tx, caller, approval.intent_id)
    if (row.act, row.about_hash) != (wanted.act.value, wanted.about_hash):
        raise IntentOver
    if row.approved_at is None:
        if (await pin_of(row.borrower_id)).is_set:
            raise PinRequired
        wrong = await _approve(tx, row, approval)
        if wrong is not None:
            return wrong
    row.spent_at = milliseconds(tx.now)
    await row.save(update_fields=["spent_at"])
    await record(
        tx,
        Entry(
            kind="intent.spent",
            subject_id=row.borrower_id,
            actor=row.borrower_id,
            about={"intent": row.id, "act": row.act, "means": row.means, "about": row.about_hash},
        ),
    )
    return None


async def _open_already(
    tx: Transaction, caller: BorrowerCaller, wanted: Wanted, means: Means
) -> IntentRow | None:
    """Return the same act's intent if it is still waiting with most of its time left."""
    return await IntentRow.get_or_none(
        live_key=_live_key(caller, wanted),
        means=means.value,
        approved_at=None,
        expires_at__gt=milliseconds(tx.now + intents.LIFETIME / 2),
    )


def _means(caller: BorrowerCaller, *, needs_code: bool) -> Means:
    if caller.device_id is None:
        return Means.CODE
    return Means.DEVICE_KEY_AND_CODE if needs_code else Means.DEVICE_KEY


async def _new_row(
    tx: Transaction, caller: BorrowerCaller, wanted: Wanted, means: Means
) -> IntentRow:
    live_key = _live_key(caller, wanted)
    await tx.run("UPDATE intent SET live_key = NULL WHERE live_key = ?", [live_key])
    intent_id = tx.new_id("in")
    expires_at = tx.now + intents.LIFETIME
    contact = await contact_of(caller.borrower_id)
    text = intents.text_of(
        wanted, intent_id=intent_id, valid_until=expires_at, language=contact.language
    )
    cell = intent_cell(intent_id, caller.borrower_id, "text")
    return await IntentRow.create(
        id=intent_id,
        borrower_id=caller.borrower_id,
        session_id=caller.session_id,
        device_id=caller.device_id,
        live_key=live_key,
        act=wanted.act.value,
        about_hash=wanted.about_hash,
        text=await seal(tx, cell, text),
        means=means.value,
        opened_at=milliseconds(tx.now),
        expires_at=milliseconds(expires_at),
    )


def _live_key(caller: BorrowerCaller, wanted: Wanted) -> str:
    """Name a waiting intent by all that it is about, device and session included."""
    return sha256_of(f"{caller.session_id}|{caller.device_id}|{wanted.about_hash}")


async def _live(tx: Transaction, caller: BorrowerCaller, intent_id: str) -> IntentRow:
    """Lock the caller's intent, in this session, on this device, with time left, unspent."""
    _require_full_trust(caller)
    row = (
        await IntentRow.filter(
            id=intent_id,
            borrower_id=caller.borrower_id,
            session_id=caller.session_id,
            device_id=caller.device_id,
        )
        .select_for_update()
        .first()
    )
    if row is None or row.spent_at is not None or row.expires_at <= milliseconds(tx.now):
        raise IntentOver
    return row


def _require_full_trust(caller: BorrowerCaller) -> None:
    if caller.trust is not Trust.FULL:
        raise ContinuityNeeded(is_known=caller.trust is Trust.KNOWN)


async def _approve(tx: Transaction, row: IntentRow, approval: Approval) -> WrongCode | None:
    """Check what proves the approval and keep it, sealed, as evidence."""
    text = await _text(row)
    evidence: dict[str, str] = {"text": text, "means": row.means, "session_id": row.session_id}
    means = Means(row.means)
    if means.takes_signature:
        evidence |= await evidence_signed(tx, row, text, approval.signature)
    if means.takes_code:
        if approval.code is None or row.challenge_id is None:
            raise IntentOver
        wrong = await check_signing_code(
            tx,
            row.borrower_id,
            challenge_id=row.challenge_id,
            code=approval.code,
            about=row.about_hash,
        )
        if wrong is not None:
            return wrong
        evidence["challenge_id"] = row.challenge_id
    row.approved_at = milliseconds(tx.now)
    cell = intent_cell(row.id, row.borrower_id, "evidence")
    evidence["approved_at"] = tx.now.isoformat()
    row.evidence = await seal(tx, cell, canonical_json({**evidence}))
    row.live_key = None
    await row.save(update_fields=["approved_at", "evidence", "live_key"])
    return None


async def _text(row: IntentRow) -> str:
    return await unseal(intent_cell(row.id, row.borrower_id, "text"), row.text)
