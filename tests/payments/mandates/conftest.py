"""A borrower with a card and a loan, the rail's twin, and days that pass for all of them."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.adapters.rail import QUIET, RailTwin
from app.foundation import outbox
from app.foundation.clock import SHANGHAI, FixedClock
from app.foundation.database import business_date, fetch, transaction
from app.foundation.outbox import Subscription
from app.foundation.paging import PageAsk
from app.identity.rules.intents import Approval
from app.messaging import operations as messaging
from app.messaging import queries as inbox
from app.payments import operations, queries
from app.payments.operations import BeginAutoDebit, ChangeAutoDebit, SetUpAutoDebit
from app.payments.ports import (
    DebitAsk,
    FailureReason,
    OrderRefused,
    OrderReport,
    RailStatus,
    RailUnavailable,
)
from app.payments.rules import parse_notice, verify_signature
from app.payments.rules.mandates import AttemptView, DebitStatus, MandateView
from app.servicing import operations as servicing
from app.servicing import queries as loans
from app.servicing.rules import LoanRef
from tests.cards import approval_of, caller_of, forget_sends, name_card
from tests.messaging.conftest import join
from tests.payments.conftest import Lend
from tests.published import publish_catalog

SECRET = "between-rail-and-us"
CARD = "6200000000000013"
OTHER_CARD = "6200000000000039"
TODAY = date(2026, 11, 21)
DUE = date(2026, 12, 21)
NEXT_DUE = date(2027, 1, 21)
INSTALLMENT_FEN = 100_000
"""Each installment of the loan, which bears no interest."""

TABLES = (
    "mandate",
    "mandate_consent",
    "debit_attempt",
    "repayment",
    "servicing_loan",
    "ledger_posting",
    "outbox_fact",
    "revision",
)


@dataclass
class WatchedRail:
    """The twin, with a note of what it was asked for, and a way to be away."""

    twin: RailTwin
    asked: list[DebitAsk] = field(default_factory=list[DebitAsk])
    is_away: bool = False
    is_broken: bool = False
    is_slow: bool = False
    loses_answers: bool = False
    refusal: FailureReason | None = None
    meanwhile: Callable[[str], Awaitable[object]] | None = None
    """What happens between an ask and its answer."""

    async def debit(self, ask: DebitAsk) -> str:
        if self.is_away:
            raise RailUnavailable
        if self.is_broken:
            raise ZeroDivisionError
        if self.meanwhile is not None:
            await self.meanwhile(ask.debit_id)
        if self.refusal is not None:
            raise OrderRefused(self.refusal)
        self.asked.append(ask)
        provider_ref = await self.twin.debit(ask)
        if self.loses_answers:
            raise RailUnavailable
        return provider_ref

    async def order_status(self, order_id: str) -> OrderReport:
        if self.is_away:
            raise RailUnavailable
        if self.meanwhile is not None:
            await self.meanwhile(order_id)
        if self.is_slow:
            return OrderReport(status=RailStatus.PENDING)
        return await self.twin.order_status(order_id)


@dataclass
class World:
    """Everything around one loan."""

    loan: LoanRef
    clock: FixedClock
    rail: WatchedRail

    async def set_up(self, key: str = "set-up", **figures: Any) -> MandateView:  # noqa: ANN401 - of many kinds
        """Agree to auto-debit, having read the words."""
        view = await operations.set_up_auto_debit(await self.wish(key, **figures))
        assert isinstance(view, MandateView)
        return view

    async def wish(
        self,
        key: str = "set-up",
        *,
        cap_fen: int = 1_000_000,
        month_fen: int | None = None,
        floor_fen: int | None = None,
    ) -> SetUpAutoDebit:
        """Read the words and agree to them."""
        sha256 = await self.sha256(cap_fen, month_fen, floor_fen)
        return SetUpAutoDebit(
            loan=self.loan,
            cap_per_debit_fen=cap_fen,
            cap_per_month_fen=month_fen,
            floor_fen=floor_fen,
            text_sha256=sha256,
            idempotency_key=key,
            caller=caller_of(self.loan.borrower_id),
            approval=await self.approval(cap_fen, sha256),
        )

    async def change(
        self,
        view: MandateView,
        cap_fen: int,
        *,
        month_fen: int | None = None,
        floor_fen: int | None = None,
        sha256: str | None = None,
    ) -> ChangeAutoDebit:
        """Read the words for other figures and agree to them."""
        read = await self.sha256(cap_fen, month_fen, floor_fen) if sha256 is None else sha256
        return ChangeAutoDebit(
            mandate_id=view.mandate_id,
            cap_per_debit_fen=cap_fen,
            cap_per_month_fen=month_fen,
            floor_fen=floor_fen,
            text_sha256=read,
            idempotency_key="change",
            caller=caller_of(self.loan.borrower_id),
            approval=await self.approval(cap_fen, read),
        )

    async def approval(self, cap_fen: int, sha256: str) -> Approval:
        """Read what is to be approved, and the code; how often codes are sent is not the point."""
        await forget_sends()
        command = BeginAutoDebit(
            loan=self.loan,
            cap_per_debit_fen=cap_fen,
            text_sha256=sha256,
            idempotency_key=secrets.token_hex(8),
            caller=caller_of(self.loan.borrower_id),
        )
        begun = await operations.begin_auto_debit(command)
        return await approval_of(begun)

    async def sha256(
        self, cap_fen: int, month_fen: int | None = None, floor_fen: int | None = None
    ) -> str:
        """Read the words, and return their hash."""
        words, _ = await queries.mandate_offered(
            self.loan,
            cap_per_debit_fen=cap_fen,
            cap_per_month_fen=month_fen,
            floor_fen=floor_fen,
            language="zh-Hans",
        )
        return words.sha256

    async def day(self, on: date, at: time = time(10)) -> None:
        """Let days pass, each closed and told, until a moment of a day; nothing is debited."""
        await outbox.drain()
        while (today := await business_date()) < on:
            # Nothing is told of a loan more than three days before a due date.
            to = max(today + timedelta(days=1), on - timedelta(days=5))
            self._until(to, time())
            await servicing.run_days(to)
            await outbox.drain()
        self._until(on, at)
        await outbox.drain()

    def _until(self, on: date, at: time) -> None:
        wanted = datetime.combine(on, at, SHANGHAI)
        self.clock.advance(max(wanted - self.clock.now(), timedelta(0)))

    async def work(self) -> int:
        """Let the worker send what is due and the twin call back; return how many were sent."""
        sent = await operations.start_debits(self.rail)
        await self.settle()
        return sent

    async def settle(self) -> None:
        """Let the twin call back and everybody hear of it."""
        async with httpx.AsyncClient(transport=httpx.MockTransport(self.answer)) as client:
            self.clock.advance(timedelta(seconds=1))
            await self.rail.twin.send_due(client)
        await outbox.drain()

    async def poll(self, after: timedelta = timedelta(seconds=31)) -> int:
        """Let time pass and the worker ask; return how many repayments moved."""
        self.clock.advance(after)
        moved = await operations.poll_debits(self.rail)
        await outbox.drain()
        return moved

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Take a notice as the app's callback address does."""
        body = await request.aread()
        assert verify_signature(SECRET, request.headers, body, self.clock.now())
        await operations.accept_callback(parse_notice(body))
        return httpx.Response(200)

    async def pay_off(self) -> None:
        """Let the borrower pay all that is owed at once."""
        async with transaction() as tx:
            amount_fen = (await loans.payoff_on(self.loan, tx.today)).amount_fen
            await servicing.take_payment(
                tx, self.loan, amount_fen, repayment_id="rp-all", received_on=tx.today
            )
        await outbox.drain()

    async def mandate(self) -> MandateView:
        """Return the loan's mandate as it stands now."""
        view = await queries.mandate_of(self.loan)
        assert view is not None
        return view

    async def attempts(self) -> list[AttemptView]:
        """Return the attempts so far, oldest first."""
        page = await queries.attempts_of(await self.mandate(), PageAsk(first=100))
        return [view for _, view in reversed(page.items)]

    async def outcomes(self) -> list[tuple[date, DebitStatus, str | None]]:
        """Return the attempts so far: day, status, reason."""
        return [(one.attempted_on, one.status, one.reason) for one in await self.attempts()]

    async def told(self) -> list[str]:
        """Return the kinds of notification about debits so far, oldest first."""
        page = await inbox.inbox_of(self.loan.borrower_id, PageAsk(first=100))
        kinds = [one.kind.value for _, one in reversed(page.items)]
        return [kind for kind in kinds if kind.startswith("AUTO_DEBIT")]


