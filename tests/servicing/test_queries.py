"""Reads say what is true on the business date, to the loan's own borrower, in constant queries."""

from datetime import date, timedelta

import pytest

from app.foundation.clock import FixedClock
from app.foundation.database import business_date, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.paging import PageAsk
from app.loanmath.life import Bucket, InstallmentStatus, LoanStatus
from app.servicing import operations, queries
from app.servicing.errors import RepaymentImpossible
from app.servicing.rules import LoanRef
from tests.servicing.conftest import MEI, START_ON, Lend, Pay, everything, plain_terms

DUE = date(2026, 12, 21)
GANG = "br00000gang00000"


async def pretend(sql: str) -> None:
    """Alter the database behind the app's back."""
    async with transaction() as tx:
        assert await tx.run(sql) > 0


async def test_a_borrower_sees_their_own_loans_newest_first(lend: Lend, clock: FixedClock) -> None:
    first = await lend()
    clock.advance(timedelta(seconds=5))
    second = await lend()
    await lend(borrower_id=GANG)

    assert [one.ref for one in await queries.loans_of(MEI)] == [second, first]
    assert await queries.loans_of("br00000nobody000") == []


async def test_missing_and_somebody_elses_look_the_same(lend: Lend) -> None:
    loan = await lend()

    for ref in (LoanRef(GANG, loan.loan_id), LoanRef(MEI, "ln00000nobody000")):
        with pytest.raises(NotFound):
            await queries.loan(ref)
        with pytest.raises(NotFound):
            await queries.timeline_of(ref)
        with pytest.raises(NotFound):
            await queries.payoff_on(ref, START_ON)
        with pytest.raises(NotFound):
            await queries.state_of(ref, START_ON)
        with pytest.raises(NotFound):
            await queries.preview_payment(ref, 100, START_ON)


async def test_plans_come_in_the_order_asked(lend: Lend) -> None:
    short, long = await lend(plain_terms(count=2)), await lend()

    plans = await queries.plans_by_loan([long.loan_id, "ln00000nobody000", short.loan_id])

    assert [len(plan) for plan in plans] == [6, 0, 2]
    assert await queries.plans_by_loan([]) == []


async def test_without_a_close_of_day_reads_still_say_what_the_day_says(
    lend: Lend, clock: FixedClock
) -> None:
    loan = await lend()
    await pretend("DELETE FROM business_day")
    clock.advance(timedelta(days=40))
    assert await business_date() == date(2026, 12, 31)

    summary = await queries.loan(loan)
    (plan,) = await queries.plans_by_loan([loan.loan_id])

    assert (summary.status, summary.days_past_due) == (LoanStatus.IN_ARREARS, 10)
    assert plan[0].status is InstallmentStatus.OVERDUE
    assert summary.due_now_fen == plan[0].left_fen
    assert summary.penalty_fen == plan[0].penalty_fen > 0
    assert (await queries.check_projections()).is_right


