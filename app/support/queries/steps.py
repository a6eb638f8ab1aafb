"""A ticket's history at the desk, and the visits that are due after complaints were closed."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q

from app.foundation.clock import milliseconds, moment_of
from app.foundation.paging import Page, PageAsk
from app.foundation.rekeying.shredding import forgotten_people
from app.support.models import TicketStepRow, TicketVisitRow
from app.support.rules.complaints import Happened, VisitState

STEPS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketStep:
    """One step of a ticket at the desk."""

    what: Happened
    round: int
    staff_name: str | None
    detail: str | None
    happened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketVisit:
    """Somebody to be asked whether their complaint is really settled."""

    visit_id: str
    ticket_id: str
    borrower_id: str
    attempt: int
    due_at: datetime


async def steps_by_ticket(ticket_ids: list[str]) -> list[list[TicketStep]]:
    """Return each ticket's history, oldest first, at most its newest hundred steps."""
    rows = await TicketStepRow.filter(ticket_id__in=ticket_ids).order_by("happened_at", "id")
    steps: dict[str, list[TicketStep]] = {ticket_id: [] for ticket_id in ticket_ids}
    for row in rows:
        steps[row.ticket_id].append(
            TicketStep(
                what=Happened(row.what),
                round=row.round,
                staff_name=row.staff_name,
                detail=row.detail,
                happened_at=moment_of(row.happened_at),
            )
        )
    return [steps[ticket_id][-STEPS_MAX:] for ticket_id in ticket_ids]


async def visits_due(now: datetime, ask: PageAsk) -> Page[TicketVisit]:
    """Return a page of visits that are due, the longest due first; of nobody who is forgotten."""
    found = TicketVisitRow.filter(
        state=VisitState.DUE.value, due_at__lte=milliseconds(now)
    ).exclude(borrower_id__in=forgotten_people())
    if ask.after is not None:
        at, last_id = int(ask.after[0]), str(ask.after[1])
        found = found.filter(Q(due_at__gt=at) | Q(due_at=at, id__gt=last_id))
    rows = await found.order_by("due_at", "id").limit(ask.first + 1)
    return Page[TicketVisit].cut(
        [
            (
                (row.due_at, row.id),
                TicketVisit(
                    visit_id=row.id,
                    ticket_id=row.ticket_id,
                    borrower_id=row.borrower_id,
                    attempt=row.attempt,
                    due_at=moment_of(row.due_at),
                ),
            )
            for row in rows
        ],
        ask,
    )
