"""A refund to somebody who was forced waits, and goes out later."""

from datetime import timedelta

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database
from app.payments import operations
from app.payments.rules.refunds import RefundStatus
from tests.forced import force, free
from tests.payments.conftest import Lend, Pay
from tests.payments.refunded import RefundsRail, ask, connect, join, overpaid, standing


async def test_no_refund_goes_out_while_the_borrower_is_forced(
    database: Database, clock: FixedClock, lend: Lend, pay: Pay
) -> None:
    assert database is not None
    loan = await overpaid(await join(), lend, pay)
    rail = RefundsRail()
    connect(rail)
    await force(loan.borrower_id)
    view = await ask(loan)
    await outbox.drain()
    clock.advance(timedelta(minutes=10))
    await operations.poll_refunds(rail)
    assert (await standing(view)).status is RefundStatus.REQUESTED

    await free()
    clock.advance(timedelta(minutes=10))
    await operations.poll_refunds(rail)
    assert (await standing(view)).status is RefundStatus.SENDING
