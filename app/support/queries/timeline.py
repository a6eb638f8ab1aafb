"""Everything that happened around one borrower, newest first, for whoever helps them."""

from dataclasses import dataclass
from datetime import datetime

from app.foundation.paging import PageAsk
from app.messaging.queries import Notification, inbox_of
from app.servicing import queries as servicing
from app.servicing.rules import TimelineEntry
from app.support.queries.tickets import Ticket, tickets_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanHappening:
    """Something that happened to one of the borrower's loans."""

    loan_id: str
    entry: TimelineEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of the timeline."""

    at: datetime
    what: Notification | LoanHappening | Ticket


async def timeline(borrower_id: str, *, most: int) -> list[Happening]:
    """Return the newest happenings: what the borrower was told, what loans did, what was asked."""
    ask = PageAsk(first=most)
    happenings = [
        Happening(at=told.created_at, what=told)
        for _, told in (await inbox_of(borrower_id, ask)).items
    ]
    happenings += [
        Happening(at=ticket.opened_at, what=ticket)
        for _, ticket in (await tickets_of(borrower_id, ask)).items
    ]
    for loan in await servicing.loans_of(borrower_id):
        happenings += [
            Happening(
                at=entry.recorded_at, what=LoanHappening(loan_id=loan.ref.loan_id, entry=entry)
            )
            for _, entry in (await servicing.timeline_of(loan.ref, ask)).items
        ]
    return sorted(happenings, key=lambda one: one.at, reverse=True)[:most]
