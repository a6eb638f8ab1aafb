"""The close of day moves the date once every loan is done, however often it is killed."""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from tortoise.exceptions import IntegrityError

from app.foundation.clock import FixedClock
from app.foundation.database import Database, business_date, fetch, transaction
from app.ledger import queries as ledger
from app.ledger import rules as accounts
from app.loanmath.calendar import BusinessDays
from app.loanmath.interest import DayCount
from app.loanmath.life import Bucket
from app.loanmath.schedule import Method, Prepayment, Unit
from app.servicing import operations, queries
from app.servicing.errors import BusinessDateBackwards, BusinessDateTooFar
from app.servicing.operations.closing import close_batch
from app.servicing.operations.passing import pass_plainly
from app.servicing.rules import DayReport, LoanRef
from tests.servicing.conftest import (
    MEI,
    START_ON,
    Lend,
    Pay,
    everything,
    facts,
    is_sound,
    plain_terms,
)

DUE = date(2026, 12, 21)


async def told_on(day: date) -> list[tuple[str, int]]:
    """Close days up to one and return what that last day told, by name and installment."""
    await operations.run_days(day - timedelta(days=1))
    before = await facts()
    await operations.run_days(day)
    new = [fact for fact in await facts() if fact not in before]
    return sorted((fact["name"], fact.get("number", 0)) for fact in new)


async def test_a_borrower_hears_three_days_before_and_on_the_day(lend: Lend) -> None:
    await lend()

    assert await told_on(DUE - timedelta(days=4)) == []
    assert await told_on(DUE - timedelta(days=3)) == [("InstallmentDueSoon", 1)]
    assert await told_on(DUE - timedelta(days=1)) == []
    assert await told_on(DUE) == [("InstallmentDueToday", 1)]
    assert await told_on(DUE + timedelta(days=1)) == [
        ("BucketChanged", 0),
        ("InstallmentOverdue", 1),
    ]
    assert await told_on(DUE + timedelta(days=2)) == []
    assert await told_on(DUE + timedelta(days=8)) == [("BucketChanged", 0)]
    assert await is_sound()


