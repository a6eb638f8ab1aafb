"""Holds: whoever is held is left in peace, from the transaction on that places it."""

from datetime import date, timedelta

from app.catalog.queries import policy_book
from app.collections.models import ContactPermitRow
from app.collections.rules import HoldReason, place_of
from app.foundation.audit import SYSTEM, Entry, record
from app.foundation.clock import local_date, milliseconds
from app.foundation.database import Transaction
from app.foundation.revision import revise


async def hold(
    tx: Transaction,
    *,
    borrower_id: str,
    reason: HoldReason,
    reference: str,
    until_on: date | None = None,
    by: str | None = None,
) -> bool:
    """
    Leave a borrower in peace about late money; permits given before end at once.

    The same reason and reference twice are one hold, whose last day may change; one that has lapsed
    makes room for a new one. Without `until_on` it stands until it is released; `by` is the member
    of staff who sets it by hand.

    Returns:
        Whether it is new, or has another last day.
    """
    await revise(tx, borrower_id)  # the lock under which permits are given, too
    now, place = milliseconds(tx.now), place_of(borrower_id, reason, reference)
    await tx.run(
        "UPDATE collection_hold SET place = NULL, released_at = ? WHERE place = ? AND until_on < ?",
        [now, place, local_date(tx.now).isoformat()],
    )
    placed = await tx.rows(
        "INSERT INTO collection_hold (id, borrower_id, reason, reference, place, until_on,"
        " placed_by, placed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (place) DO UPDATE SET until_on = excluded.until_on"
        " WHERE collection_hold.until_on IS NOT NULL RETURNING id",
        [
            tx.new_id("hd"),
            borrower_id,
            reason.value,
            reference,
            place,
            None if until_on is None else until_on.isoformat(),
            by,
            now,
        ],
    )
    if not placed:
        return False
    await end_permits(tx, borrower_id=borrower_id)
    about = {"reason": reason.value, "reference": reference}
    await record(tx, Entry("collections.held", borrower_id, by or SYSTEM, about))
    return True


async def hold_for_wish(tx: Transaction, *, borrower_id: str, reference: str) -> None:
    """
    Leave somebody in peace who said that paying is hard, for the days they have to choose relief.

    A request for one of the arrangements then holds until it is answered (`following`).
    """
    days = (await policy_book(tx.today)).whole("hardship_waiting_days")
    await hold(
        tx,
        borrower_id=borrower_id,
        reason=HoldReason.HARDSHIP,
        reference=reference,
        until_on=tx.today + timedelta(days=days),
    )


async def release(
    tx: Transaction,
    *,
    borrower_id: str,
    reason: HoldReason,
    reference: str,
    by: str | None = None,
) -> bool:
    """
    End a hold; return whether there was one.

    Whatever else keeps us from contacting the borrower stands as it did.
    """
    await revise(tx, borrower_id)
    released = await tx.rows(
        "UPDATE collection_hold SET place = NULL, released_at = ?, released_by = ?"
        " WHERE place = ? RETURNING id",
        [milliseconds(tx.now), by, place_of(borrower_id, reason, reference)],
    )
    if not released:
        return False
    about = {"reason": reason.value, "reference": reference}
    await record(tx, Entry("collections.released", borrower_id, by or SYSTEM, about))
    return True


async def end_permits(tx: Transaction, **whose: str | int) -> None:
    """End at once what leave to get in touch was given and is not used yet."""
    now = milliseconds(tx.now)
    given = ContactPermitRow.filter(**whose, expires_at__gt=now, used_at__isnull=True, reasons="")
    await given.update(expires_at=now)
