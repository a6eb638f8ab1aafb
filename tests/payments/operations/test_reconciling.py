"""Repayments and refunds beside the rail's statement: untold ones heal, others wait for people."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from app.foundation.clock import FixedClock, local_date
from app.payments import operations
from app.payments.models import DifferenceRow
from app.payments.operations.reconciling import unreconciled_days
from app.payments.ports import (
    FailureReason,
    OrderReport,
    RailStatus,
    Statement,
    StatementLine,
)
from app.payments.rules import RepaymentStatus
from app.payments.rules.reconciling import OrderBook
from tests.payments.conftest import Pay, TestRail, notice_of, now_of


@dataclass(slots=True)
class Statements:
    """The statement a rail writes of what it was told to settle."""

    rail: TestRail
    left_out: Collection[str] = ()

    async def statement(self, on: date) -> Statement | None:
        lines = [
            StatementLine(order_id=order_id, goes_out=False, report=report)
            for order_id, report in self.rail.reports.items()
            if order_id not in self.left_out
            and report.settled_at is not None
            and local_date(report.settled_at) == on
        ]
        return Statement(on=on, sha256="c0de", lines=tuple(lines))


class NoDebits:
    async def debit(self, ask: object) -> str:
        raise AssertionError(ask)

    async def order_status(self, order_id: str) -> OrderReport:
        raise AssertionError(order_id)


async def test_repayments_untold_are_taken_from_the_statement_and_every_day_is_compared_once(
    pay: Pay, rail: TestRail, clock: FixedClock
) -> None:
    untold = await pay()
    failed = await pay(untold.loan, 5_000, key="b")
    more = await pay(untold.loan, 7_000, key="c")
    now = clock.now()
    rail.settle(untold, RailStatus.SUCCEEDED, at=now)
    rail.settle(failed, RailStatus.FAILED, at=now, reason=FailureReason.DECLINED)
    rail.settle(more, RailStatus.SUCCEEDED, at=now, amount_fen=7_001)
    books: list[OrderBook] = [operations.repayment_book(rail, NoDebits())]
    clock.advance(timedelta(days=1))
    (report,) = await operations.reconcile_due(Statements(rail), books)
    assert (report.lines, report.healed, report.left_open) == (3, 2, 1)
    assert (await now_of(untold)).status is RepaymentStatus.ALLOCATED
    assert (await now_of(untold)).received_on == untold.initiated_on
    assert (await now_of(failed)).status is RepaymentStatus.FAILED
    (difference,) = await DifferenceRow.filter(state="OPEN")
    assert (difference.order_id, difference.kind, difference.theirs_fen) == (
        more.repayment_id,
        "AMOUNT",
        7_001,
    )
    assert await operations.reconcile_due(Statements(rail), books) == []
    clock.advance(timedelta(days=3))
    assert len(await unreconciled_days()) == 3
    done = await operations.reconcile_due(Statements(rail), books)
    assert [(one.lines, one.left_open, one.still_open) for one in done] == [(0, 0, 1)] * 3
    # Nobody is asked about what began after the day: it belongs to days to come.
    today = await pay(untold.loan, 3_000, key="d")
    await operations.accept_callback(notice_of(today))
    rail.broken_for = today.repayment_id
    # What a corrected statement leaves out, though the rail says it moved, is missing there.
    again = await operations.reconcile(
        report.on, Statements(rail, left_out={untold.repayment_id}), books
    )
    assert again is not None
    kinds = {row.kind for row in await DifferenceRow.filter(state="OPEN")}
    assert kinds == {"AMOUNT", "MISSING_THERE"}