async def test_a_preview_is_what_then_happens(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await operations.run_days(DUE + timedelta(days=6))
    before = await everything()

    seen = await queries.preview_payment(loan, 50_000, await business_date())
    assert await everything() == before
    outcome = await pay(loan, 50_000)

    summary = await queries.loan(loan)
    (plan,) = await queries.plans_by_loan([loan.loan_id])
    assert seen.allocations == outcome.allocations
    assert seen.balance_after_fen == summary.balance_fen
    assert seen.due_now_after_fen == summary.due_now_fen
    assert seen.unapplied_fen == outcome.unapplied_fen
    assert (seen.next_number, seen.next_due_on, seen.next_amount_fen) == (
        summary.next_number,
        summary.next_due_on,
        summary.next_amount_fen,
    )
    assert seen.installments_left == len([line for line in plan if line.left_fen])
    split = (seen.principal_fen, seen.interest_fen, seen.fee_fen, seen.penalty_fen)
    assert sum(split) == outcome.applied_fen
    assert not seen.closes_loan


async def test_a_preview_says_that_a_payoff_closes(lend: Lend) -> None:
    loan = await lend()
    owed = await queries.payoff_on(loan, START_ON)

    seen = await queries.preview_payment(loan, owed.amount_fen + 5, START_ON)

    assert seen.closes_loan
    assert seen.unapplied_fen == 5
    assert (seen.next_due_on, seen.next_amount_fen, seen.installments_left) == (None, 0, 0)


@pytest.mark.parametrize("amount_fen", [0, -5, 10**12 + 1])
async def test_a_preview_of_no_amount_is_refused(lend: Lend, amount_fen: int) -> None:
    loan = await lend()
    with pytest.raises(InvalidInput):
        await queries.preview_payment(loan, amount_fen, START_ON)


async def test_a_preview_before_the_loan_is_refused(lend: Lend) -> None:
    loan = await lend()
    with pytest.raises(RepaymentImpossible):
        await queries.preview_payment(loan, 100, START_ON - timedelta(days=1))


async def test_a_loan_can_be_asked_about_on_any_day(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await pay(loan, 20_706)
    await operations.run_days(DUE + timedelta(days=60))

    then = await queries.state_of(loan, START_ON)
    future = await queries.state_of(loan, DUE + timedelta(days=200))

    assert then.status is LoanStatus.ACTIVE
    assert then.principal_fen < 120_000
    assert future.bucket is Bucket.DAYS_OVER_90


async def test_the_timeline_pages_from_the_newest(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    for n in range(1, 5):
        await pay(loan, n * 100, repayment_id=f"rp{n}")

    first = await queries.timeline_of(loan, PageAsk(first=2))
    rest = await queries.timeline_of(loan, PageAsk(first=10, after=first.items[-1][0]))

    assert [entry.amount_fen for _, entry in first.items] == [400, 300]
    assert first.has_more
    assert [entry.amount_fen for _, entry in rest.items] == [200, 100, 120_000]
    assert [entry.about for _, entry in rest.items][:2] == ["rp2", "rp1"]
    assert not rest.has_more


async def test_what_is_to_be_paid_soon_comes_oldest_first(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    other = await lend(plain_terms(due_day=5))
    closed = await lend()
    await pay(closed, 200_000)
    await operations.run_days(DUE + timedelta(days=2))

    dues = await queries.upcoming_dues(MEI)

    assert [(due.loan.ref, due.line.number) for due in dues] == [
        (other, 1),
        (loan, 1),
        (other, 2),
        (loan, 2),
    ]
    assert await queries.upcoming_dues(GANG) == []


async def test_staff_page_through_the_late_oldest_debt_first(lend: Lend, pay: Pay) -> None:
    late = [await lend(plain_terms(due_day=day)) for day in (20, 5, 5, 28)]
    prompt = await lend()
    await pay(prompt, 60_000)
    await operations.run_days(DUE + timedelta(days=1))

    first = await queries.overdue_loans(PageAsk(first=2))
    half = await queries.overdue_loans(PageAsk(first=1, after=first.items[0][0]))
    rest = await queries.overdue_loans(PageAsk(first=2, after=first.items[-1][0]))

    assert {one.ref for _, one in first.items} == set(late[1:3])
    assert [one.ref for _, one in rest.items] == [late[0]]
    assert first.has_more
    assert not rest.has_more
    assert [one.days_past_due for _, one in first.items] == [17, 17]
    assert half.items == first.items[1:]


async def test_loans_are_found_by_id_for_staff(lend: Lend) -> None:
    loan = await lend()
    found, missing = await queries.loans_by_id([loan.loan_id, "ln00000nobody000"])

    assert found is not None
    assert found.ref == loan
    assert missing is None


async def test_rebuilt_rows_are_the_same_bytes(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await operations.run_days(DUE + timedelta(days=9))
    await pay(loan, 33_333)
    before = await everything()

    async with transaction() as tx:
        assert not await operations.rebuild(tx, loan)
    assert await everything() == before


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        ("UPDATE servicing_loan SET balance_fen = balance_fen + 1", "balance_fen is"),
        ("UPDATE servicing_loan SET next_event_on = NULL", "next_event_on is"),
        (
            "UPDATE servicing_installment SET paid_interest_fen = 1 WHERE number = 2",
            "installment 2: paid_interest_fen is 1 kept, 0 worked out",
        ),
        ("DELETE FROM servicing_installment WHERE number = 6", "installment 6 is missing"),
    ],
)
async def test_a_projection_that_was_altered_is_named_and_can_be_rebuilt(
    lend: Lend, spoil: str, problem: str
) -> None:
    loan = await lend()
    before = await everything()
    await pretend(spoil)

    check = await queries.check_projections()
    assert not check.is_right
    assert check.loans == 1
    assert loan.loan_id in check.problems[0]
    assert problem in check.problems[0]

    async with transaction() as tx:
        assert await operations.rebuild(tx, loan)
    after = await everything()
    assert (await queries.check_projections()).is_right
    for table in ("servicing_loan", "servicing_installment"):
        assert after[table] == before[table]


async def test_a_line_the_plan_does_not_have_is_dropped_by_a_rebuild(lend: Lend) -> None:
    loan = await lend()
    await pretend("UPDATE servicing_installment SET number = 9, id = 'stray' WHERE number = 6")

    assert len((await queries.check_projections()).problems) == 2
    async with transaction() as tx:
        assert await operations.rebuild(tx, loan)
    assert (await queries.check_projections()).is_right


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (
            "UPDATE ledger_entry SET amount_fen = 119999 WHERE account LIKE 'loan:%'",
            "principal is 119999 posted, 120000 kept",
        ),
        (
            "UPDATE ledger_balance SET balance_fen = 7 WHERE account LIKE 'loan:%'",
            "accounts loan:: 7 posted, 120000 kept",
        ),
        (
            "UPDATE ledger_balance SET balance_fen = 7 WHERE account = 'funder:qingmiao:principal'",
            "accounts funder:: 120007 posted, 0 kept",
        ),
    ],
)
async def test_a_ledger_that_tells_another_story_is_named(
    lend: Lend, spoil: str, problem: str
) -> None:
    await lend()
    assert (await queries.reconcile()).is_right
    await pretend(spoil)

    check = await queries.reconcile()
    assert not check.is_right
    assert problem in check.problems[0]


@pytest.mark.usefixtures("database")
async def test_with_no_loans_there_is_nothing_wrong() -> None:
    assert (await queries.check_projections()).loans == 0
    assert (await queries.reconcile()).is_right


async def test_more_loans_than_one_chunk_are_all_looked_at(lend: Lend) -> None:
    for _ in range(102):
        await lend(plain_terms(count=1))

    assert (await queries.check_projections()).loans == 102
    assert (await queries.reconcile()).loans == 102
