"""Reads around PINs: whether there is one, and whose money is held back."""

from datetime import datetime

from app.foundation import hashing
from app.foundation.audit import check_cells
from app.foundation.caller import Trust
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import current, fetch
from app.foundation.errors import NotFound
from app.foundation.sealing import Sealed, unseal_all
from app.identity.models import (
    BorrowerRow,
    DisbursementFreezeRow,
    PinGuessRow,
    PinRow,
    borrower_cell,
    pin_cell,
)
from app.identity.queries.borrower_rows import check_opened, check_rows
from app.identity.queries.wallets import asides_of
from app.identity.rules import pins
from app.identity.rules.pins import CardAside, Freeze, OwnNumbers, PinState

FREEZES_MAX = 200
"""How many freezes the service desk is shown at once, oldest first."""


async def pin_of(borrower_id: str, trust: Trust = Trust.FULL) -> PinState:
    """
    Return whether a borrower has a PIN, and whether it is locked for sessions trusted so far.

    Raises:
        SealBroken: There was one, and it was taken away by nobody of ours.
    """
    row = await _row_of(borrower_id)
    if row is None:
        return PinState(is_set=False, is_locked=False)
    is_locked = row.failures >= pins.GUESSES_IN_A_ROW
    if trust is not Trust.FULL and not is_locked:
        since = milliseconds(current().clock.now() - pins.DOUBTED_FOR)
        guesses = PinGuessRow.filter(
            borrower_id=borrower_id, trust=trust.value, guessed_at__gt=since
        )
        is_locked = await guesses.count() >= pins.DOUBTED_GUESSES_MAX
    return PinState(is_set=True, is_locked=is_locked)


async def pin_set_at(borrower_id: str) -> datetime | None:
    """
    Return when the borrower's PIN was set or changed last; None without one.

    Raises:
        SealBroken: There was one, and it was taken away by nobody of ours.
    """
    row = await _row_of(borrower_id)
    return None if row is None else moment_of(row.set_at)


async def _row_of(borrower_id: str) -> PinRow | None:
    """Return a borrower's row; that there is none is believed only if the audit chain says so."""
    row = await PinRow.get_or_none(borrower_id=borrower_id)
    if row is None:
        await check_cells([(pin_cell(borrower_id, "verifier"), None)])
    return row


async def is_disbursement_frozen(borrower_id: str) -> bool:
    """
    Tell whether money out to a borrower is held back.

    Their PIN for duress was typed, or a way in or the way for the money was changed of late.

    Whoever sends money asks this last, in the transaction that commits to sending; to everybody
    but staff the money is being processed.
    """
    if await DisbursementFreezeRow.filter(live_key=borrower_id).exists():
        return True
    now = milliseconds(current().clock.now())
    return bool(
        await fetch(
            "SELECT 1 FROM borrower WHERE id = ? AND disbursed_from > ?", [borrower_id, now]
        )
    )


async def frozen_borrower_ids() -> list[str]:
    """Return every borrower whose money is held back; few, as it is for days or staff look."""
    rows = await fetch(
        "SELECT live_key AS id FROM disbursement_freeze WHERE live_key IS NOT NULL"
        " UNION SELECT id FROM borrower WHERE disbursed_from > ?",
        [milliseconds(current().clock.now())],
    )
    return [row["id"] for row in rows]


async def freezes() -> list[Freeze]:
    """Return whose money is held back, oldest first, at most 200."""
    rows = DisbursementFreezeRow.filter(live_key__isnull=False).order_by("frozen_at", "id")
    return [
        Freeze(freeze_id=row.id, borrower_id=row.borrower_id, frozen_at=moment_of(row.frozen_at))
        for row in await rows.limit(FREEZES_MAX)
    ]


async def card_aside_of(borrower_id: str) -> CardAside | None:
    """
    Return the card named since money out is held back; None where none was, or nothing is.

    Whoever forced the borrower sees it wherever the borrower's card is shown, asked for or agreed
    to; nothing is ever sent to it, not even after staff let money flow.
    """
    return (await asides_of(borrower_id))[0]


async def own_numbers_of(borrower_id: str) -> OwnNumbers:
    """
    Return the numbers that a borrower's PIN must not be made of, in clear.

    Raises:
        NotFound: There is no such borrower.
        SealBroken: The borrower's row is not as it was last written.
    """
    row = await BorrowerRow.get_or_none(id=borrower_id)
    if row is None or row.is_forgotten:
        raise NotFound
    await check_rows([row])
    closed = [
        (borrower_cell(borrower_id, column), sealed)
        for column in ("phone", "resident_id")
        if (sealed := getattr(row, column)) is not None
    ]
    opened = await unseal_all(closed)
    numbers = OwnNumbers(phone=opened[0], resident_id=opened[1] if opened[1:] else None)
    check_opened(row, {"phone": numbers.phone, "resident_id": numbers.resident_id})
    return numbers


async def verifiers_of(borrower_id: str, verifier: bytes, duress: bytes) -> tuple[str, str]:
    """
    Open a borrower's two verifiers.

    Raises:
        SealBroken: One is older than what the audit chain says, altered, or another borrower's.
    """
    closed = [
        (pin_cell(borrower_id, "verifier"), Sealed(verifier)),
        (pin_cell(borrower_id, "duress"), Sealed(duress)),
    ]
    await check_cells(closed)
    right, forced = await unseal_all(closed)
    return right, forced


async def no_verifiers_of(borrower_id: str, phone: Sealed) -> tuple[str, str]:
    """Return two verifiers that fit nothing, at the cost of checking and opening two."""
    cells = [(pin_cell(borrower_id, column), None) for column in ("verifier", "duress")]
    await check_cells(cells)
    await unseal_all([(borrower_cell(borrower_id, "phone"), phone)] * len(cells))
    entropy = current().entropy
    return hashing.decoy(entropy), hashing.decoy(entropy)
