"""A refund to somebody who was forced waits, and goes out later; never to whoever forced them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database
from app.identity.errors import PinRequired, WrongPin
from app.payments import operations, queries
from app.payments.errors import AmountAboveHeld
from app.payments.rules.refunds import RefundStatus
from tests.cards import change_card
from tests.forced import PIN, force, free
from tests.payments.conftest import Lend, Pay
from tests.payments.refunded import (
    HELD_FEN,
    OTHER_CARD,
    PAYEE,
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
    view = await ask(loan, pin=PIN)
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
    view = await ask(loan, pin=PIN)
    (payee,) = await queries.refund_payees([view.refund_id])
    assert payee.tail == OTHER_CARD[-4:]

    await free()
    clock.advance(timedelta(days=4))
    await operations.poll_refunds(rail)

    assert (await standing(view)).status is RefundStatus.FAILED
    assert rail.orders == {}
    assert await held_fen(loan) == HELD_FEN
    again = await ask(loan, key="again", pin=PIN)
    await outbox.drain()
    assert rail.orders == {again.refund_id: (HELD_FEN, PAYEE)}


async def test_on_a_shared_phone_a_refund_takes_the_pin(
    database: Database, lend: Lend, pay: Pay
) -> None:
    assert database is not None
    loan = await overpaid(await join(), lend, pay)
    await force(loan.borrower_id)
    await free()
    wish = operations.RefundOverpayment(loan=loan, idempotency_key="back")

    with pytest.raises(PinRequired):
        await operations.refund_overpayment(wish)
    for _ in range(2):
        wrong = await operations.refund_overpayment(replace(wish, pin="918273"))
        assert isinstance(wrong, WrongPin)
        assert wrong.attempts_left == 4
    assert await held_fen(loan) == HELD_FEN

    for number in range(6):  # right, and too much: no guess is used
        much = replace(wish, amount_fen=HELD_FEN + 1, pin=PIN, idempotency_key=f"much-{number}")
        with pytest.raises(AmountAboveHeld):
            await operations.refund_overpayment(much)
    view = await ask(loan, key="right", pin=PIN)
    assert await ask(loan, key="right", pin=PIN) == view
    assert await held_fen(loan) == 0
