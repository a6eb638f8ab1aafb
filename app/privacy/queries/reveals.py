"""Reading reveals: what was shown when, and the requests that wait for a second person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import fetch
from app.foundation.errors import NotFound
from app.foundation.paging import Page, PageAsk
from app.privacy.rules import Reason
from app.privacy.rules.reveals import ASKED_FOR, Field, RequestState

_COLUMNS = (
    "id, staff_id, staff_name, borrower_id, field, reason, ticket_id, state, asked_at, decided_at"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealRequest:
    """A wish to see a value, as the second person and the asker see it."""

    request_id: str
    staff_id: str
    staff_name: str
    borrower_id: str
    field: Field
    reason: Reason
    ticket_id: str | None
    state: RequestState
    asked_at: datetime
    decided_at: datetime | None


async def reveal_request(request_id: str) -> RevealRequest:
    """
    Return one request.

    Raises:
        NotFound: There is none of this id.
    """
    rows = await fetch(f"SELECT {_COLUMNS} FROM reveal_request WHERE id = ?", [request_id])
    if not rows:
        raise NotFound
    return _request(rows[0])


async def waiting_requests(now: datetime, ask: PageAsk) -> Page[RevealRequest]:
    """Return a page of the requests that wait for a second person, oldest first."""
    after = ask.after or (0, "")
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM reveal_request WHERE state = ? AND asked_at > ?"
        " AND (asked_at > ? OR (asked_at = ? AND id > ?)) ORDER BY asked_at, id LIMIT ?",
        [
            RequestState.ASKED,
            milliseconds(now - ASKED_FOR),
            after[0],
            after[0],
            after[1],
            ask.first + 1,
        ],
    )
    return Page[RevealRequest].cut(
        [((row["asked_at"], row["id"]), _request(row)) for row in rows], ask
    )


async def revealed_at(reveal_id: str) -> datetime:
    """Return when a value was shown."""
    rows = await fetch("SELECT revealed_at FROM reveal WHERE id = ?", [reveal_id])
    return moment_of(rows[0]["revealed_at"])


def _request(row: dict[str, Any]) -> RevealRequest:
    decided_at = row["decided_at"]
    return RevealRequest(
        request_id=row["id"],
        staff_id=row["staff_id"],
        staff_name=row["staff_name"],
        borrower_id=row["borrower_id"],
        field=Field(row["field"]),
        reason=Reason(row["reason"]),
        ticket_id=row["ticket_id"],
        state=RequestState(row["state"]),
        asked_at=moment_of(row["asked_at"]),
        decided_at=None if decided_at is None else moment_of(decided_at),
    )
