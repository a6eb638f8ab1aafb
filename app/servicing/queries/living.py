"""A loan worked out from its terms and events for any day, without changing anything."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from app.foundation.errors import InvalidInput, NotFound
from app.foundation.working_days import working_days
from app.loanmath.errors import EventRefused, YearUnpublished
from app.loanmath.life import DueKind, Event, LoanState, Preview, fold, preview
from app.loanmath.life.preview import PREVIEW_ID
from app.loanmath.payoff import Payoff, payoff
from app.loanmath.schedule import Prepayment
from app.servicing.errors import CalendarUnpublished, RepaymentImpossible
from app.servicing.models import LoanEventRow, LoanRow
from app.servicing.rules import (
    CLOSED,
    AllocationLine,
    LoanRef,
    PaymentPreview,
    closing_day,
    early_effect,
    interest_saved_fen,
)

PAYMENT_MAX_FEN = 10**12
"""No single repayment is above ten billion yuan; more is a mistake."""


async def events_of(loan_id: str) -> list[Event]:
    """Return everything that happened to a loan, as recorded."""
    return (await events_by_loan([loan_id]))[loan_id]


async def events_by_loan(loan_ids: Sequence[str]) -> dict[str, list[Event]]:
    """Return everything that happened to each loan, with one query for any number of them."""
    events: defaultdict[str, list[Event]] = defaultdict(list)
    for row in await LoanEventRow.filter(loan_id__in=list(loan_ids)).order_by("loan_id", "seq"):
        events[row.loan_id].append(row.as_event())
    return events


async def state_of(ref: LoanRef, on: date) -> LoanState:
    """
    Return how a loan stood or will stand on a day, going by what has happened so far.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
        CalendarUnpublished: A due date would have come whose year's working days are not published.
    """
    row = await loan_row(ref)
    events = await events_of(row.id)
    with published():
        return fold(row.signed().terms, events, on, working_days())


async def payoff_on(ref: LoanRef, on: date) -> Payoff:
    """
    Return what closes a loan on a day: paid then, it leaves exactly nothing owed.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
        CalendarUnpublished: A due date would have come whose year's working days are not published.
    """
    row = await loan_row(ref)
    events = await events_of(row.id)
    with published():
        return payoff(row.signed().terms, events, on, working_days())


async def preview_payment(
    ref: LoanRef, amount_fen: int, on: date, *, prepayment: Prepayment | None = None
) -> PaymentPreview:
    """
    Return how a repayment on a day would be split and what would remain; nothing is changed.

    With a `prepayment`, what goes beyond the dues does that; without, it pays the next installment
    first and then does what the terms say.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
        InvalidInput: The amount is not between 1 fen and ten billion yuan.
        RepaymentImpossible: The day is before the loan's money went out.
        CalendarUnpublished: A due date would have come whose year's working days are not published.
    """
    return (await previews_of_payment(ref, amount_fen, on, [prepayment]))[0]


async def previews_of_payment(
    ref: LoanRef, amount_fen: int, on: date, prepayments: Sequence[Prepayment | None]
) -> list[PaymentPreview]:
    """
    Return what one repayment would do in each of several ways, in the order asked.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
        InvalidInput: The amount is not between 1 fen and ten billion yuan.
        RepaymentImpossible: The day is before the loan's money went out.
        CalendarUnpublished: A due date would have come whose year's working days are not published.
    """
    check_amount(amount_fen)
    row = await loan_row(ref)
    terms, events = row.signed().terms, await events_of(row.id)
    try:
        with published():
            seen = [
                preview(terms, events, amount_fen, on, prepayment=mode, working=working_days())
                for mode in prepayments
            ]
    except EventRefused as refused:
        raise RepaymentImpossible(refused.reason) from refused
    return [
        _as_preview(one, amount_fen, on, prepayment=mode)
        for one, mode in zip(seen, prepayments, strict=True)
    ]


def _as_preview(
    seen: Preview, amount_fen: int, on: date, *, prepayment: Prepayment | None
) -> PaymentPreview:
    allocations = allocated_by(PREVIEW_ID, seen.after)
    paid: defaultdict[DueKind, int] = defaultdict(int)
    for part in allocations:
        paid[part.kind] += part.amount_fen
    before, after = seen.before.rows, seen.after.rows
    left = [line for line in after if line.left_fen > 0]
    return PaymentPreview(
        amount_fen=amount_fen,
        on=on,
        allocations=allocations,
        principal_fen=paid[DueKind.PRINCIPAL],
        interest_fen=paid[DueKind.INTEREST],
        fee_fen=paid[DueKind.FEE],
        cost_fen=paid[DueKind.COST],
        penalty_fen=paid[DueKind.PENALTY],
        unapplied_fen=seen.unapplied_fen,
        balance_after_fen=sum(line.left_fen for line in left),
        due_now_after_fen=seen.after.due_now_fen,
        next_number=left[0].number if left else 0,
        next_due_on=left[0].payable_on or left[0].due_on if left else None,
        next_amount_fen=left[0].left_fen if left else 0,
        installments_left=len(left),
        closes_loan=seen.after.status in CLOSED,
        closes_on=closing_day(after),
        interest_saved_fen=interest_saved_fen(before, after),
        prepayment=prepayment,
        early=early_effect(before, after, paid_by_number(allocations), on),
    )


def paid_by_number(allocations: Iterable[AllocationLine]) -> dict[int, int]:
    """Sum what a repayment paid, by installment."""
    paid: defaultdict[int, int] = defaultdict(int)
    for part in allocations:
        paid[part.installment_number] += part.amount_fen
    return paid


def check_amount(amount_fen: int) -> None:
    """
    Check that an amount can be a repayment.

    Raises:
        InvalidInput: It is not between 1 fen and ten billion yuan.
    """
    if not 1 <= amount_fen <= PAYMENT_MAX_FEN:
        raise InvalidInput("amount", "servicing.reason.amount", most_fen=PAYMENT_MAX_FEN)


def allocated_by(event_id: str, state: LoanState) -> tuple[AllocationLine, ...]:
    """
    Return where one repayment went: for each installment and kind of due what stands, above zero.

    What of it came back is taken off, so no line is below zero and none is there twice; they are in
    the order in which the money first went there.
    """
    stands: defaultdict[tuple[int, DueKind], int] = defaultdict(int)
    for part in state.allocations:
        if part.event_id == event_id:
            stands[part.installment_number, part.kind] += part.amount_fen
    return tuple(
        AllocationLine(installment_number=number, kind=kind, amount_fen=amount_fen)
        for (number, kind), amount_fen in stands.items()
        if amount_fen
    )


@contextmanager
def published() -> Iterator[None]:
    """
    Say in the borrower's terms that a day lies too far ahead.

    Raises:
        CalendarUnpublished: A due date would have come whose year's working days are not published.
    """
    try:
        yield
    except YearUnpublished as unpublished:
        raise CalendarUnpublished(unpublished.year) from unpublished


async def loan_row(ref: LoanRef) -> LoanRow:
    """
    Return a loan's row.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    row = await LoanRow.get_or_none(id=ref.loan_id, borrower_id=ref.borrower_id)
    if row is None:
        raise NotFound("loanId")
    return row
