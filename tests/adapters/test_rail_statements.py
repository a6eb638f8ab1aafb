"""The twin's statement of a day has every order of that day, and is refused once altered."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.adapters.rail import QUIET, RailTwin
from app.foundation.clock import FixedClock, local_date
from app.payments.ports import OrderAsk, StatementBroken

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


async def test_a_statement_has_the_days_orders_of_both_directions_and_cannot_be_altered(
    tmp_path: Path,
) -> None:
    clock = FixedClock(NOON)
    twin = RailTwin(
        tmp_path / "rail.sqlite3", callback_url="", secret="s", clock=clock, knobs=QUIET
    )
    until = NOON + timedelta(minutes=25)
    paid = OrderAsk(order_id="rp1", amount_fen=12_345, description="", expires_at=until)
    await twin.create_order(paid)
    await twin.pay_out("db1", 1_500_000, "6200000000000021")
    await twin.pay_out("rf1", 1_300, "6200000000000021")
    on = local_date(NOON)
    assert await twin.statement(on) is None, "the day is not over"
    clock.advance(timedelta(days=1))
    await twin.pay_out("db2", 100, "6200000000000021")
    statement = await twin.statement(on)
    assert statement is not None
    told = {
        one.order_id: (one.goes_out, one.report.status.value, one.report.amount_fen)
        for one in statement.lines
    }
    assert told == {
        "rp1": (False, "SUCCEEDED", 12_345),
        "db1": (True, "SUCCEEDED", 1_500_000),
        "rf1": (True, "FAILED", 1_300),
    }
    path = tmp_path / "rail-statements" / f"{on}.csv"
    assert "6200000000000021" not in path.read_text("utf-8")
    whole = path.read_bytes()
    later = path.with_name(f"{on + timedelta(days=1)}.csv")
    later.write_bytes(whole)
    clock.advance(timedelta(days=1))
    for altered in (whole.replace(b"12345", b"12344"), whole[:-20], b""):
        path.write_bytes(altered)
        with pytest.raises(StatementBroken):
            await twin.statement(on)
    with pytest.raises(StatementBroken):
        await twin.statement(on + timedelta(days=1))
