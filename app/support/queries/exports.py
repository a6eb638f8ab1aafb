"""Lists that were asked for, and their rows: masked, and whose each row is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.catalog.queries import policy_book
from app.foundation.clock import beginning_of, milliseconds, moment_of
from app.foundation.database import current
from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.foundation.rekeying.shredding import forgotten_people
from app.identity import queries as identity
from app.identity.rules.roles import WAITS_FOR
from app.loanmath.money import FEN_PER_YUAN
from app.privacy.rules import Reason
from app.servicing import queries as servicing
from app.servicing.queries.listing import loan_ids_opened
from app.support.models import DeskExportRow, TicketRow
from app.support.rules.exports import ExportKind, ExportLimits, ExportState

SHOWN_MAX = 100
PERSON = ("county", "borrower", "phone")
"""Columns that every list ends in, of whom it is about: masked."""
HEADERS = {
    ExportKind.TICKETS: (
        "ticket_id",
        "category",
        "subcategory",
        "state",
        "opened_at",
        "answer_due_at",
        "answered_at",
        "closed_at",
        "was_escalated",
        "was_late",
        "assignee",
        "outcome",
        "root_cause",
        "score",
        *PERSON,
    ),
    ExportKind.LOANS: (
        "loan_id",
        "product",
        "status",
        "opened_on",
        "closes_on",
        "days_past_due",
        "lent_yuan",
        "principal_yuan",
        "overdue_yuan",
        *PERSON,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskExport:
    """A list that somebody wants to take away."""

    export_id: str
    kind: ExportKind
    since: date
    until: date
    county: str | None
    reason: Reason
    why: str
    state: ExportState
    asked_by: str
    asked_name: str
    asked_at: datetime
    expires_at: datetime | None
    downloads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """One row, and whom it is about."""

    borrower_id: str
    values: tuple[object, ...]


async def export_limits(on: date) -> ExportLimits:
    """Return how much may leave the desk, as policy says on a day."""
    table = (await policy_book(on)).table("desk_export")
    return ExportLimits(**{name: int(str(value)) for name, value in table.items()})


async def desk_export(export_id: str) -> DeskExport:
    """
    Return a list that was asked for.

    Raises:
        NotFound: There is none of this id.
    """
    row = await DeskExportRow.get_or_none(id=export_id) if has_id_shape(export_id, "dx") else None
    if row is None:
        raise NotFound
    return export_from(row, current().clock.now())


async def waiting_exports(staff_id: str, now: datetime) -> int:
    """Return how many lists that somebody asked for wait for a second person."""
    return await DeskExportRow.filter(
        state=ExportState.ASKED.value,
        asked_by=staff_id,
        asked_at__gt=milliseconds(now - WAITS_FOR),
    ).count()


async def newest_exports() -> list[DeskExport]:
    """Return what was asked for, newest first, at most a hundred."""
    rows = await DeskExportRow.all().order_by("-asked_at", "-id").limit(SHOWN_MAX)
    now = current().clock.now()
    return [export_from(row, now) for row in rows]


async def rows_of(export: DeskExport, *, most: int) -> list[ExportRow]:
    """
    Return some rows of a list, oldest first, each with whom it is about, masked.

    Those of the forgotten are not among them, nor those who live in another county.
    """
    reading = _ticket_rows if export.kind is ExportKind.TICKETS else _loan_rows
    found: list[ExportRow] = []
    after = ""
    while len(found) < most:
        rows = await reading(export, after, most)
        found += await _with_people(rows, export.county)
        if len(rows) < most:
            break
        after = str(rows[-1].values[0])
    return found[:most]


async def _with_people(rows: Sequence[ExportRow], county: str | None) -> list[ExportRow]:
    profiles = await identity.profiles_by_id([row.borrower_id for row in rows])
    return [
        ExportRow(
            borrower_id=row.borrower_id,
            values=(*row.values, profile.region_code, profile.name, profile.phone),
        )
        for row, profile in zip(rows, profiles, strict=True)
        if profile is not None and (county is None or profile.region_code == county)
    ]


async def _ticket_rows(export: DeskExport, after: str, most: int) -> list[ExportRow]:
    found = TicketRow.filter(
        opened_at__gte=beginning_of(export.since),
        opened_at__lt=beginning_of(export.until + timedelta(days=1)),
        id__gt=after,
    ).exclude(borrower_id__in=forgotten_people())
    rows = await found.order_by("id").limit(most)
    return [
        ExportRow(
            borrower_id=row.borrower_id,
            values=(
                row.id,
                row.category,
                row.subcategory,
                row.state,
                row.opened_at.isoformat(),
                row.due_at.isoformat(),
                None if row.answered_at is None else row.answered_at.isoformat(),
                None if row.closed_at is None else row.closed_at.isoformat(),
                row.was_escalated,
                row.was_late,
                row.assignee_name,
                row.outcome,
                row.root_cause,
                row.score,
            ),
        )
        for row in rows
    ]


async def _loan_rows(export: DeskExport, after: str, most: int) -> list[ExportRow]:
    ids = await loan_ids_opened(export.since, export.until, after=after, most=most)
    return [
        ExportRow(
            borrower_id=loan.ref.borrower_id,
            values=(
                loan.ref.loan_id,
                loan.product_code,
                loan.status.value,
                loan.opened_on,
                loan.closes_on,
                loan.days_past_due,
                _yuan(loan.disbursed_fen),
                _yuan(loan.principal_fen),
                _yuan(loan.overdue_fen),
            ),
        )
        for loan in await servicing.loans_by_id(ids)
        if loan is not None
    ]


def _yuan(fen: int) -> str:
    return f"{fen // FEN_PER_YUAN}.{fen % FEN_PER_YUAN:02}"


def export_from(row: DeskExportRow, now: datetime) -> DeskExport:
    """Turn a row into the value that leaves the room, as it stands at a moment."""
    return DeskExport(
        export_id=row.id,
        kind=ExportKind(row.kind),
        since=row.since,
        until=row.until,
        county=row.county,
        reason=Reason(row.reason),
        why=row.why,
        state=_state(row, now),
        asked_by=row.asked_by,
        asked_name=row.asked_name,
        asked_at=moment_of(row.asked_at),
        expires_at=None if row.expires_at is None else moment_of(row.expires_at),
        downloads=row.downloads,
    )


def _state(row: DeskExportRow, now: datetime) -> ExportState:
    state = ExportState(row.state)
    is_late = moment_of(row.asked_at) + WAITS_FOR <= now
    return ExportState.LAPSED if is_late and state is ExportState.ASKED else state
