"""Dues are debited on their day, once, as far as agreed, and never more than is owed."""

import asyncio
from datetime import time, timedelta
from typing import Any

import pytest

from app.foundation import outbox
from app.foundation.database import transaction
from app.ledger import queries as ledger
from app.payments import operations, queries
from app.payments.events import RepaymentFailed, RepaymentTaken
from app.payments.operations import Repay, RevokeAutoDebit, mandates
from app.payments.ports import FailureReason, RailStatus
from app.payments.rules import (
    RailNotice,
    RailOrderKind,
    RepaymentChannel,
    RepaymentRef,
    RepaymentStatus,
)
from app.payments.rules.mandates import DebitStatus, MandateStatus, NotSent
from app.servicing import operations as servicing
from app.servicing import queries as loans
from tests.cards import change_card
from tests.payments.conftest import balance_of, postings
from tests.payments.mandates.conftest import (
    CARD,
    DUE,
    INSTALLMENT_FEN,
    NEXT_DUE,
    OTHER_CARD,
    World,
    stored,
)

DAY = timedelta(days=1)
SUCCEEDED, FAILED, NOT_SENT = DebitStatus.SUCCEEDED, DebitStatus.FAILED, DebitStatus.NOT_SENT
SHORT = FailureReason.INSUFFICIENT_FUNDS


async def pay(world: World, amount_fen: int, key: str = "by-hand") -> str:
    """Pay by hand, and leave it at the provider."""
    command = Repay(loan=world.loan, amount_fen=amount_fen, idempotency_key=key)
    return (await operations.repay(command)).repayment_id


async def arrive(repayment_id: str, amount_fen: int, world: World) -> None:
    """Let a repayment arrive."""
    notice = RailNotice(
        event_id="final",
        kind=RailOrderKind.COLLECTION,
        order_id=repayment_id,
        provider_ref=f"R{repayment_id}",
        status=RailStatus.SUCCEEDED,
        amount_fen=amount_fen,
        occurred_at=world.clock.now(),
    )
    await operations.accept_callback(notice)
    await outbox.drain()


async def revoke(world: World, key: str = "end") -> None:
    view = await world.mandate()
    await operations.revoke_auto_debit(
        RevokeAutoDebit(
            caller_id=world.loan.borrower_id, mandate_id=view.mandate_id, idempotency_key=key
        )
    )


async def test_a_due_is_announced_debited_on_its_day_and_receipted(world: World) -> None:
    await world.set_up()
    await world.day(DUE - DAY)
    assert await world.told() == ["AUTO_DEBIT_ON", "AUTO_DEBIT_SOON"]
    assert await world.work() == 0

    await world.day(DUE)
    assert await world.work() == 1
    (attempt,) = await world.attempts()
    assert (attempt.due_on, attempt.number, attempt.status) == (DUE, 0, SUCCEEDED)
    assert attempt.repayment_id is not None
    repayment = await queries.repayment(
        RepaymentRef(borrower_id=world.loan.borrower_id, repayment_id=attempt.repayment_id)
    )
    assert repayment.channel is RepaymentChannel.AUTO_DEBIT
    assert repayment.status is RepaymentStatus.ALLOCATED
    assert repayment.receipt is not None
    assert repayment.receipt.amount_fen == INSTALLMENT_FEN
    assert (await loans.loan(world.loan)).due_now_fen == 0
    assert await balance_of(world.loan) == 11 * INSTALLMENT_FEN
    assert await world.told() == ["AUTO_DEBIT_ON", "AUTO_DEBIT_SOON", "AUTO_DEBIT_TAKEN"]
    assert (await ledger.verify()).problems == ()
    (ask,) = world.rail.asked
    assert (ask.debit_id, ask.card, ask.floor_fen) == (attempt.repayment_id, CARD, 80_000)
    assert CARD not in repr(ask)


async def test_every_due_of_a_loan_is_debited_and_the_last_ends_the_mandate(world: World) -> None:
    await world.set_up()
    for month in range(12):
        on = (DUE + timedelta(days=31 * month)).replace(day=21)
        await world.day(on)
        assert await world.work() == 1
        assert await world.work() == 0
    assert (await loans.loan(world.loan)).is_closed
    ended = await world.mandate()
    assert ended.status is MandateStatus.ENDED
    assert len(await world.attempts()) == 12
    assert await postings("repayment") == 12


