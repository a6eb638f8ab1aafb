"""A loan to repay, a rail that does as it is told, and a look at everything that is stored."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.foundation.outbox import Subscription
from app.loanmath.schedule import Method, Prepayment, Terms
from app.payments import operations, queries
from app.payments.events import (
    RepaymentFailed,
    RepaymentInitiated,
    RepaymentReversed,
    RepaymentTaken,
)
from app.payments.operations import Repay
from app.payments.ports import (
    FailureReason,
    OrderAsk,
    OrderRefused,
    OrderReport,
    RailOrder,
    RailStatus,
    RailUnavailable,
)
from app.payments.rules import RailNotice, RailOrderKind, RepaymentRef, RepaymentView
from app.servicing import operations as servicing
from app.servicing import queries as loans
from app.servicing.rules import INTEREST_CHARGE, PENALTY_CHARGE, LoanRef, OpenLoan

MEI = "br00000000000mei"
WANG = "br000000000wang0"

TABLES = (
    "repayment",
    "payoff_quote",
    "refund",
    "rail_notice",
    "servicing_loan",
    "servicing_loan_event",
    "ledger_posting",
    "outbox_fact",
    "revision",
)

Lend = Callable[..., Awaitable[LoanRef]]
Pay = Callable[..., Awaitable[RepaymentView]]


async def lend_now(
    to: str = MEI,
    *,
    principal_fen: int = 1_200_000,
    count: int = 12,
    annual_rate: str = "0.12",
    prepayment: Prepayment = Prepayment.REDUCE_INSTALLMENT,
) -> LoanRef:
    """Lend on plain terms; what is left out does not matter to a test."""
    async with transaction() as tx:
        terms = Terms(
            principal_fen=principal_fen,
            annual_rate=Decimal(annual_rate),
            method=Method.EQUAL_INSTALLMENT,
            disbursed_on=tx.today,
            count=count,
            prepayment=prepayment,
        )
        command = OpenLoan(
            borrower_id=to,
            application_id="ap00000000000001",
            product_code="orchard_inputs",
            product_version_id="pr00000000000001",
            terms=terms,
            agreement_id="ag00000000000001",
            charge_codes=(INTEREST_CHARGE, PENALTY_CHARGE),
            disbursement_id=tx.new_id("db"),
        )
        return await servicing.open_loan(tx, command)


@pytest.fixture
def lend(database: Database) -> Lend:  # noqa: ARG001 - opened for it
    """Lend on plain terms; what a test leaves out does not matter to it."""
    return lend_now


@dataclass
class TestRail:
    """A rail that answers as a test wants it to."""

    __test__ = False

    asked: list[OrderAsk] = field(default_factory=list[OrderAsk])
    reports: dict[str, OrderReport] = field(default_factory=dict[str, OrderReport])
    pay_in_app: dict[str, str] = field(default_factory=dict[str, str])
    closed: list[str] = field(default_factory=list[str])
    is_away: bool = False
    refusal: FailureReason | None = None
    before_answer: Callable[[], Awaitable[object]] | None = None
    broken_for: str | None = None

    async def create_order(self, ask: OrderAsk) -> RailOrder:
        self.asked.append(ask)
        if self.before_answer is not None:
            await self.before_answer()
        if self.refusal is not None:
            raise OrderRefused(self.refusal)
        reference = reference_of(ask.order_id)
        report = OrderReport(
            status=RailStatus.PENDING, provider_ref=reference, amount_fen=ask.amount_fen
        )
        self.reports.setdefault(ask.order_id, report)
        if self.is_away:
            raise RailUnavailable
        if ask.wallet is not None:
            return RailOrder(provider_ref=reference, pay_in_app=self.pay_in_app)
        return RailOrder(provider_ref=reference, pay_link=f"pay://{reference}")

    async def close_order(self, order_id: str) -> None:
        if self.is_away:
            raise RailUnavailable
        self.closed.append(order_id)

    async def order_status(self, order_id: str) -> OrderReport:
        if self.is_away:
            raise RailUnavailable
        if order_id == self.broken_for:
            raise ZeroDivisionError
        return self.reports.get(order_id, OrderReport(status=RailStatus.UNKNOWN))

    def settle(
        self, repayment: RepaymentView, status: RailStatus, *, at: datetime, **more: object
    ) -> None:
        """Decide how an order ended."""
        parts: dict[str, Any] = {
            "provider_ref": reference_of(repayment.repayment_id),
            "amount_fen": repayment.amount_fen,
            "settled_at": at,
        }
        parts.update(more)
        self.reports[repayment.repayment_id] = OrderReport(status=status, **parts)


def reference_of(repayment_id: str) -> str:
    """Return the rail's own number for one of our orders."""
    return f"R{repayment_id}"


