"""Who carries the same marks as somebody else, and whose application was filled in by another."""

from collections.abc import Sequence

from app.foundation.database import fetch
from app.origination.models import ApplicationRow, AssistedRow
from app.origination.rules.marking import MarkKind


async def marks_shared(borrower_ids: Sequence[str]) -> list[tuple[str, str, MarkKind]]:
    """
    Return which of some borrowers applied with the same number, card, wallet or address of late.

    By pairs in order. Marks are kept for a time only; whom they were of earlier, nobody can tell.
    """
    places = ", ".join("?" for _ in borrower_ids)
    found = await fetch(
        "SELECT DISTINCT a.borrower_id AS one, b.borrower_id AS other, a.kind"
        " FROM application_mark AS a JOIN application_mark AS b"
        " ON b.mark = a.mark AND b.kind = a.kind AND a.borrower_id < b.borrower_id"
        f" WHERE a.borrower_id IN ({places}) AND b.borrower_id IN ({places}) AND a.kind <> ?",
        [*borrower_ids, *borrower_ids, MarkKind.PAYEE.value],
    )
    return sorted((row["one"], row["other"], MarkKind(row["kind"])) for row in found)


async def is_number_of_another(borrower_id: str) -> bool:
    """Tell whether somebody else applied under a borrower's number within the last year."""
    found = await fetch(
        "SELECT 1 AS found FROM application_mark AS a JOIN application_mark AS b"
        " ON b.mark = a.mark AND b.borrower_id <> a.borrower_id"
        " WHERE a.borrower_id = ? AND a.kind = ? LIMIT 1",
        [borrower_id, MarkKind.PHONE.value],
    )
    return bool(found)


async def is_filled_in_by_another(application_id: str) -> bool:
    """Tell whether an agent or merchant filled an application in."""
    return await AssistedRow.exists(application_id=application_id)


async def has_applied(borrower_id: str) -> bool:
    """Tell whether a borrower ever handed an application in."""
    return await ApplicationRow.exists(borrower_id=borrower_id, submitted_at__not_isnull=True)
