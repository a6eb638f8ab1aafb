"""From a loan's figures to its state: frozen, and with everything a reader asks for."""

from datetime import date

from app.loanmath.life.book import Book
from app.loanmath.life.happenings import next_happening_on
from app.loanmath.life.line import Line
from app.loanmath.life.state import (
    Bucket,
    InstallmentStatus,
    LoanState,
    LoanStatus,
    PlanRow,
    bucket_of,
)
from app.loanmath.waterfall import DueKind

_ENDED = frozenset({LoanStatus.CLOSED_PAID, LoanStatus.OVERPAID})


def report(book: Book, on: date) -> LoanState:
    """Return the state of a book that has advanced to this date."""
    due = [line for line in book.open_lines if line.left_fen > 0]
    late = [line for line in due if line.last_day < on]
    owed = book.owed_to_close(on)
    days_past_due = (on - late[0].last_day).days if late else 0
    status = _status(book, is_late=bool(late))
    has_ended = status in _ENDED  # then no row's day changes anything any more
    rows = tuple(
        _row(line, on, is_due=has_ended or line.number <= book.cursor) for line in book.lines
    )
    return LoanState(
        on=on,
        rows=rows,
        disbursed_fen=book.disbursed_fen,
        principal_fen=book.principal_left_fen,
        accrued_interest_fen=0 if has_ended else book.accrued_unpaid(on),
        due_now_fen=sum(line.left_fen for line in due),
        overdue_fen=sum(line.left_fen for line in late),
        penalty_fen=sum(line.left_of(DueKind.PENALTY) for line in due),
        unapplied_fen=book.held_fen,
        days_past_due=days_past_due,
        bucket=bucket_of(days_past_due),
        status=status,
        early_fee_fen=book.early_fee_fen,
        next_event_on=None if has_ended else next_happening_on(rows, on),
        allocations=tuple(book.allocations),
        payoff_fen=owed.to_pay_fen,
        reductions=book.reductions.stand(
            book.lines, due=len(book.lines) if has_ended else book.cursor
        ),
    )


def report_of_nothing(on: date) -> LoanState:
    """Return the state of a loan whose money has not gone out."""
    return LoanState(
        on=on,
        rows=(),
        disbursed_fen=0,
        principal_fen=0,
        accrued_interest_fen=0,
        due_now_fen=0,
        overdue_fen=0,
        penalty_fen=0,
        unapplied_fen=0,
        days_past_due=0,
        bucket=Bucket.CURRENT,
        status=LoanStatus.NOT_DISBURSED,
        early_fee_fen=0,
        next_event_on=None,
        allocations=(),
        payoff_fen=0,
    )


def _row(line: Line, on: date, *, is_due: bool) -> PlanRow:
    return PlanRow(
        number=line.number,
        due_on=line.due_on,
        payable_on=line.payable_on,
        principal_fen=line.principal_fen,
        interest_fen=line.total_interest_fen,
        fee_fen=line.fee_fen,
        cost_fen=line.cost_fen,
        penalty_fen=line.penalty_fen,
        extra_principal_fen=line.extra_fen,
        waived_fen=line.waived_fen + line.coupon_fen,
        paid_principal_fen=line.paid_principal_fen + line.capitalized_fen,
        paid_interest_fen=line.paid_interest_fen - line.capitalized_fen,
        paid_fee_fen=line.paid_fee_fen,
        paid_cost_fen=line.paid_cost_fen,
        paid_penalty_fen=line.paid_penalty_fen,
        status=_row_status(line, on, is_due=is_due),
    )


def _row_status(line: Line, on: date, *, is_due: bool) -> InstallmentStatus:
    if line.left_fen == 0 and (is_due or line.asked_fen > 0):
        return InstallmentStatus.PAID
    if not is_due:
        return InstallmentStatus.NOT_YET_DUE
    return InstallmentStatus.OVERDUE if line.last_day < on else InstallmentStatus.DUE


def _status(book: Book, *, is_late: bool) -> LoanStatus:
    if all(line.left_fen == 0 for line in book.lines):
        return LoanStatus.OVERPAID if book.held_fen else LoanStatus.CLOSED_PAID
    if book.written_off_on is not None:
        return LoanStatus.WRITTEN_OFF
    if is_late:
        return LoanStatus.IN_ARREARS
    return LoanStatus.RESTRUCTURED if book.is_restructured else LoanStatus.ACTIVE
