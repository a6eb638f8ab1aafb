"""Loans as their rows keep them; what a day has changed since is worked out on the way."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import itemgetter
from typing import Any

from tortoise.expressions import Q

from app.foundation.clock import local_date
from app.foundation.database import business_date, current, fetch, fetch_tuples
from app.foundation.database.stored import day_in
from app.foundation.errors import NotFound
from app.foundation.paging import Page, PageAsk
from app.foundation.working_days import working_days
from app.loanmath.life import InstallmentStatus
from app.servicing.models import (
    LINE_COLUMNS,
    SUMMARY_COLUMNS,
    LoanEventRow,
    LoanRow,
    is_overtaken,
    signed_from,
    summary_columns_of,
    summary_from,
)
from app.servicing.queries.corrections import reasons_by_event
from app.servicing.queries.living import events_by_loan
from app.servicing.rules import LoanRef, LoanSummary, PlanLine, TimelineEntry, project

LOANS_MAX = 100
"""The most loans one borrower is shown; the limit across products keeps far below."""

UPCOMING_DAYS = 31
UPCOMING_MAX = 20

_ID = SUMMARY_COLUMNS.index("id")
_NEXT_EVENT_ON = SUMMARY_COLUMNS.index("next_event_on")
_BY_AGE = itemgetter(SUMMARY_COLUMNS.index("opened_on"), _ID)
_SUMMARIES = f"SELECT {', '.join(SUMMARY_COLUMNS)} FROM servicing_loan"


async def loans_of(borrower_id: str, on: date | None = None) -> list[LoanSummary]:
    """Return a borrower's loans as they stand on the business date, newest first."""
    rows = await fetch_tuples(f"{_SUMMARIES} WHERE borrower_id = ?", [borrower_id])
    # Put in order here: a database carries whole rows through its sort, and its own collation may
    # order ids otherwise than as bytes, which is how they grow with time.
    newest = sorted(rows, key=_BY_AGE, reverse=True)[:LOANS_MAX]
    return await _summaries(newest, on or await business_date())


async def loans_by_borrower(borrower_ids: Sequence[str]) -> dict[str, list[LoanSummary]]:
    """Return the loans of those of some who have any; two queries for any number of people."""
    if not borrower_ids:
        return {}
    marks = ", ".join("?" for _ in borrower_ids)
    rows = await fetch_tuples(f"{_SUMMARIES} WHERE borrower_id IN ({marks})", list(borrower_ids))
    found: defaultdict[str, list[LoanSummary]] = defaultdict(list)
    for one in await _summaries(rows, await business_date()):
        found[one.ref.borrower_id].append(one)
    return dict(found)


async def loan(ref: LoanRef, on: date | None = None) -> LoanSummary:
    """
    Return a loan as it stands on the business date.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    rows = await fetch_tuples(
        f"{_SUMMARIES} WHERE id = ? AND borrower_id = ?", [ref.loan_id, ref.borrower_id]
    )
    if not rows:
        raise NotFound("loanId")
    return (await _summaries(rows, on or await business_date()))[0]


async def loans_by_id(loan_ids: list[str]) -> list[LoanSummary | None]:
    """Return loans in the order asked, whoever's they are: for staff and facts."""
    if not loan_ids:
        return []
    marks = ", ".join("?" for _ in loan_ids)
    rows = await fetch_tuples(f"{_SUMMARIES} WHERE id IN ({marks})", list(loan_ids))
    found = {one.ref.loan_id: one for one in await _summaries(rows, await business_date())}
    return [found.get(loan_id) for loan_id in loan_ids]


async def borrowers_owing(after: str, most: int) -> list[str]:
    """Return some borrowers with a loan that is not closed, by id, from after one on."""
    rows = await fetch(
        "SELECT DISTINCT borrower_id FROM servicing_loan"
        " WHERE closed_on IS NULL AND borrower_id > ? ORDER BY borrower_id LIMIT ?",
        [after, most],
    )
    return [str(row["borrower_id"]) for row in rows]


async def plans_by_loan(loan_ids: list[str]) -> list[list[PlanLine]]:
    """One query for any number of loans, answered in the order asked; no plan for no loan."""
    if not loan_ids:
        return []
    marks = ", ".join("?" for _ in loan_ids)
    columns = ", ".join(f"i.{name}" for name in LINE_COLUMNS)
    rows = await fetch(
        f"SELECT {columns}, l.next_event_on, b.on_date"
        " FROM servicing_installment i JOIN servicing_loan l ON l.id = i.loan_id"
        " LEFT JOIN business_day b ON b.id = 1"
        f" WHERE i.loan_id IN ({marks}) ORDER BY i.loan_id, i.number",
        list(loan_ids),
    )
    plans: defaultdict[str, list[PlanLine]] = defaultdict(list)
    overtaken: set[str] = set()
    on = _business_date(rows)
    for row in rows:
        plans[row["loan_id"]].append(_line(row))
        if is_overtaken(row["next_event_on"], on):
            overtaken.add(row["loan_id"])
    if overtaken:
        plans |= await _plans_worked_out(sorted(overtaken), on)
    return [plans[loan_id] for loan_id in loan_ids]


