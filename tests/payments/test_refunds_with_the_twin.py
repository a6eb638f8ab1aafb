"""Refunds and the rail's twin together: an unruly provider, and every refund paid once."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.adapters.rail import Knobs, RailTwin
from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.outbox import Subscription
from app.gateway.callbacks import RailCallback
from app.identity.rules.recovery import HOLD
from app.ledger import queries as ledger
from app.payments import operations
from app.payments.events import RefundRequested
from app.payments.rules.refunds import RefundFailure, RefundStatus, RefundView
from app.servicing import queries as loans
from app.servicing.rules import LoanRef
from tests.payments.conftest import Lend, Pay, postings
from tests.payments.refunded import (
    CARD,
    HELD_FEN,
    ask,
    change_card,
    held_fen,
    join,
    overpaid,
    standing,
)

SECRET = "between-rail-and-us"


class Rails:
    """The twin wired to us as in the running app, our callback address answered in place."""

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
        route = Route("/callbacks/rail", RailCallback(SECRET).answer, methods=["POST"])
        self.ours = httpx.ASGITransport(Starlette(routes=[route]))
        outbox.subscribe(
            [Subscription(fact_type=RefundRequested, consumer="rail", outside=self.start)]
        )

    async def start(self, fact: RefundRequested, delivery_id: str) -> None:
        await operations.start_refund(fact, delivery_id, rail=self.twin)

    async def live(self, seconds: int) -> None:
        """Let time pass, with the twin calling back and the workers working."""
        async with httpx.AsyncClient(transport=self.ours) as client:
            for _ in range(seconds):
                await outbox.drain()
                await self.twin.send_due(client)
                await operations.poll_refunds(self.twin)
                self.clock.advance(timedelta(seconds=1))


@pytest.fixture
async def loan(lend: Lend, pay: Pay) -> LoanRef:
    return await overpaid(await join(), lend, pay)


@pytest.fixture
def rails(tmp_path: Path, clock: FixedClock, loan: LoanRef) -> Rails:  # noqa: ARG001 - a loan first
    return Rails(tmp_path / "rail.sqlite3", clock)


async def test_twenty_refunds_by_an_unruly_rail_are_each_paid_once(
    rails: Rails, loan: LoanRef
) -> None:
    views = [await ask(loan, 1_000 + number, f"key-{number}") for number in range(20)]
    await rails.live(10)
    ends: list[RefundView] = [await standing(view) for view in views]
    assert {view.status for view in ends} == {RefundStatus.PAID}
    assert await held_fen(loan) == HELD_FEN - sum(view.amount_fen for view in views)
    assert await postings("refund") == 20
    assert await outbox.dead_letters() == []
    assert (await ledger.verify()).problems == ()
    assert (await loans.reconcile()).problems == ()


@pytest.mark.parametrize(
    ("amount_fen", "status", "failure"),
    [
        (1300, RefundStatus.FAILED, RefundFailure.PAYEE_UNREACHABLE),
        (1400, RefundStatus.FAILED, RefundFailure.DECLINED),
        (1600, RefundStatus.PAID, None),
        (1700, RefundStatus.SENDING, None),
        (1800, RefundStatus.PAID, None),
    ],
)
async def test_each_scenario_of_the_twin_ends_as_it_should(
    rails: Rails,
    loan: LoanRef,
    *,
    amount_fen: int,
    status: RefundStatus,
    failure: RefundFailure | None,
) -> None:
    view = await ask(loan, amount_fen)
    await rails.live(40)
    now = await standing(view)
    assert (now.status, now.failure) == (status, failure)
    is_held = status is RefundStatus.FAILED
    assert await held_fen(loan) == HELD_FEN - (0 if is_held else amount_fen)


async def test_a_card_in_another_name_is_paid_nothing_until_they_name_their_own(
    rails: Rails, loan: LoanRef
) -> None:
    await rails.twin.pay_out("db00000000000000", 100, f"{CARD} 别人")
    view = await ask(loan)
    await rails.live(10)
    now = await standing(view)
    assert (now.status, now.failure) == (RefundStatus.FAILED, RefundFailure.NAME_MISMATCH)
    assert await held_fen(loan) == HELD_FEN
    await change_card(loan.borrower_id)
    rails.clock.advance(HOLD)
    again = await ask(loan, key="again")
    await rails.live(10)
    assert (await standing(again)).status is RefundStatus.PAID
