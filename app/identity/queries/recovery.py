"""Reads around recovery: what an account has, when its number was last proven, what is stopped."""

from datetime import datetime

from app.foundation.clock import moment_of
from app.foundation.database import fetch
from app.foundation.errors import NotFound
from app.foundation.sealing import blind_indexes
from app.identity.models import BorrowerRow, DeviceRow, PinRow
from app.identity.queries.borrowers import contact_of
from app.identity.rules.recovery import Account

STOPPED = "stopped_number.phone"
"""The index by which a stopped number is found."""


async def account_of(borrower_id: str, *, has_history: bool = True) -> Account:
    """Return what a borrower's account has that recovery goes by."""
    return Account(
        has_pin=await PinRow.filter(borrower_id=borrower_id).exists(),
        has_device_key=await DeviceRow.filter(borrower_id=borrower_id, ended_at=None).exists(),
        has_history=has_history,
    )


async def phone_proven_at(borrower_id: str, *, but_by: str) -> datetime:
    """
    Return when a borrower last proved their number in a session that was trusted with their data.

    A session of somebody who has the number now, and proved nothing else, does not count: or the
    register would be asked about their own time only.
    """
    rows = await fetch(
        "SELECT MAX(COALESCE(phone_proven_at, started_at)) AS proven_at FROM session"
        " WHERE borrower_id = ? AND id <> ? AND trust <> 'CONTACT'"
        " AND (phone_proven_at IS NOT NULL OR (evidence IS NULL AND device_id IS NULL))",
        [borrower_id, but_by],
    )
    if rows[0]["proven_at"] is not None:
        return moment_of(rows[0]["proven_at"])
    borrower = await BorrowerRow.get_or_none(id=borrower_id)
    if borrower is None:
        raise NotFound
    return moment_of(borrower.joined_at)


async def is_number_stopped(borrower_id: str) -> bool:
    """
    Tell whether nothing may be sent to a borrower: their number is stopped, or is not theirs now.

    Whoever sends a message asks this last; a code that somebody asks for is no message.
    """
    rows = await fetch("SELECT lost_phone_at FROM borrower WHERE id = ?", [borrower_id])
    if not rows or rows[0]["lost_phone_at"] is not None:
        return True
    indexes = blind_indexes(STOPPED, (await contact_of(borrower_id)).phone)
    places = ", ".join("?" for _ in indexes)
    return bool(
        await fetch(f"SELECT 1 FROM stopped_number WHERE phone_index IN ({places})", indexes)
    )
