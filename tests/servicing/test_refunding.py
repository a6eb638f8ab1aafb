"""Money held leaves a loan when it is asked for; if it comes back, nothing of that remains."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.foundation.database import business_date, transaction
from app.foundation.errors import NotFound
from app.ledger import queries as ledger
from app.ledger import rules as accounts
from app.loanmath.schedule import Prepayment
from app.servicing import operations, queries
from app.servicing.rules import LoanRef, LoanSummary, PlanLine, ReversalReason
from tests.servicing.conftest import MEI, Lend, Pay, everything, is_sound, plain_terms

HELD_FEN = 60_000
HOLD = plain_terms(prepayment=Prepayment.HOLD)


async def give(loan: LoanRef, amount_fen: int, refund_id: str = "rf1") -> None:
    async with transaction() as tx:
        await operations.refund(tx, loan, amount_fen, refund_id=refund_id)


async def take_back(loan: LoanRef, refund_id: str = "rf1") -> None:
    async with transaction() as tx:
        await operations.undo_refund(tx, loan, refund_id=refund_id)


async def held(lend: Lend, pay: Pay, key: str = "rp1") -> LoanRef:
    """Return a running loan with 600 yuan held for the dues to come."""
    loan = await lend(HOLD)
    await pay(loan, HELD_FEN, repayment_id=key)
    return loan


async def shape(loan: LoanRef) -> tuple[LoanSummary, list[PlanLine]]:
    """Return a loan and its plan without their names, to compare loans."""
    nobody = LoanRef(borrower_id="", loan_id="")
    lines = (await queries.plans_by_loan([loan.loan_id]))[0]
    summary = (await queries.loan(loan))._replace(ref=nobody)
    return summary, [replace(line, loan_id="") for line in lines]


async def test_money_asked_for_leaves_the_loan_once(lend: Lend, pay: Pay) -> None:
    loan = await held(lend, pay)
    await give(loan, 20_000)
    assert (await queries.loan(loan)).unapplied_fen == HELD_FEN - 20_000
    assert await ledger.balance(accounts.borrower_unapplied(MEI)) == -(HELD_FEN - 20_000)
    before = await everything()
    await give(loan, 20_000)
    await asyncio.gather(*(give(loan, 20_000) for _ in range(10)))
    assert await everything() == before
    assert await is_sound()


async def test_money_that_comes_back_was_never_away(lend: Lend, pay: Pay) -> None:
    loan, twin = await held(lend, pay), await held(lend, pay, "rp2")
    await give(loan, HELD_FEN)
    await operations.run_days(await business_date() + timedelta(days=45))
    assert await shape(loan) != await shape(twin)
    await take_back(loan)
    assert await shape(loan) == await shape(twin)
    before = await everything()
    await take_back(loan)
    await take_back(loan, "rf-of-nothing")
    assert await everything() == before
    assert await is_sound()


async def test_money_may_leave_again_after_it_came_back(lend: Lend, pay: Pay) -> None:
    loan = await held(lend, pay)
    for _ in range(3):
        await give(loan, HELD_FEN)
        assert (await queries.loan(loan)).unapplied_fen == 0
        await take_back(loan)
        assert (await queries.loan(loan)).unapplied_fen == HELD_FEN
    kinds = [entry.kind for _, entry in (await queries.timeline_of(loan)).items]
    assert kinds[:2] == ["RefundReversed", "Refunded"]
    amounts = {entry.amount_fen for _, entry in (await queries.timeline_of(loan)).items[:6]}
    assert amounts == {HELD_FEN}
    assert await is_sound()


async def test_whether_money_sent_is_the_borrowers_is_known(lend: Lend, pay: Pay) -> None:
    loan = await held(lend, pay)
    await give(loan, HELD_FEN)
    async with transaction():
        assert await operations.is_refund_covered(loan, "rf1")
    await operations.run_days(await business_date() + timedelta(days=31))
    async with transaction():
        assert await operations.is_refund_covered(loan, "rf1")
    async with transaction() as tx:
        await operations.reverse_payment(
            tx, loan, repayment_id="rp1", reason=ReversalReason.CHARGED_BACK
        )
    async with transaction():
        assert not await operations.is_refund_covered(loan, "rf1")


async def test_nobody_elses_loan_gives_money(lend: Lend, pay: Pay) -> None:
    loan = await held(lend, pay)
    theirs = LoanRef(borrower_id="br00000gang00000", loan_id=loan.loan_id)
    before = await everything()
    with pytest.raises(NotFound):
        await give(theirs, 1)
    with pytest.raises(NotFound):
        await take_back(theirs)
    assert await everything() == before


steps = st.lists(
    st.tuples(st.sampled_from(["give", "back", "pay", "charge back", "days"]), st.integers(1, 40)),
    min_size=1,
    max_size=6,
)


@given(steps)
@settings(max_examples=10)
async def test_whatever_happens_between_a_refund_that_comes_back_leaves_nothing(
    lend: Lend, pay: Pay, life: list[tuple[str, int]]
) -> None:
    started = plain_terms(prepayment=Prepayment.HOLD, disbursed_on=await business_date())
    loan, twin = await lend(started), await lend(started)
    paid: list[str] = []
    for number, (step, size) in enumerate((*life, ("back", 1))):
        match step:
            case "give":
                held_fen = (await queries.loan(loan)).unapplied_fen
                if held_fen:
                    await give(loan, max(held_fen * size // 40, 1), loan.loan_id)
            case "back":
                await take_back(loan, loan.loan_id)
            case "pay":
                owed_fen = (await queries.payoff_on(twin, await business_date())).amount_fen
                paid.append(str(number))
                for one in (loan, twin):
                    fen = max(owed_fen * size // 30, 1)
                    await pay(one, fen, repayment_id=f"{one.loan_id}.{number}")
            case "charge back" if paid:
                name = paid.pop()
                for one in (loan, twin):
                    async with transaction() as tx:
                        await operations.reverse_payment(
                            tx,
                            one,
                            repayment_id=f"{one.loan_id}.{name}",
                            reason=ReversalReason.CHARGED_BACK,
                        )
            case _:
                await operations.run_days(await business_date() + timedelta(days=size))
    assert await shape(loan) == await shape(twin)
    assert await is_sound()
