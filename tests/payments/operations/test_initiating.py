"""A wish to pay becomes one repayment and one order, or is refused and changes nothing."""

import asyncio
from datetime import timedelta

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import fetch
from app.foundation.errors import IdempotencyConflict, InvalidInput, NotFound, Refusal
from app.foundation.revision import revision_of
from app.payments import operations, queries
from app.payments.errors import AmountAboveBalance
from app.payments.events import RepaymentFailed, RepaymentInitiated
from app.payments.operations import Repay
from app.payments.ports import FailureReason, RailStatus
from app.payments.rules import RepaymentRef, RepaymentStatus
from app.servicing import queries as loans
from app.servicing.rules import LoanRef
from tests.payments.conftest import (
    MEI,
    WANG,
    Lend,
    Pay,
    TestRail,
    facts,
    notice_of,
    now_of,
    stored,
)


async def test_a_wish_to_pay_becomes_an_order(lend: Lend, rail: TestRail) -> None:
    loan = await lend()
    before = await revision_of(MEI)
    view = await operations.repay(Repay(loan=loan, amount_fen=100_000, idempotency_key="first"))
    assert (view.status, view.amount_fen, view.pay_link) == (
        RepaymentStatus.INITIATED,
        100_000,
        None,
    )
    assert rail.asked == []

    await outbox.drain()
    (ask,) = rail.asked
    assert (ask.order_id, ask.amount_fen) == (view.repayment_id, 100_000)
    assert ask.expires_at == view.initiated_at + timedelta(minutes=25)
    now = await now_of(view)
    assert now.status is RepaymentStatus.PENDING
    assert now.pay_link == f"pay://R{view.repayment_id}"
    assert await revision_of(MEI) == before + 2


async def test_a_repayment_sent_twice_is_one_repayment(lend: Lend, rail: TestRail) -> None:
    command = Repay(loan=await lend(), amount_fen=100_000, idempotency_key="first")
    first = await operations.repay(command)
    await outbox.drain()
    before = await stored()
    again = await operations.repay(command)
    await outbox.drain()
    assert again == first
    assert await stored() == before
    assert len(rail.asked) == 1


async def test_a_hundred_senders_of_one_key_make_one_repayment(lend: Lend, rail: TestRail) -> None:
    command = Repay(loan=await lend(), amount_fen=100_000, idempotency_key="first")
    views = await asyncio.gather(*(operations.repay(command) for _ in range(100)))
    await outbox.drain()
    assert all(view == views[0] for view in views)
    assert len(await fetch("SELECT id FROM repayment")) == 1
    assert len(rail.asked) == 1


async def test_two_keys_make_two_repayments(lend: Lend, rail: TestRail) -> None:
    loan = await lend()
    for key in ("first", "second"):
        await operations.repay(Repay(loan=loan, amount_fen=100, idempotency_key=key))
    await outbox.drain()
    assert len(rail.asked) == 2


async def refused(command: Repay) -> Refusal:
    """Send a command that must be refused, and prove that nothing changed."""
    before = await stored()
    with pytest.raises(Refusal) as refusal:
        await operations.repay(command)
    assert await stored() == before
    return refusal.value


async def test_the_key_of_another_command_is_refused(lend: Lend) -> None:
    loan = await lend()
    await operations.repay(Repay(loan=loan, amount_fen=100_000, idempotency_key="first"))
    other = Repay(loan=loan, amount_fen=100_001, idempotency_key="first")
    assert isinstance(await refused(other), IdempotencyConflict)


async def test_an_impossible_amount_is_refused(lend: Lend) -> None:
    loan = await lend()
    for amount_fen in (-1, 0, 100_000_001, 2**53, -(2**63)):
        command = Repay(
            loan=loan, amount_fen=amount_fen, idempotency_key="first", allow_overpayment=True
        )
        refusal = await refused(command)
        assert isinstance(refusal, InvalidInput)
        assert refusal.field == "input.amount"


async def test_one_fen_is_enough(pay: Pay) -> None:
    assert (await pay(amount_fen=1)).status is RepaymentStatus.PENDING


async def test_the_loan_of_somebody_else_is_not_found(lend: Lend) -> None:
    loan = await lend(MEI)
    theirs = LoanRef(borrower_id=WANG, loan_id=loan.loan_id)
    missing = LoanRef(borrower_id=WANG, loan_id="ln00000000000000")
    for ref in (theirs, missing):
        command = Repay(loan=ref, amount_fen=100, idempotency_key="first")
        assert isinstance(await refused(command), NotFound)


