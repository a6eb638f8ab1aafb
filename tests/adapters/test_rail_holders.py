"""The twin knows whose a card is: money moves under its holder's name and under no other."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.adapters.rail import QUIET, RailTwin
from app.adapters.rail.scenarios import SOMEBODY_ELSES_ENDING
from app.foundation.clock import FixedClock
from app.identity.rules.people import card_of_input
from app.payments.ports import DebitAsk, FailureReason

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
CARD, OTHERS = "6200000000000013", "6200000002191919"
HOLDER = "阿依·努尔"


class Bank:
    """A twin of which each order is asked for once, and how it ended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked = 0
        self.open()

    def open(self) -> None:
        self.twin = RailTwin(
            self.path,
            callback_url="http://ours/callbacks/rail",
            secret="between-rail-and-us",
            clock=FixedClock(START),
            seed=1,
            knobs=QUIET,
        )

    async def paid(self, payee: str, amount_fen: int = 10_000) -> FailureReason | None:
        self.asked += 1
        order_id = f"db{self.asked}"
        await self.twin.pay_out(order_id, amount_fen, payee)
        return (await self.twin.order_status(order_id)).reason

    async def debited(self, holder: str | None) -> FailureReason | None:
        self.asked += 1
        ask = DebitAsk(
            debit_id=f"rp{self.asked}",
            amount_fen=10_000,
            card=CARD,
            holder=holder,
            floor_fen=0,
            description="-",
            expires_at=START + timedelta(minutes=30),
        )
        await self.twin.debit(ask)
        return (await self.twin.order_status(ask.debit_id)).reason


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return Bank(tmp_path / "rail.sqlite3")


async def test_the_first_name_that_money_moved_under_is_the_holders(bank: Bank) -> None:
    assert await bank.paid(f"{CARD} 会大生", 101_300) is FailureReason.PAYEE_UNREACHABLE
    assert await bank.paid(f"{CARD} {HOLDER}") is None, "nothing moved under the name before"
    assert await bank.paid(f"{CARD} 会大生") is FailureReason.NAME_MISMATCH
    assert await bank.debited("会大生") is FailureReason.NAME_MISMATCH
    bank.open()
    assert await bank.debited("会大生") is FailureReason.NAME_MISMATCH
    for written in (HOLDER, "阿依•努尔", "阿依‧努尔", "阿依 ･ 努尔", " 阿依 · 努尔 "):
        assert await bank.paid(f"{CARD} {written}") is None
        assert await bank.debited(written) is None
    # Cards of agreements signed before names went along, and merchants' accounts.
    assert (await bank.paid(CARD), await bank.debited(None)) == (None, None)
    for table in ("rail_holder", "rail_order"):
        rows = sqlite3.connect(bank.path).execute(f"SELECT * FROM {table}").fetchall()
        assert rows
        for hidden in ("阿依", "会大生", CARD):
            assert hidden not in str(rows)


async def test_some_cards_are_always_somebody_elses(bank: Bank) -> None:
    assert card_of_input(OTHERS).endswith(SOMEBODY_ELSES_ENDING), "anybody can name one"
    assert await bank.paid(f"{OTHERS} {HOLDER}") is FailureReason.NAME_MISMATCH
    assert await bank.paid(f"{OTHERS} 会大生") is FailureReason.NAME_MISMATCH
