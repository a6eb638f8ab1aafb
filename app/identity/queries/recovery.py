"""Reads around recovery: what an account has, when its number was last proven, what is stopped."""

from datetime import datetime

from app.foundation.caller import BorrowerCaller, Trust
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import fetch
from app.foundation.errors import NotFound
from app.foundation.sealing import blind_indexes
from app.foundation.text import DEFAULT_LANGUAGE
from app.identity.models import BorrowerRow, DeviceRow
from app.identity.queries.borrowers import contact_of
from app.identity.queries.pins import pin_of
from app.identity.rules.people import Language, masked_phone
from app.identity.rules.recovery import Account, RecoveryView
from app.identity.rules.values import ContactView

STOPPED = "stopped_number.phone"
"""The index by which a stopped number is found."""


async def account_of(borrower_id: str, *, has_history: bool = True) -> Account:
    """
    Return what a borrower's account has that recovery goes by.

    Raises:
        SealBroken: There was a PIN, and it was taken away by nobody of ours.
    """
    return Account(
        has_pin=(await pin_of(borrower_id)).is_set,
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


async def recovery_of(caller: BorrowerCaller, now: datetime) -> RecoveryView:
    """Return where a caller's session stands."""
    rows = await fetch("SELECT full_at FROM session WHERE id = ?", [caller.session_id])
    full_at: int | None = rows[0]["full_at"] if rows and caller.trust is Trust.KNOWN else None
    if full_at is None or full_at <= milliseconds(now):
        return RecoveryView(trust=caller.trust, full_at=None)
    return RecoveryView(trust=caller.trust, full_at=moment_of(full_at))


async def contact_view_of(caller: BorrowerCaller) -> ContactView:
    """
    Return what the holder of a number is shown: the number, masked, in the default language.

    Raises:
        NotFound: The session is gone.
    """
    rows = await fetch("SELECT started_at FROM session WHERE id = ?", [caller.session_id])
    if not rows:
        raise NotFound
    contact = await contact_of(caller.borrower_id)
    return ContactView(
        borrower_id=caller.borrower_id,
        masked_phone=masked_phone(contact.phone),
        language=Language(DEFAULT_LANGUAGE),
        started_at=moment_of(rows[0]["started_at"]),
    )


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
