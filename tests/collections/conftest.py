"""A borrower who is late, people who collect, and short forms of what they do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest

from app.collections import operations, queries
from app.collections.events import ContactContested
from app.collections.operations import (
    AssignCase,
    RecordAttempt,
    RequestPermit,
    assign_case,
    heed_quiet_hours,
    record_attempt,
    request_permit,
)
from app.collections.queries import Permit
from app.collections.rules import Attempt, Case, ContactChannel, ContactOutcome, ContactPurpose
from app.foundation import outbox
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, set_business_date, transaction
from app.foundation.outbox import Subscription
from app.messaging import queries as messaging
from app.messaging.operations import LOCAL_EFFECTS as TOLD
from app.payments.events import RepaymentTaken
from app.servicing import operations as servicing
from app.servicing.rules import LoanRef
from app.support import operations as support
from tests.messaging.conftest import join
from tests.published import publish_all
from tests.support.conftest import enroll, lend

FIRST_DUE = date(2026, 12, 20)
LATE = FIRST_DUE + timedelta(days=1)
TABLES = (
    "collection_case",
    "collection_hold",
    "contact_permit",
    "contact_attempt",
    "payment_promise",
    "contact_agreement",
)


def listeners() -> list[Subscription]:
    """Return who listens in these tests: collections, messaging's inbox, and the desk."""
    local = [*operations.LOCAL_EFFECTS, *TOLD]
    return [
        *(Subscription(fact_type=one, consumer=name, local=effect) for one, name, effect in local),
        Subscription(
            fact_type=ContactContested, consumer="support.contested", local=support.bring_contested
        ),
    ]


@dataclass
class Desk:
    """A late loan, its case, and those who work on it."""

    clock: FixedClock
    mei: str
    loan: LoanRef
    agent: StaffCaller
    leader: StaffCaller
    second: StaffCaller
    keys: Any = field(default_factory=lambda: count(1))

    def key(self) -> str:
        """Return a new idempotency key."""
        return f"k{next(self.keys)}"

    async def case(self) -> Case:
        """Return the loan's newest case."""
        rows = await fetch(
            "SELECT id FROM collection_case WHERE loan_id = ? AND id <> 'cc00000000000002'"
            " ORDER BY id DESC LIMIT 1",
            [self.loan.loan_id],
        )
        return await queries.case(str(rows[0]["id"]))

    async def assign(self, to: StaffCaller) -> Case:
        """Give the case to somebody."""
        command = AssignCase(
            caller_id=self.leader.staff_id,
            case_id=(await self.case()).case_id,
            to_staff=to.staff_id,
            to_agency=None,
            idempotency_key=self.key(),
        )
        return await assign_case(self.leader, command)

    async def ask(
        self,
        *,
        channel: ContactChannel = ContactChannel.VOICE,
        purpose: ContactPurpose = ContactPurpose.REMIND,
        by: StaffCaller | None = None,
        **more: Any,  # noqa: ANN401 - any part of the command
    ) -> Permit:
        """Ask for a permit."""
        asking = by or self.agent
        command = RequestPermit(
            caller_id=asking.staff_id,
            case_id=(await self.case()).case_id,
            channel=channel,
            purpose=purpose,
            idempotency_key=self.key(),
            **more,
        )
        return await request_permit(asking, command)

    async def record(
        self,
        permit: Permit,
        outcome: ContactOutcome = ContactOutcome.REACHED,
        **more: Any,  # noqa: ANN401 - any part of the command
    ) -> Attempt:
        """Write down what came of a permit right away."""
        values: dict[str, Any] = {
            "began_at": self.clock.now(),
            "offered_relief": True,
            "promised": None,
            "note": None,
            "idempotency_key": self.key(),
        }
        command = RecordAttempt(
            caller_id=self.agent.staff_id,
            permit_id=permit.permit_id,
            outcome=outcome,
            **(values | more),
        )
        return await record_attempt(self.agent, command)

    async def pay(
        self, amount_fen: int, *, on: date, number: int = 1, of: LoanRef | None = None
    ) -> None:
        """Take a payment as the payments room does, and let everybody hear of it."""
        self.clock.advance(timedelta(minutes=1))
        async with transaction() as tx:
            await servicing.take_payment(
                tx,
                of or self.loan,
                amount_fen,
                repayment_id=f"rp{number:014}",
                received_on=on,
            )
            fact = RepaymentTaken(
                repayment_id=f"rp{number:014}",
                borrower_id=self.mei,
                loan_id=(of or self.loan).loan_id,
                amount_fen=amount_fen,
                unapplied_fen=0,
                balance_fen=1,
            )
            await outbox.announce(tx, fact)
        await outbox.drain()


@pytest.fixture
async def desk(database: Database, clock: FixedClock) -> Desk:
    """Give a loan whose first installment was not paid, on the day after."""
    assert database.dialect
    await publish_all()
    outbox.subscribe(listeners())
    heed_quiet_hours(messaging.own_quiet_hours)
    mei = await join()
    loan = await lend(mei)
    agent = await enroll(StaffRole.AGENT)
    leader = await enroll(StaffRole.SUPERVISOR)
    second = await enroll(StaffRole.SUPERVISOR, name="wang.leader")
    await stand_on(FIRST_DUE)
    await close_to(LATE)
    clock.advance(timedelta(days=30))
    return Desk(clock=clock, mei=mei, loan=loan, agent=agent, leader=leader, second=second)


async def close_to(day: date) -> None:
    """Close days up to one, and let everybody hear of what became of loans."""
    _ = await servicing.run_days(day)
    await operations.tend_cases(day)
    await outbox.drain()


async def everything(tables: Sequence[str] = TABLES) -> list[list[dict[str, Any]]]:
    """Return all rows of collections, to see that nothing changed."""
    return [await fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables]


async def stand_on(day: date) -> None:
    """Move the business date alone."""
    async with transaction() as tx:
        await set_business_date(tx, day)
