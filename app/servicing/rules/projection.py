"""From a loan's terms and events to everything its rows keep; working it out again is equal."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Protocol

import orjson

from app.loanmath.calendar import BusinessDays, WorkingDays
from app.loanmath.errors import YearUnpublished
from app.loanmath.life import (
    DUE_SOON_DAYS,
    CouponApplied,
    Event,
    LoanState,
    LoanStatus,
    PlanRow,
    RateLowered,
    fold,
)
from app.loanmath.schedule import Terms
from app.servicing.errors import CalendarUnpublished
from app.servicing.rules.position import Position, position_as_json, position_of
from app.servicing.rules.reductions import ReductionLine, reduction_lines
from app.servicing.rules.values import Funder, LoanRef, PlanLine

CLOSED = frozenset({LoanStatus.CLOSED_PAID, LoanStatus.OVERPAID})
"""The states in which nothing is owed."""

_DAY = timedelta(days=1)


class PublishedDays(WorkingDays, Protocol):
    """A calendar of working days that says how far it goes."""

    @property
    def published_until(self) -> int:
        """The last year published."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What never changes about a loan."""

    ref: LoanRef
    terms: Terms
    funders: tuple[Funder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """
    What a loan's row keeps of its state on a day.

    None of it changes by itself before `next_event_on`, so on the days between it holds as it is,
    unless the working days of `awaits_year` are published: then due dates may be seen elsewhere.
    `past_due_since` is the oldest unpaid due date that is past; `position` is its part of the
    ledger, as canonical JSON.
    """

    annual_rate: str
    disbursed_fen: int
    principal_fen: int
    balance_fen: int
    due_now_fen: int
    overdue_fen: int
    penalty_fen: int
    unapplied_fen: int
    past_due_since: date | None
    bucket: str
    status: str
    next_number: int | None
    next_due_on: date | None
    next_amount_fen: int
    installments: int
    closes_on: date
    closed_on: date | None
    next_event_on: date | None
    awaits_year: int | None
    position: str

    def as_columns(self) -> dict[str, Any]:
        """Return them under the names of the row's columns."""
        return {name: getattr(self, name) for name in _FIGURES}


_FIGURES = tuple(field.name for field in fields(Figures))


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """A loan's state on a day, and the rows made of it."""

    state: LoanState
    figures: Figures
    lines: tuple[PlanLine, ...]
    position: Position
    reductions: tuple[ReductionLine, ...] = ()
    has_reductions: bool = False
    """Whether others ever agreed to pay a part, though nothing may be left of it."""

    @property
    def is_closed(self) -> bool:
        """Whether nothing is owed."""
        return self.state.status in CLOSED


def project(
    signed: Signed, events: Sequence[Event], on: date, working: PublishedDays | None
) -> Projection:
    """
    Work out what a loan's rows say at the end of a business day.

    Raises:
        EventRefused: The events make no life of this loan.
        CalendarUnpublished: A due date has come whose year's working days are not published.
    """
    try:
        state = fold(signed.terms, events, on, working)
    except YearUnpublished as unpublished:
        raise CalendarUnpublished(unpublished.year) from unpublished
    position = position_of(signed.ref, signed.terms, signed.funders, events, state)
    reductions = reduction_lines(signed.ref.loan_id, events, state)
    by_others = Counter[int]()
    for one in reductions:
        by_others[one.number] += one.amount_fen
    lines = tuple(_line(signed.ref.loan_id, row, by_others[row.number]) for row in state.rows)
    following = next((line for line in lines if line.left_fen > 0), None)
    figures = Figures(
        annual_rate=_annual_rate(signed.terms, events, on),
        disbursed_fen=state.disbursed_fen,
        principal_fen=state.principal_fen,
        balance_fen=sum(line.left_fen for line in lines),
        due_now_fen=state.due_now_fen,
        overdue_fen=state.overdue_fen,
        penalty_fen=state.penalty_fen,
        unapplied_fen=state.unapplied_fen,
        past_due_since=on - state.days_past_due * _DAY if state.days_past_due else None,
        bucket=state.bucket.value,
        status=state.status.value,
        next_number=None if following is None else following.number,
        next_due_on=None if following is None else following.payable_on,
        next_amount_fen=0 if following is None else following.left_fen,
        installments=len(lines),
        closes_on=lines[-1].payable_on,
        closed_on=_closed_on(signed.terms, events, state, working),
        next_event_on=_next_event_on(state, lines),
        awaits_year=_awaits_year(signed.terms, state, lines, working),
        position=orjson.dumps(position_as_json(position)).decode(),
    )
    return Projection(
        state=state,
        figures=figures,
        lines=lines,
        position=position,
        reductions=reductions,
        has_reductions=any(isinstance(event, CouponApplied) for event in events),
    )


def _line(loan_id: str, row: PlanRow, paid_by_others_fen: int) -> PlanLine:
    return PlanLine(
        loan_id=loan_id,
        number=row.number,
        due_on=row.due_on,
        payable_on=row.payable_on or row.due_on,
        principal_fen=row.principal_fen,
        interest_fen=row.interest_fen,
        fee_fen=row.fee_fen,
        cost_fen=row.cost_fen,
        penalty_fen=row.penalty_fen,
        waived_fen=row.waived_fen,
        paid_principal_fen=row.paid_principal_fen,
        paid_interest_fen=row.paid_interest_fen,
        paid_fee_fen=row.paid_fee_fen,
        paid_cost_fen=row.paid_cost_fen,
        paid_penalty_fen=row.paid_penalty_fen,
        status=row.status,
        paid_by_others_fen=paid_by_others_fen,
    )


def _annual_rate(terms: Terms, events: Sequence[Event], on: date) -> str:
    """Return the rate in force; every lowering lowers it, so the least is the last."""
    lowered = [
        event.annual_rate
        for event in events
        if isinstance(event, RateLowered) and event.effective_on <= on
    ]
    return f"{min([terms.annual_rate, *lowered]):f}"


def _next_event_on(state: LoanState, lines: Sequence[PlanLine]) -> date | None:
    """
    Return the next day on which a figure changes or there is something to tell.

    While something is past due, penalty grows daily, so that is tomorrow; what is written off grows
    no more, yet ages.
    """
    if state.status in CLOSED:
        return None
    if state.overdue_fen and state.status is not LoanStatus.WRITTEN_OFF:
        return state.on + _DAY
    # Who pays a part of an installment owes it that day, though the borrower paid theirs before.
    by_others = {one.installment_number for one in state.reductions if not one.is_due}
    days = [
        day
        for line in lines
        if line.left_fen > 0 or line.number in by_others
        for day in (
            line.payable_on - DUE_SOON_DAYS * _DAY,
            line.payable_on,
            line.payable_on + _DAY,
        )
        if day > state.on
    ]
    if state.next_event_on is not None:
        days.append(state.next_event_on)
    return min(days, default=None)


def _awaits_year(
    terms: Terms, state: LoanState, lines: Sequence[PlanLine], working: PublishedDays | None
) -> int | None:
    """
    Return the year whose publication may move a due date; None where none does.

    A year's notice also decides days at the end of the year before it, so a plan that ends in the
    last year published waits for the next one too.
    """
    if working is None or terms.business_days is BusinessDays.AS_IS or state.status in CLOSED:
        return None
    following = working.published_until + 1
    return following if lines[-1].due_on.year >= following - 1 else None


def _closed_on(
    terms: Terms, events: Sequence[Event], state: LoanState, working: WorkingDays | None
) -> date | None:
    """
    Return the day from which nothing has been owed; None while something is.

    A loan closes on the day of an event, or on a due date paid out of money held, nominal or as
    seen. After the last such day nothing closes it, so on that day it was closed already.
    """
    if state.status not in CLOSED:
        return None
    days = {event.effective_on for event in events}
    days |= {day for row in state.rows for day in (row.due_on, row.payable_on or row.due_on)}
    closed_on, *earlier = sorted((day for day in days if day <= state.on), reverse=True)
    for day in earlier:
        if fold(terms, events, day, working).status not in CLOSED:
            break
        closed_on = day
    return closed_on
