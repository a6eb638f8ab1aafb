"""A borrower's account of points, line by line."""

from dataclasses import dataclass

from app.foundation.database import fetch
from app.foundation.paging import Page, PageAsk
from app.rewards.models import PointsEntryRow
from app.rewards.rules import PointsEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What stands in an account, and the code that others enter who were invited."""

    points: int
    code: str | None
    """None for somebody who joined before there were codes, until the next thing they do."""


async def account_of(borrower_id: str) -> Account:
    """Return a borrower's account; an empty one where none was opened yet."""
    rows = await fetch("SELECT points, code FROM reward_account WHERE id = ?", [borrower_id])
    if not rows:
        return Account(points=0, code=None)
    return Account(points=int(rows[0]["points"]), code=rows[0]["code"])


async def entries_of(borrower_id: str) -> list[PointsEntry]:
    """Return every line of an account, oldest first."""
    rows = await PointsEntryRow.filter(borrower_id=borrower_id).order_by("made_at", "id")
    return [row.as_entry() for row in rows]


async def entries_page(borrower_id: str, ask: PageAsk) -> Page[PointsEntry]:
    """Return a page of an account's lines that moved points, newest first."""
    found = PointsEntryRow.filter(borrower_id=borrower_id, points__not=0)
    if ask.after is not None:
        found = found.filter(id__lt=str(ask.after[0]))
    rows = await found.order_by("-id").limit(ask.first + 1)
    return Page.cut([((row.id,), row.as_entry()) for row in rows], ask)
