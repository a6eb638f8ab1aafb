"""Runs due work: who listens to which fact, what is polled, and the close of day."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from time import perf_counter
from types import MappingProxyType
from typing import Any, TypeVar

from app.catalog import operations as catalog
from app.collections import events as collections_events
from app.collections import operations as collections
from app.foundation import database
from app.foundation.audit import Met, make_due_checkpoint, sound_broken_seals
from app.foundation.clock import local_date
from app.foundation.database import Transaction
from app.foundation.day_steps import Step, do_steps
from app.foundation.errands import FAILED, Errand, do_all
from app.foundation.log import logger
from app.foundation.metrics import LONG_SECONDS, Durations
from app.foundation.outbox import Fact, LocalEffect, OutsideEffect, Subscription, run_worker
from app.foundation.rekeying.shredding import end_holds
from app.household import operations as household
from app.identity import events as identity_events
from app.identity import operations as identity
from app.identity.ports import OtpSender
from app.literacy import operations as literacy
from app.messaging import operations as messaging
from app.messaging.ports import Providers
from app.origination import events as origination_events
from app.origination import operations as origination
from app.origination.ports import CreditBureau, DisbursementRail, OtherLender, RecordSource
from app.payments import events as payments_events
from app.payments import operations as payments
from app.payments.ports import CollectionRail, DebitRail, RefundRail, StatementSource
from app.payments.rules.reconciling import OrderBook
from app.privacy import events as privacy_events
from app.privacy import operations as privacy
from app.rewards import operations as rewards
from app.servicing import events as servicing_events
from app.servicing import operations as servicing
from app.servicing.queries import day_report
from app.servicing.rules import DayReport
from app.support import operations as support

log = logger(__name__)

F = TypeVar("F", bound=Fact)

POLL_SECONDS = 15
CHECKPOINT_SECONDS = 10
DAY_CHECK_SECONDS = 60
RECONCILE_SECONDS = 600
_CLOSE = Durations("day_close_seconds", "How long a close of day took", bounds=LONG_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The outside systems that due work talks to."""

    sms: OtpSender
    collections: CollectionRail
    debits: DebitRail
    disbursements: DisbursementRail
    refunds: RefundRail
    bureau: CreditBureau
    lender: OtherLender
    statements: StatementSource | None = None
    """Where the provider's daily statements come from; without it nothing is compared."""
    records: RecordSource | None = None
    """The sources of records beside the bureau; where there is none, nothing is known."""
    providers: Providers = field(default_factory=lambda: MappingProxyType({}))
    """Who carries messages, by channel; what has nobody fails honestly."""


def subscriptions(ports: Ports) -> list[Subscription]:
    """Return who listens to what; the same in every process, so that none misses a consumer."""
    return [
        *(_local(*one) for one in (*messaging.LOCAL_EFFECTS, *literacy.LOCAL_EFFECTS)),
        *(_local(*one) for one in (*collections.LOCAL_EFFECTS, *rewards.LOCAL_EFFECTS)),
        _local(collections_events.ContactContested, "support.contested", support.bring_contested),
        *(_local(*one) for one in (*payments.CERTIFICATE_EFFECTS, *payments.MANDATE_EFFECTS)),
        _local(servicing_events.HardshipReferred, "support.hardship", support.bring_to_staff),
        _local(identity_events.BorrowerReturned, "privacy.returned", privacy.keep_account),
        _local(identity_events.StaffEnded, "support.staff_ended", support.give_tickets_back),
        _local(
            identity_events.StaffRoleChanged,
            "support.staff_role_changed",
            support.give_tickets_back,
        ),
        _local(
            identity_events.StaffEnded, "origination.staff_ended", origination.give_reviews_back
        ),
        _local(
            identity_events.StaffRoleChanged,
            "origination.staff_role_changed",
            origination.give_reviews_back,
        ),
        *(
            _local(identity_events.StaffEnded, f"{room}.withdraw_proposals", effect)
            for room, effect in _WITHDRAWING.items()
        ),
        _local(
            privacy_events.DataCorrectionAsked,
            "support.data_correction",
            support.bring_correction_to_staff,
        ),
        _outside(
            identity_events.CodeIssued,
            "identity.deliver_code",
            partial(identity.deliver_code, sender=ports.sms),
        ),
        _outside(
            messaging.MessageQueued,
            "messaging.deliver_sms",
            partial(messaging.deliver, providers=ports.providers),
        ),
        _outside(
            messaging.InvitationQueued,
            "messaging.deliver_invitation",
            messaging.deliver_invitation,
        ),
        _outside(
            origination_events.ApplicationSubmitted,
            "origination.assess",
            partial(origination.assess_application, bureau=ports.bureau, source=ports.records),
        ),
        _local(origination_events.ApplicationRecalled, "origination.recall", origination.recall),
        _outside(
            origination_events.DisbursementRequested,
            "origination.start_disbursement",
            partial(origination.start_disbursement, rail=ports.disbursements),
        ),
        _outside(
            origination_events.HandoverRequested,
            "origination.send_handover",
            partial(origination.send_handover, lender=ports.lender),
        ),
        _outside(
            origination_events.HandoverTakenBack,
            "origination.recall_handover",
            partial(origination.recall_handover, lender=ports.lender),
        ),
        _local(origination_events.HandedOver, "privacy.handed_over", privacy.show_handover),
        _outside(
            payments_events.RepaymentInitiated,
            "payments.start_collection",
            partial(payments.start_collection, rail=ports.collections),
        ),
        _outside(
            payments_events.CardDebitWanted,
            "payments.start_card_debit",
            partial(payments.start_card_debit, rail=ports.debits),
        ),
        _outside(
            payments_events.RefundRequested,
            "payments.start_refund",
            partial(payments.start_refund, rail=ports.refunds),
        ),
    ]


