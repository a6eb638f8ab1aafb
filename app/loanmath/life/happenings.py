"""What happens to a loan by itself as days pass: dues coming up, falling due, growing late."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.loanmath.life.state import BUCKET_STARTS, InstallmentStatus, LoanState, PlanRow

DUE_SOON_DAYS = 3
"""How many days before its due date an installment is announced."""


class HappeningKind(StrEnum):
    """What happens."""

    DUE_SOON = "DUE_SOON"
    DUE_TODAY = "DUE_TODAY"
    BECAME_OVERDUE = "BECAME_OVERDUE"
    BUCKET_CHANGED = "BUCKET_CHANGED"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens to an installment on a day, and how much of it is unpaid that day."""

    kind: HappeningKind
    installment_number: int
    left_fen: int


def happenings_on(state: LoanState) -> tuple[Happening, ...]:
    """Return what happens on the state's own date, because of the date alone."""
    found = [
        Happening(kind, row.number, row.left_fen)
        for row in _unpaid(state.rows)
        for day, kind in _days(row)
        if day == state.on
    ]
    starts = {start for start, _ in BUCKET_STARTS}
    late = [row for row in _unpaid(state.rows) if row.status is InstallmentStatus.OVERDUE]
    if late and state.days_past_due in starts:
        oldest = late[0]
        found.append(Happening(HappeningKind.BUCKET_CHANGED, oldest.number, oldest.left_fen))
    return tuple(found)


def next_happening_on(rows: Iterable[PlanRow], after: date) -> date | None:
    """Return the first later date on which an installment falls due, nears that, or ages."""
    days: list[date] = []
    late: list[PlanRow] = []
    for row in rows:
        if row.status is InstallmentStatus.OVERDUE:
            late.append(row)
        elif row.left_fen > 0:
            days += [day for day, _ in _days(row)]
        if row.due_on > after:
            days.append(row.due_on)
    if late:
        days += [_view(late[0]) + timedelta(days=start) for start, _ in BUCKET_STARTS]
    return min((day for day in days if day > after), default=None)


def _unpaid(rows: Iterable[PlanRow]) -> list[PlanRow]:
    return [row for row in rows if row.left_fen > 0]


def _view(row: PlanRow) -> date:
    return row.payable_on or row.due_on


def _days(row: PlanRow) -> Iterator[tuple[date, HappeningKind]]:
    day = _view(row)
    yield day - timedelta(days=DUE_SOON_DAYS), HappeningKind.DUE_SOON
    yield day, HappeningKind.DUE_TODAY
    yield day + timedelta(days=1), HappeningKind.BECAME_OVERDUE