@pytest.fixture
def rail(database: Database) -> TestRail:  # noqa: ARG001 - opened for it
    """Connect the rail as the worker does."""
    connected = TestRail()

    async def start(fact: RepaymentInitiated, delivery_id: str) -> None:
        await operations.start_collection(fact, delivery_id, rail=connected)

    outbox.subscribe([Subscription(fact_type=RepaymentInitiated, consumer="rail", outside=start)])
    return connected


@pytest.fixture
def pay(lend: Lend, rail: TestRail) -> Pay:  # noqa: ARG001 - connected for it
    """Start a repayment and let the rail take the order."""

    async def pay_now(
        loan: LoanRef | None = None,
        amount_fen: int = 100_000,
        key: str = "first",
        *,
        payoff_quote_id: str | None = None,
        allow_overpayment: bool = False,
        prepayment: Prepayment | None = None,
    ) -> RepaymentView:
        command = Repay(
            loan=loan or await lend(),
            amount_fen=amount_fen,
            idempotency_key=key,
            payoff_quote_id=payoff_quote_id,
            allow_overpayment=allow_overpayment,
            prepayment=prepayment,
        )
        view = await operations.repay(command)
        await outbox.drain()
        return await now_of(view)

    return pay_now


async def now_of(view: RepaymentView) -> RepaymentView:
    """Return how a repayment stands now."""
    return await queries.repayment(
        RepaymentRef(borrower_id=view.loan.borrower_id, repayment_id=view.repayment_id)
    )


def notice_of(
    view: RepaymentView,
    status: RailStatus = RailStatus.SUCCEEDED,
    *,
    event: str = "final",
    **more: object,
) -> RailNotice:
    """Write the notice the rail sends about a repayment."""
    parts: dict[str, Any] = {
        "event_id": f"{view.repayment_id}.{event}",
        "kind": RailOrderKind.COLLECTION,
        "order_id": view.repayment_id,
        "provider_ref": reference_of(view.repayment_id),
        "status": status,
        "amount_fen": view.amount_fen,
        "occurred_at": view.initiated_at,
    }
    parts.update(more)
    return RailNotice(**parts)


async def stored() -> dict[str, list[dict[str, Any]]]:
    """Return every row that a repayment may write, to prove that nothing changed."""
    return {table: sorted(await fetch(f"SELECT * FROM {table}"), key=str) for table in TABLES}


async def facts(*kinds: type) -> dict[str, int]:
    """Count the facts announced so far, by name."""
    names = {
        kind.__name__ for kind in kinds or (RepaymentTaken, RepaymentFailed, RepaymentReversed)
    }
    counted: defaultdict[str, int] = defaultdict(int)
    for row in await fetch("SELECT name FROM outbox_fact"):
        if row["name"] in names:
            counted[row["name"]] += 1
    return dict(counted)


async def postings(kind: str) -> int:
    """Count the ledger's postings of a kind."""
    rows = await fetch("SELECT COUNT(*) AS found FROM ledger_posting WHERE kind = ?", [kind])
    return rows[0]["found"]


async def balance_of(loan: LoanRef) -> int:
    """Return everything left to pay if the plan is kept."""
    return (await loans.loan(loan)).balance_fen


def moved_to(clock: FixedClock, moment: datetime) -> None:
    """Put the clock on."""
    clock.advance(moment - clock.now())


async def move_business_date(to: date) -> None:
    """Let the business date move on, as the close of day does."""
    await servicing.run_days(to)