async def stored() -> dict[str, list[dict[str, Any]]]:
    """Return every row that a mandate may write, to prove that nothing changed."""
    return {table: sorted(await fetch(f"SELECT * FROM {table}"), key=str) for table in TABLES}


@pytest.fixture
async def world(bare: World) -> World:
    """Let somebody with a card borrow ¥12,000 for twelve months, without interest."""
    await name_card(bare.loan.borrower_id, CARD)
    return bare


@pytest.fixture
async def bare(lend: Lend, clock: FixedClock, tmp_path: Path) -> World:
    """Let somebody without a card borrow the same."""
    await publish_catalog()
    borrower_id = await join()
    twin = RailTwin(
        tmp_path / "rail.sqlite3",
        callback_url="http://ours/callbacks/rail",
        secret=SECRET,
        clock=clock,
        seed=1,
        knobs=QUIET,
    )
    outbox.subscribe(
        [
            Subscription(fact_type=fact_type, consumer=consumer, local=effect)
            for fact_type, consumer, effect in (
                *messaging.LOCAL_EFFECTS,
                *operations.MANDATE_EFFECTS,
            )
        ]
    )
    loan = await lend(borrower_id, annual_rate="0")
    return World(loan=loan, clock=clock, rail=WatchedRail(twin=twin))
