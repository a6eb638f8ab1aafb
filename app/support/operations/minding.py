"""Minding complaints' clocks: the desk is told, a supervisor gets them, none just passes."""

from datetime import date, datetime

from tortoise.queryset import QuerySet

from app.foundation import outbox
from app.foundation.caller import StaffRole
from app.foundation.clock import local_date, milliseconds, moment_of
from app.foundation.database import Transaction, current, transaction
from app.foundation.log import logger, place_of
from app.foundation.rekeying.shredding import forgotten_people
from app.foundation.revision import revise
from app.identity.queries import staff_by_id
from app.messaging.rules import Kind
from app.support import queries
from app.support.events import ComplaintEscalated, ComplaintNearsDeadline, ComplaintPassedDeadline
from app.support.models import TicketRow
from app.support.operations.steps import locked_ticket, note_step, tell
from app.support.rules import WAITING, Category, TicketState
from app.support.rules.complaints import (
    ClockTerms,
    Happened,
    Signal,
    next_signal_at,
    signal_at,
    signals,
)

log = logger(__name__)

AT_ONCE = 100
_LOOKED = ("complaints looked at", "")
"""Under which a process keeps the day on which it last looked at every complaint that waits."""
_WAITING = ", ".join(f"'{state.value}'" for state in WAITING)


async def mind_complaints() -> int:
    """
    Give every signal that has come since, a transaction each; return how many complaints had one.

    Called often: a deadline is told once at each point, however many workers look at once, and
    after an outage all that was missed is made up for in order. It reads what has something due;
    once a day, and after a start, each process looks at all that wait, so that holidays published
    meanwhile count, and rows are found that nobody ever looked at.
    """
    now, kept = current().clock.now(), current().kept
    today = local_date(now)
    if kept.get(_LOOKED) == today:
        return await _mind_all(_waiting().filter(next_signal_at__lte=milliseconds(now)))
    given = await _mind_all(_waiting())
    await _let_rest(now)
    kept[_LOOKED] = today
    return given


def _waiting() -> QuerySet[TicketRow]:
    """Ask for the complaints whose time runs and of which not all is told."""
    return TicketRow.filter(
        category=Category.COMPLAINT.value,
        state__in=WAITING,
        signaled__lt=Signal.PASSED.value,
    ).exclude(borrower_id__in=forgotten_people())


async def _mind_all(found: QuerySet[TicketRow]) -> int:
    given, after = 0, ""
    terms: dict[date, ClockTerms] = {}
    while True:
        rows = await found.filter(id__gt=after).order_by("id").limit(AT_ONCE)
        for row in rows:
            given += await _mind(row, terms)
        if len(rows) < AT_ONCE:
            return given
        after = rows[-1].id


async def _let_rest(now: datetime) -> None:
    """Let what is answered, or whose borrower is forgotten, no longer stand among what is due."""
    async with transaction() as tx:
        await tx.run(
            "UPDATE ticket SET next_signal_at = NULL WHERE next_signal_at <= ?"
            f" AND (state NOT IN ({_WAITING})"
            " OR EXISTS (SELECT 1 FROM tombstone WHERE subject_id = ticket.borrower_id))",
            [milliseconds(now)],
        )


async def _mind(row: TicketRow, terms: dict[date, ClockTerms]) -> bool:
    """Give a complaint its signals; one that cannot be looked after holds up no other."""
    try:
        began = _began_on(row)
        if began not in terms:
            terms[began] = await queries.clock_terms(began)
        moments = _moments(row, terms[began])
        is_quiet = signal_at(current().clock.now(), moments) <= row.signaled
        if is_quiet and row.next_signal_at == _next(row, moments):
            return False
        async with transaction() as tx:
            return await _give(tx, await locked_ticket(row.id))
    except Exception as failure:  # noqa: BLE001 - the others' time runs, too
        log.warning("complaint_not_minded", ticket_id=row.id, place=place_of(failure))
        return False


def _began_on(row: TicketRow) -> date:
    """Return the day on which this round's clock was started: its terms hold to the end."""
    began = row.opened_at if row.round_began_at is None else moment_of(row.round_began_at)
    return local_date(began)


def _moments(row: TicketRow, terms: ClockTerms) -> tuple[datetime, ...]:
    return signals(row.due_at, terms, queries.somebody_works)


def _next(row: TicketRow, moments: tuple[datetime, ...]) -> int | None:
    at = next_signal_at(row.signaled, moments)
    return None if at is None else milliseconds(at)


async def _give(tx: Transaction, row: TicketRow) -> bool:
    """Give what has come and keep when there is more; tell whether anything had come."""
    if TicketState(row.state) not in WAITING:
        return False
    moments = _moments(row, await queries.clock_terms(_began_on(row)))
    given, reached = row.signaled, max(row.signaled, signal_at(tx.now, moments))
    for signal in Signal:
        if given < signal <= reached:
            await _signal(tx, row, signal)
    row.signaled = reached
    row.next_signal_at = _next(row, moments)
    await row.save()
    if reached > given:
        await revise(tx, row.borrower_id)
    return reached > given


async def _signal(tx: Transaction, row: TicketRow, signal: Signal) -> None:
    due_on = local_date(row.due_at).isoformat()
    key = f"{row.id}:{due_on}"
    routes = {one.code: one.phone for one in await queries.routes(local_date(tx.now))}
    match signal:
        case Signal.NEAR | Signal.CLOSE:
            await note_step(tx, row, Happened.ALERTED, detail=due_on)
            await outbox.announce(
                tx, ComplaintNearsDeadline(ticket_id=row.id, due_on=due_on, is_last=signal > 1)
            )
        case Signal.ESCALATE:
            row.escalated_at, row.was_escalated = milliseconds(tx.now), True
            if not await _has_supervisor(row):
                row.assignee_id = row.assignee_name = row.taken_at = None
            await note_step(tx, row, Happened.ESCALATED, detail=due_on)
            await outbox.announce(tx, ComplaintEscalated(ticket_id=row.id, due_on=due_on))
            await tell(tx, row, Kind.TICKET_ESCALATED, key=key, due_on=due_on, **routes)
        case Signal.PASSED:
            row.was_late = True
            await note_step(tx, row, Happened.PASSED, detail=due_on)
            await outbox.announce(tx, ComplaintPassedDeadline(ticket_id=row.id, due_on=due_on))
            await tell(tx, row, Kind.TICKET_LATE, key=key, **routes)
        case Signal.NONE:
            pass


async def _has_supervisor(row: TicketRow) -> bool:
    if row.assignee_id is None:
        return False
    assignee = (await staff_by_id([row.assignee_id]))[0]
    return assignee is not None and assignee.role is StaffRole.SUPERVISOR
