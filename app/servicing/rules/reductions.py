"""What others pay of a loan's interest: agreed with the borrower, owed by them as it accrues."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.ledger.rules import Account, expense_coupon, payer_receivable
from app.loanmath.life import CouponApplied, Event, LoanState
from app.servicing.rules.values import OWN_BOOK, AgreedReduction


@dataclass(frozen=True, slots=True, kw_only=True)
class ReductionLine:
    """
    What one party pays of one installment, as the plan stands.

    Attributes:
        loan_id: The loan.
        number: The installment.
        event_id: The event by which it was agreed.
        payer: Who pays it.
        code: What it is called.
        due_on: When the installment falls due.
        year: The year in which its period begins: yearly ceilings are counted by it.
        amount_fen: How much.
        is_due: Whether the payer owes it by now; before, the plan only counts on it.
    """

    loan_id: str
    number: int
    event_id: str
    payer: str
    code: str
    due_on: date
    year: int
    amount_fen: int
    is_due: bool


def agreed_events(
    agreed: Iterable[AgreedReduction],
    *,
    new_id: Callable[[str], str],
    on: date,
    recorded_at: datetime,
) -> list[CouponApplied]:
    """Return what happens to a loan, the day its money goes out, because others pay a part."""
    return [
        CouponApplied(
            id=new_id("ev"),
            effective_on=on,
            recorded_at=recorded_at,
            code=one.code,
            amount_fen=one.amount_fen,
            payer=one.payer,
            parts=one.parts,
        )
        for one in agreed
    ]


def reduction_lines(
    loan_id: str, events: Sequence[Event], state: LoanState
) -> tuple[ReductionLine, ...]:
    """Return who pays what of which installment; what no party was named for is nobody's."""
    coupons = _with_payer(events)
    if not coupons:
        return ()
    due_on = {row.number: row.due_on for row in state.rows}
    begins_on = dict(zip(due_on, [_first_day(coupons), *due_on.values()], strict=False))
    sums: defaultdict[tuple[int, str, bool], int] = defaultdict(int)
    for one in state.reductions:
        if one.event_id in coupons:
            # What is asked of a row that is gone stands with the last one there is.
            number = min(one.installment_number, state.rows[-1].number)
            sums[number, one.event_id, one.is_due] += one.amount_fen
    return tuple(
        ReductionLine(
            loan_id=loan_id,
            number=number,
            event_id=event_id,
            payer=coupons[event_id].payer,
            code=coupons[event_id].code,
            due_on=due_on[number],
            year=begins_on[number].year,
            amount_fen=amount_fen,
            is_due=is_due,
        )
        for (number, event_id, is_due), amount_fen in sorted(sums.items())
    )


def owed_by_others(events: Sequence[Event], state: LoanState) -> Mapping[Account, int]:
    """
    Return what each payer owes by now, by account: the state a claim, our own coupons an expense.

    It is owed from the day the installment falls due or the loan ends: then its interest is there,
    and the borrower was asked for that much less, whether they pay in time or not. Before, the loan
    may still be repaid or given back, and nobody is asked for interest that never accrues.
    """
    coupons = _with_payer(events)
    owed: defaultdict[Account, int] = defaultdict(int)
    for one in state.reductions if coupons else ():
        if one.is_due and one.event_id in coupons:
            owed[account_of(coupons[one.event_id].payer)] += one.amount_fen
    return owed


def account_of(payer: str) -> Account:
    """Return the account of what a party pays of borrowers' interest."""
    return expense_coupon() if payer == OWN_BOOK else payer_receivable(payer)


def _first_day(coupons: Mapping[str, CouponApplied]) -> date:
    """Return the day the first of some coupons counts from: the day the money went out."""
    return min(one.effective_on for one in coupons.values())


def _with_payer(events: Iterable[Event]) -> Mapping[str, CouponApplied]:
    return {one.id: one for one in events if isinstance(one, CouponApplied) and one.payer}