async def timeline_of(ref: LoanRef, ask: PageAsk | None = None) -> Page[TimelineEntry]:
    """
    Return a page of what happened to a loan, newest first.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    if not await LoanRow.exists(id=ref.loan_id, borrower_id=ref.borrower_id):
        raise NotFound("loanId")
    ask = ask or PageAsk()
    found = LoanEventRow.filter(loan_id=ref.loan_id)
    if ask.after is not None:
        found = found.filter(seq__lt=ask.after[0])
    rows = await found.order_by("-seq").limit(ask.first + 1)
    return Page.cut([((entry.seq,), entry) for entry in await _entries(rows)], ask)


async def timeline_of_borrower(borrower_id: str, ask: PageAsk) -> Page[tuple[str, TimelineEntry]]:
    """Return a page of what happened to a borrower's loans, newest first, each with its loan."""
    ids = await LoanRow.filter(borrower_id=borrower_id).values_list("id", flat=True)
    found = LoanEventRow.filter(loan_id__in=[str(one) for one in ids])
    if ask.after is not None:
        at, loan_id, seq = ask.after
        earlier = Q(loan_id__lt=loan_id) | Q(loan_id=loan_id, seq__lt=seq)
        found = found.filter(Q(recorded_at__lt=at) | Q(earlier, recorded_at=at))
    rows = await found.order_by("-recorded_at", "-loan_id", "-seq").limit(ask.first + 1)
    entries = await _entries(rows)
    return Page.cut(
        [
            ((row.recorded_at, row.loan_id, row.seq), (row.loan_id, entry))
            for row, entry in zip(rows, entries, strict=True)
        ],
        ask,
    )


async def _entries(rows: Sequence[LoanEventRow]) -> list[TimelineEntry]:
    """Add what the events alone do not say: why staff did it, and how much was undone."""
    reasons = await reasons_by_event([row.id for row in rows])
    undone = [row.reverses for row in rows if row.reverses is not None]
    amounts = {
        row.id: row.as_timeline_entry().amount_fen
        for row in (await LoanEventRow.filter(id__in=undone) if undone else [])
    }
    return [
        row.as_timeline_entry(
            reason=reasons.get(row.id), undone_fen=amounts.get(row.reverses or "")
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """An installment to be paid soon or already due, with its loan."""

    loan: LoanSummary
    line: PlanLine


async def upcoming_dues(borrower_id: str, on: date | None = None) -> list[Upcoming]:
    """Return what a borrower has to pay by 31 days from now, oldest first, at most 20."""
    today = on or await business_date()
    loans = {one.ref.loan_id: one for one in await loans_of(borrower_id, today)}
    until = today + timedelta(days=UPCOMING_DAYS)
    dues = [
        Upcoming(loan=loans[line.loan_id], line=line)
        for plan in await plans_by_loan(list(loans))
        for line in plan
        if line.left_fen > 0 and line.payable_on <= until
    ]
    return sorted(dues, key=lambda due: (due.line.payable_on, due.line.loan_id))[:UPCOMING_MAX]


async def overdue_loans(ask: PageAsk | None = None) -> Page[LoanSummary]:
    """Return a page of loans with something past due, latest payers first; for staff."""
    ask = ask or PageAsk()
    found = LoanRow.filter(past_due_since__not_isnull=True, closed_on__isnull=True)
    if ask.after is not None:
        since, loan_id = date.fromisoformat(str(ask.after[0])), str(ask.after[1])
        found = found.filter(Q(past_due_since__gt=since) | Q(past_due_since=since, id__gt=loan_id))
    found = found.order_by("past_due_since", "id").limit(ask.first + 1)
    rows = await found.values(*SUMMARY_COLUMNS)
    keys = [(str(row["past_due_since"]), row["id"]) for row in rows]
    summaries = await _summaries([summary_columns_of(row) for row in rows], await business_date())
    return Page.cut(list(zip(keys, summaries, strict=True)), ask)


async def _summaries(rows: Sequence[Sequence[Any]], on: date) -> list[LoanSummary]:
    """Return what rows say of loans, each its values in the order of `SUMMARY_COLUMNS`."""
    overtaken = [row for row in rows if is_overtaken(row[_NEXT_EVENT_ON], on)]
    if not overtaken:
        return [summary_from(row, on) for row in rows]
    current = await _worked_out(overtaken, on)
    return [summary_from(current.get(row[_ID], row), on) for row in rows]


async def _worked_out(rows: Sequence[Sequence[Any]], on: date) -> dict[str, Sequence[Any]]:
    """Return rows as they will stand once the day is closed, by loan."""
    events = await events_by_loan([row[_ID] for row in rows])
    current: dict[str, Sequence[Any]] = {}
    for values in rows:
        row = dict(zip(SUMMARY_COLUMNS, values, strict=True))
        figures = project(signed_from(row), events[row["id"]], on, working_days()).figures
        current[row["id"]] = summary_columns_of({**row, **figures.as_columns()})
    return current


async def _plans_worked_out(loan_ids: list[str], on: date) -> dict[str, list[PlanLine]]:
    events = await events_by_loan(loan_ids)
    return {
        row.id: list(project(row.signed(), events[row.id], on, working_days()).lines)
        for row in await LoanRow.filter(id__in=loan_ids)
    }


def _business_date(rows: list[dict[str, Any]]) -> date:
    if rows and rows[0]["on_date"] is not None:
        return date.fromisoformat(rows[0]["on_date"])
    return local_date(current().clock.now())


def _line(row: dict[str, Any]) -> PlanLine:
    values = {name: row[name] for name in LINE_COLUMNS}
    values["due_on"] = day_in(row["due_on"])
    values["payable_on"] = day_in(row["payable_on"])
    values["status"] = InstallmentStatus(row["status"])
    return PlanLine(**values)