_WITHDRAWING: Mapping[str, LocalEffect[identity_events.StaffEnded]] = {
    "catalog": catalog.withdraw_proposals,
    "literacy": literacy.withdraw_proposals,
    "messaging": messaging.withdraw_proposals,
    "origination": origination.withdraw_proposals,
    "payments": payments.withdraw_proposals,
    "privacy": privacy.withdraw_proposals,
    "rewards": rewards.withdraw_proposals,
    "servicing": servicing.withdraw_proposals,
    "support": support.withdraw_proposals,
}
"""By room, what ends the proposals of whoever left."""


def _local(fact_type: type[Fact], consumer: str, effect: LocalEffect[Any]) -> Subscription:
    return Subscription(fact_type=fact_type, consumer=consumer, local=effect)


def _outside(fact_type: type[F], consumer: str, effect: OutsideEffect[F]) -> Subscription:
    return Subscription(fact_type=fact_type, consumer=consumer, outside=effect)


async def run(stop: asyncio.Event, ports: Ports, *, closes_day: bool) -> None:
    """Deliver facts, settle what the rail forgot to tell, sign the audit chain, and close days."""
    async with asyncio.TaskGroup() as work:
        work.create_task(run_worker(stop, jitter=random.random))
        work.create_task(_every("settle", POLL_SECONDS, stop, partial(settle, ports)))
        work.create_task(_every("audit.checkpoint", CHECKPOINT_SECONDS, stop, make_due_checkpoint))
        work.create_task(
            _every("reconcile", RECONCILE_SECONDS, stop, partial(reconcile_due, ports))
        )
        if closes_day:
            work.create_task(_every("close_day", DAY_CHECK_SECONDS, stop, close_past_days))


async def settle(ports: Ports) -> None:
    """
    Send debits whose hour has come, and ask about whatever was not told in time.

    Raises:
        Exception: What one of them raised, once all others were done.
    """
    await do_all(errands(ports))


def errands(ports: Ports) -> Mapping[str, Errand]:
    """Return what is looked after every few seconds, in this order."""
    return {
        "messaging.tend": partial(messaging.tend, ports.providers),
        "payments.start_debits": partial(payments.start_debits, ports.debits),
        "payments.poll_debits": partial(payments.poll_debits, ports.debits),
        "payments.poll_card_debits": partial(payments.poll_card_debits, ports.debits),
        "payments.poll_pending": partial(payments.poll_pending, ports.collections),
        "payments.poll_refunds": partial(payments.poll_refunds, ports.refunds),
        "payments.drop_old_wallet_requests": payments.drop_old_wallet_requests,
        "payments.drop_old_cash_codes": payments.drop_old_cash_codes,
        "origination.poll_disbursements": partial(
            origination.poll_disbursements, ports.disbursements
        ),
        "origination.assess_waiting": partial(
            origination.assess_waiting, ports.bureau, ports.records
        ),
        "origination.poll_handovers": partial(origination.poll_handovers, ports.lender),
        "privacy.forget_due": privacy.forget_due,
        "support.mind_complaints": support.mind_complaints,
        "messaging.send_news": messaging.send_news,
        "origination.tend_uploads": origination.tend_uploads,
        "origination.end_assisted": origination.end_assisted,
    }


