"""A borrower says what paying early does; it is kept, done, told on the receipt, and undone."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.foundation.clock import FixedClock
from app.foundation.database import fetch, transaction
from app.foundation.errors import IdempotencyConflict, InvalidInput
from app.loanmath.schedule import Prepayment
from app.payments import operations
from app.payments.operations import QuotePayoff, Repay
from app.payments.rules import RepaymentRef
from app.servicing import queries as loans
from app.servicing.rules import LoanRef, PlanLine, ReversalReason
from tests.payments.conftest import Lend, Pay, move_business_date, notice_of, now_of, stored

EARLY_FEN = 400_000
FOUR = tuple(mode for mode in Prepayment if mode is not Prepayment.HOLD)


async def plan(loan: LoanRef) -> list[PlanLine]:
    lines = (await loans.plans_by_loan([loan.loan_id]))[0]
    return [replace(line, loan_id="") for line in lines]


@pytest.mark.parametrize("mode", [None, *FOUR])
async def test_money_does_what_was_chosen_and_the_receipt_says_so(
    lend: Lend, pay: Pay, mode: Prepayment | None
) -> None:
    loan, twin = await lend(), await lend()
    today = date(2026, 11, 21)
    seen = await loans.preview_payment(loan, EARLY_FEN, today, prepayment=mode)
    view = await pay(loan, EARLY_FEN, prepayment=mode)
    assert view.prepayment is mode
    await operations.accept_callback(notice_of(view))

    receipt = (await now_of(view)).receipt
    assert receipt is not None
    assert receipt.early is not None
    assert receipt.early == seen.early
    assert receipt.early.closes_on == (await loans.loan(loan)).closes_on

    ref = RepaymentRef(borrower_id=loan.borrower_id, repayment_id=view.repayment_id)
    async with transaction() as tx:
        command = operations.ReverseRepayment(repayment=ref, reason=ReversalReason.BOOKED_IN_ERROR)
        await operations.reverse(tx, command)
    assert await plan(loan) == await plan(twin)
    assert (await now_of(view)).receipt == receipt


async def test_the_direction_is_part_of_the_wish(lend: Lend) -> None:
    wish = Repay(
        loan=await lend(),
        amount_fen=EARLY_FEN,
        idempotency_key="first",
        prepayment=Prepayment.REDUCE_TERM,
    )
    first = await operations.repay(wish)
    assert await operations.repay(wish) == first
    with pytest.raises(IdempotencyConflict):
        await operations.repay(replace(wish, prepayment=Prepayment.PAY_NEXT))
    with pytest.raises(IdempotencyConflict):
        await operations.repay(replace(wish, prepayment=None))
    rows = await fetch("SELECT prepayment FROM repayment")
    assert rows == [{"prepayment": "REDUCE_TERM"}]


async def test_money_is_not_taken_to_be_set_aside(lend: Lend) -> None:
    loan = await lend()
    before = await stored()
    with pytest.raises(InvalidInput) as refused:
        await operations.repay(
            Repay(
                loan=loan,
                amount_fen=EARLY_FEN,
                idempotency_key="first",
                prepayment=Prepayment.HOLD,
            )
        )
    assert refused.value.field == "input.prepayment"
    assert await stored() == before


async def test_a_payoff_is_told_no_direction(lend: Lend) -> None:
    loan = await lend()
    quote = await operations.quote_payoff(QuotePayoff(loan=loan, idempotency_key="quote"))
    before = await stored()
    with pytest.raises(InvalidInput) as refused:
        await operations.repay(
            Repay(
                loan=loan,
                amount_fen=quote.amount_fen,
                idempotency_key="first",
                payoff_quote_id=quote.quote_id,
                prepayment=Prepayment.PAY_NEXT,
            )
        )
    assert refused.value.field == "input.prepayment"
    assert await stored() == before


async def test_a_due_paid_on_its_day_has_no_early_part(
    lend: Lend, pay: Pay, clock: FixedClock
) -> None:
    loan = await lend()
    due = (await plan(loan))[0]
    clock.advance(datetime(2026, 12, 21, 4, tzinfo=UTC) - clock.now())
    await move_business_date(due.payable_on)
    view = await pay(loan, due.total_fen, prepayment=Prepayment.REDUCE_TERM)
    await operations.accept_callback(notice_of(view))
    receipt = (await now_of(view)).receipt
    assert receipt is not None
    assert receipt.early is None
