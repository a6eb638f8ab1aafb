"""What codes by text message cost, hour by hour, and whether they come back."""

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.sealing import blind_index
from app.identity.errors import CodesPaused
from app.identity.rules import codes, limits
from app.identity.rules.codes import Purpose
from app.identity.rules.limits import Slot, SmsLimits

ALL = "ALL"
"""The scope of the whole system's hour."""
NEW_NUMBERS = "NEW_NUMBERS"
"""The scope of the hour of codes to numbers that borrowers want to change to."""
NO_CEILING = 2**53
_LABEL = "sms_spend.prefix"


class _Installed:
    limits: SmsLimits = limits.USUAL_SMS_LIMITS


def set_sms_limits(sms: SmsLimits) -> None:
    """Make these the process's ceilings on what text messages cost."""
    _Installed.limits = sms


def prefix_index(phone: str) -> str:
    """Return the fingerprint of a number's prefix: the prefix itself is kept nowhere."""
    return blind_index(_LABEL, limits.prefix_of(phone))


async def pay_for_message(tx: Transaction, phone: str, purpose: Purpose) -> None:
    """
    Pay for one message out of its hour: of the number's prefix first, then of all.

    Messages to a borrower's own number are paid for, but never refused: a borrower about to sign
    does not wait because strangers ask for codes. Codes to a number that somebody signed in wants
    to change to have money of their own, which strangers cannot use up either.

    Raises:
        CodesPaused: The hour's money is spent, or codes sent to the prefix do not come back.
    """
    prefix = prefix_index(phone)
    sms, is_open = _Installed.limits, purpose is Purpose.SIGN_IN
    if purpose is Purpose.CHANGE_PHONE:
        new = sms.for_new_numbers
        of_prefix = blind_index(_LABEL, f"{NEW_NUMBERS} {limits.prefix_of(phone)}")
        await _pay(tx, of_prefix, new.price_fen, most=new.prefix_hourly_fen)
        await _pay(tx, NEW_NUMBERS, new.price_fen, most=new.hourly_fen)
    if is_open:
        await _check_conversion(tx, prefix)
        await _note_sent(tx, prefix)
    await _pay(tx, prefix, sms.price_fen, most=sms.prefix_hourly_fen if is_open else NO_CEILING)
    await _pay(tx, ALL, sms.price_fen, most=sms.hourly_fen if is_open else NO_CEILING)


async def note_redeemed(tx: Transaction, prefix: str | None, *, sent_at: int) -> None:
    """Count a code that came back, with those sent when it was."""
    await tx.run(
        "UPDATE sms_conversion SET redeemed = redeemed + 1 WHERE id = ?",
        [_slot_id(prefix or "", limits.slot_of(sent_at))],
    )


async def _check_conversion(tx: Transaction, prefix: str) -> None:
    rows = await tx.rows(
        "SELECT slot, sends, redeemed FROM sms_conversion WHERE prefix_index = ? AND slot >= ?",
        [prefix, limits.oldest_slot(tx.now)],
    )
    slots = [Slot(row["slot"], row["sends"], row["redeemed"]) for row in rows]
    wait = limits.wait_for_prefix(slots, tx.now)
    if wait:
        raise CodesPaused(codes.whole_seconds(wait))


async def _note_sent(tx: Transaction, prefix: str) -> None:
    slot = limits.slot_of(milliseconds(tx.now))
    await tx.run(
        "INSERT INTO sms_conversion (id, prefix_index, slot, sends, redeemed)"
        " VALUES (?, ?, ?, 1, 0) ON CONFLICT (id) DO UPDATE SET sends = sms_conversion.sends + 1",
        [_slot_id(prefix, slot), prefix, slot],
    )


async def _pay(tx: Transaction, scope: str, price_fen: int, *, most: int) -> None:
    """Add to a scope's hour in one statement, or to none: however many pay at once."""
    hour = limits.hour_of(tx.now)
    paid = await tx.rows(
        "INSERT INTO sms_spend (scope, hour, spent_fen) VALUES (?, ?, ?)"
        " ON CONFLICT (scope) DO UPDATE SET hour = excluded.hour, spent_fen = CASE"
        " WHEN sms_spend.hour < excluded.hour THEN excluded.spent_fen"
        " ELSE sms_spend.spent_fen + excluded.spent_fen END"
        " WHERE sms_spend.hour < excluded.hour OR sms_spend.spent_fen + excluded.spent_fen <= ?"
        " RETURNING spent_fen",
        [scope, hour, price_fen, most],
    )
    if not paid:
        raise CodesPaused(codes.whole_seconds(limits.until_next_hour(tx.now)))


def _slot_id(prefix: str, slot: int) -> str:
    return f"{prefix}|{slot}"
