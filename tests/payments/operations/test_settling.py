"""However the rail speaks, a repayment is posted once and ends as the money went."""

import asyncio
from datetime import date, timedelta
from itertools import permutations

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database, transaction
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.revision import revision_of
from app.ledger import queries as ledger
from app.payments import operations, queries
from app.payments.operations import Repay
from app.payments.ports import FailureReason, RailStatus
from app.payments.rules import RailNotice, RepaymentStatus, RepaymentView, WordOutcome
from app.servicing import queries as loans
from tests.payments.conftest import (
    MEI,
    Lend,
    Pay,
    TestRail,
    balance_of,
    facts,
    move_business_date,
    notice_of,
    now_of,
    postings,
    stored,
)

START_DAY = date(2026, 11, 21)


async def test_money_that_arrives_is_allocated_and_told(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    owed_fen = await balance_of(loan)
    view = await pay(loan, 100_000)
    before = await revision_of(MEI)

    assert await operations.accept_callback(notice_of(view)) is WordOutcome.MOVED

    now = await now_of(view)
    assert (now.status, now.received_on) == (RepaymentStatus.ALLOCATED, START_DAY)
    receipt = now.receipt
    assert receipt is not None
    assert sum(part.amount_fen for part in receipt.parts) + receipt.unapplied_fen == 100_000
    assert receipt.balance_fen == await balance_of(loan) < owed_fen
    assert not receipt.is_closed
    assert await facts() == {"RepaymentTaken": 1}
    assert await postings("repayment") == 1
    assert await revision_of(MEI) > before
    assert (await ledger.verify()).problems == ()


async def test_fifty_notices_at_once_post_once(pay: Pay) -> None:
    view = await pay()
    notices = [notice_of(view, event=f"copy-{number % 5}") for number in range(50)]
    outcomes = await asyncio.gather(*(operations.accept_callback(one) for one in notices))
    assert outcomes.count(WordOutcome.MOVED) == 1
    assert await postings("repayment") == 1
    assert await facts() == {"RepaymentTaken": 1}
    assert (await now_of(view)).status is RepaymentStatus.ALLOCATED


def words(view: RepaymentView, *statuses: RailStatus) -> list[RailNotice]:
    return [notice_of(view, status, event=f"{number}") for number, status in enumerate(statuses)]


async def test_notices_in_every_order_end_the_same(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    orders = list(permutations(range(4)))
    for order in orders:
        view = await pay(loan, 1_000, "".join(map(str, order)))
        said = words(
            view,
            RailStatus.PENDING,
            RailStatus.FAILED,
            RailStatus.SUCCEEDED,
            RailStatus.SUCCEEDED,
        )
        for index in order:
            await operations.accept_callback(said[index])
            await operations.accept_callback(said[index])
        now = await now_of(view)
        assert (order, now.status, now.failure) == (order, RepaymentStatus.ALLOCATED, None)
    assert await postings("repayment") == len(orders)


async def test_notices_all_at_once_in_any_order_end_the_same(pay: Pay) -> None:
    view = await pay()
    said = words(view, RailStatus.PENDING, RailStatus.FAILED, RailStatus.SUCCEEDED)
    mixed = [one for order in permutations(said) for one in order]
    await asyncio.gather(*(operations.accept_callback(one) for one in mixed))
    assert (await now_of(view)).status is RepaymentStatus.ALLOCATED
    assert await postings("repayment") == 1


async def test_a_failure_is_told_and_posts_nothing(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    owed_fen = await balance_of(loan)
    view = await pay(loan)
    failed = notice_of(view, RailStatus.FAILED, reason=FailureReason.INSUFFICIENT_FUNDS)
    assert await operations.accept_callback(failed) is WordOutcome.MOVED
    assert await operations.accept_callback(failed) is WordOutcome.NOTHING_NEW
    now = await now_of(view)
    assert (now.status, now.failure) == (
        RepaymentStatus.FAILED,
        FailureReason.INSUFFICIENT_FUNDS,
    )
    assert await facts() == {"RepaymentFailed": 1}
    assert await postings("repayment") == 0
    assert await balance_of(loan) == owed_fen


async def test_a_failure_without_a_reason_is_one_too(pay: Pay) -> None:
    view = await pay()
    await operations.accept_callback(notice_of(view, RailStatus.FAILED))
    assert (await now_of(view)).failure is FailureReason.UNSTATED


async def test_another_amount_is_never_posted_and_kept_for_a_person(pay: Pay) -> None:
    view = await pay()
    wrong = notice_of(view, amount_fen=view.amount_fen + 1)
    assert await operations.accept_callback(wrong) is WordOutcome.AMOUNT_DIFFERS
    assert (await now_of(view)).status is RepaymentStatus.PENDING
    assert await postings("repayment") == 0
    (fault,) = await queries.faults()
    assert (fault.about, fault.outcome, fault.amount_fen) == (
        view.repayment_id,
        WordOutcome.AMOUNT_DIFFERS,
        view.amount_fen + 1,
    )

    right = notice_of(view, event="corrected")
    assert await operations.accept_callback(right) is WordOutcome.MOVED
    assert (await now_of(view)).status is RepaymentStatus.ALLOCATED


async def test_another_reference_is_never_posted(pay: Pay) -> None:
    view = await pay()
    wrong = notice_of(view, provider_ref="somebody-elses")
    assert await operations.accept_callback(wrong) is WordOutcome.REFERENCE_DIFFERS
    assert (await now_of(view)).status is RepaymentStatus.PENDING
    assert await postings("repayment") == 0


async def test_one_payment_at_the_rail_pays_one_repayment(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    first = await pay(loan)
    await operations.accept_callback(notice_of(first))
    outbox.subscribe([])
    second = await operations.repay(Repay(loan=loan, amount_fen=100_000, idempotency_key="second"))
    stolen = notice_of(second, provider_ref=notice_of(first).provider_ref)
    assert await operations.accept_callback(stolen) is WordOutcome.REFERENCE_DIFFERS
    assert await postings("repayment") == 1


@pytest.mark.parametrize("order_id", ["rp00000000000000", "db00000000000000", "r" * 64])
async def test_a_notice_about_an_order_we_never_made_posts_nothing(pay: Pay, order_id: str) -> None:
    view = await pay()
    before = await stored()
    unknown = notice_of(view, order_id=order_id)
    answers = await asyncio.gather(*(operations.accept_callback(unknown) for _ in range(10)))
    assert WordOutcome.UNKNOWN_ORDER in answers
    after = await stored()
    assert len(after.pop("rail_notice")) == len(before.pop("rail_notice")) + 1
    assert after == before
    assert [fault.outcome for fault in await queries.faults()] == [WordOutcome.UNKNOWN_ORDER]


async def test_money_told_a_day_late_counts_from_the_day_it_was_paid(
    pay: Pay, clock: FixedClock
) -> None:
    view = await pay()
    clock.advance(timedelta(hours=25))
    await move_business_date(START_DAY + timedelta(days=1))
    await operations.accept_callback(notice_of(view))
    assert (await now_of(view)).received_on == START_DAY


async def test_money_that_comes_after_the_order_was_given_up_still_counts(
    pay: Pay, rail: TestRail, clock: FixedClock
) -> None:
    view = await pay()
    clock.advance(timedelta(minutes=31))
    assert await operations.poll_pending(rail) == 1
    assert (await now_of(view)).status is RepaymentStatus.EXPIRED
    await operations.accept_callback(notice_of(view))
    now = await now_of(view)
    assert (now.status, now.failure) == (RepaymentStatus.ALLOCATED, None)
    assert await facts() == {"RepaymentFailed": 1, "RepaymentTaken": 1}


async def test_overpayment_is_kept_and_visible(lend: Lend, pay: Pay) -> None:
    loan = await lend()
    payoff = await loans.payoff_on(loan, START_DAY)
    view = await pay(loan, payoff.amount_fen + 12_345, allow_overpayment=True)
    await operations.accept_callback(notice_of(view))
    receipt = (await now_of(view)).receipt
    assert receipt is not None
    assert (receipt.unapplied_fen, receipt.balance_fen, receipt.is_closed) == (12_345, 0, True)
    assert (await loans.loan(loan)).unapplied_fen == 12_345
    assert (await ledger.verify()).problems == ()


async def test_a_loan_paid_twice_keeps_the_second_payment_for_the_borrower(
    lend: Lend, pay: Pay
) -> None:
    loan = await lend()
    payoff = await loans.payoff_on(loan, START_DAY)
    first = await pay(loan, payoff.amount_fen, "first")
    second = await pay(loan, payoff.amount_fen, "second")
    await operations.accept_callback(notice_of(first))
    await operations.accept_callback(notice_of(second))
    assert (await now_of(second)).status is RepaymentStatus.ALLOCATED
    assert (await loans.loan(loan)).unapplied_fen == payoff.amount_fen


async def test_many_repayments_of_a_loan_at_once_all_count(lend: Lend, pay: Pay) -> None:
    loan = await lend(annual_rate="0")
    owed_fen = (await loans.loan(loan)).principal_fen
    views = [await pay(loan, 1_000, f"key-{number}") for number in range(20)]
    await asyncio.gather(*(operations.accept_callback(notice_of(view)) for view in views))
    assert await postings("repayment") == 20
    assert (await loans.loan(loan)).principal_fen == owed_fen - 20_000
    assert (await ledger.verify()).problems == ()


async def test_money_the_loan_cannot_take_is_kept_for_a_person(pay: Pay) -> None:
    view = await pay()
    await break_loan(view)
    assert await operations.accept_callback(notice_of(view)) is WordOutcome.NOT_ALLOCATED
    assert (await now_of(view)).status is RepaymentStatus.PENDING
    assert await postings("repayment") == 0
    assert [fault.outcome for fault in await queries.faults()] == [WordOutcome.NOT_ALLOCATED]


async def test_a_database_that_is_away_takes_nothing_and_is_told_again(
    pay: Pay, database: Database
) -> None:
    view = await pay()
    before = await stored()
    await database.close()
    away = Database(url="sqlite:////nowhere/at/all.sqlite3", clock=database.clock)
    await away.open()
    try:
        with pytest.raises(TemporarilyUnavailable):
            await operations.accept_callback(notice_of(view))
    finally:
        await away.close()
        await database.open()
    assert await stored() == before
    assert await operations.accept_callback(notice_of(view)) is WordOutcome.MOVED


async def break_loan(view: RepaymentView) -> None:
    """Let the loan belong to nobody, as a fault of ours would."""
    async with transaction() as tx:
        await tx.run(
            "UPDATE servicing_loan SET borrower_id = 'br00000000000000' WHERE id = ?",
            [view.loan.loan_id],
        )


async def test_a_lost_notice_is_settled_by_asking_within_a_minute(
    pay: Pay, rail: TestRail, clock: FixedClock
) -> None:
    view = await pay()
    rail.settle(view, RailStatus.SUCCEEDED, at=clock.now())
    assert await operations.poll_pending(rail) == 0
    clock.advance(timedelta(seconds=30))
    assert await operations.poll_pending(rail) == 1
    now = await now_of(view)
    assert (now.status, now.received_on) == (RepaymentStatus.ALLOCATED, START_DAY)
    clock.advance(timedelta(seconds=30))
    assert await operations.poll_pending(rail) == 0
    assert await operations.accept_callback(notice_of(view)) is WordOutcome.NOTHING_NEW
    assert await postings("repayment") == 1


async def test_asking_and_being_told_at_once_posts_once(
    pay: Pay, rail: TestRail, clock: FixedClock
) -> None:
    view = await pay()
    rail.settle(view, RailStatus.SUCCEEDED, at=clock.now())
    clock.advance(timedelta(seconds=30))
    await asyncio.gather(
        *(operations.poll_pending(rail) for _ in range(5)),
        *(operations.accept_callback(notice_of(view)) for _ in range(5)),
    )
    assert await postings("repayment") == 1


async def test_what_nobody_pays_is_given_up_after_half_an_hour(
    pay: Pay, rail: TestRail, clock: FixedClock
) -> None:
    view = await pay()
    clock.advance(timedelta(minutes=29, seconds=59))
    assert await operations.poll_pending(rail) == 0
    assert (await now_of(view)).status is RepaymentStatus.PENDING
    clock.advance(timedelta(seconds=30))
    assert await operations.poll_pending(rail) == 1
    now = await now_of(view)
    assert (now.status, now.failure) == (RepaymentStatus.EXPIRED, FailureReason.EXPIRED)
    assert await facts() == {"RepaymentFailed": 1}
    assert await operations.poll_pending(rail) == 0


async def test_an_order_the_rail_closes_unpaid_is_expired(
    pay: Pay, rail: TestRail, clock: FixedClock
) -> None:
    view = await pay()
    rail.settle(view, RailStatus.FAILED, at=clock.now(), reason=FailureReason.EXPIRED)
    clock.advance(timedelta(seconds=30))
    assert await operations.poll_pending(rail) == 1
    assert (await now_of(view)).status is RepaymentStatus.EXPIRED


async def test_a_wish_the_rail_never_heard_of_is_given_up_too(
    lend: Lend, rail: TestRail, clock: FixedClock
) -> None:
    loan = await lend()
    outbox.subscribe([])
    view = await operations.repay(Repay(loan=loan, amount_fen=100, idempotency_key="first"))
    clock.advance(timedelta(minutes=30))
    assert await operations.poll_pending(rail) == 1
    assert (await now_of(view)).status is RepaymentStatus.EXPIRED


async def test_while_the_rail_is_away_nothing_is_given_up(
    pay: Pay, rail: TestRail, clock: FixedClock
) -> None:
    view = await pay()
    rail.is_away = True
    clock.advance(timedelta(hours=3))
    assert await operations.poll_pending(rail) == 0
    assert (await now_of(view)).status is RepaymentStatus.PENDING
    rail.is_away = False
    rail.settle(view, RailStatus.SUCCEEDED, at=view.initiated_at)
    clock.advance(timedelta(seconds=30))
    assert await operations.poll_pending(rail) == 1
    assert (await now_of(view)).status is RepaymentStatus.ALLOCATED


async def test_an_answer_with_another_amount_is_asked_about_once(
    pay: Pay, rail: TestRail, clock: FixedClock
) -> None:
    view = await pay()
    rail.settle(view, RailStatus.SUCCEEDED, at=clock.now(), amount_fen=1)
    for _ in range(3):
        clock.advance(timedelta(seconds=30))
        assert await operations.poll_pending(rail) == 0
    assert [fault.outcome for fault in await queries.faults()] == [WordOutcome.AMOUNT_DIFFERS]
    assert await postings("repayment") == 0


async def test_one_repayment_in_trouble_holds_up_no_other(
    lend: Lend, pay: Pay, rail: TestRail, clock: FixedClock
) -> None:
    loan = await lend()
    views = [await pay(loan, 100, f"key-{number}") for number in range(3)]
    for view in views:
        rail.settle(view, RailStatus.SUCCEEDED, at=clock.now())
    rail.broken_for = views[0].repayment_id
    clock.advance(timedelta(seconds=30))
    assert await operations.poll_pending(rail) == 2
