"""Payments and the rail's twin together: an unruly provider, and every repayment posted once."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.adapters.rail import Knobs, RailTwin
from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.outbox import Subscription
from app.ledger import queries as ledger
from app.payments import operations, queries
from app.payments.events import RepaymentInitiated
from app.payments.operations import Repay
from app.payments.ports import FailureReason
from app.payments.rules import RepaymentStatus, RepaymentView, parse_notice, verify_signature
from app.servicing import queries as loans
from tests.payments.conftest import Lend, now_of, postings

SECRET = "between-rail-and-us"


class Rails:
    """The twin wired to us as in the running app, its HTTP answered in place."""

    def __init__(self, path: Path, clock: FixedClock) -> None:
        self.clock = clock
        self.twin = RailTwin(
            path,
            callback_url="http://ours/callbacks/rail",
            secret=SECRET,
            clock=clock,
            seed=1,
            knobs=Knobs(repeat_rate=0.5, late_processing_rate=0.5, drop_rate=0.3),
        )
        outbox.subscribe(
            [Subscription(fact_type=RepaymentInitiated, consumer="rail", outside=self.start)]
        )

    async def start(self, fact: RepaymentInitiated, delivery_id: str) -> None:
        await operations.start_collection(fact, delivery_id, rail=self.twin)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        if not verify_signature(SECRET, request.headers, body, self.clock.now()):
            return httpx.Response(401)
        await operations.accept_callback(parse_notice(body))
        return httpx.Response(200)

    async def live(self, for_: timedelta, every: timedelta = timedelta(milliseconds=500)) -> None:
        """Let time pass, with the twin calling back and the workers working."""
        async with httpx.AsyncClient(transport=httpx.MockTransport(self.answer)) as client:
            end = self.clock.now() + for_
            while self.clock.now() < end:
                await outbox.drain()
                await self.twin.send_due(client)
                await operations.poll_pending(self.twin)
                self.clock.advance(every)


@pytest.fixture
def rails(tmp_path: Path, clock: FixedClock, lend: Lend) -> Rails:  # noqa: ARG001 - a database first
    return Rails(tmp_path / "rail.sqlite3", clock)


async def test_forty_repayments_by_an_unruly_rail_are_each_posted_once(
    rails: Rails, lend: Lend
) -> None:
    loan = await lend(annual_rate="0")
    views = [
        await operations.repay(
            Repay(loan=loan, amount_fen=1_000 + number, idempotency_key=f"key-{number}")
        )
        for number in range(40)
    ]
    await rails.live(timedelta(seconds=10))
    ends = [await now_of(view) for view in views]
    assert {view.status for view in ends} == {RepaymentStatus.ALLOCATED}
    assert await postings("repayment") == 40
    paid_fen = sum(view.amount_fen for view in views)
    assert (await loans.loan(loan)).principal_fen == 1_200_000 - paid_fen
    assert await queries.faults() == []
    assert await outbox.dead_letters() == []
    assert (await ledger.verify()).problems == ()


async def ended(rails: Rails, lend: Lend, amount_fen: int, lasting: timedelta) -> RepaymentView:
    view = await operations.repay(
        Repay(loan=await lend(), amount_fen=amount_fen, idempotency_key="first")
    )
    await rails.live(lasting, every=timedelta(seconds=5))
    return await now_of(view)


@pytest.mark.parametrize(
    ("amount_fen", "status", "failure"),
    [
        (1313, RepaymentStatus.FAILED, FailureReason.INSUFFICIENT_FUNDS),
        (1414, RepaymentStatus.FAILED, FailureReason.DECLINED),
        (1515, RepaymentStatus.EXPIRED, FailureReason.EXPIRED),
        (1616, RepaymentStatus.ALLOCATED, None),
        (1717, RepaymentStatus.PENDING, None),
        (1818, RepaymentStatus.ALLOCATED, None),
    ],
)
async def test_each_scenario_of_the_twin_ends_as_it_should(
    rails: Rails,
    lend: Lend,
    *,
    amount_fen: int,
    status: RepaymentStatus,
    failure: FailureReason | None,
) -> None:
    view = await ended(rails, lend, amount_fen, timedelta(minutes=26))
    assert (view.status, view.failure) == (status, failure)
    assert await postings("repayment") == (status is RepaymentStatus.ALLOCATED)


async def test_a_silent_rail_is_found_out_within_a_minute(rails: Rails, lend: Lend) -> None:
    view = await ended(rails, lend, 1616, timedelta(seconds=60))
    assert view.status is RepaymentStatus.ALLOCATED
