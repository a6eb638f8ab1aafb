"""What was proposed for a borrower in trouble waits, each kind as itself, for another."""

from datetime import timedelta

from app.collections import operations as collections
from app.collections.queries import holds_of
from app.collections.rules import HoldReason
from app.foundation import outbox
from app.foundation.caller import StaffCaller
from app.foundation.clock import FixedClock
from app.foundation.database import business_date
from app.foundation.outbox import Subscription
from app.foundation.paging import PageAsk
from app.servicing import operations as servicing
from app.servicing import queries as loans
from app.servicing.events import HardshipReferred
from app.servicing.queries.hardship import hardship_offer
from app.servicing.rules import LoanRef
from app.servicing.rules.hardship import RequestHardship, Wish
from app.support import operations, queries
from app.support.queries import QueueAsk
from app.support.rules import Category
from tests.support.test_corrections import (
    QUEUE,
    ask,
    decide,
    director,
    loan,
    propose,
    refused,
    supervisor,
    waive,
)

__all__ = ["director", "loan", "supervisor"]


async def waiting(staff: StaffCaller, state: str = "PROPOSED") -> list[tuple[str, str, str]]:
    """Return what stands in the queue in a state: what kind, what it says, and who decides."""
    edges = (await ask(staff, QUEUE, state=state))["edges"]
    return [
        (one["node"]["kind"], one["node"]["sentence"], one["node"]["approver"]) for one in edges
    ]


async def test_a_waiver_waits_in_the_queue_until_a_second_person_decides(
    loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller
) -> None:
    owed = (await loans.loan(loan)).balance_fen
    for state, amount, yuan, left in (
        ("REJECTED", 4_560, "45.60", owed),
        ("APPROVED", 1_230, "12.30", owed - 1_230),
    ):
        proposed = (await waive(agent, loan, amount, key=state))["correction"]
        line = ("WAIVER", proposed["sentence"], "SUPERVISOR")
        assert yuan in proposed["sentence"]
        assert await waiting(supervisor) == [line]
        assert (await refused(decide(agent, proposed["id"])))["code"] == "FORBIDDEN"
        assert await waiting(agent) == [line]
        assert (await loans.loan(loan)).balance_fen == owed, "nothing is waived by asking"
        await decide(supervisor, proposed["id"], is_approved=state == "APPROVED", key=state)
        assert await waiting(supervisor) == []
        assert await waiting(supervisor, state) == [line]
        assert (await loans.loan(loan)).balance_fen == left


async def refer(loan: LoanRef) -> None:
    """Let a borrower take an arrangement beyond our bounds, and collections and the desk hear."""
    heard = [
        *collections.LOCAL_EFFECTS,
        (HardshipReferred, "support.hardship", operations.bring_to_staff),
    ]
    outbox.subscribe(
        [Subscription(fact_type=one, consumer=name, local=effect) for one, name, effect in heard]
    )
    today = await business_date()
    shown = await hardship_offer(loan, Wish(from_on=today + timedelta(days=80)), today)
    beyond = next(option for option in shown.options if not option.is_at_once)
    wish = RequestHardship(loan=loan, option_token=beyond.token, idempotency_key="wish")
    await servicing.request_hardship(wish)
    await outbox.drain()


async def held_for(loan: LoanRef) -> list[HoldReason]:
    """Return why nobody is contacted about a loan."""
    holds = await holds_of(loan.borrower_id, await business_date())
    return [one.reason for one in holds if one.reference == loan.loan_id]


async def test_relief_beyond_our_bounds_waits_in_the_queue_and_nobody_collects_meanwhile(
    mei: str, loan: LoanRef, agent: StaffCaller, supervisor: StaffCaller, clock: FixedClock
) -> None:
    await refer(loan)
    asked = await queries.queue(QueueAsk(category=Category.HARDSHIP), PageAsk(first=5), clock.now())
    assert [one.loan_id for _, one in asked.items] == [loan.loan_id]
    assert await held_for(loan) == [HoldReason.HARDSHIP]

    relief = await propose(agent, "Rescheduling", loanId=loan.loan_id, reason="HARDSHIP", count=9)
    proposed = relief["correction"]
    line = ("RESCHEDULING", proposed["sentence"], proposed["approver"])
    assert await waiting(supervisor) == [line]
    assert (await refused(decide(agent, proposed["id"])))["code"] == "FORBIDDEN"
    assert (await loans.loan(loan)).days_past_due > 0
    assert await holds_of(mei, await business_date()), "what is proposed is no relief yet"
    await decide(supervisor, proposed["id"])
    assert await waiting(supervisor) == []
    assert await waiting(supervisor, "APPROVED") == [line]
    assert (await loans.loan(loan)).days_past_due == 0
    await outbox.drain()
    assert await held_for(loan) == []


async def test_relief_asked_for_ends_with_a_loan_that_is_given_up(
    loan: LoanRef, agent: StaffCaller, director: StaffCaller
) -> None:
    await refer(loan)
    given_up = await propose(agent, "WriteOff", loanId=loan.loan_id, reason="LONG_UNPAID")
    assert await held_for(loan) == [HoldReason.HARDSHIP], "what is proposed ends nothing yet"
    await decide(director, given_up["correction"]["id"])
    await outbox.drain()
    assert await held_for(loan) == []
