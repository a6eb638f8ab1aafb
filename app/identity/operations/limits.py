"""How often a phone or a device may be sent codes, and how often one may be guessed."""

from datetime import timedelta

from app.foundation.clock import local_date, milliseconds, moment_of
from app.foundation.database import Transaction
from app.foundation.errors import RateLimited
from app.identity.errors import CodesLocked
from app.identity.rules import codes, limits, pins


async def hold(tx: Transaction, gate_key: str) -> None:
    """Lock a phone's or device's own row until the transaction ends, on both databases."""
    await tx.run(
        "INSERT INTO sms_gate (gate_key, guess_day, guesses) VALUES (?, '', 0)"
        " ON CONFLICT (gate_key) DO UPDATE SET gate_key = excluded.gate_key",
        [gate_key],
    )


async def check_device(tx: Transaction, device_index: str, phone_index: str) -> None:
    """
    Check how many phones a device asked codes for today.

    Raises:
        RateLimited: It would be one phone too many.
    """
    rows = await tx.rows(
        "SELECT phone_index, MAX(sent_at) AS sent_at FROM code_send WHERE device_index = ?"
        " AND sent_at > ? GROUP BY phone_index",
        [device_index, milliseconds(tx.now - timedelta(days=1))],
    )
    others = [row["sent_at"] for row in rows if row["phone_index"] != phone_index]
    if len(others) >= codes.PHONES_PER_DEVICE_MAX:
        free_at = moment_of(min(others)) + timedelta(days=1)
        raise RateLimited(codes.whole_seconds(free_at - tx.now))


async def check_not_locked(tx: Transaction, phone_index: str) -> None:
    """
    Check that codes still open something for a phone today.

    Raises:
        CodesLocked: Too many wrong codes were tried.
    """
    rows = await tx.rows(
        "SELECT guesses FROM sms_gate WHERE gate_key = ? AND guess_day >= ?",
        [phone_index, _day(tx)],
    )
    if rows and rows[0]["guesses"] >= codes.GUESSES_PER_DAY:
        raise CodesLocked(codes.whole_seconds(codes.until_tomorrow(tx.now)))


async def claim_daily_guess(tx: Transaction, phone_index: str) -> None:
    """
    Count a guess against its phone's day, before it is looked at.

    The day only moves forward: a clock set back does not give guesses back.

    Raises:
        CodesLocked: Too many wrong codes were tried.
    """
    day = _day(tx)
    claimed = await tx.rows(
        "INSERT INTO sms_gate AS g (gate_key, guess_day, guesses) VALUES (?, ?, 1)"
        " ON CONFLICT (gate_key) DO UPDATE SET guesses ="
        " CASE WHEN g.guess_day < excluded.guess_day THEN 1 ELSE g.guesses + 1 END, guess_day ="
        " CASE WHEN g.guess_day < excluded.guess_day THEN excluded.guess_day ELSE g.guess_day END"
        " WHERE g.guess_day < excluded.guess_day OR g.guesses < ? RETURNING guesses",
        [phone_index, day, codes.GUESSES_PER_DAY],
    )
    if not claimed:
        raise CodesLocked(codes.whole_seconds(codes.until_tomorrow(tx.now)))


async def give_daily_guess_back(tx: Transaction, phone_index: str) -> None:
    """Take back what a right code counted towards its phone's day."""
    await tx.run("UPDATE sms_gate SET guesses = guesses - 1 WHERE gate_key = ?", [phone_index])


async def wait_of(tx: Transaction, phone_index: str, purpose: str) -> timedelta:
    """Return how long a phone must wait for its next code for a purpose."""
    rows = await tx.rows(
        "SELECT purpose, sent_at FROM code_send WHERE phone_index = ?", [phone_index]
    )
    sent = [(row["purpose"], moment_of(row["sent_at"])) for row in rows]
    return codes.wait_for(purpose, sent, tx.now)


async def note_send(
    tx: Transaction, phone_index: str, purpose: str, device_index: str | None
) -> None:
    """Keep when a code was sent, and forget sends that no limit looks at any more."""
    await tx.run(
        "DELETE FROM code_send WHERE phone_index = ? AND sent_at <= ?",
        [phone_index, milliseconds(tx.now - timedelta(days=1))],
    )
    await tx.run(
        "INSERT INTO code_send (id, phone_index, purpose, device_index, sent_at)"
        " VALUES (?, ?, ?, ?, ?)",
        [tx.new_id("sn"), phone_index, purpose, device_index, milliseconds(tx.now)],
    )


async def digits_needed(tx: Transaction) -> int:
    """Return how many digits a code must have today, given how many guesses failed."""
    rows = await tx.rows(
        "SELECT COALESCE(SUM(failures), 0) AS failures FROM code_failure WHERE day = ?", [_day(tx)]
    )
    return limits.digits_after(int(rows[0]["failures"]))


async def note_failure(tx: Transaction, challenge_id: str) -> None:
    """Count a wrong guess towards the whole system's day."""
    await tx.run(
        "INSERT INTO code_failure (id, day, failures) VALUES (?, ?, 1)"
        " ON CONFLICT (id) DO UPDATE SET failures = code_failure.failures + 1",
        [_failure_row(tx, challenge_id), _day(tx)],
    )


async def forgive_failures(tx: Transaction, challenge_id: str, failures: int) -> None:
    """Take back what was counted of a code that its owner got right in the end."""
    if failures:
        await tx.run(
            "UPDATE code_failure SET failures = failures - ? WHERE id = ? AND failures >= ?",
            [failures, _failure_row(tx, challenge_id), failures],
        )


async def forget_limits(tx: Transaction) -> None:
    """Drop what no limit looks at any more; the close of day does this."""
    yesterday = milliseconds(tx.now - timedelta(days=1))
    await tx.run("DELETE FROM code_send WHERE sent_at <= ?", [yesterday])
    await tx.run("DELETE FROM code_failure WHERE day < ?", [_day(tx)])
    await tx.run("DELETE FROM sms_spend WHERE hour < ?", [limits.hour_of(tx.now)])
    doubted = milliseconds(tx.now - pins.DOUBTED_FOR)
    await tx.run("DELETE FROM pin_guess WHERE guessed_at <= ?", [doubted])
    await tx.run("DELETE FROM sms_conversion WHERE slot < ?", [limits.oldest_slot(tx.now)])
    await tx.run(
        "DELETE FROM sms_gate WHERE guess_day < ? AND NOT EXISTS (SELECT 1 FROM code_send AS s"
        " WHERE s.phone_index = sms_gate.gate_key OR s.device_index = sms_gate.gate_key)",
        [_day(tx)],
    )


def _failure_row(tx: Transaction, challenge_id: str) -> str:
    """Choose one of the day's rows; a challenge always gets the same."""
    return f"{_day(tx)}|{int(challenge_id[-1], 36) % limits.FAILURE_ROWS}"


def _day(tx: Transaction) -> str:
    return local_date(tx.now).isoformat()
