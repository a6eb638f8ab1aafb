"""PINs: chosen, changed, reset, and a second one for when somebody forces the borrower."""

from dataclasses import replace

from app.foundation import hashing, idempotency
from app.foundation.audit import Entry, check_cells, note_cell, record
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput
from app.foundation.idempotency import Claim
from app.foundation.revision import revise
from app.identity.errors import PinAlreadySet, WrongPin
from app.identity.models import PinRow, pin_cell
from app.identity.operations.guessing import (
    PEPPER,
    check_pin,
    column_of,
    forgiven_if_refused,
    give_back,
    guess_pin,
    keep_verifier,
)
from app.identity.queries.pins import own_numbers_of, verifiers_of
from app.identity.rules import pins
from app.identity.rules.pins import ChangePin, PinFit, PinGuess, SetDuressPin, SetPin

PIN_SET = "pin.set"
PIN_CHANGED = "pin.changed"
PIN_RESET = "pin.reset"


async def set_pin(command: SetPin) -> None:
    """
    Keep a borrower's first PIN, or one after a reset.

    Raises:
        InvalidInput: It is not six digits, easy to guess, or a number of the borrower's own.
        PinAlreadySet: There is one; `change_pin` wants it.
        RateLimited: Too many PINs are being worked on.
        SealBroken: There was one, and it was taken away by nobody of ours.
    """
    own = await own_numbers_of(command.borrower_id)
    verifier = await hashing.hashed(
        pins.new_pin_of(command.pin, own, field="input.pin"), pepper=PEPPER
    )
    async with transaction() as tx:
        claim = await idempotency.claim(tx, replace(command, pin=""))
        if claim.answer is not None:
            return
        made = await tx.rows(
            "INSERT INTO pin (borrower_id, verifier, duress, version, failures, set_at)"
            " VALUES (?, ?, ?, 1, 0, ?) ON CONFLICT (borrower_id) DO NOTHING RETURNING borrower_id",
            [command.borrower_id, b"", b"", milliseconds(tx.now)],
        )
        if not made:
            raise PinAlreadySet
        await check_cells([(pin_cell(command.borrower_id, "verifier"), None)])
        await keep_verifier(tx, command.borrower_id, "verifier", verifier)
        await keep_verifier(tx, command.borrower_id, "duress", hashing.decoy(tx.random_bytes))
        await record(tx, Entry(PIN_SET, command.borrower_id, command.borrower_id))
        await revise(tx, command.borrower_id)
        await claim.settle(tx, {"borrower_id": command.borrower_id})


async def change_pin(command: ChangePin) -> WrongPin | None:
    """
    Choose another PIN; a wrong present one is counted and returned.

    Whoever knows only the PIN for duress changes that one, and does not notice.

    Raises:
        InvalidInput: The new one is not six digits, easy, the borrower's own number, or in use.
        PinNotSet: There is no PIN.
        PinLocked: Too many wrong ones in a row.
        RateLimited: Too many PINs are being worked on.
    """
    guess = await guess_pin(command.borrower_id, command.pin)
    async with forgiven_if_refused(guess):
        verifier, in_use = await _chosen(guess, command.new_pin, field="input.newPin")
        async with transaction() as tx:
            claim = await idempotency.claim(tx, replace(command, pin="", new_pin=""))
            if claim.answer is not None:
                return await _told_again(tx, claim, guess)
            wrong = await check_pin(tx, guess)
            if wrong is None:
                _refuse(in_use)
                await _replace(tx, guess, column_of(guess.fit), verifier)
            await _settle(tx, claim, wrong)
    return wrong