async def test_more_than_closes_the_loan_is_refused_unless_meant(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    payoff = await loans.payoff_on(loan, (await loans.loan(loan)).opened_on)
    above = Repay(loan=loan, amount_fen=payoff.amount_fen + 1, idempotency_key="first")
    refusal = await refused(above)
    assert isinstance(refusal, AmountAboveBalance)
    assert refusal.balance_fen == payoff.amount_fen

    view = await pay(loan, payoff.amount_fen + 1, allow_overpayment=True)
    assert view.status is RepaymentStatus.PENDING


async def test_exactly_what_closes_the_loan_is_taken(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    payoff = await loans.payoff_on(loan, (await loans.loan(loan)).opened_on)
    assert (await pay(loan, payoff.amount_fen)).status is RepaymentStatus.PENDING


async def test_far_more_than_closes_the_loan_is_refused_even_if_meant(lend: Lend) -> None:
    loan = await lend()
    payoff = await loans.payoff_on(loan, (await loans.loan(loan)).opened_on)
    command = Repay(
        loan=loan,
        amount_fen=payoff.amount_fen + 5_000_001,
        idempotency_key="first",
        allow_overpayment=True,
    )
    assert isinstance(await refused(command), AmountAboveBalance)


async def test_a_refused_key_may_be_used_again(lend: Lend, rail: TestRail) -> None:
    loan = await lend()
    await refused(Repay(loan=loan, amount_fen=0, idempotency_key="first"))
    view = await operations.repay(Repay(loan=loan, amount_fen=100, idempotency_key="first"))
    assert view.amount_fen == 100
    assert rail.asked == []


async def test_a_rail_that_is_away_is_asked_again_and_makes_one_order(
    lend: Lend, rail: TestRail, clock: FixedClock
) -> None:
    rail.is_away = True
    view = await operations.repay(
        Repay(loan=await lend(), amount_fen=100_000, idempotency_key="first")
    )
    await outbox.drain()
    assert (await now_of(view)).status is RepaymentStatus.INITIATED
    rail.is_away = False
    clock.advance(timedelta(seconds=10))
    await outbox.drain()
    assert (await now_of(view)).status is RepaymentStatus.PENDING
    assert len(rail.asked) == 2
    assert len(set(rail.asked)) == 1


async def test_an_order_the_rail_refuses_fails(lend: Lend, rail: TestRail) -> None:
    rail.refusal = FailureReason.DECLINED
    view = await operations.repay(
        Repay(loan=await lend(), amount_fen=100_000, idempotency_key="first")
    )
    await outbox.drain()
    now = await now_of(view)
    assert (now.status, now.failure) == (RepaymentStatus.FAILED, FailureReason.DECLINED)
    assert await facts(RepaymentFailed) == {"RepaymentFailed": 1}


async def test_a_refusal_that_comes_after_the_money_changes_nothing(
    lend: Lend, rail: TestRail
) -> None:
    loan = await lend()
    view = await operations.repay(Repay(loan=loan, amount_fen=100_000, idempotency_key="first"))
    rail.refusal = FailureReason.DECLINED
    rail.before_answer = lambda: operations.accept_callback(notice_of(view))
    await started_again(fact_of(view.repayment_id, loan), rail)
    assert (await now_of(view)).status is RepaymentStatus.ALLOCATED


async def started_again(view_fact: RepaymentInitiated, rail: TestRail) -> None:
    await operations.start_collection(view_fact, "dl00000000000001", rail=rail)


def fact_of(repayment_id: str, loan: LoanRef) -> RepaymentInitiated:
    return RepaymentInitiated(
        repayment_id=repayment_id,
        borrower_id=loan.borrower_id,
        loan_id=loan.loan_id,
        amount_fen=100_000,
    )


async def test_a_delivery_repeated_after_the_order_asks_nobody(pay: Pay, rail: TestRail) -> None:
    view = await pay()
    before = await stored()
    await started_again(fact_of(view.repayment_id, view.loan), rail)
    assert len(rail.asked) == 1
    assert await stored() == before


async def test_an_order_is_not_made_once_its_paying_time_is_over(
    lend: Lend, rail: TestRail, clock: FixedClock
) -> None:
    loan = await lend()
    view = await operations.repay(Repay(loan=loan, amount_fen=100_000, idempotency_key="first"))
    clock.advance(timedelta(minutes=25))
    await started_again(fact_of(view.repayment_id, loan), rail)
    assert rail.asked == []


async def test_a_notice_that_overtakes_the_orders_answer_is_not_undone_by_it(
    lend: Lend, rail: TestRail
) -> None:
    loan = await lend()
    view = await operations.repay(Repay(loan=loan, amount_fen=100_000, idempotency_key="first"))
    rail.before_answer = lambda: operations.accept_callback(notice_of(view))
    await started_again(fact_of(view.repayment_id, loan), rail)
    assert (await now_of(view)).status is RepaymentStatus.ALLOCATED


@pytest.mark.usefixtures("rail")
async def test_a_processing_notice_that_overtakes_it_still_leaves_the_pay_link(lend: Lend) -> None:
    view = await operations.repay(
        Repay(loan=await lend(), amount_fen=100_000, idempotency_key="first")
    )
    await operations.accept_callback(notice_of(view, RailStatus.PENDING, event="processing"))
    assert (await now_of(view)).pay_link is None
    await outbox.drain()
    now = await now_of(view)
    assert (now.status, now.pay_link) == (RepaymentStatus.PENDING, f"pay://R{view.repayment_id}")


async def test_somebody_elses_repayment_is_not_found(pay: Pay) -> None:
    view = await pay()
    with pytest.raises(NotFound):
        await queries.repayment(RepaymentRef(borrower_id=WANG, repayment_id=view.repayment_id))
