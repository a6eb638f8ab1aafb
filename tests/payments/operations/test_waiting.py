"""Whoever meets over one borrower's money waits for the other, and never both in a circle."""

import pytest

from app.payments import operations
from app.payments.operations.refunding.sending import send_refund
from app.payments.ports import RailStatus
from app.payments.queries.proving import check_once
from app.payments.rules import RepaymentStatus
from app.payments.rules.refunds import RefundStatus
from app.servicing import queries as loans
from tests.meeting import meet
from tests.payments.conftest import Lend, Pay, TestRail, notice_of, now_of
from tests.payments.operations.test_returning import approved, lent
from tests.payments.refunded import RefundsRail, ask, join, overpaid, standing, word

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


async def test_a_loan_is_given_back_while_a_repayment_of_it_is_heard_of(
    pay: Pay, rail: TestRail
) -> None:
    assert rail
    loan = await lent()
    paid = await pay(loan)
    command = await approved(loan)
    await meet(
        loan.borrower_id,
        lambda: operations.return_loan(command),
        lambda: operations.accept_callback(notice_of(paid)),
    )
    assert (await now_of(paid)).status is RepaymentStatus.ALLOCATED


async def test_a_refund_comes_back_while_another_loan_is_paid(lend: Lend, pay: Pay) -> None:
    borrower_id = await join()
    refund = await ask(await overpaid(borrower_id, lend, pay))
    await send_refund(refund.refund_id, RefundsRail())
    paid = await pay(await lend(borrower_id), key="other")
    await meet(
        borrower_id,
        lambda: operations.accept_refund_notice(word(refund, RailStatus.FAILED)),
        lambda: operations.accept_callback(notice_of(paid)),
    )
    assert (await standing(refund)).status is RefundStatus.FAILED
    assert (await now_of(paid)).status is RepaymentStatus.ALLOCATED
    assert (await loans.reconcile()).is_right


async def test_repayments_are_counted_when_one_has_been_taken_on_both_sides(
    lend: Lend, pay: Pay
) -> None:
    loan = await lend()
    paid = await pay(loan)

    async def count() -> None:
        assert (await check_once()).problems == ()

    await meet(loan.borrower_id, lambda: operations.accept_callback(notice_of(paid)), count)
    assert (await now_of(paid)).status is RepaymentStatus.ALLOCATED
