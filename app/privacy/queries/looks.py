"""Reading privacy: who looked at a borrower's data, and how much one member of staff looked at."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q

from app.foundation.caller import StaffRole
from app.foundation.database import fetch
from app.foundation.paging import Page, PageAsk
from app.privacy.models import LookRow
from app.privacy.rules import Reason, What


@dataclass(frozen=True, slots=True, kw_only=True)
class LookSeen:
    """One look at a borrower's data, as the borrower may see it."""

    look_id: str
    staff_role: StaffRole
    staff_name: str
    what: What
    reason: Reason
    ticket_id: str | None
    looked_at: datetime


async def looks_at(borrower_id: str, ask: PageAsk) -> Page[LookSeen]:
    """Return a page of the looks at a borrower's data, newest first."""
    found = LookRow.filter(borrower_id=borrower_id)
    if ask.after is not None:
        at, last_id = ask.after
        moment = datetime.fromisoformat(str(at))
        found = found.filter(Q(looked_at__lt=moment) | Q(looked_at=moment, id__lt=last_id))
    rows = await found.order_by("-looked_at", "-id").limit(ask.first + 1)
    return Page[LookSeen].cut(
        [((row.looked_at.isoformat(), row.id), _look(row)) for row in rows], ask
    )


async def look(borrower_id: str, look_id: str) -> LookSeen | None:
    """Return one look at a borrower's data; None when missing or at somebody else's."""
    row = await LookRow.get_or_none(id=look_id, borrower_id=borrower_id)
    return None if row is None else _look(row)


async def borrowers_looked_at(staff_id: str, *, since: datetime) -> int:
    """
    Return how many different borrowers a member of staff has looked at since a moment.

    Those on a list count not: a second person let it go.
    """
    rows = await fetch(
        "SELECT COUNT(DISTINCT borrower_id) AS borrowers FROM look"
        " WHERE staff_id = ? AND looked_at >= ? AND what <> ?",
        [staff_id, since, What.EXPORT.value],
    )
    return rows[0]["borrowers"]


def _look(row: LookRow) -> LookSeen:
    return LookSeen(
        look_id=row.id,
        staff_role=StaffRole(row.staff_role),
        staff_name=row.staff_name,
        what=What(row.what),
        reason=Reason(row.reason),
        ticket_id=row.ticket_id,
        looked_at=row.looked_at,
    )
