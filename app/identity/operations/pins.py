"""PINs: chosen, changed, guessed at five times, and what one typed under duress does."""

from dataclasses import replace

from app.foundation import hashing, idempotency
from app.foundation.audit import Entry, note_cell, record
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, RateLimited
from app.foundation.idempotency import Claim
from app.foundation.revision import revise
from app.foundation.sealing import seal
from app.identity.errors import PinAlreadySet, PinLocked, PinNotSet, PinRequired, WrongPin
from app.identity.models import PinRow, pin_cell
from app.identity.operations.freezes import freeze_if
from app.identity.queries.pins import own_numbers_of, pin_of, verifiers_of
from app.identity.rules import pins
from app.identity.rules.pins import ChangePin, PinFit, PinGuess, SetDuressPin, SetPin

PEPPER = "pin-pepper"
"""The label of the key that PINs are hashed under."""
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
        await _keep(tx, command.borrower_id, "verifier", verifier)
        await _keep(tx, command.borrower_id, "duress", hashing.decoy(tx.random_bytes))
        await record(tx, Entry(PIN_SET, command.borrower_id, command.borrower_id))
        await revise(tx, command.borrower_id)
        await claim.settle(tx, {"borrower_id": command.borrower_id})


async def guess_where_set(borrower_id: str, pin: str | None) -> PinGuess | None:
    """
    Guess the PIN of a borrower who has one; None where there is none, and none was given.

    Raises:
        PinRequired: There is one, and none was given.
        PinNotSet: One was given, and there is none.
        InvalidInput, PinLocked, RateLimited, SealBroken: As `guess_pin` says.
    """
    if pin is not None:
        return await guess_pin(borrower_id, pin)
    if (await pin_of(borrower_id)).is_set:
        raise PinRequired
    return None


async def guess_pin(borrower_id: str, pin: str, *, field: str = "input.pin") -> PinGuess:
    """
    Count a guess, then compare it off the event loop; `check_pin` in a transaction says the rest.

    It opens its own short transaction and holds none while it hashes. However many guess at once,
    five wrong ones in a row are looked at.

    Raises:
        InvalidInput: It is not six digits; no guess was used.
        PinNotSet: There is none.
        PinLocked: Too many wrong ones in a row.
        RateLimited: Too many PINs are being worked on; no guess was used.
        SealBroken: The verifiers were tampered with; nothing was compared.
    """
    pin = pins.pin_input(pin, field=field)
    async with transaction() as tx:
        claimed = await tx.rows(
            "UPDATE pin SET failures = failures + 1 WHERE borrower_id = ? AND failures < ?"
            " RETURNING version, failures, verifier, duress",
            [borrower_id, pins.GUESSES_IN_A_ROW],
        )
    if not claimed:
        raise PinLocked if await PinRow.filter(borrower_id=borrower_id).exists() else PinNotSet
    row = claimed[0]
    hashes = await verifiers_of(borrower_id, bytes(row["verifier"]), bytes(row["duress"]))
    guess = PinGuess(
        borrower_id=borrower_id,
        version=row["version"],
        fit=PinFit.WRONG,
        attempts_left=pins.GUESSES_IN_A_ROW - row["failures"],
    )
    try:
        right, forced = await hashing.compared(pin, *hashes, pepper=PEPPER)
    except RateLimited:
        async with transaction() as tx:
            await give_back(tx, guess)
        raise
    if forced.fits:
        return replace(guess, fit=PinFit.DURESS, renewed=forced.renewed)
    if right.fits:
        return replace(guess, fit=PinFit.RIGHT, renewed=right.renewed)
    return guess


async def check_pin(tx: Transaction, guess: PinGuess) -> WrongPin | None:
    """
    Say what a guess opens, in the transaction of what it is to open; None when it is right.

    A wrong PIN is returned, not raised, so that the caller may commit an answer to it; the guess
    stays counted either way. The PIN for duress does all that the right one does, with the same
    statements, and holds money out back.
    """
    if guess.fit is PinFit.WRONG:
        return WrongPin(guess.attempts_left)
    forgiven = await tx.rows(
        "UPDATE pin SET failures = 0 WHERE borrower_id = ? AND version = ? RETURNING version",
        [guess.borrower_id, guess.version],
    )
    if not forgiven:
        return WrongPin(guess.attempts_left)
    if guess.renewed is not None:
        await _keep(tx, guess.borrower_id, _column_of(guess.fit), guess.renewed)
    await freeze_if(tx, guess.borrower_id, is_forced=guess.fit is PinFit.DURESS)
    return None