@pytest.mark.parametrize("at", [time(0, 1), time(7, 59), time(20, 0), time(23, 59)])
async def test_at_night_no_card_is_touched(world: World, at: time) -> None:
    await world.set_up()
    await world.day(DUE, at)
    assert await world.work() == 0
    assert await world.attempts() == []
    morning = DUE if at < time(8) else DUE + DAY
    await world.day(morning, time(8))
    world.clock.advance(timedelta(minutes=2))
    assert await world.work() == 1


async def test_a_failed_debit_is_tried_again_as_agreed_then_pauses_and_costs_nothing(
    world: World,
) -> None:
    await world.set_up()
    await world.rail.twin.put_on_card(CARD, 100)
    for day in range(8):
        await world.day(DUE + day * DAY)
        await world.work()
    assert await world.outcomes() == [
        (DUE, FAILED, SHORT),
        (DUE + DAY, FAILED, SHORT),
        (DUE + 3 * DAY, FAILED, SHORT),
    ]
    paused = await world.mandate()
    assert (paused.status, paused.next_on) == (MandateStatus.PAUSED, None)
    assert await world.told() == [
        "AUTO_DEBIT_ON",
        "AUTO_DEBIT_SOON",
        "AUTO_DEBIT_FAILED",
        "AUTO_DEBIT_FAILED",
        "AUTO_DEBIT_PAUSED",
    ]
    assert await balance_of(world.loan) == 12 * INSTALLMENT_FEN
    assert await world.rail.twin.card_balance(CARD) == 100
    await world.day(NEXT_DUE)
    assert await world.work() == 0


async def test_a_later_attempt_takes_what_is_due_by_then_and_forgets_the_failures(
    world: World,
) -> None:
    await world.set_up()
    await world.rail.twin.put_on_card(CARD, 100)
    await world.day(DUE)
    await world.work()
    assert (await world.mandate()).failures == 1
    await world.rail.twin.put_on_card(CARD, 1_000_000)
    await world.day(DUE + DAY)
    await world.work()
    assert [outcome[1] for outcome in await world.outcomes()] == [FAILED, SUCCEEDED]
    view = await world.mandate()
    assert (view.failures, view.next_on) == (0, None)
    await world.day(DUE + 4 * DAY)
    assert await world.work() == 0


@pytest.mark.parametrize(
    ("balance_fen", "reason"),
    [
        (INSTALLMENT_FEN - 1, FailureReason.INSUFFICIENT_FUNDS),
        (INSTALLMENT_FEN + 99_999, FailureReason.INSUFFICIENT_ABOVE_FLOOR),
        (INSTALLMENT_FEN + 100_000, None),
    ],
)
async def test_the_money_to_live_on_is_never_taken(
    world: World, balance_fen: int, reason: FailureReason | None
) -> None:
    await world.set_up(floor_fen=100_000)
    await world.rail.twin.put_on_card(CARD, balance_fen)
    await world.day(DUE)
    assert await world.work() == 1
    status = SUCCEEDED if reason is None else FAILED
    assert await world.outcomes() == [(DUE, status, reason)]
    left_fen = balance_fen if reason else 100_000
    assert await world.rail.twin.card_balance(CARD) == left_fen


