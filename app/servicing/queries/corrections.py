"""Corrections by staff: those that wait, what was written, and what one would do today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import orjson
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from app.foundation.database import business_date, current
from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.foundation.paging import Page, PageAsk
from app.foundation.sealing import unseal
from app.foundation.working_days import working_days
from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.life import Event, Recovered, RepaymentReceived
from app.loanmath.life.preview import PREVIEW_ID
from app.servicing.errors import CorrectionImpossible, CorrectionStale
from app.servicing.models import CorrectionRow, LoanEventRow, LoanRow
from app.servicing.queries.living import events_of
from app.servicing.rules import project
from app.servicing.rules.corrections import (
    CORRECTION_PREFIX,
    Act,
    ActKind,
    Correction,
    CorrectionFigures,
    CorrectionNotes,
    CorrectionReason,
    CorrectionState,
    CorrectionToday,
    Stamp,
    UndoRepayment,
    act_from_json,
    amount_of,
    check_possible,
    effect_of,
    event_of,
    figures_of,
)

TAKEN = frozenset({RepaymentReceived.__name__, Recovered.__name__})
"""The kinds of events by which money came in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What an act does to a loan on one day, and how much it is about."""

    before: CorrectionFigures
    after: CorrectionFigures
    amount_fen: int


async def correction(correction_id: str) -> Correction:
    """
    Return a correction as it stands on the business date; for staff.

    Raises:
        NotFound: There is no such correction.
    """
    row = await _row(correction_id)
    return row.as_correction(await business_date())


async def correction_notes(correction_id: str) -> CorrectionNotes:
    """
    Return what maker and checker wrote.

    Raises:
        NotFound: There is no such correction.
    """
    row = await _row(correction_id)
    proposed = await unseal(row.cell("note"), row.note)
    if row.checker_id is None:
        return CorrectionNotes(proposed=proposed, decided=None)
    decided = await unseal(row.cell("decision_note"), row.decision_note)
    return CorrectionNotes(proposed=proposed, decided=decided)


async def corrections(
    state: CorrectionState, ask: PageAsk | None = None, *, loan_id: str | None = None
) -> Page[Correction]:
    """Return a page of corrections in a state: open ones oldest first, all others newest first."""
    ask, today = ask or PageAsk(), await business_date()
    found = _in_state(state, today)
    if loan_id is not None:
        found = found.filter(loan_id=loan_id)
    is_open = state is CorrectionState.PROPOSED
    if ask.after is not None:
        after = str(ask.after[0])
        found = found.filter(id__gt=after) if is_open else found.filter(id__lt=after)
    rows = await found.order_by("id" if is_open else "-id").limit(ask.first + 1)
    return Page[Correction].cut([((row.id,), row.as_correction(today)) for row in rows], ask)


def _in_state(state: CorrectionState, today: date) -> QuerySet[CorrectionRow]:
    """Filter by state; an open one whose last day has passed counts as over at once."""
    open_rows = Q(state=CorrectionState.PROPOSED.value)
    match state:
        case CorrectionState.PROPOSED:
            return CorrectionRow.filter(open_rows, expires_on__gte=today)
        case CorrectionState.EXPIRED:
            return CorrectionRow.filter(
                Q(state=state.value) | Q(open_rows, Q(expires_on__lt=today))
            )
        case CorrectionState.APPROVED | CorrectionState.REJECTED | CorrectionState.WITHDRAWN:
            return CorrectionRow.filter(state=state.value)


async def correction_today(correction_id: str) -> CorrectionToday | None:
    """
    Return what an open correction would do if it were approved now; None when it is not open.

    Raises:
        NotFound: There is no such correction.
    """
    row = await _row(correction_id)
    today = await business_date()
    if row.state_on(today) is not CorrectionState.PROPOSED:
        return None
    loan = await LoanRow.get(id=row.loan_id)
    events = await events_of(loan.id)
    on = max(today, loan.as_of)
    stamp = Stamp(event_id=PREVIEW_ID, effective_on=today, recorded_at=current().clock.now())
    act = act_from_json(ActKind(row.kind), orjson.loads(row.act))
    since = len(events) - row.events_count
    try:
        seen = outlook_today(loan, events, act, stamp, on=on, known=row.events_count)
    except (CorrectionImpossible, CorrectionStale) as refusal:
        before = figures_of(project(loan.signed(), events, on, working_days()))
        return CorrectionToday(
            before=before, after=None, refusal_code=refusal.code, events_since=since
        )
    return CorrectionToday(
        before=seen.before, after=seen.after, refusal_code=None, events_since=since
    )


async def reasons_by_event(event_ids: Sequence[str]) -> dict[str, CorrectionReason]:
    """Return why each event of a loan was approved, for those that staff brought about."""
    rows = await CorrectionRow.filter(event_id__in=list(event_ids))
    return {str(row.event_id): CorrectionReason(row.reason) for row in rows}


async def taken_event(undone: UndoRepayment) -> LoanEventRow:
    """
    Return the event that a repayment or recovery is on its loan.

    Raises:
        NotFound: No loan has taken such money.
    """
    cause = "correction" if undone.is_recovery else "repayment"
    row = await LoanEventRow.get_or_none(source_key=f"{cause}|{undone.repayment_id}")
    if row is None or row.kind not in TAKEN:
        raise NotFound("input.repaymentId")
    return row


def outlook(loan: LoanRow, events: Sequence[Event], act: Act, stamp: Stamp, *, on: date) -> Outlook:
    """
    Work out what an act does to a loan on a day; nothing is changed.

    Raises:
        CorrectionImpossible: It does nothing, or not what it says, or makes no life of the loan.
        CalendarUnpublished: A due date has come whose year's working days are not published.
    """
    signed = loan.signed()
    try:
        before = figures_of(project(signed, events, on, working_days()))
        after = figures_of(project(signed, [*events, event_of(act, stamp)], on, working_days()))
    except (EventRefused, TermsRefused) as refused:
        raise CorrectionImpossible("DOES_NOT_FIT") from refused
    check_possible(act, before, after)
    amount_fen = amount_of(act, before, after, events)
    return Outlook(before=before, after=after, amount_fen=amount_fen)


def outlook_today(
    loan: LoanRow, events: Sequence[Event], act: Act, stamp: Stamp, *, on: date, known: int
) -> Outlook:
    """
    Work out what an act does that was proposed when a loan had its first `known` events.

    Days that have only passed change no effect: both lives are followed to the same day.

    Raises:
        CorrectionImpossible: It can no longer be done, though nothing happened to the loan.
        CorrectionStale: What happened since makes the act do something else.
        CalendarUnpublished: A due date has come whose year's working days are not published.
    """
    if len(events) == known:
        return outlook(loan, events, act, stamp, on=on)
    stale = CorrectionStale(events_since=len(events) - known)
    try:
        then = outlook(loan, events[:known], act, stamp, on=on)
        now = outlook(loan, events, act, stamp, on=on)
    except CorrectionImpossible as impossible:
        raise stale from impossible
    is_same = effect_of(then.before, then.after) == effect_of(now.before, now.after)
    if not is_same or then.amount_fen != now.amount_fen:
        raise stale
    return now


async def _row(correction_id: str) -> CorrectionRow:
    if not has_id_shape(correction_id, CORRECTION_PREFIX):
        raise NotFound
    row = await CorrectionRow.get_or_none(id=correction_id)
    if row is None:
        raise NotFound
    return row