async def give_back(tx: Transaction, guess: PinGuess) -> None:
    """Take back the counting of a guess whose comparison nobody is told."""
    await tx.run(
        "UPDATE pin SET failures = failures - 1 WHERE borrower_id = ? AND version = ?"
        " AND failures > 0",
        [guess.borrower_id, guess.version],
    )


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
    verifier = await _chosen(guess, command.new_pin, field="input.newPin")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, replace(command, pin="", new_pin=""))
        if claim.answer is not None:
            return await _told_again(tx, claim, guess)
        wrong = await check_pin(tx, guess)
        if wrong is None:
            await _replace(tx, guess, _column_of(guess.fit), verifier)
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
    chosen = None
    if command.duress_pin is not None:
        chosen = await _chosen(guess, command.duress_pin, field="input.duressPin")
    same = await hashing.hashed(pins.pin_input(command.pin), pepper=PEPPER)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, replace(command, pin="", duress_pin=None))
        if claim.answer is not None:
            return await _told_again(tx, claim, guess)
        wrong = await check_pin(tx, guess)
        if wrong is None:
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


async def _chosen(guess: PinGuess, written: str, *, field: str) -> str:
    """
    Hash a PIN somebody chooses, having shown the present one.

    Raises:
        InvalidInput: It cannot be one; that the present one was right is kept first.
    """
    try:
        pin = pins.new_pin_of(written, await own_numbers_of(guess.borrower_id), field=field)
        await _check_not_in_use(guess, pin, field)
    except InvalidInput:
        async with transaction() as tx:
            await check_pin(tx, guess)
        raise
    return await hashing.hashed(pin, pepper=PEPPER)


async def _check_not_in_use(guess: PinGuess, pin: str, field: str) -> None:
    """
    Refuse one PIN for two things; whoever is forced is not told of a PIN they do not know.

    Raises:
        InvalidInput: It is the borrower's PIN already, or the one for duress.
    """
    row = await PinRow.get_or_none(borrower_id=guess.borrower_id, version=guess.version)
    if row is None:
        return
    hashes = await verifiers_of(guess.borrower_id, row.verifier, row.duress)
    right, forced = await hashing.compared(pin, *hashes, pepper=PEPPER)
    knows_one = guess.fit is not PinFit.WRONG
    if (forced.fits and knows_one) or (right.fits and guess.fit is PinFit.RIGHT):
        raise InvalidInput(field, "identity.reason.pin_other")


async def _replace(tx: Transaction, guess: PinGuess, column: str, verifier: str) -> None:
    await _keep(tx, guess.borrower_id, column, verifier)
    await tx.run(
        "UPDATE pin SET version = version + 1, set_at = ? WHERE borrower_id = ?",
        [milliseconds(tx.now), guess.borrower_id],
    )
    await record(tx, Entry(PIN_CHANGED, guess.borrower_id, guess.borrower_id))
    await revise(tx, guess.borrower_id)


async def _keep(tx: Transaction, borrower_id: str, column: str, verifier: str) -> None:
    cell = pin_cell(borrower_id, column)
    sealed = await seal(tx, cell, verifier)
    await PinRow.filter(borrower_id=borrower_id).update(**{column: sealed})
    await note_cell(tx, cell, sealed)


def _column_of(fit: PinFit) -> str:
    return "duress" if fit is PinFit.DURESS else "verifier"


async def _settle(tx: Transaction, claim: Claim, wrong: WrongPin | None) -> None:
    await claim.settle(tx, {"attempts_left": None if wrong is None else wrong.attempts_left})


async def _told_again(tx: Transaction, claim: Claim, guess: PinGuess) -> WrongPin | None:
    """Repeat an answer that was lost; the guess made on the way here told nobody anything."""
    await give_back(tx, guess)
    assert claim.answer is not None, "the command was answered before"
    left = claim.answer["attempts_left"]
    return None if left is None else WrongPin(left)