async def test_what_was_paid_by_hand_is_not_debited_again(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    await arrive(await pay(world, 30_000), 30_000, world)
    assert await world.work() == 1
    assert [one.amount_fen for one in await world.attempts()] == [INSTALLMENT_FEN - 30_000]
    await world.day(NEXT_DUE)
    await arrive(await pay(world, INSTALLMENT_FEN, "all"), INSTALLMENT_FEN, world)
    assert await world.work() == 0
    assert (await world.mandate()).next_on is None
    assert len(await world.attempts()) == 1


async def test_while_a_repayment_by_hand_is_on_its_way_nothing_is_debited(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    repayment_id = await pay(world, INSTALLMENT_FEN)
    assert await world.work() == 0
    world.clock.advance(timedelta(seconds=61))
    assert await world.work() == 0
    await arrive(repayment_id, INSTALLMENT_FEN, world)
    world.clock.advance(timedelta(seconds=61))
    assert await world.work() == 0
    assert await world.attempts() == []
    assert await balance_of(world.loan) == 11 * INSTALLMENT_FEN


async def test_above_a_cap_nothing_is_taken_and_the_borrower_is_told_in_time(
    world: World,
) -> None:
    await world.set_up(cap_fen=INSTALLMENT_FEN - 1)
    await world.day(DUE - DAY)
    assert (await world.told())[-1] == "AUTO_DEBIT_ABOVE_CAP"
    await world.day(DUE)
    assert await world.work() == 0
    assert await world.outcomes() == [(DUE, NOT_SENT, NotSent.ABOVE_CAP)]
    assert (await world.told())[-1] == "AUTO_DEBIT_FAILED"
    await world.day(DUE + 5 * DAY)
    assert await world.work() == 0
    assert world.rail.asked == []
    assert (await world.mandate()).status is MandateStatus.ACTIVE


async def test_what_was_said_not_to_be_debited_is_not_debited_unannounced(world: World) -> None:
    await world.set_up(cap_fen=INSTALLMENT_FEN - 1)
    await world.day(DUE - DAY)
    assert (await world.told())[-1] == "AUTO_DEBIT_ABOVE_CAP"
    await arrive(await pay(world, 40_000), 40_000, world)
    await world.day(DUE)
    assert await world.work() == 0
    assert (await world.told())[-1] == "AUTO_DEBIT_SOON"
    await world.day(DUE + DAY)
    assert await world.work() == 1
    assert [one.amount_fen for one in await world.attempts()] == [60_000]


async def test_facts_that_come_in_another_order_end_the_same(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    await world.work()
    (attempt,) = await world.attempts()
    before = await stored()
    ended: dict[str, Any] = {
        "repayment_id": attempt.repayment_id,
        "borrower_id": world.loan.borrower_id,
        "loan_id": world.loan.loan_id,
        "amount_fen": attempt.amount_fen,
        "channel": RepaymentChannel.AUTO_DEBIT.value,
    }
    by_hand: dict[str, Any] = ended | {"channel": RepaymentChannel.MOBILE.value}
    async with transaction() as tx:
        await mandates.follow_failed(tx, RepaymentFailed(reason=SHORT.value, **by_hand))
        await mandates.follow_failed(tx, RepaymentFailed(reason=SHORT.value, **ended))
        await mandates.follow_taken(tx, RepaymentTaken(unapplied_fen=0, balance_fen=0, **ended))
    assert await stored() == before


async def test_a_failure_from_before_a_change_begins_no_second_round(world: World) -> None:
    view = await world.set_up()
    await world.rail.twin.put_on_card(CARD, 0)
    await world.day(DUE)
    await operations.start_debits(world.rail)
    await operations.change_auto_debit(await world.change(view, 200_000))
    await world.settle()
    assert "AUTO_DEBIT_FAILED" in await world.told()
    changed = await world.mandate()
    assert (changed.next_on, changed.failures) == (DUE + DAY, 1)


async def came_in(world: World, repayment_id: str) -> None:
    """Let the notice of a debit arrive."""
    view = await queries.repayment(
        RepaymentRef(borrower_id=world.loan.borrower_id, repayment_id=repayment_id)
    )
    notice = RailNotice(
        event_id="early",
        kind=RailOrderKind.DEBIT,
        order_id=repayment_id,
        provider_ref=f"R{repayment_id}",
        status=RailStatus.SUCCEEDED,
        amount_fen=view.amount_fen,
        occurred_at=world.clock.now(),
    )
    await operations.accept_callback(notice)
    await outbox.drain()


async def test_a_success_from_before_a_change_leaves_the_new_plan_alone(world: World) -> None:
    view = await world.set_up()
    await world.day(DUE)
    world.rail.is_away = True
    await world.work()
    (attempt,) = await world.attempts()
    await operations.change_auto_debit(await world.change(view, 200_000))
    await came_in(world, str(attempt.repayment_id))
    world.rail.is_away = False
    await world.day(DUE + DAY)
    assert await world.work() == 0
    assert len(await world.attempts()) == 1
    assert await balance_of(world.loan) == 11 * INSTALLMENT_FEN


async def test_a_notice_that_overtakes_the_answer_decides(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    world.rail.meanwhile = lambda repayment_id: came_in(world, repayment_id)
    world.rail.refusal = FailureReason.DECLINED
    await operations.start_debits(world.rail)
    assert await world.outcomes() == [(DUE, SUCCEEDED, None)]
    assert await postings("repayment") == 1


async def test_a_notice_that_overtakes_our_question_decides(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    world.rail.is_away = True
    await world.work()
    world.rail.is_away = False
    world.rail.meanwhile = lambda repayment_id: came_in(world, repayment_id)
    assert await world.poll() == 0
    assert world.rail.asked == []
    assert await world.outcomes() == [(DUE, SUCCEEDED, None)]


async def test_what_was_paid_ahead_needs_no_notice(world: World) -> None:
    await world.set_up()
    await world.day(DUE - 4 * DAY)
    await servicing.run_days(DUE - 3 * DAY)
    amount_fen = INSTALLMENT_FEN
    repayment_id = await pay(world, amount_fen)
    await operations.accept_callback(
        RailNotice(
            event_id="ahead",
            kind=RailOrderKind.COLLECTION,
            order_id=repayment_id,
            provider_ref="R1",
            status=RailStatus.SUCCEEDED,
            amount_fen=amount_fen,
            occurred_at=world.clock.now(),
        )
    )
    await outbox.drain()
    assert await world.told() == ["AUTO_DEBIT_ON"]
    await world.day(DUE)
    assert await world.work() == 0


async def test_a_due_closed_long_ago_is_not_begun(world: World) -> None:
    await world.set_up()
    await servicing.run_days(DUE + 9 * DAY)
    world.clock.advance(timedelta(days=40))
    await outbox.drain()
    assert (await world.mandate()).next_on is None
    assert await world.work() == 0


async def test_what_comes_next_is_known_before_and_after_it_is_planned(world: World) -> None:
    await world.day(DUE)
    await world.set_up()
    due = await queries.next_debit(await world.mandate())
    assert due is not None
    assert (due.on, due.amount_fen, due.above) == (DUE + DAY, INSTALLMENT_FEN, None)
    await arrive(await pay(world, INSTALLMENT_FEN), INSTALLMENT_FEN, world)
    assert await queries.next_debit(await world.mandate()) is None


async def test_a_month_takes_no_more_than_its_cap(world: World) -> None:
    await world.set_up(cap_fen=150_000, month_fen=150_000)
    await world.day(DUE)
    assert await world.work() == 1
    async with transaction() as tx:
        taken = (await world.attempts())[0].repayment_id
        assert taken is not None
        await servicing.reverse_payment(
            tx, world.loan, repayment_id=taken, reason=servicing.ReversalReason.RAIL_REVERSED
        )
    view = await world.mandate()
    await operations.change_auto_debit(await world.change(view, 150_000, month_fen=150_000))
    await world.day(DUE + DAY)
    assert await world.work() == 0
    assert (await world.outcomes())[-1] == (DUE + DAY, NOT_SENT, NotSent.ABOVE_MONTHLY_CAP)


async def test_a_mandate_agreed_to_on_the_due_date_takes_nothing_before_the_next_day(
    world: World,
) -> None:
    await world.day(DUE)
    await world.set_up()
    await outbox.drain()
    assert sorted(await world.told()) == ["AUTO_DEBIT_ON", "AUTO_DEBIT_SOON"]
    assert await world.work() == 0
    await world.day(DUE + DAY)
    assert await world.work() == 1
    assert await world.outcomes() == [(DUE + DAY, SUCCEEDED, None)]


async def test_a_mandate_agreed_to_shortly_before_is_announced_at_once(world: World) -> None:
    await world.day(DUE - DAY)
    await world.set_up()
    await outbox.drain()
    assert sorted(await world.told()) == ["AUTO_DEBIT_ON", "AUTO_DEBIT_SOON"]
    await world.day(DUE)
    assert await world.work() == 1


async def test_another_card_is_never_debited_without_a_new_agreement(world: World) -> None:
    view = await world.set_up()
    await change_card(world.loan.borrower_id, OTHER_CARD)
    await world.day(DUE)
    assert await world.work() == 0
    assert await world.outcomes() == [(DUE, NOT_SENT, NotSent.CARD_CHANGED)]
    assert (await world.mandate()).status is MandateStatus.PAUSED
    assert (await world.told())[-1] == "AUTO_DEBIT_PAUSED"
    await operations.change_auto_debit(await world.change(view, 1_000_000))
    await world.day(DUE + DAY)
    assert await world.work() == 1
    assert world.rail.asked[0].card == OTHER_CARD
    consents = {one.consent_id for one in await world.attempts()}
    assert len(consents) == 2
    assert sorted((await queries.card_tails(sorted(consents))).values()) == ["0013", "0039"]


async def test_a_debit_revoked_before_its_hour_is_not_sent(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    await revoke(world)
    await outbox.drain()
    before = await stored()
    assert await world.work() == 0
    assert await stored() == before
    assert world.rail.asked == []
    await world.day(NEXT_DUE)
    assert await world.work() == 0


async def test_a_worker_killed_between_intent_and_call_sends_the_same_debit_again(
    world: World,
) -> None:
    await world.set_up()
    await world.day(DUE)
    world.rail.is_away = True
    assert await world.work() == 1
    (attempt,) = await world.attempts()
    assert attempt.status is DebitStatus.SENT
    world.rail.is_away = False
    assert await world.work() == 0
    await world.poll()
    await world.settle()
    assert [ask.debit_id for ask in world.rail.asked] == [attempt.repayment_id]
    assert await world.outcomes() == [(DUE, SUCCEEDED, None)]
    assert await postings("repayment") == 1


async def test_a_lost_answer_is_found_out_and_moves_no_second_money(world: World) -> None:
    await world.set_up()
    await world.rail.twin.put_on_card(CARD, 1_000_000)
    await world.day(DUE)
    world.rail.loses_answers = True
    await operations.start_debits(world.rail)
    await world.poll()
    assert await world.outcomes() == [(DUE, SUCCEEDED, None)]
    await world.settle()
    assert await world.rail.twin.card_balance(CARD) == 1_000_000 - INSTALLMENT_FEN
    assert await postings("repayment") == 1


async def test_what_the_rail_never_saw_is_taken_back_once_revoked(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    world.rail.is_away = True
    await world.work()
    await revoke(world)
    world.rail.is_away = False
    assert await world.poll() == 1
    assert world.rail.asked == []
    assert await world.outcomes() == [(DUE, FAILED, FailureReason.WITHDRAWN)]
    assert (await world.told())[-1] == "AUTO_DEBIT_OFF"
    assert await queries.debit_under_way(world.loan) is None


async def test_what_the_rail_never_saw_is_taken_back_once_paid_by_hand(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    world.rail.is_away = True
    await world.work()
    await arrive(await pay(world, INSTALLMENT_FEN), INSTALLMENT_FEN, world)
    world.rail.is_away = False
    assert await world.poll() == 1
    assert world.rail.asked == []
    assert await world.outcomes() == [(DUE, FAILED, FailureReason.WITHDRAWN)]
    assert (await world.mandate()).failures == 0


async def test_a_debit_whose_time_is_over_is_given_up_and_does_not_count_as_a_failure(
    world: World,
) -> None:
    await world.set_up()
    await world.day(DUE)
    world.rail.is_away = True
    await world.work()
    assert await world.poll() == 0
    world.rail.is_away = False
    assert await world.poll(timedelta(minutes=30)) == 1
    assert await world.outcomes() == [(DUE, FAILED, FailureReason.EXPIRED)]
    view = await world.mandate()
    assert (view.failures, view.next_on) == (0, DUE + DAY)
    await world.day(DUE + DAY)
    assert await world.work() == 1


async def test_an_old_ask_that_reaches_the_rail_too_late_moves_nothing(world: World) -> None:
    await world.set_up()
    await world.day(DUE, time(19, 59))
    world.rail.is_away = True
    await world.work()
    world.clock.advance(timedelta(minutes=2))
    world.rail.is_away = False
    assert await operations.poll_debits(world.rail) == 1
    await outbox.drain()
    assert world.rail.asked == []
    assert await world.outcomes() == [(DUE, FAILED, FailureReason.EXPIRED)]


async def test_a_debit_the_rail_refuses_outright_has_failed(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    world.rail.refusal = FailureReason.DECLINED
    await world.work()
    await outbox.drain()
    assert await world.outcomes() == [(DUE, FAILED, FailureReason.DECLINED)]
    assert (await world.mandate()).next_on == DUE + DAY


async def test_a_rail_that_is_busy_with_a_debit_for_hours_is_waited_for(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    world.rail.is_slow = True
    await operations.start_debits(world.rail)
    assert await world.poll(timedelta(hours=3)) == 0
    await world.day(DUE + DAY)
    assert await operations.start_debits(world.rail) == 0
    world.rail.is_slow = False
    assert await world.poll() == 1
    assert await world.outcomes() == [(DUE, SUCCEEDED, None)]


async def test_a_rail_that_breaks_for_one_debit_holds_up_no_other_work(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    world.rail.is_broken = True
    assert await world.work() == 0
    world.rail.is_broken = False
    await world.poll()
    await world.settle()
    assert await world.outcomes() == [(DUE, SUCCEEDED, None)]


async def test_fifty_notices_at_once_post_one_repayment(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    await operations.start_debits(world.rail)
    (ask,) = world.rail.asked
    report = await world.rail.twin.order_status(ask.debit_id)
    notices = [
        RailNotice(
            event_id=f"final-{number % 7}",
            kind=RailOrderKind.DEBIT,
            order_id=ask.debit_id,
            provider_ref=str(report.provider_ref),
            status=RailStatus.SUCCEEDED if number % 3 else RailStatus.PENDING,
            amount_fen=INSTALLMENT_FEN,
            occurred_at=world.clock.now(),
        )
        for number in range(50)
    ]
    await asyncio.gather(*(operations.accept_callback(notice) for notice in notices))
    await outbox.drain()
    assert await postings("repayment") == 1
    assert await world.outcomes() == [(DUE, SUCCEEDED, None)]
    assert await balance_of(world.loan) == 11 * INSTALLMENT_FEN


async def test_money_that_arrives_after_a_failure_counts_and_stops_the_next_attempt(
    world: World,
) -> None:
    await world.set_up()
    await world.rail.twin.put_on_card(CARD, 100)
    await world.day(DUE)
    await world.work()
    (attempt,) = await world.attempts()
    report = await world.rail.twin.order_status(str(attempt.repayment_id))
    notice = RailNotice(
        event_id="after-all",
        kind=RailOrderKind.DEBIT,
        order_id=str(attempt.repayment_id),
        provider_ref=str(report.provider_ref),
        status=RailStatus.SUCCEEDED,
        amount_fen=INSTALLMENT_FEN,
        occurred_at=world.clock.now(),
    )
    await operations.accept_callback(notice)
    await outbox.drain()
    assert await world.outcomes() == [(DUE, SUCCEEDED, None)]
    await world.day(DUE + 3 * DAY)
    assert await world.work() == 0


async def test_eight_workers_at_once_send_one_debit(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    sent = await asyncio.gather(*(operations.start_debits(world.rail) for _ in range(8)))
    assert sum(sent) == 1
    await world.settle()
    assert await postings("repayment") == 1


@pytest.mark.parametrize("round_", range(4))
async def test_a_debit_and_its_revocation_at_once_leave_either_no_debit_or_one_named(
    world: World, round_: int
) -> None:
    view = await world.set_up(key=f"round-{round_}")
    await world.day(DUE)
    command = RevokeAutoDebit(
        caller_id=world.loan.borrower_id, mandate_id=view.mandate_id, idempotency_key="end"
    )
    calls = [operations.start_debits(world.rail), operations.revoke_auto_debit(command)]
    if round_ % 2:
        calls.reverse()
    answers = await asyncio.gather(*calls)
    revoked = next(one for one in answers if not isinstance(one, int))
    named = [revoked.under_way_id] if revoked.under_way_id else []
    attempted = [one.repayment_id for one in await world.attempts()]
    assert attempted == named or (attempted and not named and await postings("repayment") == 0)
    await world.settle()
    assert await postings("repayment") == len(attempted)
    assert (await world.mandate()).status is MandateStatus.REVOKED


async def test_a_debit_and_a_repayment_by_hand_at_once_never_deadlock(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    await asyncio.gather(operations.start_debits(world.rail), pay(world, INSTALLMENT_FEN))
    await world.settle()
    assert await postings("repayment") <= 1


async def test_days_closed_in_one_go_debit_nothing_unannounced(world: World) -> None:
    await world.set_up()
    await servicing.run_days(DUE + 2 * DAY)
    world.clock.advance(timedelta(days=32))
    await outbox.drain()
    assert await world.work() == 0
    assert (await world.mandate()).next_on == DUE + 3 * DAY
    await world.day(DUE + 3 * DAY)
    assert await world.work() == 1


async def test_a_due_missed_for_too_long_is_left_to_the_borrower(world: World) -> None:
    await world.set_up()
    await world.day(DUE)
    await world.day(DUE + 4 * DAY)
    assert await world.work() == 0
    assert (await world.mandate()).next_on is None
    await world.day(NEXT_DUE)
    assert await world.work() == 1
    assert [one.amount_fen for one in await world.attempts()] == [2 * INSTALLMENT_FEN]


async def test_nothing_is_looked_at_on_a_day_without_a_due(world: World) -> None:
    await world.set_up()
    await outbox.drain()
    before = await stored()
    assert await world.work() == 0
    assert await stored() == before
    assert (await world.mandate()).next_on is None