def books_of(ports: Ports) -> tuple[OrderBook, ...]:
    """Return every kind of order that a statement of the provider is compared with."""
    return (
        payments.repayment_book(ports.collections, ports.debits),
        payments.refund_book(ports.refunds),
        origination.disbursement_book(ports.disbursements),
    )


async def reconcile_due(ports: Ports) -> None:
    """Compare every day that is over with the provider's statement, once it is there."""
    if ports.statements is not None:
        await payments.reconcile_due(ports.statements, books_of(ports))


async def close_past_days() -> None:
    """
    Bring the business date up to the calendar's; a date moved ahead by hand stays ahead.

    Where an earlier close was killed before it had done all that comes after it, or some of that
    failed, it is done now: a day's greeting is worth nothing on another day.
    """
    today = local_date(database.current().clock.now())
    stands_on = await database.business_date()
    if stands_on < today:
        await close_days(today)
        return
    try:
        if await day_report(stands_on) is not None:
            await do_steps(stands_on, steps_after_close())
    finally:
        await servicing.settle_days()


async def close_days(
    to: date, *, on_day: Callable[[DayReport], object] | None = None
) -> list[DayReport]:
    """
    Move the business date to a day: loans first, day by day, then what has run out of time.

    Every day that is closed by then is settled with partners, each in a transaction of its own;
    killed on the way, the next close settles what is left, and nothing twice.

    What comes after is done step by step. One that fails keeps no other from being done; it is
    raised at the end, and done again by the next close, or within a minute where a worker runs.

    Raises:
        BusinessDateBackwards: The business date stands after that day.
        BusinessDateTooFar: The day is more than 400 days ahead; nothing was closed.
    """
    began = perf_counter()
    reports = await servicing.run_days(to, on_day=on_day)
    try:
        await do_steps(to, steps_after_close(), again=True)
    finally:
        _CLOSE.of().add(perf_counter() - began)
    return reports


def steps_after_close() -> Mapping[str, Step]:
    """
    Return what is done once for each day that was closed, in this order.

    What runs out of time is offers nobody took, corrections nobody decided, counts no limit looks
    at any more, and records of the forgotten that the law no longer keeps. Once a month everybody
    who owes something is looked at as well, and farmers are told of a harvest that is near. Points
    and coupons go when their last day is over. Each step leaves alone what it did before.
    """
    return {
        "servicing.settle": _whatever_day(servicing.settle_days),
        "origination.expire": _in_many(origination.expire_due),
        "servicing.expire_corrections": _expire_corrections,
        "origination.monitor": origination.monitor_month,
        "origination.tell_guarantors": origination.tell_guarantors,
        "literacy.harvests": literacy.tell_of_harvests,
        "household.tight_months": household.warn_of_tight_months,
        "messaging.care": messaging.tend_care,
        "rewards.end_of_day": rewards.end_of_day,
        "collections.tend": collections.tend_cases,
        "support.mind": _whatever_day(support.mind_complaints),
        "identity.forget_limits": _in_one(identity.forget_limits),
        "origination.forget_marks": _in_one(origination.forget_marks),
        "foundation.end_holds": _in_many(end_holds),
    }


def _whatever_day(errand: Errand) -> Step:
    async def step(_day: date) -> None:
        await errand()

    return step


def _in_one(operation: Callable[[Transaction], Awaitable[object]]) -> Step:
    """Return what does an operation in a transaction of its own."""

    async def step(_day: date) -> None:
        async with database.transaction() as tx:
            await operation(tx)

    return step


def _in_many(operation: Callable[[Transaction], Awaitable[int]]) -> Step:
    """Return what does an operation again and again, until it finds nothing more to do."""

    async def step(_day: date) -> None:
        found = 1
        while found:
            async with database.transaction() as tx:
                found = await operation(tx)

    return step


async def _expire_corrections(_day: date) -> None:
    async with database.transaction() as tx:
        expired = await servicing.expire_corrections(tx)
    if expired:
        log.info("corrections_expired", count=expired)


async def _every(
    name: str, seconds: float, stop: asyncio.Event, action: Callable[[], Awaitable[object]]
) -> None:
    while not stop.is_set():
        try:
            await action()
        except Exception as failure:  # noqa: BLE001 - one bad round must not end the next ones
            FAILED.of(name).add()
            log.warning("due_work_failed", error=type(failure).__name__)
            await sound_broken_seals(failure, Met.WORKER)
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            continue
