"""A card on file pays once what was approved: this amount, this loan, this card, no other."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.foundation import outbox
from app.foundation.database import fetch
from app.foundation.outbox import Subscription
from app.identity.errors import IntentOver, WrongCode
from app.identity.operations import opened
from app.ledger import queries as ledger
from app.payments import operations
from app.payments.errors import AmountAboveBalance, BankCardMissing, DebitUnderWay
from app.payments.events import CardDebitWanted
from app.payments.operations import BeginCardRepayment, RepayFromCard, begin_card_repayment
from app.payments.ports import FailureReason
from app.payments.rules import RepaymentChannel, RepaymentStatus, RepaymentView
from app.servicing import queries as loans
from tests.cards import approval_of, caller_of, change_card, forget_sends
from tests.payments.conftest import now_of, postings
from tests.payments.mandates.conftest import (
    CARD,
    DUE,
    INSTALLMENT_FEN,
    OTHER_CARD,
    TABLES,
    World,
)


def begin(world: World, amount_fen: int, key: str = "ask") -> BeginCardRepayment:
    return BeginCardRepayment(
        loan=world.loan,
        amount_fen=amount_fen,
        caller=caller_of(world.loan.borrower_id),
        idempotency_key=key,
    )


async def approved(
    world: World, amount_fen: int = INSTALLMENT_FEN, key: str = "card"
) -> RepayFromCard:
    """Read what is to be approved, and the code."""
    await forget_sends()
    begun = await begin_card_repayment(begin(world, amount_fen, f"{key}-ask"))
    return RepayFromCard(
        loan=world.loan,
        amount_fen=amount_fen,
        caller=caller_of(world.loan.borrower_id),
        approval=await approval_of(begun),
        idempotency_key=key,
    )


async def started(command: RepayFromCard) -> RepaymentView:
    view = await operations.repay_from_card(command)
    assert isinstance(view, RepaymentView)
    return view


async def stored() -> dict[str, list[dict[str, object]]]:
    """Return every row that such a debit may write."""
    tables = (*TABLES, "card_debit")
    return {table: sorted(await fetch(f"SELECT * FROM {table}"), key=str) for table in tables}


def connect(world: World) -> None:
    """Let the worker hand approved debits to the rail."""

    async def start(fact: CardDebitWanted, delivery_id: str) -> None:
        await operations.start_card_debit(fact, delivery_id, rail=world.rail)

    outbox.subscribe([Subscription(fact_type=CardDebitWanted, consumer="card", outside=start)])


async def test_what_was_read_and_approved_is_debited_once_and_receipted(world: World) -> None:
    connect(world)
    await world.set_up()
    await world.day(DUE)
    command = await approved(world)
    shown = (await opened(command.approval.intent_id, world.loan.borrower_id)).text
    for fact in ("从您的银行卡还款", world.loan.loan_id[-6:], "1,000.00", "壹仟元整", CARD[-4:]):
        assert fact in shown

    views = await asyncio.gather(*(operations.repay_from_card(command) for _ in range(5)))
    assert all(view == views[0] for view in views)
    assert await operations.start_debits(world.rail) == 0, "the mandate waits for how it ends"
    await outbox.drain()
    await world.settle()

    view = await now_of(await started(command))
    assert (view.channel, view.status) == (RepaymentChannel.BANK_DEBIT, RepaymentStatus.ALLOCATED)
    assert view.receipt is not None
    assert (await loans.loan(world.loan)).due_now_fen == 0
    (ask,) = world.rail.asked
    assert (ask.debit_id, ask.card, ask.amount_fen) == (view.repayment_id, CARD, INSTALLMENT_FEN)
    assert await postings("repayment") == 1
    assert (await ledger.verify()).problems == ()
    world.clock.advance(timedelta(minutes=2))
    assert await world.work() == 0, "nothing is due that the mandate could take"


async def test_an_approval_is_good_for_no_other_amount_or_card_and_no_second_time(
    world: World,
) -> None:
    connect(world)
    command = await approved(world)
    assert command.approval.code is not None
    wrong = "".join(str((int(digit) + 1) % 10) for digit in command.approval.code)
    guess = replace(command, approval=replace(command.approval, code=wrong), idempotency_key="no")
    before = await stored()
    assert isinstance(await operations.repay_from_card(guess), WrongCode)
    with pytest.raises(IntentOver):
        await operations.repay_from_card(replace(command, amount_fen=INSTALLMENT_FEN + 1))
    with pytest.raises(AmountAboveBalance):
        await begin_card_repayment(begin(world, 12 * INSTALLMENT_FEN + 1))
    assert await stored() == {**before, "revision": (await stored())["revision"]}

    world.rail.is_slow = True
    view = await started(command)
    await outbox.drain()
    with pytest.raises(DebitUnderWay) as refusal:
        await operations.repay_from_card(replace(command, idempotency_key="again"))
    assert refusal.value.repayment_id == view.repayment_id
    world.rail.is_slow = False
    await world.settle()
    with pytest.raises(IntentOver):
        await operations.repay_from_card(replace(command, idempotency_key="again"))
    assert len(world.rail.asked) == 1

    second = await approved(world, key="second")
    await change_card(world.loan.borrower_id, OTHER_CARD)
    with pytest.raises(IntentOver):
        await operations.repay_from_card(second)
    assert len(world.rail.asked) == 1


async def test_a_debit_the_rail_never_saw_is_sent_again_or_taken_back(world: World) -> None:
    connect(world)
    world.rail.is_away = True
    first = await started(await approved(world))
    await outbox.drain()
    world.rail.is_away = False
    world.clock.advance(timedelta(seconds=31))
    assert await operations.poll_card_debits(world.rail) == 0
    await world.settle()
    assert (await now_of(first)).status is RepaymentStatus.ALLOCATED
    assert [ask.debit_id for ask in world.rail.asked] == [first.repayment_id]

    world.rail.is_away = True
    second = await started(await approved(world, key="second"))
    await outbox.drain()
    await change_card(world.loan.borrower_id, OTHER_CARD)
    world.rail.is_away = False
    world.clock.advance(timedelta(seconds=31))
    assert await operations.poll_card_debits(world.rail) == 1
    ended = await now_of(second)
    assert (ended.status, ended.failure) == (RepaymentStatus.FAILED, FailureReason.WITHDRAWN)
    assert len(world.rail.asked) == 1, "another card than was approved is never debited"

    await world.rail.twin.put_on_card(OTHER_CARD, INSTALLMENT_FEN - 1)
    third = await started(await approved(world, key="third"))
    await outbox.drain()
    await world.settle()
    assert (await now_of(third)).failure is FailureReason.INSUFFICIENT_FUNDS
    assert await postings("repayment") == 1


async def test_without_a_card_there_is_nothing_to_approve(bare: World) -> None:
    with pytest.raises(BankCardMissing):
        await begin_card_repayment(begin(bare, INSTALLMENT_FEN))
