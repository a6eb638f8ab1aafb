"""Reading the service desk: a borrower's tickets, the queue, and what is written in a ticket."""

from dataclasses import astuple, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from app.catalog.queries import policy_book
from app.foundation.clock import moment_of
from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.foundation.paging import Page, PageAsk
from app.foundation.rekeying.shredding import forgotten_people
from app.foundation.sealing import Cell, unseal_left
from app.support.models import TicketMessageRow, TicketRow
from app.support.rules import ANSWER_DAYS, WAITING, Author, Category, TicketState
from app.support.rules.complaints import Outcome, RootCause, Subcategory


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A matter a borrower has brought up, without what is written in it."""

    ticket_id: str
    borrower_id: str
    category: Category
    state: TicketState
    loan_id: str | None
    opened_at: datetime
    due_at: datetime | None
    """When our answer is due; None while it is not our turn."""
    answered_at: datetime | None
    closed_at: datetime | None
    score: int | None
    subcategory: Subcategory | None = None
    about_ticket_id: str | None = None
    """The ticket whose answer is complained about."""
    assignee_id: str | None = None
    assignee_name: str | None = None
    round: int = 1
    """How many times the clock was started."""
    escalated_at: datetime | None = None
    """When a supervisor got it because time ran short; None if not in this round."""
    outcome: Outcome | None = None
    root_cause: RootCause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketMessage:
    """One message in a ticket, opened; None in place of its text once its borrower is forgotten."""

    message_id: str
    author: Author
    staff_name: str | None
    text: str | None = field(repr=False)
    written_at: datetime


async def tickets_of(borrower_id: str, ask: PageAsk) -> Page[Ticket]:
    """Return a page of a borrower's tickets, newest first."""
    found = TicketRow.filter(borrower_id=borrower_id)
    if ask.after is not None:
        at, last_id = ask.after
        moment = datetime.fromisoformat(str(at))
        found = found.filter(Q(opened_at__lt=moment) | Q(opened_at=moment, id__lt=last_id))
    rows = await found.order_by("-opened_at", "-id").limit(ask.first + 1)
    return Page[Ticket].cut(
        [((row.opened_at.isoformat(), row.id), ticket_from(row)) for row in rows], ask
    )


async def ticket(borrower_id: str, ticket_id: str) -> Ticket:
    """
    Return one of a borrower's tickets.

    Raises:
        NotFound: There is none of this id, or it is somebody else's.
    """
    row = None
    if has_id_shape(ticket_id, "tk"):
        row = await TicketRow.get_or_none(id=ticket_id, borrower_id=borrower_id)
    if row is None:
        raise NotFound
    return ticket_from(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueAsk:
    """Which tickets of the queue are wanted; None counts not."""

    state: TicketState | None = None
    """None: all that wait for us."""
    category: Category | None = None
    subcategory: Subcategory | None = None
    region: str | None = None
    """How the county's code begins."""
    assignee_id: str | None = None
    is_unhandled: bool = False
    is_escalated: bool | None = None
    hours_left_max: int | None = None

    @property
    def name(self) -> str:
        """Return what tells this list from others."""
        return ":".join("" if one is None else str(one) for one in astuple(self))

    def filters(self, now: datetime) -> dict[str, Any]:
        """Return what a row must have."""
        wanted: dict[str, Any] = {
            "state__in": WAITING if self.state is None else (self.state,),
            "category": self.category,
            "subcategory": self.subcategory,
            "county__startswith": self.region,
            "assignee_id": self.assignee_id,
            "assignee_id__isnull": self.is_unhandled or None,
            "escalated_at__isnull": None if self.is_escalated is None else not self.is_escalated,
        }
        if self.hours_left_max is not None:
            wanted["due_at__lte"] = now + timedelta(hours=self.hours_left_max)
        return {name: value for name, value in wanted.items() if value is not None}


async def queue(wanted: QueueAsk, ask: PageAsk, now: datetime) -> Page[Ticket]:
    """
    Return a page of tickets by time left, most urgent first.

    Those of the forgotten are not among them: there is nobody left to answer.
    """
    found: QuerySet[TicketRow] = TicketRow.filter(**wanted.filters(now)).exclude(
        borrower_id__in=forgotten_people()
    )
    if ask.after is not None:
        at, last_id = ask.after
        moment = datetime.fromisoformat(str(at))
        found = found.filter(Q(due_at__gt=moment) | Q(due_at=moment, id__gt=last_id))
    rows = await found.order_by("due_at", "id").limit(ask.first + 1)
    return Page[Ticket].cut(
        [((row.due_at.isoformat(), row.id), ticket_from(row)) for row in rows], ask
    )


async def messages_by_ticket(ticket_ids: list[str]) -> list[list[TicketMessage]]:
    """Return each ticket's messages, oldest first; one query for rows, one for keys."""
    tickets = {row.id: row.borrower_id for row in await TicketRow.filter(id__in=ticket_ids)}
    rows = await TicketMessageRow.filter(ticket_id__in=list(tickets)).order_by("number")
    texts = await unseal_left(
        [(message_cell(row.id, tickets[row.ticket_id]), row.text) for row in rows]
    )
    messages: dict[str, list[TicketMessage]] = {ticket_id: [] for ticket_id in ticket_ids}
    for row, text in zip(rows, texts, strict=True):
        messages[row.ticket_id].append(_message(row, text))
    return [messages[ticket_id] for ticket_id in ticket_ids]


async def answer_days(category: Category, on: date) -> int:
    """Return within how many days a ticket opened on a day is to be answered."""
    if category is Category.COMPLAINT:
        return int((await policy_book(on)).table("complaint_days")["plain"])
    return ANSWER_DAYS[category]


def message_cell(message_id: str, borrower_id: str) -> Cell:
    """Return the place of a message's text; both sides' words are the borrower's."""
    return TicketMessageRow.seals.cell("text", message_id, borrower_id)


def ticket_from(row: TicketRow) -> Ticket:
    """Turn a row into the value that leaves the room."""
    state = TicketState(row.state)
    return Ticket(
        ticket_id=row.id,
        borrower_id=row.borrower_id,
        category=Category(row.category),
        state=state,
        loan_id=row.loan_id,
        opened_at=row.opened_at,
        due_at=row.due_at if state in WAITING else None,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
        score=row.score,
        subcategory=None if row.subcategory is None else Subcategory(row.subcategory),
        about_ticket_id=row.about_ticket_id,
        assignee_id=row.assignee_id,
        assignee_name=row.assignee_name,
        round=row.round,
        escalated_at=None if row.escalated_at is None else moment_of(row.escalated_at),
        outcome=None if row.outcome is None else Outcome(row.outcome),
        root_cause=None if row.root_cause is None else RootCause(row.root_cause),
    )


def _message(row: TicketMessageRow, text: str | None) -> TicketMessage:
    return TicketMessage(
        message_id=row.id,
        author=Author(row.author),
        staff_name=row.staff_name,
        text=text,
        written_at=row.written_at,
    )
