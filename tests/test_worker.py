"""Due work is wired by names that never change, goes on after a bad round, and closes days."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from app import worker
from app.foundation.database import Database, business_date, set_business_date, transaction
from app.worker import Ports, subscriptions

CONSUMERS = {
    "catalog.withdraw_proposals",
    "collections.bucket_changed",
    "collections.corrected",
    "collections.hardship_arranged",
    "collections.hardship_referred",
    "collections.overdue",
    "collections.paid_off",
    "collections.repayment_taken",
    "collections.staff_ended",
    "collections.staff_role_changed",
    "identity.deliver_code",
    "literacy.count_missed",
    "literacy.follow_loan",
    "literacy.suggest_after_decision",
    "literacy.suggest_after_disbursement",
    "literacy.suggest_after_missed",
    "literacy.suggest_at_copied_session",
    "literacy.suggest_at_shared_marks",
    "literacy.suggest_at_unknown_phone",
    "literacy.suggest_before_first_due",
    "literacy.withdraw_proposals",
    "messaging.action_required",
    "messaging.certificate_issued",
    "messaging.certificate_revoked",
    "messaging.corrected",
    "messaging.coupon_granted",
    "messaging.debit_failed",
    "messaging.debit_planned",
    "messaging.decided",
    "messaging.deliver_invitation",
    "messaging.deliver_sms",
    "messaging.device_ended",
    "messaging.device_enrolled",
    "messaging.disbursed",
    "messaging.disbursement_failed",
    "messaging.due_soon",
    "messaging.due_today",
    "messaging.expired",
    "messaging.forgotten",
    "messaging.guarantor_asked",
    "messaging.guarantor_declined",
    "messaging.guarantor_expired",
    "messaging.guarantor_failed",
    "messaging.guarantor_late",
    "messaging.guarantor_not_needed",
    "messaging.guarantor_paid_off",
    "messaging.guarantor_signed",
    "messaging.guarantor_withdrawn",
    "messaging.handover_answered",
    "messaging.handover_stopped",
    "messaging.hardship_arranged",
    "messaging.lender_left",
    "messaging.lesson_suggested",
    "messaging.limit_lowered",
    "messaging.mandate_agreed",
    "messaging.mandate_paused",
    "messaging.mandate_revoked",
    "messaging.money_to_accept",
    "messaging.number_lost",
    "messaging.overdue",
    "messaging.paid_off",
    "messaging.points_expiring",
    "messaging.promise_near",
    "messaging.push_device_ended",
    "messaging.push_session_revoked",
    "messaging.refund_failed",
    "messaging.refund_paid",
    "messaging.refund_returned",
    "messaging.relief_offered",
    "messaging.repayment_failed",
    "messaging.repayment_reversed",
    "messaging.repayment_taken",
    "messaging.session_family_revoked",
    "messaging.session_waits",
    "messaging.tight_month",
    "messaging.withdraw_proposals",
    "origination.assess",
    "origination.recall",
    "origination.recall_handover",
    "origination.send_handover",
    "origination.staff_ended",
    "origination.staff_role_changed",
    "origination.start_disbursement",
    "origination.withdraw_proposals",
    "payments.announce_debit",
    "payments.certify_paid_off",
    "payments.certify_reopened",
    "payments.certify_reversed",
    "payments.certify_taken",
    "payments.end_mandate",
    "payments.follow_failed",
    "payments.follow_taken",
    "payments.plan_debit",
    "payments.start_card_debit",
    "payments.start_collection",
    "payments.start_refund",
    "payments.withdraw_proposals",
    "privacy.handed_over",
    "privacy.returned",
    "privacy.withdraw_proposals",
    "rewards.disbursed",
    "rewards.forgotten",
    "rewards.invited_repaid",
    "rewards.invited_returned",
    "rewards.invited_reversed",
    "rewards.joined",
    "rewards.learned",
    "rewards.paid_off",
    "rewards.repaid",
    "rewards.returned",
    "rewards.returned_points",
    "rewards.reversed",
    "rewards.withdraw_proposals",
    "servicing.withdraw_proposals",
    "support.contested",
    "support.data_correction",
    "support.hardship",
    "support.staff_ended",
    "support.staff_role_changed",
    "support.withdraw_proposals",
}
"""These names stand in databases beside undelivered facts: a renamed one would never be done."""


class Nobody:
    """An outside system that no test here may call."""


def nobody() -> Ports:
    absent: object = Nobody()
    return Ports(
        sms=absent,  # pyright: ignore[reportArgumentType] - never called
        collections=absent,  # pyright: ignore[reportArgumentType] - the same
        debits=absent,  # pyright: ignore[reportArgumentType] - the same
        disbursements=absent,  # pyright: ignore[reportArgumentType] - the same
        refunds=absent,  # pyright: ignore[reportArgumentType] - the same
        bureau=absent,  # pyright: ignore[reportArgumentType] - the same
        lender=absent,  # pyright: ignore[reportArgumentType] - the same
        records=absent,  # pyright: ignore[reportArgumentType] - the same
    )


def test_every_consumer_has_a_name_of_its_own_that_stays() -> None:
    names = [one.consumer for one in subscriptions(nobody())]
    assert len(names) == len(set(names))
    assert set(names) == CONSUMERS


def test_only_calls_to_outside_systems_leave_the_transaction() -> None:
    outside = {one.consumer for one in subscriptions(nobody()) if one.outside is not None}
    assert outside == {
        "identity.deliver_code",
        "messaging.deliver_invitation",
        "messaging.deliver_sms",
        "origination.assess",
        "origination.recall_handover",
        "origination.send_handover",
        "origination.start_disbursement",
        "payments.start_card_debit",
        "payments.start_collection",
        "payments.start_refund",
    }


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Make rounds short, and the first one fail; note each."""
    noted: list[int] = []

    async def settle(_ports: Ports) -> None:
        noted.append(len(noted))
        if len(noted) == 1:
            raise ConnectionError

    monkeypatch.setattr(worker, "settle", settle)
    monkeypatch.setattr(worker, "POLL_SECONDS", 0.001)
    return noted