async def test_who_has_paid_hears_nothing(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    first = (await queries.plans_by_loan([loan.loan_id]))[0][0]
    await pay(loan, first.total_fen)

    await operations.run_days(DUE + timedelta(days=10))

    assert [fact["name"] for fact in await facts()] == ["LoanOpened"]


async def test_what_is_told_says_how_much_until_when(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await pay(loan, 5_000)
    await operations.run_days(DUE + timedelta(days=1))

    (late,) = await facts("InstallmentOverdue")
    first = (await queries.plans_by_loan([loan.loan_id]))[0][0]
    assert late == {
        "name": "InstallmentOverdue",
        "loan_id": loan.loan_id,
        "borrower_id": MEI,
        "number": 1,
        "due_on": "2026-12-21",
        "amount_fen": first.total_fen - 5_000,
        "days_past_due": 1,
        "grace_until": "2026-12-24",
    }


async def test_penalty_begins_after_the_days_of_grace(lend: Lend) -> None:
    loan = await lend()
    await operations.run_days(DUE + timedelta(days=3))
    assert (await queries.loan(loan)).penalty_fen == 0

    await operations.run_days(DUE + timedelta(days=4))
    assert (await queries.loan(loan)).penalty_fen > 0


async def test_the_report_counts_the_day(lend: Lend, pay: Pay) -> None:
    late, prompt, _ = await lend(), await lend(), await lend()
    reports = await operations.run_days(DUE)
    assert [report.on_date for report in reports] == [
        START_ON + timedelta(days=n) for n in range(1, 31)
    ]
    first = (await queries.plans_by_loan([late.loan_id]))[0][0]
    assert (reports[-1].installments_due, reports[-1].fallen_due_fen) == (3, 3 * first.total_fen)
    assert (reports[-1].due_today, reports[-1].loans_touched) == (3, 3)
    await pay(prompt, first.total_fen)

    (report,) = await operations.run_days(DUE + timedelta(days=1))

    assert report.loans_open == 3
    assert report.loans_in_arrears == report.became_overdue == report.bucket_changes == 2
    assert report.loans_by_bucket[Bucket.CURRENT] == 1
    assert report.loans_by_bucket[Bucket.DAYS_1_7] == 2
    assert report.overdue_fen == 2 * first.total_fen
    assert report.principal_fen == 360_000 - first.principal_fen
    assert report.principal_by_bucket_fen[Bucket.DAYS_1_7] == 240_000
    assert await queries.day_report(DUE + timedelta(days=1)) == report
    assert await queries.day_report(DUE + timedelta(days=2)) is None


@pytest.mark.usefixtures("database")
async def test_each_day_is_heard_of_as_it_is_done() -> None:
    heard: list[date] = []
    await operations.run_days(
        START_ON + timedelta(days=3), on_day=lambda report: heard.append(report.on_date)
    )
    assert heard == [START_ON + timedelta(days=n) for n in (1, 2, 3)]
    assert await business_date() == START_ON + timedelta(days=3)


@pytest.mark.usefixtures("database")
async def test_asking_for_the_day_it_is_closes_nothing() -> None:
    assert await operations.run_days(START_ON) == []
    assert await business_date() == START_ON


@pytest.mark.parametrize(
    ("to", "refusal"),
    [
        (START_ON - timedelta(days=1), BusinessDateBackwards),
        (START_ON + timedelta(days=401), BusinessDateTooFar),
    ],
)
async def test_a_day_out_of_reach_is_refused_and_nothing_is_closed(
    lend: Lend, to: date, refusal: type[Exception]
) -> None:
    await lend()
    before = await everything()

    with pytest.raises(refusal):
        await operations.run_days(to)
    assert await everything() == before


async def test_a_closed_day_asked_for_again_answers_the_same(lend: Lend) -> None:
    await lend()
    reports = await operations.run_days(DUE)
    before = await everything()

    assert await operations.close_one_day(DUE) == reports[-1]
    assert not await close_batch(DUE, 1)
    assert await everything() == before


async def test_only_loans_with_something_happening_are_touched(lend: Lend) -> None:
    loan = await lend()
    quiet = await operations.run_days(DUE - timedelta(days=4))

    assert sum(report.loans_touched for report in quiet) == 0
    rows = await fetch("SELECT as_of FROM servicing_loan WHERE id = ?", [loan.loan_id])
    assert str(rows[0]["as_of"]) == START_ON.isoformat()


async def test_money_held_pays_the_dues_as_they_come(lend: Lend, pay: Pay) -> None:
    loan = await lend(plain_terms(prepayment=Prepayment.HOLD))
    first = (await queries.plans_by_loan([loan.loan_id]))[0][0]
    outcome = await pay(loan, first.total_fen + 1_000)
    assert outcome.unapplied_fen == outcome.held_fen == first.total_fen + 1_000

    await operations.run_days(DUE)

    summary = await queries.loan(loan)
    assert (summary.unapplied_fen, summary.due_now_fen) == (1_000, 0)
    assert await ledger.balance(accounts.borrower_unapplied(MEI)) == -1_000
    assert await ledger.balance(accounts.income_interest()) == -first.interest_fen
    assert await is_sound()


class Killed(BaseException):
    """What `kill -9` looks like from inside."""


class DyingEntropy:
    """Chance that lasts for so many ids: the process dies when it asks for one more."""

    def __init__(self, lasts: int) -> None:
        self._left = lasts

    def __call__(self, count: int) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise Killed
        return secrets.token_bytes(count)


def dying_after(days: int) -> Callable[[DayReport], None]:
    """Listen to the close, and die when it has done so many days."""
    heard: list[DayReport] = []

    def hear(report: DayReport) -> None:
        heard.append(report)
        if len(heard) == days:
            raise Killed

    return hear


@pytest.mark.parametrize("lasts", [0, 1, 2, 3, 4, 6, 8, 9])
async def test_killed_at_any_point_and_run_again_it_ends_the_same(
    lend: Lend, pay: Pay, lasts: int, database: Database
) -> None:
    holding = await lend(plain_terms(prepayment=Prepayment.HOLD))
    await pay(holding, 50_000)
    for _ in range(4):
        await lend()
    await operations.run_days(DUE - timedelta(days=1))

    database.entropy = DyingEntropy(lasts)
    with pytest.raises(Killed):
        await operations.run_days(DUE + timedelta(days=2), batch=2)
    database.entropy = secrets.token_bytes
    with pytest.raises(Killed):
        await operations.run_days(DUE + timedelta(days=2), batch=2, on_day=dying_after(1))
    await operations.run_days(DUE + timedelta(days=2), batch=2)

    assert await is_sound()
    told = [(fact["name"], fact["loan_id"]) for fact in await facts()]
    assert len(set(told)) == len(told)
    assert len(await facts("InstallmentDueToday")) == 4
    assert len(await facts("InstallmentOverdue")) == 4
    report = await queries.day_report(DUE)
    assert report is not None
    assert (report.due_today, report.loans_touched) == (4, 5)
    assert await business_date() == DUE + timedelta(days=2)


async def test_two_closers_at_once_take_turns(lend: Lend) -> None:
    for _ in range(7):
        await lend()

    to = DUE + timedelta(days=1)
    await asyncio.gather(*(operations.run_days(to, batch=2) for _ in range(3)))

    assert await business_date() == to
    assert len(await facts("InstallmentDueToday")) == 7
    assert len(await facts("InstallmentOverdue")) == 7
    rows = await fetch("SELECT COUNT(*) AS days FROM servicing_day_report")
    assert rows[0]["days"] == 31
    assert await is_sound()


async def test_payments_go_on_while_days_are_closed(lend: Lend, pay: Pay) -> None:
    loans = [await lend() for _ in range(6)]

    async def pay_some() -> None:
        for n in range(10):
            await pay(loans[n % 6], 2_000)

    closing_days = operations.run_days(DUE + timedelta(days=6), batch=2)
    await asyncio.gather(closing_days, pay_some(), pay_some())

    plans = await queries.plans_by_loan([loan.loan_id for loan in loans])
    assert sum(line.paid_fen for plan in plans for line in plan) == 40_000
    assert await is_sound()


async def test_a_payment_on_a_loan_already_closed_for_tomorrow_stays_there(
    lend: Lend, pay: Pay
) -> None:
    loan = await lend()
    await operations.run_days(DUE)
    tomorrow = DUE + timedelta(days=1)
    await close_batch(tomorrow, 100)
    assert await business_date() == DUE

    await pay(loan, 100)
    await operations.run_days(tomorrow)

    assert len(await facts("InstallmentOverdue")) == 1
    assert len(await facts("BucketChanged")) == 1
    assert await is_sound()


async def test_a_day_has_one_report(database: Database) -> None:
    assert database
    await operations.run_days(START_ON + timedelta(days=1))
    with pytest.raises(IntegrityError):
        async with transaction() as tx:
            await tx.run(
                "INSERT INTO servicing_day_report (on_date, report) VALUES (?, '{}')",
                [(START_ON + timedelta(days=1)).isoformat()],
            )


async def sums_over_the_whole_book() -> tuple[dict[Bucket, tuple[int, int]], int, int]:
    """Return loans and principal by bucket, and what is overdue and held, from every loan's row."""
    rows = await fetch("SELECT * FROM servicing_loan")
    open_now = [row for row in rows if row["closed_on"] is None]
    by_bucket = {
        bucket: (
            sum(row["bucket"] == bucket for row in open_now),
            sum(row["principal_fen"] for row in open_now if row["bucket"] == bucket),
        )
        for bucket in Bucket
    }
    overdue_fen = sum(row["overdue_fen"] for row in open_now)
    return by_bucket, overdue_fen, sum(row["unapplied_fen"] for row in rows)


async def test_a_report_counts_what_changed_and_says_what_the_whole_book_does(
    lend: Lend, pay: Pay, clock: FixedClock
) -> None:
    chance = random.Random(20261122)  # noqa: S311 - the same every time
    loans: list[LoanRef] = []
    seen = Counter[str]()
    for day in range(50):
        if day % 6 == 0:
            loans.append(await lend(plain_terms(principal_fen=60_000 + day, count=2)))
        if day == 20:  # sums that were lost are made again, from the loans
            await change("UPDATE servicing_day_close SET counted_at = NULL")
            await change("UPDATE servicing_counted_book SET loans = 77")
        clock.advance(timedelta(days=chance.choice((0, 1, 3))))
        (report,) = await operations.run_days(START_ON + timedelta(days=day + 1))
        by_bucket, overdue_fen, unapplied_fen = await sums_over_the_whole_book()
        assert (report.overdue_fen, report.unapplied_fen) == (overdue_fen, unapplied_fen)
        assert report.loans_by_bucket == {one: count for one, (count, _) in by_bucket.items()}
        assert report.principal_by_bucket_fen == {one: fen for one, (_, fen) in by_bucket.items()}
        seen["overdue"] += overdue_fen
        seen["held"] += unapplied_fen
        seen["over"] += len(loans) - report.loans_open
        if day % 3 == 0:
            await pay(chance.choice(loans), chance.choice((500, 20_000, 90_000)))
    assert min(seen[one] for one in ("overdue", "held", "over")) > 0, seen


async def change(statement: str) -> None:
    async with transaction() as tx:
        await tx.run(statement)


async def test_days_that_pass_plainly_leave_what_working_them_out_would(
    lend: Lend, pay: Pay
) -> None:
    """Most loans of a day change by one statement for all; the proof works each of them out."""
    kinds = [
        plain_terms(count=3),
        plain_terms(count=3, due_day=30, method=Method.FLAT),
        plain_terms(count=9, unit=Unit.DAY, every=5, day_count=DayCount.ACT_365F),
        plain_terms(count=9, unit=Unit.DAY, every=9, day_count=DayCount.ACT_365F),
        plain_terms(count=3, business_days=BusinessDays.NEXT, due_day=26),
    ]
    loans = [(await lend(one)).loan_id for one in kinds]
    held = await lend(plain_terms(count=3, prepayment=Prepayment.HOLD))
    await pay(held, 1_000)
    plain = Counter[str]()
    for day in range(1, 41):
        on, before = START_ON + timedelta(days=day), await notices_told()
        async with transaction() as tx:
            passed = await pass_plainly(tx, on, [*loans, held.loan_id], published_until=2026)
        plain.update(passed.loans)
        await operations.run_days(on)
        assert (await queries.check_projections()).problems == ()
        plans = await queries.plans_by_loan([*loans, held.loan_id])
        near = [
            ("Today" if line.payable_on == on else "Soon", line.loan_id, line.number)
            for plan in plans
            for line in plan
            if line.left_fen > 0 and line.payable_on in {on, on + timedelta(days=3)}
        ]
        assert await notices_told() - before == Counter(near)
        for plan in plans:
            if late_fen := sum(line.left_fen for line in plan if line.payable_on < on):
                await pay(LoanRef(MEI, plan[0].loan_id), late_fen)
    assert await is_sound()
    assert set(plain) == {loans[0], loans[1], loans[3]}, "others are too near, or on a Saturday"


async def notices_told() -> Counter[tuple[str, str, int]]:
    """Return what was told of installments that near or fall due, and how often."""
    told = await facts("InstallmentDueSoon", "InstallmentDueToday")
    return Counter(
        (one["name"].removeprefix("InstallmentDue"), one["loan_id"], one["number"]) for one in told
    )
