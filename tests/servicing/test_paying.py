"""Money in is allocated or held, once, and can be undone as if it had never been."""

import asyncio
from datetime import date

import pytest

from app.foundation.database import transaction
from app.foundation.errors import InvalidInput, NotFound
from app.ledger import queries as ledger
from app.ledger import rules as accounts
from app.loanmath.life import DueKind, LoanStatus
from app.servicing import operations, queries
from app.servicing.errors import RepaymentImpossible, SourceReused
from app.servicing.rules import LoanRef, ReversalReason
from tests.servicing.conftest import (
    GUARANTEE,
    JOINT,
    MEI,
    Lend,
    Pay,
    everything,
    facts,
    is_sound,
    plain_terms,
)

GANG = "br00000gang00000"


async def undo(
    loan: LoanRef, repayment_id: str, reason: ReversalReason = ReversalReason.BOOKED_IN_ERROR
) -> None:
    async with transaction() as tx:
        await operations.reverse_payment(tx, loan, repayment_id=repayment_id, reason=reason)


async def figures(loan: LoanRef) -> object:
    """How a loan stands: its summary and plan."""
    return await queries.loan(loan), await queries.plans_by_loan([loan.loan_id])


async def test_an_installment_paid_on_its_day_is_paid(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await operations.run_days(date(2026, 12, 21))
    first = (await queries.plans_by_loan([loan.loan_id]))[0][0]

    outcome = await pay(loan, first.total_fen)

    assert outcome.applied_fen == first.total_fen
    assert outcome.unapplied_fen == outcome.held_fen == 0
    assert {(part.kind, part.amount_fen) for part in outcome.allocations} == {
        (DueKind.INTEREST, first.interest_fen),
        (DueKind.PRINCIPAL, first.principal_fen),
    }
    summary = await queries.loan(loan)
    assert summary.due_now_fen == 0
    assert summary.next_number == 2
    assert outcome.balance_fen == summary.balance_fen
    assert await is_sound()


async def test_interest_fees_and_principal_are_posted_where_they_belong(
    lend: Lend, pay: Pay
) -> None:
    loan = await lend(plain_terms(fees=(GUARANTEE,)), funders=JOINT)
    await operations.run_days(date(2026, 12, 21))
    first = (await queries.plans_by_loan([loan.loan_id]))[0][0]

    await pay(loan, first.total_fen)

    assert await ledger.balance(accounts.income_interest()) == -first.interest_fen
    assert await ledger.balance(accounts.income_fee()) == -500
    left_fen = 120_000 - first.principal_fen
    assert await ledger.balance(accounts.loan_principal(loan.loan_id)) == left_fen
    assert await ledger.total("funder:") == 0
    assert await ledger.balance(accounts.rail_clearing()) == first.total_fen - 120_000
    assert await is_sound()


async def test_a_repayment_told_again_is_taken_once(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    first = await pay(loan, 10_000, repayment_id="rp1")
    before = await everything()

    assert await pay(loan, 10_000, repayment_id="rp1") == first
    assert await everything() == before


async def test_a_repayment_told_with_another_amount_is_a_fault(lend: Lend, pay: Pay) -> None:
    loan, other = await lend(), await lend()
    await pay(loan, 10_000, repayment_id="rp1")
    before = await everything()

    for wrong, amount_fen in ((loan, 10_001), (other, 10_000)):
        with pytest.raises(SourceReused):
            await pay(wrong, amount_fen, repayment_id="rp1")
    assert await everything() == before


@pytest.mark.parametrize("amount_fen", [0, -1, 10**12 + 1])
async def test_an_amount_that_is_none_is_refused(lend: Lend, pay: Pay, amount_fen: int) -> None:
    loan = await lend()
    before = await everything()

    with pytest.raises(InvalidInput):
        await pay(loan, amount_fen)
    assert await everything() == before


async def test_somebody_elses_loan_and_no_loan_look_the_same(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    before = await everything()

    for ref in (LoanRef(GANG, loan.loan_id), LoanRef(MEI, "ln00000nobody000")):
        with pytest.raises(NotFound):
            await pay(ref, 100)
        with pytest.raises(NotFound):
            await undo(ref, "rp1")
    assert await everything() == before


async def test_money_from_before_the_loan_is_refused(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    before = await everything()

    with pytest.raises(RepaymentImpossible) as refused:
        await pay(loan, 10_000, on=date(2026, 11, 20))
    assert refused.value.reason == "before_disbursement"
    assert await everything() == before


async def test_money_never_counts_later_than_the_business_date(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await pay(loan, 10_000, on=date(2026, 11, 23))

    page = await queries.timeline_of(loan)
    assert page.items[0][1].effective_on == date(2026, 11, 21)


async def test_overpayment_is_the_borrowers_money(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    owed = await queries.payoff_on(loan, date(2026, 11, 21))

    outcome = await pay(loan, owed.amount_fen + 777)

    assert outcome.is_closed
    assert (outcome.unapplied_fen, outcome.held_fen, outcome.balance_fen) == (777, 777, 0)
    summary = await queries.loan(loan)
    assert (summary.status, summary.unapplied_fen) == (LoanStatus.OVERPAID, 777)
    assert summary.closed_on == date(2026, 11, 21)
    assert await ledger.balance(accounts.borrower_unapplied(MEI)) == -777
    assert await is_sound()


async def test_paying_the_payoff_closes_the_loan_at_exactly_nothing(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await operations.run_days(date(2027, 1, 5))
    owed = await queries.payoff_on(loan, date(2027, 1, 5))

    outcome = await pay(loan, owed.amount_fen)

    assert outcome.is_closed
    assert outcome.unapplied_fen == outcome.balance_fen == 0
    assert await ledger.balance(accounts.loan_principal(loan.loan_id)) == 0
    assert await ledger.balances("funder:") == dict.fromkeys(await ledger.balances("funder:"), 0)
    assert len(await facts("LoanPaidOff")) == 1
    assert (await operations.run_days(date(2027, 3, 1)))[-1].loans_open == 0
    assert await is_sound()


async def test_money_on_a_closed_loan_is_kept_for_the_borrower(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await pay(loan, 500_000)

    outcome = await pay(loan, 1_000)

    assert (outcome.applied_fen, outcome.unapplied_fen) == (0, 1_000)
    assert len(await facts("LoanPaidOff")) == 1
    assert await is_sound()


async def test_a_late_payment_pays_its_penalty_and_leaves_arrears(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await operations.run_days(date(2026, 12, 30))
    late = await queries.loan(loan)
    assert (late.status, late.days_past_due) == (LoanStatus.IN_ARREARS, 9)

    await pay(loan, late.due_now_fen)

    summary = await queries.loan(loan)
    assert (summary.status, summary.days_past_due) == (LoanStatus.ACTIVE, 0)
    assert await ledger.balance(accounts.income_penalty()) == -late.penalty_fen
    buckets = [fact["bucket"] for fact in await facts("BucketChanged")]
    assert sorted(buckets) == ["CURRENT", "DAYS_1_7", "DAYS_8_30"]
    assert await is_sound()


async def test_a_payment_that_counts_from_its_due_date_takes_the_penalty_back(
    lend: Lend, pay: Pay
) -> None:
    loan = await lend()
    await operations.run_days(date(2026, 12, 30))
    first = (await queries.plans_by_loan([loan.loan_id]))[0][0]
    assert first.penalty_fen > 0

    await pay(loan, first.total_fen - first.penalty_fen, on=first.due_on)

    plan = (await queries.plans_by_loan([loan.loan_id]))[0]
    assert plan[0].penalty_fen == plan[0].left_fen == 0
    assert (await queries.loan(loan)).overdue_fen == 0
    assert await is_sound()


@pytest.mark.parametrize("reason", list(ReversalReason))
async def test_a_reversed_payment_leaves_the_loan_as_if_it_had_never_been(
    lend: Lend, pay: Pay, reason: ReversalReason
) -> None:
    loan = await lend(funders=JOINT)
    before = await figures(loan)
    balances = await ledger.balances("")
    await pay(loan, 70_000, repayment_id="rp1")

    await undo(loan, "rp1", reason)

    assert await figures(loan) == before
    after = await ledger.balances("")
    assert {name: fen for name, fen in after.items() if fen} == {
        name: fen for name, fen in balances.items() if fen
    }
    charged_back = reason is ReversalReason.CHARGED_BACK
    assert [entry.kind for _, entry in (await queries.timeline_of(loan)).items] == [
        "ChargebackReceived" if charged_back else "RepaymentReversed",
        "RepaymentReceived",
        "Disbursed",
    ]
    assert await is_sound()


async def test_what_came_after_a_reversed_payment_is_worked_out_anew(lend: Lend, pay: Pay) -> None:
    loan, twin = await lend(), await lend()
    await operations.run_days(date(2026, 12, 21))
    await pay(loan, 30_000, repayment_id="rp1")
    await operations.run_days(date(2027, 1, 3))
    await pay(loan, 10_000)
    await pay(twin, 10_000)

    await undo(loan, "rp1")

    of_loan, of_twin = await queries.plans_by_loan([loan.loan_id, twin.loan_id])
    assert [line.paid_fen for line in of_loan] == [line.paid_fen for line in of_twin]
    kinds = {line.kind for line in await ledger.entries_of(loan.loan_id)}
    assert kinds == {"disbursement", "repayment", "reversal", "restatement"}
    assert await is_sound()


async def test_undoing_it_again_changes_nothing(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await pay(loan, 10_000, repayment_id="rp1")
    await undo(loan, "rp1")
    before = await everything()

    await undo(loan, "rp1")
    assert await everything() == before


async def test_what_was_never_paid_is_not_undone(lend: Lend, pay: Pay) -> None:
    loan, other = await lend(), await lend()
    await pay(other, 10_000, repayment_id="rp1")
    before = await everything()

    for repayment_id in ("rp1", "rp9"):
        with pytest.raises(NotFound):
            await undo(loan, repayment_id)
    assert await everything() == before


async def test_a_payoff_undone_opens_the_loan_again(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await pay(loan, 500_000, repayment_id="rp1")
    await operations.run_days(date(2027, 1, 25))

    await undo(loan, "rp1")

    summary = await queries.loan(loan)
    assert summary.status is LoanStatus.IN_ARREARS
    assert summary.days_past_due == 35
    assert summary.closed_on is None
    assert summary.unapplied_fen == 0
    assert [fact["bucket"] for fact in await facts("BucketChanged")] == ["DAYS_31_60"]
    assert await is_sound()


async def test_fifty_payments_at_once_all_count(lend: Lend, pay: Pay) -> None:
    loan = await lend()

    outcomes = await asyncio.gather(*(pay(loan, 1_000) for _ in range(50)))

    assert sum(outcome.applied_fen for outcome in outcomes) == 50_000
    plan = (await queries.plans_by_loan([loan.loan_id]))[0]
    assert sum(line.paid_fen for line in plan) == 50_000
    assert await ledger.balance(accounts.rail_clearing()) == 50_000 - 120_000
    assert len((await queries.timeline_of(loan)).items) == 20
    assert await is_sound()


async def test_one_repayment_told_by_fifty_callbacks_counts_once(lend: Lend, pay: Pay) -> None:
    loan = await lend()

    outcomes = await asyncio.gather(*(pay(loan, 1_000, repayment_id="rp1") for _ in range(50)))

    assert len({outcome.event_id for outcome in outcomes}) == 1
    assert await ledger.balance(accounts.rail_clearing()) == 1_000 - 120_000
    assert await is_sound()


async def test_payments_in_any_order_of_arrival_make_the_same_loan(lend: Lend, pay: Pay) -> None:
    loans = [await lend(), await lend(), await lend()]
    await operations.run_days(date(2027, 2, 1))
    paid = [
        (date(2026, 12, 21), 20_706),
        (date(2027, 1, 10), 3_333),
        (date(2027, 1, 21), 40_000),
        (date(2027, 2, 1), 7),
    ]

    for loan, order in zip(loans, ((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)), strict=True):
        for i in order:
            await pay(loan, paid[i][1], on=paid[i][0])

    plans = await queries.plans_by_loan([loan.loan_id for loan in loans])
    shown = [[(line.total_fen, line.paid_fen, line.status) for line in plan] for plan in plans]
    assert shown[0] == shown[1] == shown[2]
    assert await is_sound()
