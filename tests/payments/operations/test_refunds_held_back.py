"""A refund to somebody who was forced waits, and goes out later; never to whoever forced them."""

from datetime import timedelta

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database
from app.payments import operations, queries
from app.payments.rules.refunds import RefundStatus
from tests.cards import change_card
from tests.forced import PIN, force, free
from tests.payments.conftest import Lend, Pay
from tests.payments.refunded import (
    CARD,
    HELD_FEN,
    OTHER_CARD,
    RefundsRail,
    ask,
    connect,
    held_fen,
    join,
    overpaid,
    standing,
)


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


async def test_no_refund_ever_goes_to_a_card_that_was_named_by_force(
    database: Database, clock: FixedClock, lend: Lend, pay: Pay
) -> None:
    assert database is not None
    loan = await overpaid(await join(), lend, pay)
    rail = RefundsRail()
    connect(rail)
    await force(loan.borrower_id)
    await change_card(loan.borrower_id, OTHER_CARD, pin=PIN)
    view = await ask(loan)
    assert await queries.refund_card_tails([view.refund_id]) == [OTHER_CARD[-4:]]

    await free()
    clock.advance(timedelta(days=4))
    await operations.poll_refunds(rail)

    assert (await standing(view)).status is RefundStatus.FAILED
    assert rail.orders == {}
    assert await held_fen(loan) == HELD_FEN
    again = await ask(loan, key="again")
    await outbox.drain()
    assert rail.orders == {again.refund_id: (HELD_FEN, CARD)}
