"""
PINs guessed: counted before they are compared, and what the one for duress does.

Sessions that are trusted fully share one count, of wrong ones in a row. Those that are not have
counts of their own, by how far they are trusted: whoever has only the SIM, or only a finger on a
shared phone, gets five guesses in thirty days however often the owner is right meanwhile, and locks
nobody out but those like themselves.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from app.foundation import hashing
from app.foundation.audit import note_cell
from app.foundation.caller import Trust
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound, RateLimited, Refusal
from app.foundation.sealing import seal
from app.identity.errors import PinLocked, PinNotSet, PinRequired, WrongPin
from app.identity.models import BorrowerRow, PinGuessRow, PinRow, SessionRow, pin_cell
from app.identity.operations.freezes import freeze_if
from app.identity.queries.pins import no_verifiers_of, pin_of, verifiers_of
from app.identity.rules import pins
from app.identity.rules.pins import PinFit, PinGuess

PEPPER = "pin-pepper"
"""The label of the key that PINs are hashed under."""


async def guess_where_set(borrower_id: str, pin: str | None) -> PinGuess | None:
    """
    Guess the PIN of a borrower who has one; None where there is none, and none was given.

    Only for sessions that are trusted fully.

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

    Only for sessions that are trusted fully. It opens its own short transactions and holds none
    while it hashes. However many guess at once, five wrong ones in a row are looked at. The PIN for
    duress holds money out back from here on, whatever becomes of what it was typed for.

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
            " RETURNING borrower_id, version, failures, verifier, duress",
            [borrower_id, pins.GUESSES_IN_A_ROW],
        )
    if not claimed:
        raise PinLocked if (await pin_of(borrower_id)).is_set else PinNotSet
    row = claimed[0]
    guess = PinGuess(
        borrower_id=borrower_id,
        version=row["version"],
        fit=PinFit.WRONG,
        attempts_left=pins.GUESSES_IN_A_ROW - row["failures"],
    )
    return await _compared(guess, pin, await _verifiers(row))


async def guess_in_session(borrower_id: str, session_id: str, pin: str) -> PinGuess:
    """
    Guess a PIN in a session that may be trusted little; else as `guess_pin`.

    Where that is for its number only, nobody learns whether there is a PIN, by words or by time:
    without one, or with one that is locked, it is compared with what fits nothing, and wrong.

    Raises:
        InvalidInput: It is not six digits; no guess was used.
        NotFound: The session is over; no guess was used.
        PinNotSet: There is none, and the session may know.
        PinLocked: Sessions trusted no more than this one have guessed five times in thirty days, or
            fully trusted ones five times in a row.
        RateLimited: Too many PINs are being worked on; no guess was used.
        SealBroken: The verifiers were tampered with; nothing was compared.
    """
    typed = pins.pin_input(pin)
    trust = await _trust_of(borrower_id, session_id)
    if trust is Trust.FULL:
        return await guess_pin(borrower_id, typed)
    async with transaction() as tx:
        # One guess at a time for a borrower: their row is held until the commit.
        borrower = await BorrowerRow.filter(id=borrower_id).select_for_update().get()
        row = await _open_pin(tx, borrower_id, may_know=trust is Trust.KNOWN)
        guess = await _count_doubted(tx, borrower_id, session_id, trust)
    if row is None:
        return await _compared(guess, typed, await no_verifiers_of(borrower_id, borrower.phone))
    guess = replace(guess, version=row["version"])
    return await _compared(guess, typed, await _verifiers(row))


async def check_pin(tx: Transaction, guess: PinGuess) -> WrongPin | None:
    """
    Say what a guess opens, in the transaction of what it is to open; None when it is right.

    A wrong PIN is returned, not raised, so that the caller may commit an answer to it; the guess
    stays counted either way. The PIN for duress does all that the right one does, with the same
    statements. A right one forgives the wrong ones before it: in a session that is not trusted
    fully, those of this very session, and no others.
    """
    if guess.fit is PinFit.WRONG:
        return WrongPin(guess.attempts_left)
    forgiven = await tx.rows(
        "UPDATE pin SET failures = CASE WHEN CAST(? AS INTEGER) = 1 THEN 0 ELSE failures END"
        " WHERE borrower_id = ? AND version = ? RETURNING version",
        [int(guess.guess_id is None), guess.borrower_id, guess.version],
    )
    if not forgiven:
        return WrongPin(guess.attempts_left)
    if guess.guess_id is not None:
        await tx.run("DELETE FROM pin_guess WHERE session_id = ?", [guess.session_id])
    if guess.renewed is not None:
        await keep_verifier(tx, guess.borrower_id, column_of(guess.fit), guess.renewed)
    return None


