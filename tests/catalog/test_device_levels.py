"""How much one approval may move by the phone's key alone, by how much the key is worth."""

from datetime import date

import pytest

from app.catalog import queries
from app.foundation.caller import BorrowerCaller
from app.foundation.database import transaction

TODAY = date(2026, 11, 21)
CALLER = BorrowerCaller(
    borrower_id="br00000000000000", session_id="ss00000000000000", device_id="dv00000000000000"
)
LIMITS_FEN = {"L0": 100_000, "L1": 500_000, "L2": 5_000_000, "L3": 20_000_000}

pytestmark = pytest.mark.usefixtures("published")


async def keep_device(level: str, *, ended_at: int | None = None) -> None:
    async with transaction() as tx:
        await tx.run("DELETE FROM device")
        await tx.run(
            "INSERT INTO device (id, borrower_id, kind, level, key_index, public_key, proof_key,"
            " name, key_counter, sign_in_counter, proof_high, proof_seen, enrolled_at,"
            " last_used_on, ended_at)"
            " VALUES (?, ?, 'KEYSTORE', ?, 'k', ?, ?, ?, 0, 0, 0, 0, 1, ?, ?)",
            [CALLER.device_id, CALLER.borrower_id, level, b"", b"", b"", TODAY, ended_at],
        )


@pytest.mark.parametrize(("level", "limit_fen"), LIMITS_FEN.items())
async def test_above_its_level_a_key_does_not_approve_alone(level: str, limit_fen: int) -> None:
    await keep_device(level)
    assert not await queries.needs_code(CALLER, TODAY, amount_fen=limit_fen)
    assert await queries.needs_code(CALLER, TODAY, amount_fen=limit_fen + 1)
    changes_card_alone = not await queries.needs_code(CALLER, TODAY, amount_fen=None)
    assert changes_card_alone is (level in {"L2", "L3"})


async def test_a_key_that_was_ended_counts_least() -> None:
    await keep_device("L3", ended_at=1)
    assert await queries.needs_code(CALLER, TODAY, amount_fen=LIMITS_FEN["L0"] + 1)
