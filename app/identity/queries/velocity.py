"""How many people stand behind one phone, for those who watch for rings."""

from collections.abc import Sequence
from datetime import datetime

from app.foundation.clock import moment_of
from app.foundation.database import fetch
from app.foundation.errors import NotFound
from app.foundation.sealing import blind_indexes
from app.identity.queries.borrowers import contact_of


async def people_on_device(phone: str) -> int:
    """
    Return to how many other numbers codes went lately from the phones that asked for this one's.

    Requests are kept for a day, so this counts a day; a phone that names itself to nobody counts
    as none.
    """
    marks = blind_indexes("one_time_code.phone", phone)
    places = ", ".join("?" for _ in marks)
    found = await fetch(
        "SELECT COUNT(DISTINCT o.phone_index) AS numbers FROM code_send AS o"
        f" WHERE o.phone_index NOT IN ({places}) AND o.device_index IN"
        " (SELECT m.device_index FROM code_send AS m"
        f" WHERE m.phone_index IN ({places}) AND m.device_index IS NOT NULL)",
        [*marks, *marks],
    )
    return int(found[0]["numbers"])


async def device_mark_of(borrower_id: str) -> str | None:
    """
    Return a keyed mark of the phone that last asked for this borrower's code, within a day.

    Equal marks are one phone; whose it is, nobody can tell from them. None where it named itself to
    nobody, or nobody asked of late.
    """
    try:
        phone = (await contact_of(borrower_id)).phone
    except NotFound:
        return None
    marks = blind_indexes("one_time_code.phone", phone)
    places = ", ".join("?" for _ in marks)
    found = await fetch(
        "SELECT device_index FROM code_send WHERE device_index IS NOT NULL"
        f" AND phone_index IN ({places}) ORDER BY sent_at DESC LIMIT 1",
        [*marks],
    )
    return found[0]["device_index"] if found else None


async def cards_shared(borrower_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Return which of some borrowers have one bank card between them, by pairs in order."""
    places = ", ".join("?" for _ in borrower_ids)
    found = await fetch(
        "SELECT a.id AS one, b.id AS other FROM borrower AS a"
        " JOIN borrower AS b ON b.bank_card_index = a.bank_card_index AND a.id < b.id"
        f" WHERE a.id IN ({places}) AND b.id IN ({places})",
        [*borrower_ids, *borrower_ids],
    )
    return sorted((row["one"], row["other"]) for row in found)


async def joined_at(borrower_id: str) -> datetime:
    """
    Return when a borrower proved their number for the first time.

    Raises:
        NotFound: There is no such borrower.
    """
    found = await fetch("SELECT joined_at FROM borrower WHERE id = ?", [borrower_id])
    if not found:
        raise NotFound
    return moment_of(found[0]["joined_at"])