async def set_duress_pin(command: SetDuressPin) -> WrongPin | None:
    """
    Choose the PIN to type when forced, or take it back; a wrong PIN is counted and returned.

    Nothing ever tells whether there is one. Whoever knows only the PIN for duress gets the same
    answer after the same work, and changes nothing; a second PIN chosen so is a wrong one.

    Raises:
        InvalidInput: It is not six digits, easy, the borrower's own number, or the PIN itself.
        PinNotSet: There is no PIN.
        PinLocked: Too many wrong ones in a row.
        RateLimited: Too many PINs are being worked on.
    """
    guess = await guess_pin(command.borrower_id, command.pin)
    chosen, in_use = None, None
    async with forgiven_if_refused(guess):
        if command.duress_pin is not None:
            chosen, in_use = await _chosen(guess, command.duress_pin, field="input.duressPin")
        same = await hashing.hashed(pins.pin_input(command.pin), pepper=PEPPER)
        async with transaction() as tx:
            claim = await idempotency.claim(tx, replace(command, pin="", duress_pin=None))
            if claim.answer is not None:
                return await _told_again(tx, claim, guess)
            wrong = await check_pin(tx, guess)
            if wrong is None:
                _refuse(in_use)
                is_forced = guess.fit is PinFit.DURESS
                kept = same if is_forced else chosen or hashing.decoy(tx.random_bytes)
                await _replace(tx, guess, "duress", kept)
            await _settle(tx, claim, wrong)
    return wrong


async def reset_pin(tx: Transaction, borrower_id: str, *, actor: str) -> None:
    """
    Forget a borrower's PINs, so that they can set one anew.

    Only what has proved the borrower another way may call this: the recovery path. Money that is
    held back stays so.
    """
    gone = await tx.rows("DELETE FROM pin WHERE borrower_id = ? RETURNING version", [borrower_id])
    if not gone:
        return
    for column in ("verifier", "duress"):
        await note_cell(tx, pin_cell(borrower_id, column), None)
    await record(tx, Entry(PIN_RESET, borrower_id, actor))
    await revise(tx, borrower_id)


async def _chosen(guess: PinGuess, written: str, *, field: str) -> tuple[str, InvalidInput | None]:
    """
    Hash a PIN somebody chooses, having shown the present one; with what to refuse if it is in use.

    Whether it is tells whether the guess was right, so nobody hears it before the guess counts: a
    command that comes again under its key has its guess given back.

    Raises:
        InvalidInput: It cannot be one.
        RateLimited: Too many PINs are being worked on.
    """
    pin = pins.new_pin_of(written, await own_numbers_of(guess.borrower_id), field=field)
    is_in_use = await _is_in_use(guess, pin)
    refused = InvalidInput(field, "identity.reason.pin_other") if is_in_use else None
    return await hashing.hashed(pin, pepper=PEPPER), refused


async def _is_in_use(guess: PinGuess, pin: str) -> bool:
    """Tell whether it is the borrower's PIN already, or the one for duress; not to strangers."""
    row = await PinRow.get_or_none(borrower_id=guess.borrower_id, version=guess.version)
    if row is None:
        return False
    hashes = await verifiers_of(guess.borrower_id, row.verifier, row.duress)
    right, forced = await hashing.compared(pin, *hashes, pepper=PEPPER)
    knows_one = guess.fit is not PinFit.WRONG
    return (forced.fits and knows_one) or (right.fits and guess.fit is PinFit.RIGHT)


def _refuse(refused: InvalidInput | None) -> None:
    if refused is not None:
        raise refused


async def _replace(tx: Transaction, guess: PinGuess, column: str, verifier: str) -> None:
    await keep_verifier(tx, guess.borrower_id, column, verifier)
    await tx.run(
        "UPDATE pin SET version = version + 1, set_at = ? WHERE borrower_id = ?",
        [milliseconds(tx.now), guess.borrower_id],
    )
    await record(tx, Entry(PIN_CHANGED, guess.borrower_id, guess.borrower_id))
    await revise(tx, guess.borrower_id)


async def _settle(tx: Transaction, claim: Claim, wrong: WrongPin | None) -> None:
    await claim.settle(tx, {"attempts_left": None if wrong is None else wrong.attempts_left})


async def _told_again(tx: Transaction, claim: Claim, guess: PinGuess) -> WrongPin | None:
    """Repeat an answer that was lost; the guess made on the way here told nobody anything."""
    await give_back(tx, guess)
    assert claim.answer is not None, "the command was answered before"
    left = claim.answer["attempts_left"]
    return None if left is None else WrongPin(left)
