"""The twin debits a card once per id, never below the floor, and not after its time."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.adapters.rail import QUIET, RailTwin
from app.foundation.clock import FixedClock
from app.payments.ports import (
    DebitAsk,
    DebitRail,
    FailureReason,
    OrderRefused,
    RailStatus,
    RailUnavailable,
)

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
ASK = DebitAsk(
    debit_id="rp00000000000001",
    amount_fen=100_000,
    card="6200000000000013",
    floor_fen=80_000,
    description="-",
    expires_at=START + timedelta(minutes=30),
)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def twin(tmp_path: Path, clock: FixedClock) -> RailTwin:
    return RailTwin(
        tmp_path / "rail.sqlite3",
        callback_url="http://ours/callbacks/rail",
        secret="between-rail-and-us",
        clock=clock,
        seed=1,
        knobs=QUIET,
    )


async def test_a_debit_asked_for_twice_takes_the_money_once(twin: RailTwin) -> None:
    rail: DebitRail = twin
    await twin.put_on_card(ASK.card, 500_000)
    references = await asyncio.gather(*(rail.debit(ASK) for _ in range(10)))
    assert len(set(references)) == 1
    assert await twin.card_balance(ASK.card) == 400_000
    assert (await rail.order_status(ASK.debit_id)).status is RailStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("balance_fen", "reason"),
    [
        (99_999, FailureReason.INSUFFICIENT_FUNDS),
        (100_000, FailureReason.INSUFFICIENT_ABOVE_FLOOR),
        (179_999, FailureReason.INSUFFICIENT_ABOVE_FLOOR),
        (180_000, None),
    ],
)
async def test_the_floor_is_left(
    twin: RailTwin, balance_fen: int, reason: FailureReason | None
) -> None:
    await twin.put_on_card(ASK.card, balance_fen)
    await twin.debit(ASK)
    report = await twin.order_status(ASK.debit_id)
    assert report.reason == reason
    left_fen = balance_fen if reason else 80_000
    assert await twin.card_balance(ASK.card) == left_fen


async def test_a_card_nobody_put_money_on_has_enough(twin: RailTwin) -> None:
    await twin.debit(ASK)
    assert await twin.card_balance(ASK.card) is None
    assert (await twin.order_status(ASK.debit_id)).status is RailStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("amount_fen", "reason"),
    [
        (101_212, FailureReason.INSUFFICIENT_ABOVE_FLOOR),
        (101_313, FailureReason.INSUFFICIENT_FUNDS),
        (101_414, FailureReason.DECLINED),
        (101_616, None),
    ],
)
async def test_amounts_choose_how_a_debit_goes(
    twin: RailTwin, amount_fen: int, reason: FailureReason | None
) -> None:
    await twin.debit(replace(ASK, amount_fen=amount_fen))
    assert (await twin.order_status(ASK.debit_id)).reason == reason


async def test_a_debit_nobody_answers_ends_with_its_time(twin: RailTwin, clock: FixedClock) -> None:
    await twin.debit(replace(ASK, amount_fen=101_515))
    assert (await twin.order_status(ASK.debit_id)).status is RailStatus.PENDING
    clock.advance(timedelta(minutes=30))
    report = await twin.order_status(ASK.debit_id)
    assert (report.status, report.reason) == (RailStatus.FAILED, FailureReason.EXPIRED)


async def test_a_debit_that_comes_after_its_time_is_not_begun(
    twin: RailTwin, clock: FixedClock
) -> None:
    clock.advance(timedelta(minutes=30))
    with pytest.raises(OrderRefused) as refused:
        await twin.debit(ASK)
    assert refused.value.reason is FailureReason.EXPIRED
    assert (await twin.order_status(ASK.debit_id)).status is RailStatus.UNKNOWN


async def test_one_asked_for_in_time_is_found_after_it(twin: RailTwin, clock: FixedClock) -> None:
    reference = await twin.debit(ASK)
    clock.advance(timedelta(hours=1))
    assert await twin.debit(ASK) == reference


async def test_a_lost_answer_is_got_by_asking_again(twin: RailTwin) -> None:
    lost = replace(ASK, amount_fen=101_818)
    with pytest.raises(RailUnavailable):
        await twin.debit(lost)
    assert await twin.debit(lost)


async def test_an_id_belongs_to_one_amount_and_card(twin: RailTwin) -> None:
    await twin.debit(ASK)
    with pytest.raises(ValueError, match="another order's id"):
        await twin.debit(replace(ASK, amount_fen=1))
    with pytest.raises(ValueError, match="another order's id"):
        await twin.debit(replace(ASK, card="6200000000000039"))


async def test_the_twin_keeps_no_card(twin: RailTwin, tmp_path: Path) -> None:
    await twin.put_on_card(ASK.card, 500_000)
    await twin.debit(ASK)
    kept = (tmp_path / "rail.sqlite3").read_bytes()
    assert ASK.card.encode() not in kept
    assert ASK.card not in repr(ASK)