async def work_until(stop: asyncio.Event, *, closes_day: bool) -> None:
    await asyncio.wait_for(worker.run(stop, nobody(), closes_day=closes_day), 10)


async def test_a_round_that_fails_does_not_end_the_next_ones(
    database: Database, rounds: list[int]
) -> None:
    assert database
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(work_until(stop, closes_day=False))
        while len(rounds) < 3:
            await asyncio.sleep(0.001)
        stop.set()
    assert len(rounds) >= 3


@pytest.mark.parametrize("days_behind", [3, 0, -2])
async def test_past_days_are_closed_and_a_date_ahead_stays_ahead(
    database: Database,
    rounds: list[int],
    monkeypatch: pytest.MonkeyPatch,
    days_behind: int,
) -> None:
    assert database
    today = date(2026, 11, 21)
    async with transaction() as tx:
        await set_business_date(tx, today - timedelta(days=days_behind))
    monkeypatch.setattr(worker, "DAY_CHECK_SECONDS", 0.001)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(work_until(stop, closes_day=True))
        while len(rounds) < 5 or await business_date() < today:
            await asyncio.sleep(0.005)
        stop.set()
    assert await business_date() == max(today, today - timedelta(days=days_behind))


async def test_a_day_without_its_worker_is_not_closed(
    database: Database, rounds: list[int]
) -> None:
    assert database
    long_ago = date(2026, 11, 1)
    async with transaction() as tx:
        await set_business_date(tx, long_ago)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(work_until(stop, closes_day=False))
        while len(rounds) < 3:
            await asyncio.sleep(0.001)
        stop.set()
    assert await business_date() == long_ago


async def test_offers_end_in_as_many_transactions_as_it_takes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database
    left = [500, 500, 3]

    async def expire_due(_tx: object) -> int:
        return left.pop(0) if left else 0

    monkeypatch.setattr(worker.origination, "expire_due", expire_due)
    seen: list[date] = []
    reports = await worker.close_days(
        date(2026, 11, 23), on_day=lambda report: seen.append(report.on_date)
    )
    assert left == []
    assert seen == [report.on_date for report in reports]
    assert seen == [date(2026, 11, 22), date(2026, 11, 23)]


async def test_settling_asks_each_outside_system_what_it_has_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ports = nobody()
    asked: list[object] = []

    async def ask(*asked_now: object) -> None:
        asked.extend(asked_now)

    monkeypatch.setattr(worker.messaging, "tend", ask)
    monkeypatch.setattr(worker.payments, "start_debits", ask)
    monkeypatch.setattr(worker.payments, "poll_debits", ask)
    monkeypatch.setattr(worker.payments, "poll_card_debits", ask)
    monkeypatch.setattr(worker.payments, "poll_pending", ask)
    monkeypatch.setattr(worker.payments, "poll_refunds", ask)
    monkeypatch.setattr(worker.payments, "drop_old_wallet_requests", ask)
    monkeypatch.setattr(worker.payments, "drop_old_cash_codes", ask)
    monkeypatch.setattr(worker.origination, "poll_disbursements", ask)
    monkeypatch.setattr(worker.origination, "assess_waiting", ask)
    monkeypatch.setattr(worker.origination, "poll_handovers", ask)

    async def forget() -> None:
        asked.append("forget")

    monkeypatch.setattr(worker.privacy, "forget_due", forget)
    monkeypatch.setattr(worker.origination, "tend_uploads", forget)
    monkeypatch.setattr(worker.origination, "end_assisted", forget)
    monkeypatch.setattr(worker.support, "mind_complaints", forget)
    monkeypatch.setattr(worker.messaging, "send_news", forget)
    await worker.settle(ports)
    others = [ports.collections, ports.refunds, ports.disbursements]
    others += [ports.bureau, ports.records, ports.lender]
    assert asked == [ports.providers, *[ports.debits] * 3, *others, *["forget"] * 5]


async def test_what_fails_in_a_round_keeps_nothing_after_it_from_being_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [name.split(".") for name in worker.errands(nobody())]
    failing = {"tend", "poll_refunds"}
    done: list[str] = []

    def noting(name: str) -> Callable[..., Awaitable[None]]:
        async def do(*_: object) -> None:
            done.append(name)
            if name in failing:
                raise ConnectionError(name)

        return do

    for room, name in names:
        monkeypatch.setattr(getattr(worker, room), name, noting(name))
    with pytest.raises(ConnectionError, match="tend"):
        await worker.settle(nobody())
    assert done == [name for _, name in names]
