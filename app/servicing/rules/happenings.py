"""What borrowers are told because days pass: dues coming up, falling due, past due."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.loanmath.life import DUE_SOON_DAYS
from app.servicing.rules.values import PlanLine


class Notice(StrEnum):
    """What there is to tell about an installment."""

    DUE_SOON = "DUE_SOON"
    DUE_TODAY = "DUE_TODAY"
    OVERDUE = "OVERDUE"


@dataclass(frozen=True, slots=True)
class DueNotice:
    """One thing to tell about one installment."""

    notice: Notice
    line: PlanLine


def notices(lines: Iterable[PlanLine], *, told_on: date, on: date) -> Iterator[DueNotice]:
    """
    Yield what unpaid installments give to tell on a day, that was not told by an earlier one.

    Normally the earlier day is the day before. Where days lie between, what they would have told is
    told late if it is still true: nobody hears "due soon" on the due date.
    """
    for line in lines:
        if line.left_fen == 0:
            continue
        if told_on < line.payable_on - timedelta(days=DUE_SOON_DAYS) <= on < line.payable_on:
            yield DueNotice(Notice.DUE_SOON, line)
        elif told_on < line.payable_on == on:
            yield DueNotice(Notice.DUE_TODAY, line)
        elif told_on <= line.payable_on < on:
            yield DueNotice(Notice.OVERDUE, line)