@asynccontextmanager
async def forgiven_if_refused(guess: PinGuess | None) -> AsyncIterator[None]:
    """Let a right PIN count for nothing too where what it was typed for is refused."""
    try:
        yield
    except Refusal:
        if guess is not None and guess.fit is not PinFit.WRONG:
            async with transaction() as tx:
                await check_pin(tx, guess)
        raise


async def give_back(tx: Transaction, guess: PinGuess) -> None:
    """Take back the counting of a guess whose comparison nobody is told."""
    if guess.guess_id is not None:
        await tx.run("DELETE FROM pin_guess WHERE id = ?", [guess.guess_id])
        return
    await tx.run(
        "UPDATE pin SET failures = failures - 1 WHERE borrower_id = ? AND version = ?"
        " AND failures > 0",
        [guess.borrower_id, guess.version],
    )


async def forget_guesses(tx: Transaction, borrower_id: str) -> None:
    """Give sessions that are not trusted fully their guesses again: staff know who it is."""
    await tx.run("DELETE FROM pin_guess WHERE borrower_id = ?", [borrower_id])


async def keep_verifier(tx: Transaction, borrower_id: str, column: str, verifier: str) -> None:
    """Seal one of a borrower's two verifiers, and note it in the audit chain."""
    cell = pin_cell(borrower_id, column)
    sealed = await seal(tx, cell, verifier)
    await PinRow.filter(borrower_id=borrower_id).update(**{column: sealed})
    await note_cell(tx, cell, sealed)


def column_of(fit: PinFit) -> str:
    """Return where the verifier stands that a PIN fitted."""
    return "duress" if fit is PinFit.DURESS else "verifier"


async def _trust_of(borrower_id: str, session_id: str) -> Trust:
    session = await SessionRow.get_or_none(id=session_id, borrower_id=borrower_id, ended_at=None)
    if session is None:
        raise NotFound
    return Trust(session.trust)


async def _open_pin(
    tx: Transaction, borrower_id: str, *, may_know: bool
) -> Mapping[str, Any] | None:
    """Read a PIN that is there and not locked; whoever may know is told why there is none."""
    rows = await tx.rows(
        "SELECT borrower_id, version, failures, verifier, duress FROM pin WHERE borrower_id = ?",
        [borrower_id],
    )
    is_locked = bool(rows) and rows[0]["failures"] >= pins.GUESSES_IN_A_ROW
    if may_know and (not rows or is_locked):
        raise PinLocked if is_locked else PinNotSet
    return rows[0] if rows and not is_locked else None


async def _count_doubted(
    tx: Transaction, borrower_id: str, session_id: str, trust: Trust
) -> PinGuess:
    since = milliseconds(tx.now - pins.DOUBTED_FOR)
    counted = await PinGuessRow.filter(
        borrower_id=borrower_id, trust=trust.value, guessed_at__gt=since
    ).count()
    if counted >= pins.DOUBTED_GUESSES_MAX:
        raise PinLocked
    row = await PinGuessRow.create(
        id=tx.new_id("pg"),
        borrower_id=borrower_id,
        session_id=session_id,
        trust=trust.value,
        guessed_at=milliseconds(tx.now),
    )
    return PinGuess(
        borrower_id=borrower_id,
        version=0,
        fit=PinFit.WRONG,
        attempts_left=pins.DOUBTED_GUESSES_MAX - counted - 1,
        guess_id=row.id,
        session_id=session_id,
    )


async def _verifiers(row: Mapping[str, Any]) -> tuple[str, str]:
    return await verifiers_of(row["borrower_id"], bytes(row["verifier"]), bytes(row["duress"]))


async def _compared(guess: PinGuess, pin: str, hashes: Sequence[str]) -> PinGuess:
    """Compare, and hold money out back if that says so: in a commit of its own, whatever fits."""
    try:
        right, forced = await hashing.compared(pin, *hashes, pepper=PEPPER)
    except RateLimited:
        async with transaction() as tx:
            await give_back(tx, guess)
        raise
    async with transaction() as tx:
        await freeze_if(tx, guess.borrower_id, is_forced=forced.fits)
    if forced.fits:
        return replace(guess, fit=PinFit.DURESS, renewed=forced.renewed)
    if right.fits:
        return replace(guess, fit=PinFit.RIGHT, renewed=right.renewed)
    return guess
